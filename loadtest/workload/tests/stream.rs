//! The stream keeps its promises: the same bytes for a seed, a funnel that narrows, events as the contract has them.

use cartwheel_core::time::parse_rfc3339;
use cartwheel_workload::{Kind, Options, Profile, Shopped, Skew, Workload, stream::Invalid};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use xxhash_rust::xxh3::xxh3_64;

fn stream(options: Options) -> Vec<Shopped> {
    Workload::new(options).unwrap().collect()
}

fn bytes(options: Options) -> Vec<u8> {
    let mut out = Vec::new();
    for event in stream(options) {
        event.encode(&mut out);
        out.push(b'\n');
    }
    out
}

/// Recorded results name their seed; a change of these bytes makes them incomparable.
#[test]
fn the_first_ten_thousand_events_are_pinned() {
    let options = Options { events: 10_000, ..Options::default() };
    assert_eq!(format!("{:016x}", xxh3_64(&bytes(options.clone()))), "f377cfbb11f6ff30");
    assert_eq!(
        format!("{:016x}", xxh3_64(&bytes(Options { skew: Skew::Zipf(0.99), ..options }))),
        "a3423fa59a2d42ce"
    );
}

#[test]
fn a_longer_stream_begins_like_a_shorter_one_and_a_seed_changes_it() {
    let short = bytes(Options { events: 500, ..Options::default() });
    let long = bytes(Options { events: 700, ..Options::default() });
    assert!(long.starts_with(&short));
    assert_ne!(short, bytes(Options { events: 500, seed: 2, ..Options::default() }));
}

#[test]
fn the_funnel_narrows_at_every_moment() {
    for skew in [Skew::Uniform, Skew::Zipf(0.99)] {
        let (mut views, mut carts, mut checkouts, mut orders, mut paid) = (0, 0, 0, 0, 0);
        let mut before = 0;
        let options = Options { events: 100_000, customers: 5_000, skew, ..Options::default() };
        let events = stream(options);
        assert_eq!(events.len(), 100_000);
        for event in events {
            match event.kind {
                Kind::ProductViewed(_) => views += 1,
                Kind::CartUpdated(_) => carts += 1,
                Kind::CheckoutStarted(_) => checkouts += 1,
                Kind::OrderPlaced(_) => orders += 1,
                Kind::OrderPaid(_) => paid += 1,
                _ => {}
            }
            assert!(paid <= orders && orders <= checkouts && checkouts <= carts);
            assert!(event.time >= before && event.customer < 5_000);
            before = event.time;
        }
        assert!(views > carts && paid > 1_000, "{views} views, {paid} paid");
    }
}

#[test]
fn every_event_is_as_the_contract_has_it() {
    let mut ids = HashSet::new();
    let mut line = Vec::new();
    let mut total = 0;
    let events = stream(Options { events: 100_000, rate: 333, ..Options::default() });
    for event in &events {
        line.clear();
        event.encode(&mut line);
        total += line.len();
        let value: Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(value["type"], event.kind.name());
        assert_eq!(value["customer"].as_str().unwrap().as_bytes(), event.key());
        assert_eq!(parse_rfc3339(value["time"].as_str().unwrap()), Some(event.happened));
        let id = value["id"].as_str().unwrap();
        assert!(id.len() == 16 && ids.insert(id.to_owned()));
        check_sum(&value["cart"]);
        check_sum(&value["order"]);
    }
    let average = total / events.len();
    assert!((205..=215).contains(&average), "{average} bytes");
}

/// The total of a cart or order is the sum of its items.
fn check_sum(subject: &Value) {
    if subject.is_null() {
        return;
    }
    let items = subject["items"].as_array().unwrap();
    let sum: f64 = items
        .iter()
        .map(|item| item["price"].as_f64().unwrap() * item["quantity"].as_f64().unwrap())
        .sum();
    assert!((sum - subject["total"].as_f64().unwrap()).abs() < 0.001 && items.len() <= 5);
}

#[test]
fn an_order_has_the_cart_of_its_checkout() {
    let mut checkouts = HashSet::new();
    for event in stream(Options { events: 50_000, ..Options::default() }) {
        match event.kind {
            Kind::CheckoutStarted(cart) => assert!(checkouts.insert((event.customer, cart.number))),
            Kind::OrderPlaced(cart) => assert!(checkouts.contains(&(event.customer, cart.number))),
            _ => {}
        }
    }
}

#[test]
fn one_event_in_a_hundred_is_a_consenting_sign_up_and_nobody_signs_up_twice() {
    let (mut consenting, mut customers) = (0, HashSet::new());
    for event in stream(Options { events: 200_000, ..Options::default() }) {
        if let Kind::CustomerCreated { consents, .. } = event.kind {
            assert!(customers.insert(event.customer));
            consenting += u32::from(consents);
        }
    }
    assert!((1_900..2_100).contains(&consenting), "{consenting}");
    let few = stream(Options { events: 20_000, customers: 3, ..Options::default() });
    assert_eq!(
        few.iter().filter(|event| matches!(event.kind, Kind::CustomerCreated { .. })).count(),
        3
    );
}

