//! Customers of whom there is too much of something: where it has no room any more, core and reference decide the same, and nothing leaves that would not
//! have left without the bound. Random histories never come that far.

use crate::course::Course;
use crate::{by_core, by_reference, compare};
use cartwheel_core::journey::load::{SourceFile, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::{DAY, HOUR, Millis, SECOND};
use cartwheel_sim::history::Step;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// 2026-03-02T10:00:00Z.
const START: Millis = 1_772_445_600_000;
const MINUTE: Millis = 60 * SECOND;

const POLICY: &str = "zone: UTC\nquiet_hours: []\ncaps: [{ name: monthly, scope: \"journey:monthly\", limit: 1, per: 30d }]\n";

const JOURNEYS: [&str; 6] = [
    r#"
journey: thanks
class: transactional
trigger: { event: order_placed }
key: event.order.id
reentry: always
goal: { on: review_submitted, within: 30d }
steps:
  - branch:
      - when: "!event.order.note.startsWith('x')"
        steps: [{ send: thanks_for_no_words, channels: [webhook] }]
      - else:
        steps: [{ send: thanks_now, channels: [webhook] }]
"#,
    r#"
journey: again
trigger: { event: product_viewed }
key: event.product.id
steps:
  - send: again_now
    channels: [push]
"#,
    r#"
journey: welcome
trigger: { event: customer_created }
reentry: never
steps:
  - send: welcome_now
    channels: [email]
"#,
    r#"
journey: parcel
trigger: { event: order_delayed }
steps:
  - wait: 1h
  - send: parcel_late
    channels: [webhook]
"#,
    r#"
journey: seldom
trigger: { event: checkout_started }
key: event.checkout.id
reentry: { after: 7d, per: key }
steps:
  - send: seldom_now
    channels: [webhook]
"#,
    r#"
journey: monthly
trigger: { event: page_viewed, when: profile.vip == true }
reentry: always
steps:
  - send: monthly_now
    channels: [email]
"#,
];

fn plan() -> Arc<Plan> {
    let policy: Policy = serde_saphyr::from_str(POLICY).expect("a policy");
    let sources = JOURNEYS.map(|text| SourceFile { path: "bounds.yaml".into(), text: text.into() });
    Arc::new(load(&policy, &sources).unwrap_or_else(|problems| panic!("{problems:?}")))
}

/// A history of one customer, minute by minute.
#[derive(Default)]
struct Story(Vec<Step>);

impl Story {
    fn record(&mut self, time: Millis, kind: &str, rest: Value) {
        let mut event: Map<String, Value> = rest.as_object().cloned().unwrap_or_default();
        event.insert("type".into(), kind.into());
        event.insert("customer".into(), "ana".into());
        let value = Value::Object(event).to_string().into_bytes();
        self.0.push(Step::Record { time, value });
    }

    fn event(&mut self, kind: &str, rest: Value) {
        let time = START + self.0.len() as Millis * MINUTE;
        self.record(time, kind, rest);
    }

    /// Somebody who can be written to.
    fn of_a_customer() -> Self {
        let mut story = Self::default();
        let consent = json!({ "email": true, "push": true });
        let profile = json!({ "email": "ana@example.test", "push_token": "t", "vip": true, "consent": consent });
        story.event("customer_created", json!({ "profile": profile }));
        story
    }

    /// What both make of it, which is the same however its turns are cut.
    fn course(&self) -> Course {
        let plan = plan();
        let reference = by_reference(&plan, &self.0);
        for budget in [1, u64::MAX] {
            let core = by_core(&plan, &self.0, budget);
            if let Some((_, difference)) = compare(&core, &reference) {
                panic!("{difference}");
            }
        }
        reference
    }
}

fn count(lines: &[String], part: &str) -> usize {
    lines.iter().filter(|line| line.contains(part)).count()
}

#[test]
fn of_finished_runs_the_newest_wait_for_their_goal() {
    let mut story = Story::of_a_customer();
    for number in 0..100 {
        story.event("order_placed", json!({ "order": { "id": number } }));
    }
    for _ in 0..100 {
        story.event("review_submitted", json!({}));
    }
    let course = story.course();
    assert_eq!(count(&course.decisions, r#""decision":"finished""#), 1 + 100, "the welcome, too");
    assert_eq!(count(&course.decisions, r#""decision":"converted""#), 64);
}

/// An entry that may come once only is not forgotten for those of another journey.
#[test]
fn entries_of_one_journey_do_not_displace_those_of_another() {
    let mut story = Story::of_a_customer();
    for number in 0..70 {
        story.event("product_viewed", json!({ "product": { "id": number } }));
    }
    story.event("customer_created", json!({}));
    story.event("product_viewed", json!({ "product": { "id": 69 } }));
    story.event("product_viewed", json!({ "product": { "id": 0 } }));
    let course = story.course();
    assert_eq!(count(&course.commands, "welcome_now"), 1, "never again");
    assert_eq!(count(&course.decisions, r#""reason":"reentry""#), 2);
    assert_eq!(count(&course.commands, "again_now"), 71, "the oldest of 64 keys is forgotten");
}

/// However many messages of other journeys a customer gets, a cap misses none of its own.
#[test]
fn touches_of_one_journey_do_not_displace_those_of_another() {
    let mut story = Story::of_a_customer();
    story.event("page_viewed", json!({}));
    for number in 0..300 {
        story.event("product_viewed", json!({ "product": { "id": number } }));
    }
    story.event("page_viewed", json!({}));
    let course = story.course();
    assert_eq!(count(&course.commands, "again_now"), 300);
    assert_eq!(count(&course.commands, "monthly_now"), 1);
    assert_eq!(count(&course.decisions, r#""reason":"cap""#), 1);
}

#[test]
fn a_profile_has_room_for_so_many_fields_and_for_what_is_read() {
    let mut story = Story::default();
    let fields = |numbers: std::ops::Range<usize>| -> Map<String, Value> {
        numbers.map(|number| (format!("own{number:03}"), number.into())).collect()
    };
    story.event("customer_created", json!({ "profile": fields(0..50) }));
    story.event("customer_created", json!({ "profile": fields(40..100) }));
    // A condition reads `vip`, the product the others.
    let mut read = fields(99..101);
    let consent = json!({ "email": true });
    read.extend(
        json!({ "email": "ana@example.test", "vip": true, "consent": consent })
            .as_object()
            .cloned()
            .unwrap(),
    );
    story.event("customer_updated", json!({ "profile": read }));
    // Too long: what was there stays, and an address that nobody can read is none.
    let long = "y".repeat(4095);
    let profile = json!({ "own001": long, "first_name": long, "n".repeat(257): 1, "last_name": "y".repeat(4094), "own002": "y".repeat(4094) });
    story.event("customer_updated", json!({ "profile": profile }));
    story.event("page_viewed", json!({}));
    let course = story.course();
    assert_eq!(course.degraded["profile.*"], 3);
    assert_eq!(course.degraded["profile.first_name"], 1);
    let sent: Value = serde_json::from_str(&course.commands[0]).unwrap();
    let shown = sent["data"]["profile"].as_object().unwrap();
    assert_eq!(shown.len(), 64 + 3, "{shown:?}");
    assert_eq!(
        (&shown["own001"], shown["last_name"].as_str().map(str::len)),
        (&json!(1), Some(4094))
    );
}

/// While an entry counts it is not forgotten: rather nobody enters.
#[test]
fn an_entry_of_after_does_not_give_way() {
    let mut story = Story::of_a_customer();
    let checkout = |id: u64| json!({ "checkout": { "id": id } });
    for id in 0..65 {
        story.event("checkout_started", checkout(id));
    }
    let (week, first) = (START + 7 * DAY, MINUTE);
    story.record(week + first - 1, "checkout_started", checkout(70));
    story.record(week + first, "checkout_started", checkout(70));
    story.record(week + first, "checkout_started", checkout(1));
    let course = story.course();
    assert_eq!(
        count(&course.decisions, r#""reason":"limit""#),
        2,
        "the 65th, and one of too early"
    );
    assert_eq!(count(&course.decisions, r#""of":"entries""#), 2);
    assert_eq!(count(&course.decisions, r#""reason":"reentry""#), 1);
    assert_eq!(count(&course.commands, "seldom_now"), 64 + 1);
}

#[test]
fn a_message_shows_the_newest_of_the_fields_that_were_added_to_a_document() {
    let mut story = Story::of_a_customer();
    story.event("cart_updated", json!({ "cart": { "id": "k", "total": 5 } }));
    for number in 0..300 {
        let field = format!("own{number}");
        story.event("seen", json!({ "cart": { "id": "k", field: number } }));
    }
    story.event("page_viewed", json!({}));
    let course = story.course();
    let sent: Value = serde_json::from_str(&course.commands[1]).unwrap();
    let shown = sent["data"]["cart"].as_object().unwrap();
    // `id` is among what was added.
    assert_eq!(shown.len(), 256 + 1);
    assert!(
        shown.contains_key("own299") && shown.contains_key("total") && !shown.contains_key("own40")
    );
}

/// Shard time may be ahead of the records: a message that is too old for it still counts for what comes from before.
#[test]
fn a_message_counts_as_long_as_something_may_come_that_counts_it() {
    let mut story = Story::of_a_customer();
    story.event("page_viewed", json!({}));
    story.event("order_delayed", json!({}));
    story.0.push(Step::Clock { now: START + 31 * DAY });
    story.record(START + 29 * DAY, "page_viewed", json!({}));
    let course = story.course();
    assert_eq!(count(&course.commands, "parcel_late"), 1);
    assert_eq!(count(&course.commands, "monthly_now"), 1, "one in 30 days");
    assert_eq!(count(&course.decisions, r#""reason":"cap""#), 1);
}

/// What is known of a cart's items is no document: it makes none of the others one too many.
#[test]
fn only_a_new_document_makes_others_give_way() {
    let mut story = Story::of_a_customer();
    story.event("seen", json!({ "cart": { "id": "k" } }));
    for id in 1..9 {
        story.event("order_placed", json!({ "order": { "id": id } }));
    }
    // A ninth one, as long as a run is about it.
    story.event("order_delayed", json!({ "order": { "id": 9 } }));
    story.0.push(Step::Clock { now: START + 3 * HOUR });
    let at = |minutes| START + 3 * HOUR + minutes * MINUTE;
    story.record(at(1), "seen", json!({ "cart": { "id": "k", "items": [] } }));
    story.record(at(2), "seen", json!({ "order": { "id": 1, "parcel": "new" } }));
    story.record(at(3), "page_viewed", json!({}));
    let course = story.course();
    let last = course.commands.last().expect("a message");
    assert!(last.contains("monthly_now") && last.contains(r#""order":{"id":9}"#), "{last}");
}

/// A document that was forgotten and comes again between two checkpoints has nothing of what the store had of it before.
#[test]
fn what_was_forgotten_stays_forgotten_when_it_comes_again() {
    let mut story = Story::of_a_customer();
    let order = |id: u64| json!({ "order": { "id": id } });
    story.event("order_placed", order(1));
    story.event("order_shipped", json!({ "order": { "id": 1, "parcel": "old" } }));
    for id in 2..10 {
        story.event("order_placed", order(id));
    }
    story.event("order_delayed", order(1));
    // From before the parcel, which would be added to it.
    story.event("order_placed", json!({ "order": { "id": 1 }, "time": START + MINUTE + SECOND }));
    (0..5).for_each(|_| story.event("seen", json!({})));
    story.0.push(Step::Clock { now: START + 3 * HOUR });
    let course = story.course();
    let last = course.commands.last().expect("a message");
    assert!(last.contains("parcel_late") && last.contains(r#""order":{"id":1}"#), "{last}");
}

#[test]
fn a_run_keeps_no_text_that_is_too_long() {
    let mut story = Story::of_a_customer();
    for (id, length) in [(1, 4096), (2, 4097)] {
        story.event("order_placed", json!({ "order": { "id": id, "note": "x".repeat(length) } }));
    }
    let course = story.course();
    assert_eq!(count(&course.commands, "thanks_for_no_words"), 1);
    assert_eq!(count(&course.commands, "thanks_now"), 1);
}

#[test]
fn a_record_without_a_time_came_when_the_one_before_it_did() {
    for first in [false, true] {
        let mut story = Story::default();
        if first {
            story.record(-1, "customer_created", json!({}));
        }
        story.0.extend(Story::of_a_customer().0);
        story.record(-1, "order_placed", json!({ "order": { "id": 1 } }));
        story.record(
            -1,
            "product_viewed",
            json!({ "product": { "id": 1 }, "time": START + 25 * HOUR }),
        );
        story.record(START + DAY, "page_viewed", json!({}));
        story.record(-1, "product_viewed", json!({ "product": { "id": 2 }, "time": START }));
        let course = story.course();
        assert_eq!(
            count(&course.decisions, r#""reason":"late_event""#),
            0,
            "{:?}",
            course.decisions
        );
        // Who came before there was any time has been welcomed in 1970, without a consent.
        assert_eq!((course.commands.len(), course.dead.len()), (4 - usize::from(first), 1));
    }
}
