//! What can happen to a shopper, and the event that tells of it. Whether it still happens is decided when its time comes:
//! a cart that was bought meanwhile is not bought again.

use super::catalogue::{CATALOGUE, Shown};
use super::shopper::{Cart, Item, Profile, Shopper};
use crate::random::mix;
use cartwheel_core::channel::Channel;
use cartwheel_core::id::{CommandId, RunId};
use cartwheel_core::time::{DAY, Millis, rfc3339};
use serde::Serialize;

/// A cart that nobody has touched for so long is forgotten when something is added.
const CART_LIFE: Millis = 7 * DAY;

/// One thing that a shopper does or that happens to them.
#[derive(Clone, Debug)]
pub(super) enum Fact {
    /// The shop's customer file is imported.
    Imported,
    /// They sign up.
    Created,
    /// They subscribe to e-mail.
    Subscribed,
    /// They look at a product.
    Viewed(usize),
    /// They put a product into the cart.
    Added(usize),
    /// They put a product into a new cart, on a device that knows nothing of the open one.
    AddedElsewhere(usize),
    /// The cart as it is now.
    CartUpdated,
    /// They empty the cart.
    Emptied,
    /// They start the checkout of the open cart; of this one only, if it is named.
    CheckedOut(Option<String>),
    /// They buy the open cart; this one only, if it is named.
    Ordered(Option<String>),
    /// Something becomes of the order of this cart.
    After(After, Cart),
    /// They bought this cart, so long before the shop tells of it: their history is read in.
    BoughtBefore(Millis, Cart),
    /// They ask the shop's service something, or have their answer; of a ticket by its number.
    Ticket(u32, Service),
    /// They give a product so many stars.
    Reviewed(usize, u8),
    /// They ask for a new password.
    ForgotPassword,
    /// A message is opened.
    Opened(Message),
    /// A link in it is clicked.
    Clicked(Message),
    /// One of its answers is given.
    Answered(Message, Survey),
    /// It comes back for good.
    Bounced(Message),
    /// They unsubscribe from its channel.
    Unsubscribed(Message),
}

/// What becomes of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    Paid,
    Shipped,
    Delivered,
    Cancelled,
    ReturnRequested,
    /// All of it is paid back.
    Refunded,
}

/// What becomes of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Opened,
    Closed,
}

/// Which message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Message {
    pub command_id: CommandId,
    pub channel: Channel,
    pub journey: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bounce: Option<&'static str>,
}

/// Which answer, to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Survey {
    pub answer: String,
    pub journey: String,
    pub step: String,
    pub run: RunId,
}

/// An event in the contract's field order; the subjects that it has.
#[derive(Default, Serialize)]
struct Event<'a> {
    id: String,
    r#type: &'static str,
    customer: &'a str,
    #[serde(with = "rfc3339")]
    time: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a Profile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cart: Option<Basket>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checkout: Option<Checkout>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<Basket>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund: Option<Refund>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<Ticket>,
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<Review>,
    #[serde(skip_serializing_if = "Option::is_none")]
    survey: Option<&'a Survey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'static str>,
}

/// A cart, or the order of one.
#[derive(Serialize)]
struct Basket {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cart: Option<String>,
    total: f64,
    currency: &'static str,
    url: String,
    items: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_amount: Option<f64>,
}

#[derive(Serialize)]
struct Checkout {
    id: String,
    cart_id: String,
    total: f64,
    currency: &'static str,
    url: String,
}

#[derive(Serialize)]
struct Refund {
    id: String,
    amount: f64,
}

#[derive(Serialize)]
struct Ticket {
    id: String,
}

#[derive(Serialize)]
struct Review {
    product: &'static str,
    rating: u8,
}

impl Cart {
    /// The cart's id with another first letter: ids of its checkout and order.
    fn sibling(&self, letter: char) -> String {
        format!("{letter}{}", &self.id[1..])
    }

    fn shown(&self) -> Basket {
        let url = format!("https://shop.example.test/carts/{}", self.id);
        Basket {
            id: self.id.clone(),
            cart: None,
            total: self.total(),
            currency: "USD",
            url,
            items: self.items(),
            carrier: None,
            tracking_url: None,
            refund_amount: None,
        }
    }

    fn checkout(&self) -> Checkout {
        let id = self.sibling('h');
        let url = format!("https://shop.example.test/checkouts/{id}");
        Checkout { id, cart_id: self.id.clone(), total: self.total(), currency: "USD", url }
    }

    fn ordered(&self) -> Basket {
        let id = self.sibling('o');
        let url = format!("https://shop.example.test/orders/{id}");
        Basket { id, url, cart: Some(self.id.clone()), ..self.shown() }
    }

    /// The order after something has become of it.
    fn after(&self, what: After) -> Basket {
        let order = self.ordered();
        match what {
            After::Shipped => Basket {
                carrier: Some("Parcel Post"),
                tracking_url: Some(format!("https://parcel.example.test/{}", order.id)),
                ..order
            },
            After::Refunded => Basket { refund_amount: Some(self.total()), ..order },
            After::Paid | After::Delivered | After::Cancelled | After::ReturnRequested => order,
        }
    }

    fn refund(&self) -> Refund {
        Refund { id: self.sibling('r'), amount: self.total() }
    }
}

/// What came of a fact.
pub(super) struct Told {
    /// The event's type.
    pub kind: &'static str,
    /// The event as JSON.
    pub json: Vec<u8>,
    /// The cart that was bought, if the fact was an order.
    pub bought: Option<Cart>,
}