fn peers(events: u64, customers: u32, skew: Skew) -> Options {
    let every = 7 * 24 * 3_600_000;
    let profile = Profile::Peers;
    Options { events, customers, skew, profile, rate: events, every, ..Options::default() }
}

/// The stream of the comparison with other engines: its times are shared, everybody signs up by name, and an event has 211 bytes.
#[test]
fn of_the_peers_profile_everybody_signs_up_and_every_tick_has_events_of_all() {
    let options = peers(200_000, 10_000, Skew::Uniform);
    let (mut signed_up, mut ticks, mut line, mut total) =
        (HashSet::new(), HashMap::new(), Vec::new(), 0);
    for event in stream(options.clone()) {
        line.clear();
        event.encode(&mut line);
        total += line.len();
        *ticks.entry(event.time - options.start).or_insert(0) += 1;
        if let Kind::CustomerCreated { named, .. } = event.kind {
            assert!(named);
            signed_up.insert(event.customer);
        }
    }
    assert_eq!(signed_up.len(), 10_000);
    assert!(ticks.iter().all(|(at, count)| at % 200_000 == 0 && (60..70).contains(count)));
    assert_eq!(total / 200_000, 211);
}

/// One in a hundred comes twice, at most seven others of its customer behind the first; one in a hundred is late, by whole ticks.
#[test]
fn of_the_peers_profile_some_events_come_twice_and_some_late() {
    for skew in [Skew::Uniform, Skew::Zipf(0.99)] {
        let options = peers(2_000_000, 100_000, skew);
        let tick = 20_000;
        let (mut known, mut of_customer) = (HashMap::new(), HashMap::new());
        let (mut repeated, mut at_once, mut late) = (0, 0, 0);
        for event in stream(options.clone()) {
            let before = of_customer.entry(event.customer).or_insert(0);
            if let Some((first, place)) = known.insert(event.id, (event, *before)) {
                assert!(Shopped { time: first.time, ..event } == first, "{event:?}");
                assert!(event.time - first.time <= 300_000 + tick && *before - place <= 8);
                known.insert(event.id, (first, place));
                repeated += 1;
                at_once += u32::from(event.time - first.time <= tick);
                continue;
            }
            *before += 1;
            let by = event.time - event.happened;
            assert!(
                (0..=600_000).contains(&by) && by % tick == 0 && event.happened >= options.start
            );
            late += u32::from(by > 0);
        }
        assert!((15_000..21_000).contains(&repeated), "{repeated} repeated");
        assert!(at_once > repeated / 3 && at_once < repeated * 2 / 3, "{at_once} at once");
        assert!((19_000..21_000).contains(&late), "{late} late");
    }
}

#[test]
fn zipf_has_few_busy_customers_and_uniform_has_none() {
    let busiest = |skew| {
        let mut counts = vec![0u32; 10_000];
        let options = Options { events: 200_000, customers: 10_000, skew, ..Options::default() };
        stream(options).iter().for_each(|event| counts[event.customer as usize] += 1);
        counts.sort_unstable_by(|a, b| b.cmp(a));
        counts[..100].iter().sum::<u32>()
    };
    let (uniform, zipf) = (busiest(Skew::Uniform), busiest(Skew::Zipf(0.99)));
    assert!(uniform < 20_000, "{uniform}");
    assert!((80_000..140_000).contains(&zipf), "{zipf}");
}

#[test]
fn encoding_does_not_grow_a_buffer_that_is_large_enough() {
    let mut line = Vec::with_capacity(600);
    for event in stream(Options { events: 50_000, customers: 100, ..Options::default() }) {
        line.clear();
        event.encode(&mut line);
    }
    assert_eq!(line.capacity(), 600);
}

#[test]
fn options_that_make_no_stream_are_refused() {
    let refused = |options| Workload::new(options).err();
    assert_eq!(refused(Options { customers: 0, ..Options::default() }), Some(Invalid::Customers));
    assert_eq!(refused(Options { rate: 0, ..Options::default() }), Some(Invalid::Rate));
    assert_eq!(refused(Options { sends: 0.6, ..Options::default() }), Some(Invalid::Sends));
    assert_eq!(refused(Options { sends: f64::NAN, ..Options::default() }), Some(Invalid::Sends));
    assert_eq!(
        refused(Options { skew: Skew::Zipf(0.0), ..Options::default() }),
        Some(Invalid::Theta)
    );
    assert_eq!(refused(Options { start: -1, ..Options::default() }), Some(Invalid::Time));
    assert_eq!(
        refused(Options { events: u64::MAX, rate: 1, ..Options::default() }),
        Some(Invalid::Time)
    );
}
