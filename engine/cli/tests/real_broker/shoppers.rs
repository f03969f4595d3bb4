//! What is produced: the workload's shoppers over 20 hours that end two hours ago, and ten customers of whom it is known what
//! must be decided and why.

use crate::audit::Reexecuted;
use crate::mail::text;
use cartwheel_core::id::{CustomerId, in_holdout};
use cartwheel_core::time::{DAY, HOUR, Millis, format_rfc3339};
use cartwheel_kafka::{EventsProducer, KafkaConfig, Message};
use cartwheel_workload::{Options, Workload};
use serde_json::{Value, json};
use std::time::SystemTime;

const MINUTE: Millis = 60_000;
/// Appended at once.
const CHUNK: usize = 5_000;

/// A customer of whom it is known what must be decided.
#[derive(Clone)]
pub struct Expectation {
    pub customer: String,
    journey: &'static str,
    decision: &'static str,
    reason: &'static str,
}

impl Expectation {
    /// The reason is there, and everything that was explained is what the reference decides (which has gone on since).
    pub fn check(&self, explained: &[Value], reexecuted: &Reexecuted) {
        let found = explained.iter().any(|line| {
            line["journey"] == self.journey
                && line["decision"] == self.decision
                && line["reason"] == self.reason
        });
        assert!(
            found,
            "{}: no {} {} {} in {explained:#?}",
            self.customer, self.journey, self.decision, self.reason
        );
        let expected = reexecuted.decisions(&self.customer);
        assert!(
            explained.len() <= expected.len(),
            "{}: more is explained than was decided",
            self.customer
        );
        for (explained, expected) in explained.iter().zip(expected) {
            assert_eq!(
                explained,
                &serde_json::to_value(expected).expect("JSON"),
                "{}",
                self.customer
            );
        }
    }
}

/// Everything that is produced, in order of time.
#[derive(Default)]
pub struct Story {
    events: Vec<(Millis, String, Vec<u8>)>,
    pub expectations: Vec<Expectation>,
}

pub fn story(events: u64) -> Story {
    let now =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_millis()
            as Millis;
    let start = now - 22 * HOUR;
    let rate = events / (20 * 3600);
    let options = Options {
        events,
        customers: 30_000,
        start,
        rate: rate.max(1),
        sends: 0.01,
        ..Options::default()
    };
    let mut story = Story::default();
    for shopped in Workload::new(options).expect("a workload") {
        let mut value = Vec::new();
        shopped.encode(&mut value);
        story.events.push((
            shopped.time,
            String::from_utf8_lossy(&shopped.key()).into_owned(),
            value,
        ));
    }
    story.known(now - 14 * HOUR);
    story.sorted()
}

