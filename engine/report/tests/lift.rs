//! What a holdout says is true: over 20,000 customers, of whom half are held out, lift is nothing where messages do nothing, and what they do where they do
//! something.

use cartwheel_core::event::Record;
use cartwheel_core::id::{CustomerId, lot};
use cartwheel_core::journey::load::{SourceFile, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_core::sends::Kind;
use cartwheel_core::time::{HOUR, Millis};
use cartwheel_report::{Lift, Period, Report};
use cartwheel_shard::checkpoint::memory::MemoryStore;
use cartwheel_shard::{Lone, Settings};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

const CUSTOMERS: u32 = 20_000;
const START: Millis = 1_767_607_200_000;
/// Of 10,000: who buys in any case.
const BUY: u16 = 2_000;
/// Of 10,000: who buys besides because of a message.
const PERSUADED: u16 = 500;

const JOURNEY: &str = "
journey: cart
trigger: { event: cart_updated, quiet_for: 1h }
key: event.cart.id
holdout: 50%
goal: { on: order_placed, within: 3d }
exit: [{ on: order_placed }]
steps:
  - { send: reminder, channels: [email] }
  - { wait: 1d }
  - { send: reviews, channels: [email] }
";

fn plan() -> Arc<Plan> {
    let policy = Policy { quiet_hours: Vec::new(), ..Policy::default() };
    let source = SourceFile { path: "cart.yaml".into(), text: JOURNEY.into() };
    Arc::new(load(&policy, &[source]).expect("the journey is valid"))
}

/// A shop: what it is told, and what it decides.
struct Shop {
    lone: Lone<MemoryStore>,
    report: Report,
    /// Who was sent a message.
    told: BTreeSet<String>,
    now: Millis,
}

impl Shop {
    fn open() -> Self {
        let settings = Settings::without_clock();
        let mut lone = Lone::open(&plan(), settings, MemoryStore::default()).expect("a shard");
        lone.keep();
        let report = Report::new(Period::ALWAYS);
        Self { lone, report, told: BTreeSet::new(), now: START }
    }

    fn event(&mut self, event: &serde_json::Value) {
        let (offset, value) = (self.lone.shard().next_offset(), event.to_string());
        let record = Record { offset, time: self.now, key: None, value: value.as_bytes() };
        self.lone.record(&record).expect("a record");
    }

    fn pass(&mut self, span: Millis) {
        self.now += span;
        self.lone.advance(self.now).expect("timers");
        self.listen();
    }

    fn listen(&mut self) {
        for record in self.lone.take_published() {
            self.report.decided(record.kind, &record.value);
            if record.kind == Kind::Command {
                self.told.insert(String::from_utf8_lossy(&record.key).into_owned());
            }
        }
    }
}

/// The lift that the report shows where so many of 10,000 are persuaded by a message.
fn lift(persuaded: u16) -> Lift {
    let mut shop = Shop::open();
    let names: Vec<String> = (0..CUSTOMERS).map(|number| format!("c{number}")).collect();
    for name in &names {
        // One in ten gets nothing, held out or not.
        let consent = lot(&["consents"], CustomerId::of(name)) >= 1_000;
        shop.event(&json!({
            "type": "customer_created", "customer": name,
            "profile": { "email": format!("{name}@shop.example"), "consent": { "email": consent } },
        }));
        shop.event(&json!({
            "type": "cart_updated", "customer": name, "cart": { "id": "k", "total": 80, "items": [{ "product": "p", "quantity": 1 }] },
        }));
    }
    shop.pass(2 * HOUR);
    // Some before the second message, some behind it.
    for (half, span) in [(0, 30 * HOUR), (1, HOUR)] {
        for name in names.iter().skip(half).step_by(2) {
            let wants = lot(&["buys"], CustomerId::of(name));
            if wants < BUY || wants < BUY + persuaded && shop.told.contains(name) {
                let order = json!({ "id": "o", "total": 80 });
                shop.event(&json!({ "type": "order_placed", "customer": name, "order": order }));
            }
        }
        shop.pass(span);
    }
    // What was counted last stands in the next turn record.
    shop.lone.checkpoint().expect("a checkpoint");
    shop.listen();
    let summary = shop.report.summary(Some("cart"));
    let [journey] = summary.journeys.as_slice() else { panic!("{summary:?}") };
    assert_eq!(journey.entered, u64::from(CUSTOMERS));
    let lift = journey.lift.expect("both sides");
    // Half of those who consent, on each side, and all of them.
    assert!((8_500..9_500).contains(&lift.treated.runs), "{lift:?}");
    assert!((17_700..18_300).contains(&(lift.treated.runs + lift.held_out.runs)), "{lift:?}");
    assert!(journey.counts.held_out > lift.held_out.runs, "second messages are kept back, too");
    lift
}

fn holds((low, high): (f64, f64), value: f64) -> bool {
    low <= value && value <= high
}

#[test]
fn what_does_nothing_has_no_lift_and_what_does_something_has_its_own() {
    let none = lift(0);
    assert!(holds(none.interval, 0.0), "{none:?}");
    let some = lift(PERSUADED);
    let planted = f64::from(PERSUADED) / 10_000.0;
    assert!(holds(some.interval, planted) && !holds(some.interval, 0.0), "{some:?}");
    // It tells the two apart.
    assert!(!holds(none.interval, planted), "{none:?}");
    assert_eq!(
        none.held_out.converted, some.held_out.converted,
        "nobody tells those who are held out"
    );
}
