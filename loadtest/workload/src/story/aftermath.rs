//! What becomes of an order, and what people bought before the story begins.

use super::catalogue::CATALOGUE;
use super::facts::{After, Fact, Service};
use super::shopper::Cart;
use super::visit::Plan;
use crate::random::Random;
use cartwheel_core::time::{DAY, HOUR, Millis, SECOND};

/// Shares per mille: of orders that are cancelled, of those delivered that come back, with which something is wrong, and that are praised.
const CANCELLED: u64 = 30;
const RETURNED: u64 = 60;
const TROUBLED: u64 = 40;
const REVIEWED: u64 = 100;

/// Of the customers in the file, how many have bought before; of these, how many are heard of again without a visit.
const BOUGHT_BEFORE: u64 = 300;
const HEARD_OF: u64 = 60;

/// An order that was placed at `at` is paid and sent, or cancelled; most are kept. Of a scripted person all of them.
pub(super) fn of_order(random: &mut Random, cart: &Cart, at: Millis, scripted: bool) -> Plan {
    let after = |what: After, at: Millis| (at, Fact::After(what, cart.clone()));
    let mut plan = vec![after(After::Paid, at + 30 * SECOND)];
    if random.chance(CANCELLED) && !scripted {
        plan.push(after(After::Cancelled, at + random.between(HOUR, 5 * HOUR)));
        return plan;
    }
    let shipped = at + random.between(18 * HOUR, 30 * HOUR);
    let delivered = shipped + random.between(16 * HOUR, 40 * HOUR);
    plan.extend([after(After::Shipped, shipped), after(After::Delivered, delivered)]);
    if !scripted {
        plan.extend(of_delivery(random, cart, delivered));
    }
    plan
}

/// What is thought of it.
fn of_delivery(random: &mut Random, cart: &Cart, at: Millis) -> Plan {
    if random.chance(RETURNED) {
        let returned = at + random.between(HOUR, DAY);
        let refunded = returned + random.between(DAY, 3 * DAY);
        let after = |what: After, at: Millis| (at, Fact::After(what, cart.clone()));
        vec![after(After::ReturnRequested, returned), after(After::Refunded, refunded)]
    } else if random.chance(TROUBLED) {
        ticket(random, 1, at + HOUR)
    } else if random.chance(REVIEWED) {
        review(random, cart, at + 5 * HOUR)
    } else {
        Plan::new()
    }
}

/// What the file says of somebody's orders before the story, read in at `at`, and what they do about them during it.
pub(super) fn history(random: &mut Random, name: &str, at: Millis) -> Plan {
    let mut plan = Plan::new();
    if !random.chance(BOUGHT_BEFORE) {
        return plan;
    }
    let orders = 1 + random.below(2);
    for number in 0..orders {
        let ago = random.between(5, 400) * DAY;
        let product = random.below(CATALOGUE.len() as u64) as usize;
        let cart = Cart::of_before(name, number, at - ago, product);
        let read_in = at + SECOND * (1 + i64::from(number as u32));
        if random.chance(HEARD_OF) {
            let later = at + random.between(2 * HOUR, 60 * HOUR);
            plan.extend(if random.chance(500) {
                ticket(random, 100 + number as u32, later)
            } else {
                review(random, &cart, later)
            });
        }
        plan.push((read_in, Fact::BoughtBefore(ago, cart)));
    }
    if random.chance(5) {
        plan.push((at + random.between(HOUR, 70 * HOUR), Fact::ForgotPassword));
    }
    plan
}

/// A question and its answer, a day later or so.
fn ticket(random: &mut Random, number: u32, at: Millis) -> Plan {
    let answered = at + random.between(4 * HOUR, 40 * HOUR);
    vec![
        (at, Fact::Ticket(number, Service::Opened)),
        (answered, Fact::Ticket(number, Service::Closed)),
    ]
}

/// Stars for the first thing in the cart; most are friendly.
fn review(random: &mut Random, cart: &Cart, at: Millis) -> Plan {
    let rating = [5, 5, 4, 4, 3, 1][random.below(6) as usize];
    cart.lines.first().map(|line| (at, Fact::Reviewed(line.0, rating))).into_iter().collect()
}
