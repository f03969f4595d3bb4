//! One customer's sign-up and cart, when we say: the shortest way to a message of the peers' job, an hour behind the cart.

use cartwheel_core::time::Millis;
use cartwheel_workload::stream::Cart;
use cartwheel_workload::{Kind, Shopped};

/// The customer signs up, with a name, and consents.
pub fn sign_up(customer: u32, time: Millis) -> Shopped {
    let kind = Kind::CustomerCreated { consents: true, named: true };
    Shopped { time, happened: time, customer, id: 2 * u64::from(customer), kind }
}

/// The customer's cart.
pub fn cart(customer: u32, time: Millis) -> Shopped {
    let number = u64::from(customer) + 1;
    let kind = Kind::CartUpdated(Cart { number, lines: 2 });
    Shopped { time, happened: time, customer, id: 2 * u64::from(customer) + 1, kind }
}
