//! The order in which timers of one deadline fire: by customer, then by run, and by nothing else.

use super::world::{CART, HOUR, MINUTE, START, plan_of};
use crate::checkpoint::memory::MemoryStore;
use crate::{Lone, Settings};
use cartwheel_core::decision::Verdict;
use cartwheel_core::event::Record;
use cartwheel_core::id::{CustomerId, RunId};
use cartwheel_core::time::Millis;
use std::sync::Arc;

const CUSTOMERS: [&str; 4] = ["ana", "ben", "cem", "dua"];
const CARTS: [&str; 3] = ["a", "b", "c"];

/// One run a cart; carts of one customer stand beside each other.
fn each_cart(settings: Settings) -> Lone<MemoryStore> {
    let plan = plan_of(&CART.replace("reentry: { after: 7d }", "reentry: once_per_key"));
    let mut lone = Lone::open(&Arc::clone(&plan), settings, MemoryStore::default()).unwrap();
    lone.keep();
    lone
}

fn cart(lone: &mut Lone<MemoryStore>, at: Millis, (customer, cart): (&str, &str)) {
    let offset = lone.shard().next_offset();
    let value = format!(
        r#"{{"type":"cart_updated","customer":"{customer}","time":{at},"cart":{{"id":"{cart}","total":80,"items":[1]}}}}"#
    );
    lone.record(&Record { offset, time: at, key: None, value: value.as_bytes() }).unwrap();
}

/// The windows that closed, in order.
fn entered(lone: &mut Lone<MemoryStore>) -> Vec<(CustomerId, Option<RunId>)> {
    lone.clock(START + 2 * HOUR).unwrap();
    let decisions = lone.take_decisions().unwrap();
    let entered = decisions.iter().filter(|decision| decision.decision == Verdict::Entered);
    entered.map(|decision| (CustomerId::of(&decision.customer), decision.run)).collect()
}

/// All orders of so many things.
fn orders(things: usize) -> Vec<Vec<usize>> {
    let Some(last) = things.checked_sub(1) else { return vec![Vec::new()] };
    let shorter = orders(last).into_iter();
    let with_last = |order: Vec<usize>| {
        (0..=last).map(move |place| {
            let mut order = order.clone();
            order.insert(place, last);
            order
        })
    };
    shorter.flat_map(with_last).collect()
}

#[test]
fn timers_of_one_deadline_fire_by_customer_and_run_whatever_the_order_in_which_they_came() {
    let mut expected = None;
    for order in orders(CUSTOMERS.len()) {
        for carts in orders(CARTS.len()) {
            for max_timers in [1, 5, 4_096] {
                let settings = Settings { max_timers, ..Settings::without_clock() };
                let mut lone = each_cart(settings);
                // Cart by cart, so that a customer's are not armed one behind the other.
                for place in &carts {
                    order.iter().for_each(|who| {
                        cart(&mut lone, START, (CUSTOMERS[*who], CARTS[*place]));
                    });
                }
                let fired = entered(&mut lone);
                assert_eq!(fired.len(), CUSTOMERS.len() * CARTS.len());
                assert!(fired.is_sorted(), "{order:?} {carts:?} {max_timers}");
                assert_eq!(*expected.get_or_insert_with(|| fired.clone()), fired);
            }
        }
    }
}

/// One who came first and moved to the same deadline is in the wheel twice.
#[test]
fn timers_that_moved_to_one_deadline_fire_in_the_same_order() {
    for order in orders(CUSTOMERS.len()) {
        let mut lone = each_cart(Settings::without_clock());
        for (early, who) in order.iter().enumerate() {
            cart(&mut lone, START + early as i64, (CUSTOMERS[*who], "a"));
        }
        for who in order.iter().rev() {
            cart(&mut lone, START + MINUTE, (CUSTOMERS[*who], "a"));
        }
        let fired = entered(&mut lone);
        assert!(fired.len() == CUSTOMERS.len() && fired.is_sorted(), "{order:?}");
    }
}
