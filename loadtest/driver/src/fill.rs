//! The events that fill an engine with customers before something is measured: those of the peers' job, so many a customer, at one density.
//!
//! Every customer signs up in the first half. The job's journey lasts three days, so when all ten days of synthetic time have passed as many runs end as begin, and
//! what comes then costs the same however long it goes on; with four events a customer about one in ten then has a live run.

use cartwheel_core::time::{DAY, Millis};
use cartwheel_workload::{Options, Profile, Skew};

/// Synthetic time from the first event to the last.
const SPAN: Millis = 10 * DAY;

/// `each` events for each of `customers`, of which the last happens at `end`; and `more` behind them at the same density.
pub fn options(customers: u32, each: u32, more: u64, end: Millis) -> Options {
    let fill = events(customers, each);
    Options {
        seed: 1,
        events: fill + more,
        customers,
        skew: Skew::Uniform,
        profile: Profile::Peers,
        start: end.saturating_sub(SPAN),
        rate: fill.max(1),
        every: SPAN.unsigned_abs(),
        sends: 0.0,
    }
}

/// How many events fill.
pub fn events(customers: u32, each: u32) -> u64 {
    u64::from(customers) * u64::from(each)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_workload::{Kind, Workload};
    use std::collections::HashSet;

    #[test]
    fn everybody_signs_up_and_the_fill_ends_when_it_should() {
        let end = 1_772_445_600_000;
        let events: Vec<_> = Workload::new(options(500, 4, 1_000, end)).unwrap().collect();
        assert_eq!(events.len(), 3_000);
        let fill = &events[..2_000];
        let named = |event: &&cartwheel_workload::Shopped| {
            matches!(event.kind, Kind::CustomerCreated { .. })
        };
        let customers: HashSet<u32> =
            fill.iter().filter(named).map(|event| event.customer).collect();
        assert_eq!(customers.len(), 500);
        let hour = 3_600_000;
        assert!((end - hour..=end).contains(&fill[1_999].time));
        assert!(events[2_999].time > end + DAY);
    }
}
