//! A visit to the shop, planned from its beginning: what the shopper means to do, and when.

use super::catalogue::CATALOGUE;
use super::facts::Fact;
use crate::random::Random;
use cartwheel_core::time::{Millis, SECOND};

/// Deeds with their times, epoch milliseconds.
pub(super) type Plan = Vec<(Millis, Fact)>;

/// Of the visits that fill a cart, the share that buys it, per mille. With those who come back by themselves, three carts in ten are bought.
const BUYS: u64 = 200;

/// Writes a plan down, each deed some time after the one before.
struct Planner<'a> {
    random: &'a mut Random,
    at: Millis,
    plan: Plan,
}

impl Planner<'_> {
    /// The fact happens `from..=to` seconds after the one before.
    fn after(&mut self, from: i64, to: i64, fact: Fact) {
        self.at += self.random.between(from * SECOND, to * SECOND);
        self.plan.push((self.at, fact));
    }

    fn view(&mut self) -> usize {
        let product = favourite(self.random);
        self.after(10, 120, Fact::Viewed(product));
        product
    }

    fn add(&mut self, product: usize) {
        self.after(5, 60, Fact::Added(product));
        self.after(1, 2, Fact::CartUpdated);
    }

    fn buy(&mut self) {
        self.after(20, 90, Fact::CheckedOut(None));
        self.after(40, 240, Fact::Ordered(None));
    }
}

/// A product; the cheaper of two, so that a bicycle is looked at now and then and no more.
fn favourite(random: &mut Random) -> usize {
    let (one, other) = (
        random.below(CATALOGUE.len() as u64) as usize,
        random.below(CATALOGUE.len() as u64) as usize,
    );
    if CATALOGUE[one].cents <= CATALOGUE[other].cents { one } else { other }
}

/// A visit that begins at this time. `cart_waits`: they left a cart here before. `may_subscribe`: they
/// did not agree to e-mail when they came.
pub(super) fn visit(
    random: &mut Random,
    at: Millis,
    cart_waits: bool,
    may_subscribe: bool,
) -> Plan {
    let mut planner = Planner { random, at, plan: Vec::new() };
    if may_subscribe && planner.random.chance(25) {
        planner.after(0, 30, Fact::Subscribed);
    }
    if cart_waits && planner.random.chance(60) {
        planner.buy();
        return planner.plan;
    }
    let mut seen = planner.view();
    for _ in 0..planner.random.below(4) {
        seen = planner.view();
    }
    if planner.random.chance(420) {
        fill(&mut planner, seen);
    }
    planner.plan
}

/// The way of a visitor who has decided to buy something.
pub(super) fn eager_visit(random: &mut Random, at: Millis) -> Plan {
    let mut planner = Planner { random, at, plan: Vec::new() };
    let seen = planner.view();
    planner.add(seen);
    planner.buy();
    planner.plan
}

/// Fills a cart, then buys it, empties it or leaves it.
fn fill(planner: &mut Planner, seen: usize) {
    planner.add(seen);
    for _ in 0..[0, 0, 0, 1, 1, 2][planner.random.below(6) as usize] {
        let product = planner.view();
        planner.add(product);
    }
    match planner.random.below(1_000) {
        0..BUYS => planner.buy(),
        BUYS..240 => planner.after(20, 600, Fact::Emptied),
        240..360 => planner.after(20, 90, Fact::CheckedOut(None)),
        360..500 => {
            planner.view();
        }
        _ => {}
    }
}
