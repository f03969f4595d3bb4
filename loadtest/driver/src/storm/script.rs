//! The customers of a storm: all sign up, then each has a cart, an hour before its timer is due.

use crate::scripted::{cart, sign_up};
use cartwheel_core::time::{HOUR, Millis};
use cartwheel_workload::Shopped;

/// How long the journey waits behind a cart (`loadtest/peers/journeys/cart_recovery.yaml`); that the messages are due then is checked.
const QUIET: Millis = HOUR;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Script {
    pub(super) customers: u32,
    /// When they sign up.
    pub(super) signed_up: Millis,
    /// The first deadline,
    pub(super) due: Millis,
    /// and from there to the last.
    pub(super) within: Millis,
}

impl Script {
    /// When the timer of this customer is due.
    pub(super) fn due(&self, customer: u32) -> Millis {
        let passed =
            i128::from(self.within) * i128::from(customer) / i128::from(self.customers.max(1));
        self.due + Millis::try_from(passed).unwrap_or(0)
    }

    /// What this customer does first.
    pub(super) fn sign_up(&self, customer: u32) -> Shopped {
        sign_up(customer, self.signed_up)
    }

    /// What it does then.
    pub(super) fn cart(&self, customer: u32) -> Shopped {
        cart(customer, self.due(customer) - QUIET)
    }

    /// So many customers, spread over all.
    pub(super) fn sample(&self, size: u32) -> Vec<u32> {
        let size = u64::from(size.clamp(1, self.customers.max(1)));
        let place = |number: u64| (number * u64::from(self.customers) / size) as u32;
        (0..size).map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_spread_over_the_time_and_samples_over_the_customers() {
        let script = Script { customers: 4, signed_up: 5, due: 10_000_000, within: 1_000 };
        let due: Vec<Millis> = (0..4).map(|customer| script.due(customer) - 10_000_000).collect();
        assert_eq!(due, [0, 250, 500, 750]);
        assert_eq!((script.cart(2).time, script.sign_up(2).time), (6_400_500, 5));
        assert_eq!((script.sample(2), script.sample(9)), (vec![0, 2], vec![0, 1, 2, 3]));
    }
}
