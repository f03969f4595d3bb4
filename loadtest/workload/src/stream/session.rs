//! One shopper's way through the funnel.

use crate::random::{Random, mix};

/// Products of the stream's catalogue.
const PRODUCTS: u64 = 10_000;
/// A cart of the stream has at most this many lines.
pub const MOST_LINES: u8 = 5;

/// What happened, and to what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `customer_created` with a profile; consents to e-mail or not.
    CustomerCreated {
        /// Whether `profile.consent.email` is true.
        consents: bool,
        /// Whether there is a `profile.first_name`.
        named: bool,
    },
    /// `subscribed` to e-mail.
    Subscribed,
    /// `unsubscribed` from e-mail.
    Unsubscribed,
    /// `product_viewed`.
    ProductViewed(Line),
    /// `product_added`.
    ProductAdded(Line),
    /// `cart_updated` with all lines.
    CartUpdated(Cart),
    /// `cart_emptied`.
    CartEmptied(Cart),
    /// `checkout_started` with the cart.
    CheckoutStarted(Cart),
    /// `order_placed` of the cart.
    OrderPlaced(Cart),
    /// `order_paid` of the cart's order.
    OrderPaid(Cart),
}

impl Kind {
    /// The event's type.
    pub const fn name(&self) -> &'static str {
        match self {
            Kind::CustomerCreated { .. } => "customer_created",
            Kind::Subscribed => "subscribed",
            Kind::Unsubscribed => "unsubscribed",
            Kind::ProductViewed(_) => "product_viewed",
            Kind::ProductAdded(_) => "product_added",
            Kind::CartUpdated(_) => "cart_updated",
            Kind::CartEmptied(_) => "cart_emptied",
            Kind::CheckoutStarted(_) => "checkout_started",
            Kind::OrderPlaced(_) => "order_placed",
            Kind::OrderPaid(_) => "order_paid",
        }
    }
}

/// A cart: its number, unique in the stream, and how many lines it has. The lines follow from the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cart {
    /// Unique in the stream.
    pub number: u64,
    /// Lines in it, 0..=5.
    pub lines: u8,
}

impl Cart {
    /// Its lines, in the order in which they were added.
    pub fn lines(self) -> impl Iterator<Item = Line> {
        (0..self.lines)
            .map(move |place| Line::of(mix(self.number * u64::from(MOST_LINES) + u64::from(place))))
    }

    /// The sum of its lines in cents.
    pub fn cents(self) -> u64 {
        self.lines().map(|line| line.cents * u64::from(line.quantity)).sum()
    }
}

/// A product, how many of it, and its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The product's number, below 10,000.
    pub product: u16,
    /// How many, 1..=3.
    pub quantity: u8,
    /// Price of one in cents, 500..=20,499.
    pub cents: u64,
}

impl Line {
    /// The line that these random bits choose.
    fn of(bits: u64) -> Self {
        let product = bits % PRODUCTS;
        // Two of three lines are of a single piece.
        let quantity = [1, 1, 1, 1, 2, 3][(bits >> 32) as usize % 6];
        Self { product: product as u16, quantity, cents: 500 + mix(product) % 20_000 }
    }
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Browse,
    Add,
    Cart,
    Empty,
    Checkout,
    Order,
    Pay,
}

/// A visit in progress.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) customer: u32,
    stage: Stage,
    cart: Cart,
}

impl Session {
    /// A visit that has just begun.
    pub(super) fn begin(customer: u32) -> Self {
        Self { customer, stage: Stage::Browse, cart: Cart { number: 0, lines: 0 } }
    }

    /// The next thing that happens, and whether the visit goes on after it. Probabilities are per mille.
    pub(super) fn step(&mut self, random: &mut Random, carts: &mut u64) -> (Kind, bool) {
        let dice = random.below(1_000);
        match self.stage {
            Stage::Browse => self.browse(random, dice),
            Stage::Add => (Kind::ProductAdded(self.add(carts)), self.go_on(Stage::Cart)),
            Stage::Cart => (Kind::CartUpdated(self.cart), self.after_cart(dice)),
            Stage::Empty => (Kind::CartEmptied(self.cart), false),
            Stage::Checkout => {
                (Kind::CheckoutStarted(self.cart), dice < 750 && self.go_on(Stage::Order))
            }
            Stage::Order => (Kind::OrderPlaced(self.cart), self.go_on(Stage::Pay)),
            Stage::Pay => (Kind::OrderPaid(self.cart), false),
        }
    }

    fn go_on(&mut self, stage: Stage) -> bool {
        self.stage = stage;
        true
    }

    fn browse(&mut self, random: &mut Random, dice: u64) -> (Kind, bool) {
        let kind = match random.below(1_000) {
            0 => Kind::Unsubscribed,
            1..4 => Kind::Subscribed,
            _ => Kind::ProductViewed(Line::of(random.bits())),
        };
        let more = match dice {
            0..500 => true,
            500..780 if self.cart.lines < MOST_LINES => self.go_on(Stage::Add),
            _ => false,
        };
        (kind, more)
    }

    /// Puts one more line into the cart, which begins with the first.
    fn add(&mut self, carts: &mut u64) -> Line {
        if self.cart.lines == 0 {
            *carts += 1;
            self.cart.number = *carts;
        }
        let line =
            Line::of(mix(self.cart.number * u64::from(MOST_LINES) + u64::from(self.cart.lines)));
        self.cart.lines += 1;
        line
    }

    fn after_cart(&mut self, dice: u64) -> bool {
        match dice {
            0..320 if self.cart.lines < MOST_LINES => self.go_on(Stage::Add),
            0..430 => self.go_on(Stage::Browse),
            430..630 => self.go_on(Stage::Checkout),
            630..650 => self.go_on(Stage::Empty),
            _ => false,
        }
    }
}