impl Shopper {
    /// Lets the fact happen at this time; none if it no longer can. `seed` and `number` make the event's id.
    pub fn tell(&mut self, fact: &Fact, at: Millis, seed: u64, number: u32) -> Option<Told> {
        let closed = self.change(fact, at)?;
        self.events += 1;
        let id =
            format!("{:016x}", mix(mix(seed).wrapping_add(u64::from(number) << 32 | self.events)));
        let event = Event {
            id,
            r#type: fact.kind(),
            customer: &self.name,
            time: if let Fact::BoughtBefore(ago, _) = fact { at - ago } else { at },
            ..self.subjects(fact, closed.as_ref())
        };
        // Serialising plain structs of strings, numbers and lists has no way to fail.
        let json = serde_json::to_vec(&event).unwrap_or_default();
        let bought = closed.filter(|_| matches!(fact, Fact::Ordered(_)));
        Some(Told { kind: fact.kind(), json, bought })
    }

    /// Changes the cart as the fact says, and gives the cart that is closed by it; none if the fact is void.
    fn change(&mut self, fact: &Fact, at: Millis) -> Option<Option<Cart>> {
        match fact {
            Fact::Added(product) => self.cart_at(at).add(*product),
            Fact::AddedElsewhere(product) => {
                self.cart = None;
                self.cart_at(at).add(*product);
            }
            Fact::CartUpdated | Fact::CheckedOut(None) => self.cart.as_mut()?.touched = at,
            Fact::CheckedOut(Some(id)) => {
                self.cart.as_mut().filter(|cart| cart.id == *id)?.touched = at
            }
            Fact::Ordered(id) => {
                return self
                    .cart
                    .take_if(|cart| id.as_ref().is_none_or(|id| cart.id == *id))
                    .map(Some);
            }
            Fact::Emptied => {
                return self.cart.take().map(|cart| Some(Cart { lines: Vec::new(), ..cart }));
            }
            _ => {}
        }
        Some(None)
    }

    /// The open cart, or a new one.
    fn cart_at(&mut self, at: Millis) -> &mut Cart {
        self.cart.take_if(|cart| at - cart.touched > CART_LIFE);
        let (carts, name) = (&mut self.carts, &self.name);
        let cart = self.cart.get_or_insert_with(|| {
            *carts += 1;
            Cart { id: format!("k-{name}-{carts}"), touched: at, lines: Vec::new() }
        });
        cart.touched = at;
        cart
    }

    fn subjects<'a>(&'a self, fact: &'a Fact, closed: Option<&Cart>) -> Event<'a> {
        let mut event = Event::default();
        match fact {
            Fact::Imported | Fact::Created => event.profile = Some(&self.profile),
            Fact::Subscribed => event.channel = Some(Channel::Email.name()),
            Fact::Viewed(product) | Fact::Added(product) | Fact::AddedElsewhere(product) => {
                event.product = Some(CATALOGUE[*product].shown());
            }
            Fact::CartUpdated => event.cart = self.cart.as_ref().map(Cart::shown),
            Fact::Emptied => event.cart = closed.map(Cart::shown),
            Fact::CheckedOut(_) => {
                event.cart = self.cart.as_ref().map(Cart::shown);
                event.checkout = self.cart.as_ref().map(Cart::checkout);
            }
            Fact::Ordered(_) => event.order = closed.map(Cart::ordered),
            Fact::BoughtBefore(_, cart) => event.order = Some(cart.ordered()),
            Fact::After(what, cart) => {
                event.order = Some(cart.after(*what));
                event.refund = (*what == After::Refunded).then(|| cart.refund());
            }
            Fact::Ticket(number, _) => {
                event.ticket = Some(Ticket { id: format!("t-{}-{number}", self.name) });
            }
            Fact::Reviewed(product, rating) => {
                event.review = Some(Review { product: CATALOGUE[*product].id, rating: *rating });
                event.product = Some(CATALOGUE[*product].shown());
            }
            Fact::ForgotPassword => {}
            Fact::Answered(message, survey) => {
                event.message = Some(message);
                event.survey = Some(survey);
            }
            Fact::Opened(message)
            | Fact::Clicked(message)
            | Fact::Bounced(message)
            | Fact::Unsubscribed(message) => {
                event.message = Some(message);
            }
        }
        event
    }
}

impl Fact {
    /// The type of the event that tells of it.
    const fn kind(&self) -> &'static str {
        match self {
            Fact::Imported => "customer_updated",
            Fact::Created => "customer_created",
            Fact::Subscribed => "subscribed",
            Fact::Viewed(_) => "product_viewed",
            Fact::Added(_) | Fact::AddedElsewhere(_) => "product_added",
            Fact::CartUpdated => "cart_updated",
            Fact::Emptied => "cart_emptied",
            Fact::CheckedOut(_) => "checkout_started",
            Fact::Ordered(_) => "order_placed",
            Fact::BoughtBefore(..) => "order_placed",
            Fact::After(what, _) => match what {
                After::Paid => "order_paid",
                After::Shipped => "order_shipped",
                After::Delivered => "order_delivered",
                After::Cancelled => "order_cancelled",
                After::ReturnRequested => "return_requested",
                After::Refunded => "order_refunded",
            },
            Fact::Ticket(_, Service::Opened) => "ticket_opened",
            Fact::Ticket(_, Service::Closed) => "ticket_closed",
            Fact::Reviewed(..) => "review_submitted",
            Fact::ForgotPassword => "password_reset_requested",
            Fact::Opened(_) => "message_opened",
            Fact::Clicked(_) => "message_clicked",
            Fact::Answered(..) => "survey_answered",
            Fact::Bounced(_) => "message_bounced",
            Fact::Unsubscribed(_) => "unsubscribed",
        }
    }
}