impl Story {
    fn known(&mut self, t: Millis) {
        let cart = |total: i64| json!({"cart": {"id": "k1", "total": total, "currency": "USD", "items": [{"product": "p1", "quantity": 1, "price": total}]}});
        // An address for each: delivery suppresses addresses, whoever has them.
        let profile = |who: &str, consent: bool| json!({"profile": {"email": format!("{who}@example.test"), "consent": {"email": consent}}});
        let order = json!({"order": {"id": "o1", "total": 80}});

        let who = self.expect("noconsent", "cart_abandonment", "dropped", "no_consent");
        self.at(t, &who, "consent_changed", profile(&who, false));
        self.at(t + MINUTE, &who, "cart_updated", cart(80));

        let who = self.expect("bought", "cart_abandonment", "refused", "exit_event");
        self.at(t, &who, "consent_changed", profile(&who, true));
        self.at(t + MINUTE, &who, "cart_updated", cart(80));
        self.at(t + 30 * MINUTE, &who, "order_placed", order.clone());

        let who = self.expect("small", "cart_abandonment", "refused", "filter");
        self.at(t, &who, "cart_updated", cart(10));

        let who = self.expect("late", "cart_abandonment", "refused", "late_event");
        let mut late = cart(80);
        late["time"] = json!(format_rfc3339(t - 3 * DAY));
        self.at(t, &who, "cart_updated", late);

        let who = self.expect("bounced", "cart_abandonment", "dropped", "suppressed");
        self.at(t, &who, "consent_changed", profile(&who, true));
        self.at(
            t + MINUTE,
            &who,
            "message_bounced",
            json!({"message": {"channel": "email", "bounce": "hard"}}),
        );
        self.at(t + 2 * MINUTE, &who, "cart_updated", cart(80));

        let who = self.expect("capped", "cart_abandonment", "deferred", "cap");
        self.at(t, &who, "customer_created", profile(&who, true));
        self.at(t + 10 * MINUTE, &who, "cart_updated", cart(80));

        let who = self.expect("left", "cart_abandonment", "dropped", "no_consent");
        self.at(t, &who, "consent_changed", profile(&who, true));
        self.at(t + MINUTE, &who, "cart_updated", cart(80));
        self.at(t + 2 * MINUTE, &who, "unsubscribed", json!({"message": {"channel": "email"}}));

        let who = self.expect("won", "cart_abandonment", "converted", "goal");
        self.at(t, &who, "consent_changed", profile(&who, true));
        self.at(t + MINUTE, &who, "cart_updated", cart(80));
        self.at(t + 3 * HOUR, &who, "order_placed", order);

        let who = self.expect("again", "cart_abandonment", "refused", "already_running");
        self.at(t, &who, "consent_changed", profile(&who, true));
        self.at(t + MINUTE, &who, "cart_updated", cart(80));
        self.at(t + 2 * HOUR, &who, "cart_updated", cart(90));

        let who = self.expect("nowhere", "cart_abandonment", "dropped", "unreachable");
        self.at(
            t,
            &who,
            "consent_changed",
            json!({"profile": {"email": null, "consent": {"email": true}}}),
        );
        self.at(t + MINUTE, &who, "cart_updated", cart(80));
    }

    /// A customer who is in no holdout.
    fn expect(
        &mut self,
        kind: &str,
        journey: &'static str,
        decision: &'static str,
        reason: &'static str,
    ) -> String {
        let held = |name: &str| {
            ["cart_abandonment", "welcome"]
                .iter()
                .any(|journey| in_holdout(journey, CustomerId::of(name), 500))
        };
        let customer =
            (0..).map(|n| format!("{kind}{n}")).find(|name| !held(name)).expect("one of many");
        self.expectations.push(Expectation {
            customer: customer.clone(),
            journey,
            decision,
            reason,
        });
        customer
    }

    /// In order of time.
    pub fn sorted(mut self) -> Self {
        self.events.sort_by_key(|(time, _, _)| *time);
        self
    }

    /// Something happens at this time, or was told of then: `rest` may have another `time`.
    pub fn at(&mut self, time: Millis, customer: &str, kind: &str, rest: Value) {
        let mut event = json!({"id": format!("{customer}-{}", self.events.len()), "type": kind, "customer": customer, "time": format_rfc3339(time)});
        for (name, value) in rest.as_object().expect("an object") {
            event[name] = value.clone();
        }
        assert_eq!(text(&event["customer"]), customer);
        self.events.push((time, customer.to_owned(), event.to_string().into_bytes()));
    }
}

/// Appends the whole story, in order.
pub fn produce(kafka: &KafkaConfig, story: &Story) {
    let records = story.events.iter();
    let records = records.map(|(time, key, value)| (Some(*time), key.as_str(), &value[..]));
    append(kafka, &records.collect::<Vec<_>>());
}

/// Appends events that happen now, each with its customer.
pub fn produce_now(kafka: &KafkaConfig, events: &[(String, String)]) {
    let records =
        events.iter().map(|(customer, value)| (None, customer.as_str(), value.as_bytes()));
    append(kafka, &records.collect::<Vec<_>>());
}

/// Appends records: time, key and value.
fn append(kafka: &KafkaConfig, records: &[(Option<i64>, &str, &[u8])]) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let producer = EventsProducer::new(kafka).expect("a producer");
        let topic = kafka.topics().events;
        for chunk in records.chunks(CHUNK) {
            let sends = chunk.iter().map(|(time, key, value)| {
                producer.send(Message {
                    topic: &topic,
                    key: Some(key.as_bytes()),
                    value: Some(value),
                    timestamp_ms: *time,
                    ..Message::default()
                })
            });
            for appended in futures_util::future::join_all(sends).await {
                appended.expect("an acknowledgement");
            }
        }
    });
}
