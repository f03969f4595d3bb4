//! A person: name, addresses, consents, home; and what the shop knows of them.

use super::catalogue::{CATALOGUE, dollars};
use crate::names::{AREAS, FIRST_NAMES, LAST_NAMES, customer_name};
use crate::random::Random;
use cartwheel_core::id::CommandId;
use cartwheel_core::time::{HOUR, Millis};
use serde::Serialize;

/// Keeps the draws of who people are apart from those of what they do.
const PEOPLE: u64 = u64::from_be_bytes(*b"\0\0people");
/// Commands that a shopper remembers having received.
const REMEMBERED: usize = 8;

/// A person of the story.
#[derive(Clone, Debug)]
pub(super) struct Shopper {
    /// The customer string.
    pub name: String,
    pub profile: Profile,
    /// Hours that their clock is ahead of UTC, near enough for habits.
    pub offset: i64,
    /// Their mailbox does not exist.
    pub bounces: bool,
    /// The scripted persona that they are, if any.
    pub persona: Option<super::personas::Role>,
    pub cart: Option<Cart>,
    /// Carts and events so far: parts of derived ids.
    pub carts: u64,
    pub events: u64,
    pub visits: u64,
    /// Marketing messages received.
    pub messages: u32,
    commands: Vec<CommandId>,
}

/// The `profile` object of an event.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Profile {
    pub email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub time_zone: &'static str,
    pub country: &'static str,
    pub locale: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push_token: Option<String>,
    /// `1990-05-17`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<String>,
    pub consent: Consent,
}

/// Who may write to them where.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Consent {
    pub email: bool,
    pub sms: bool,
    pub push: bool,
}

/// An open cart.
#[derive(Clone, Debug)]
pub(super) struct Cart {
    pub id: String,
    /// When it was last touched, epoch milliseconds.
    pub touched: Millis,
    pub lines: Vec<(usize, u32)>,
}

/// A line as events show it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Item {
    product: &'static str,
    name: &'static str,
    quantity: u32,
    price: f64,
    url: String,
    image: String,
    /// Of what is used up: for how many days one piece is enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    supply_days: Option<u32>,
}

impl Cart {
    /// What somebody bought before the story.
    pub fn of_before(name: &str, number: u64, at: Millis, product: usize) -> Self {
        Self { id: format!("k-{name}-b{number}"), touched: at, lines: vec![(product, 1)] }
    }

    /// Puts one piece of a product in.
    pub fn add(&mut self, product: usize) {
        match self.lines.iter_mut().find(|line| line.0 == product) {
            Some(line) => line.1 += 1,
            None => self.lines.push((product, 1)),
        }
    }

    pub fn total(&self) -> f64 {
        dollars(
            self.lines
                .iter()
                .map(|&(product, quantity)| {
                    u64::from(CATALOGUE[product].cents) * u64::from(quantity)
                })
                .sum(),
        )
    }

    pub fn items(&self) -> Vec<Item> {
        self.lines.iter().map(|&(product, quantity)| item(product, quantity)).collect()
    }
}

fn item(product: usize, quantity: u32) -> Item {
    let product = &CATALOGUE[product];
    Item {
        product: product.id,
        name: product.name,
        quantity,
        price: dollars(u64::from(product.cents)),
        url: product.url(),
        image: product.image(),
        supply_days: product.supply_days(),
    }
}

/// A day between 1950 and 2005.
fn birthday(random: &mut Random) -> String {
    let year = random.between(1950, 2005);
    format!("{year}-{:02}-{:02}", random.between(1, 12), random.between(1, 28))
}

impl Shopper {
    /// The person with this number: the same for the same seed.
    pub fn of(seed: u64, number: u32) -> Self {
        let mut random = Random::of(seed ^ PEOPLE, u64::from(number));
        let (first, last) = (*random.pick(&FIRST_NAMES), *random.pick(&LAST_NAMES));
        let (phone, area) = home(number);
        let consent = Consent {
            email: random.chance(850),
            sms: phone.is_some() && random.chance(500),
            push: random.chance(200),
        };
        let profile = Profile {
            email: format!(
                "{}.{}.{number}@example.test",
                first.to_lowercase(),
                last.to_lowercase()
            ),
            phone,
            first_name: first.to_owned(),
            last_name: last.to_owned(),
            time_zone: area.zone,
            country: "US",
            locale: "en-US",
            push_token: consent.push.then(|| format!("token-{:016x}", random.bits())),
            birthday: None,
            consent,
        };
        let bounces = random.chance(8);
        let birthday = random.chance(300).then(|| birthday(&mut random));
        Self {
            bounces,
            ..Self::with(customer_name(number), Profile { birthday, ..profile }, area.offset)
        }
    }

    /// A person with this profile who has done nothing yet.
    pub fn with(name: String, profile: Profile, offset: i64) -> Self {
        let (cart, persona, commands) = (None, None, Vec::new());
        Self {
            name,
            profile,
            offset,
            bounces: false,
            persona,
            cart,
            carts: 0,
            events: 0,
            visits: 0,
            messages: 0,
            commands,
        }
    }

    /// The hour that their clock shows, 0..24.
    pub fn hour(&self, at: Millis) -> i64 {
        (at.div_euclid(HOUR) + self.offset).rem_euclid(24)
    }

    /// Whether this command is new to them; it is remembered.
    pub fn receives(&mut self, command: CommandId) -> bool {
        if self.commands.contains(&command) {
            return false;
        }
        if self.commands.len() == REMEMBERED {
            self.commands.remove(0);
        }
        self.commands.push(command);
        true
    }
}

/// Phone and area. Every second person has a phone of their own, as long as the fictional numbers last: a hundred in each area.
fn home(number: u32) -> (Option<String>, crate::names::Area) {
    let place = number / 2;
    let area = AREAS[(place / 100) as usize % AREAS.len()];
    let has_phone = number.is_multiple_of(2) && place / 100 < AREAS.len() as u32;
    (has_phone.then(|| format!("+1{}55501{:02}", area.code, place % 100)), area)
}
