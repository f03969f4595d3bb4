//! A small shop: its journeys, the events of its customer, and what the core makes of them.

use cartwheel_core::command::Command;
use cartwheel_core::event::Record;
use cartwheel_core::journey::load::{SourceFile, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_core::sends::Kind;
use cartwheel_core::time::{HOUR, Millis, format_rfc3339};
use cartwheel_shard::checkpoint::memory::MemoryStore;
use cartwheel_shard::{Lone, Settings};
use cartwheel_sim::history::Draw;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const MINUTE: Millis = 60_000;

/// Journeys that begin with a window: those that enter at once act when the event comes.
pub const JOURNEYS: [&str; 4] = [
    "journey: cart
priority: 60
trigger:
  event: cart_updated
  when: event.cart.total >= 20
  quiet_for: 1h
  moved_by: [product_viewed, page_viewed]
key: event.cart.id
reentry: always
exit:
  - on: order_placed
    when: event.order.total > 10
  - on: cart_emptied
goal: { on: order_placed, within: 5d }
steps:
  - send: cart_reminder
    channels: [email, push, { sms: { if_no: opened, within: 4h } }]
  - wait: 23h
  - branch:
      - when: cart.total >= 500
        steps: [{ send: cart_concierge, channels: [email, sms] }]
      - else:
        steps: [{ send: cart_reviews, channels: [push, email] }]
",
    "journey: checkout
priority: 80
class: transactional
trigger: { event: checkout_started, quiet_for: 90m, moved_by: [cart_updated] }
key: event.checkout.id
reentry: always
exit: [{ on: order_placed }]
steps:
  - send: checkout_reminder
    channels: [email, sms, webhook]
",
    "journey: browse
priority: 10
trigger: { event: product_viewed, when: event.product.price >= 100, quiet_for: 4h }
reentry: always
exit: [{ on: cart_updated }, { on: order_placed }]
steps:
  - send: browse_reminder
    channels: [push, email, whatsapp]
",
    // The events that are shuffled come while its runs are on their way to their waits: one in a wait goes on when an event comes that ends it.
    "journey: care
class: transactional
trigger: { event: checkout_started, quiet_for: 45m }
key: { checkout_started: event.checkout.id, order_shipped: event.order.id, order_placed: event.order.id }
reentry: always
steps:
  - send: care_hello
    channels: [email, webhook]
  - wait: 60h
  - wait: { for: [order_shipped, order_placed], where: event.order.total == null || event.order.total > 10, at_most: 2h }
  - set: { first_answer: waited.for, parcel: waited.event.order.parcel }
  - wait: { for: order_placed, at_most: 2h }
  - branch:
      - when: waited.for == null
        steps: [{ send: care_question, channels: [email, webhook] }]
      - when: waited.event.order.note < 500
        steps: [{ send: care_thanks, channels: [email, webhook] }]
      - else:
        steps: [{ send: care_thanks_much, channels: [email, webhook] }]
",
];

/// The plan, without limits that would depend on who asks first.
pub fn plan() -> Arc<Plan> {
    let policy: Policy = serde_saphyr::from_str(POLICY).expect("a policy");
    let sources = JOURNEYS.map(|text| SourceFile { path: "j.yaml".into(), text: text.into() });
    Arc::new(load(&policy, &sources).expect("journeys"))
}

/// Its text.
pub const POLICY: &str =
    "zone: UTC\nquiet_hours:\n  - { channels: [sms], from: \"21:00\", to: \"08:00\" }\n";

/// An event of the only customer.
#[derive(Clone, Debug)]
pub struct Event {
    /// Event time.
    pub at: Millis,
    /// Type.
    pub kind: &'static str,
    /// Its subjects and fields.
    pub fields: Map<String, Value>,
}

impl Event {
    /// The record's value.
    pub fn value(&self) -> Vec<u8> {
        let mut event = self.fields.clone();
        event.insert("type".into(), self.kind.into());
        event.insert("customer".into(), "ana".into());
        event.insert("time".into(), format_rfc3339(self.at).into());
        Value::Object(event).to_string().into_bytes()
    }
}

/// An event at `at`, of which windows that it opens close after `now` if `fresh`.
pub fn event(draw: &mut Draw, now: Millis) -> Event {
    let fresh = now - draw.between(0, 55 * MINUTE);
    let old = now - draw.between(0, 20 * HOUR);
    let (at, kind, fields) = match draw.below(29) {
        0..=4 => (fresh, "cart_updated", json!({ "cart": cart(draw) })),
        5..=7 => (fresh, "product_viewed", json!({ "product": product(draw) })),
        8 | 9 => {
            let cart = cart(draw);
            let checkout = json!({ "id": draw.between(1, 2), "total": draw.below(100) });
            match draw.below(2) {
                0 => (fresh, "checkout_started", json!({ "checkout": checkout })),
                _ => (fresh, "checkout_started", json!({ "checkout": checkout, "cart": cart })),
            }
        }
        10 | 11 => (old, "order_placed", json!({ "order": order(draw) })),
        12 => {
            (old, "order_placed", json!({ "order": order(draw), "cart": { "id": cart_id(draw) } }))
        }
        13 => (
            old,
            "order_shipped",
            json!({ "order": { "id": draw.between(1, 3), "parcel": draw.below(9) } }),
        ),
        14 => (old, "cart_emptied", json!({ "cart": { "id": cart_id(draw) } })),
        15 => (old, "cart_emptied", json!({})),
        16 => {
            let mut cart = json!({ "id": cart_id(draw), "seen": draw.below(9) });
            put_items(draw, &mut cart);
            (old, "page_viewed", json!({ "cart": cart }))
        }
        17 => (old, "page_viewed", json!({})),
        18 => (old, "subscribed", channel(draw)),
        19 => (old, "unsubscribed", channel(draw)),
        20 => (old, "consent_changed", json!({ "profile": { "consent": consent(draw) } })),
        21 => (old, "message_bounced", json!({ "message": { "channel": "push" } })),
        22 | 23 => (old, "customer_updated", json!({ "profile": profile(draw) })),
        24..=26 => (fresh, "checkout_started", json!({ "checkout": { "id": draw.between(1, 2) } })),
        _ => {
            let order = json!({ "id": draw.between(1, 2), "parcel": draw.below(9) });
            (old, "order_shipped", json!({ "order": order }))
        }
    };
    let Value::Object(fields) = fields else { unreachable!("objects") };
    Event { at, kind, fields }
}

fn cart_id(draw: &mut Draw) -> Value {
    draw.pick(&[json!("k1"), json!("k2"), json!(3)]).clone()
}

fn cart(draw: &mut Draw) -> Value {
    let total = *draw.pick(&[5, 20, 30, 600]);
    let mut cart = json!({ "id": cart_id(draw), "total": total, "note": draw.below(1_000) });
    put_items(draw, &mut cart);
    cart
}

/// What is in a cart, none, or no word of it.
fn put_items(draw: &mut Draw, cart: &mut Value) {
    match draw.below(6) {
        0 => cart["items"] = json!([]),
        1 => cart["items"] = json!([{ "product": "p1" }]),
        _ => {}
    }
}

fn product(draw: &mut Draw) -> Value {
    json!({ "id": format!("p{}", draw.below(3)), "price": draw.pick(&[50, 100, 200]), "note": draw.below(1_000) })
}

fn order(draw: &mut Draw) -> Value {
    json!({ "id": draw.between(1, 3), "total": draw.pick(&[5.0, 19.99, 80.1]), "note": draw.below(1_000) })
}

fn channel(draw: &mut Draw) -> Value {
    match draw.below(3) {
        0 => json!({}),
        _ => json!({ "channel": draw.pick(&["email", "sms", "push", "whatsapp"]) }),
    }
}

fn consent(draw: &mut Draw) -> Value {
    let mut consent = Map::new();
    for channel in ["email", "sms", "push", "whatsapp"] {
        if draw.chance(40) {
            consent.insert(channel.into(), draw.chance(70).into());
        }
    }
    Value::Object(consent)
}

fn profile(draw: &mut Draw) -> Value {
    let mut profile = Map::new();
    for (field, values) in [
        ("email", ["a@example.com", "b@example.com"]),
        ("phone", ["+15550100", "+15550101"]),
        ("push_token", ["t", "u"]),
        ("country", ["DE", "JP"]),
        ("first_name", ["Ana", "Anna"]),
    ] {
        match draw.below(6) {
            0 => profile.insert(field.into(), Value::Null),
            1..=3 => profile.insert(field.into(), (*draw.pick(&values)).into()),
            _ => None,
        };
    }
    if draw.chance(60) {
        profile.insert("consent".into(), consent(draw));
    }
    Value::Object(profile)
}

/// The core in a shard without a broker.
pub struct Shop {
    lone: Lone<MemoryStore>,
}

impl Shop {
    /// Nobody is known.
    pub fn open(plan: &Arc<Plan>) -> Self {
        let settings = Settings::without_clock();
        let mut lone = Lone::open(plan, settings, MemoryStore::default()).expect("a shard");
        lone.keep();
        Self { lone }
    }

    /// A record of this time.
    pub fn record(&mut self, time: Millis, event: &Event) {
        let (offset, value) = (self.lone.shard().next_offset(), event.value());
        self.lone.record(&Record { offset, time, key: None, value: &value }).expect("a record");
    }

    /// What is due by `now` fires.
    pub fn clock(&mut self, now: Millis) {
        self.lone.clock(now).expect("a turn");
    }

    /// Some documents are in the store from here on.
    pub fn checkpoint(&mut self) {
        self.lone.checkpoint().expect("a checkpoint");
    }

    /// Timers that have fired.
    pub fn fired(&self) -> u64 {
        self.lone.shard().counters().fired
    }

    /// The messages since the last call.
    pub fn sent(&mut self) -> Vec<Command> {
        let published = self.lone.take_published().into_iter();
        let commands = published.filter(|record| record.kind == Kind::Command);
        commands.map(|record| serde_json::from_slice(&record.value).expect("a command")).collect()
    }

    /// Consents, runs and profile, without what contains the time of an arrival.
    pub fn state(&self) -> String {
        let Some(known) = self.lone.shard().explain("ana").expect("a store") else {
            return String::new();
        };
        let run = |run: &cartwheel_shard::LiveRun| {
            format!("{} {} {:?} {:?}", run.journey, run.stage, run.step, run.next_timer)
        };
        let mut runs: Vec<String> =
            known.runs.iter().filter(|run| run.stage != "lingering").map(run).collect();
        runs.sort_unstable();
        format!(
            "granted {:?} denied {:?} suppressed {:?} reachable {:?} zone {:?} orders {} of {} last {:?} profile {:?} runs {runs:#?}",
            known.granted,
            known.denied,
            known.suppressed,
            known.reachable,
            known.zone,
            known.orders,
            known.lifetime_value,
            known.last_order_at,
            known.profile.0,
        )
    }
}
