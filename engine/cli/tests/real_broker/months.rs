//! Four months of a shop under what ships, on a real broker. A ticket puts a cart's message off for two days; coffee for twice thirty days is offered
//! again on day 55; who has not ordered for long is won back, those whose orders were read in as well, and these never all at once; a cancelled order
//! wins nobody back; of two messages that are due at one instant the one of the higher priority takes the last place under a cap.
//!
//! More of those who were read in: `CARTWHEEL_LAPSED=100000`.

use crate::audit::{self, Accepted, Events};
use crate::kill_nine::PARTITIONS;
use crate::mail::text;
use crate::processes::{Deployment, create_topics, until};
use crate::shoppers::{Story, produce};
use cartwheel_core::id::{CustomerId, in_holdout};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::time::{DAY, HOUR, Millis, format_rfc3339, parse_rfc3339};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

const MINUTE: Millis = 60_000;
/// How long the story is.
const DAYS: i64 = 120;
/// The broker keeps records that are older than the story.
const RETENTION: Millis = 3_650 * DAY;
/// Over how many days those who were read in are spread: `backlog` of win_back.
const SPREAD: i64 = 30;

/// How many customers' orders are read in.
fn lapsed() -> usize {
    let asked = std::env::var("CARTWHEEL_LAPSED").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(1_000)
}

/// Midnight in UTC, where all of them live, so many days ago.
fn midnight(days_ago: i64) -> Millis {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    (now.as_millis() as Millis).div_euclid(DAY) * DAY - days_ago * DAY
}

/// A name that no journey holds out.
fn name(plan: &Plan, kind: &str) -> String {
    let held = |name: &str| {
        let journeys = plan.journeys.iter().map(|journey| journey.name.as_str());
        journeys.chain(["*global*"]).any(|of| in_holdout(of, CustomerId::of(name), 1_000))
    };
    (0..).map(|number| format!("{kind}{number}")).find(|name| !held(name)).expect("one of many")
}

fn profile(who: &str) -> Value {
    json!({"profile": {"email": format!("{who}@example.test"), "time_zone": "UTC", "consent": {"email": true}}})
}

fn order(id: &str, total: u32) -> Value {
    json!({"order": {"id": id, "total": total, "currency": "USD", "items": [{"product": "p1", "name": "Blue lamp", "quantity": 1, "price": total}]}})
}

fn cart(id: &str) -> Value {
    json!({"cart": {"id": id, "total": 80, "items": [{"product": "p1", "name": "Blue lamp", "quantity": 1, "price": 80}]}})
}

/// When each message was decided.
struct Sent(BTreeMap<(String, String), Millis>);

impl Sent {
    fn of(accepted: &Accepted) -> Self {
        let key = |command: &Value| (text(&command["customer"]), text(&command["step"]));
        let at = |command: &Value| {
            command["decided_at"].as_str().and_then(parse_rfc3339).expect("an instant")
        };
        Self(accepted.commands().map(|command| (key(command), at(command))).collect())
    }

    fn at(&self, customer: &str, step: &str) -> Option<Millis> {
        self.0.get(&(customer.to_owned(), step.to_owned())).copied()
    }

    /// It was sent within the hour behind this instant: shard time goes from hour to hour here.
    fn within_the_hour(&self, customer: &str, step: &str, due: Millis) {
        let at = self.at(customer, step).unwrap_or_else(|| panic!("{customer} got no {step}"));
        let told = [at, due].map(format_rfc3339);
        assert!(
            (due..=due + HOUR).contains(&at),
            "{customer} {step} at {}, due {}",
            told[0],
            told[1]
        );
    }
}

#[test]
fn months_come_to_what_the_journeys_promise() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let deployment = Deployment::as_shipped(broker.bootstrap(), 1, "months");
    let kafka = deployment.kafka();
    create_topics(&kafka, PARTITIONS, Some(RETENTION));
    let (plan, begin) = (deployment.plan(), midnight(DAYS));
    let day = |day: i64, hour: i64| begin + day * DAY + hour * HOUR;
    let mut story = Story::default();
    for hour in 0..=DAYS * 24 {
        // Somebody on each partition, so that time passes on all of them.
        for guest in 0..4 {
            story.at(begin + hour * HOUR, &format!("guest{guest}"), "page_viewed", json!({}));
        }
    }

    let ticket = name(&plan, "ticket");
    story.at(day(100, 8), &ticket, "consent_changed", profile(&ticket));
    story.at(day(100, 9), &ticket, "cart_updated", cart("k1"));
    story.at(day(100, 9) + 30 * MINUTE, &ticket, "ticket_opened", json!({"ticket": {"id": "t1"}}));
    story.at(day(102, 9) + 30 * MINUTE, &ticket, "ticket_closed", json!({"ticket": {"id": "t1"}}));

    let coffee = name(&plan, "coffee");
    story.at(day(40, 8), &coffee, "consent_changed", profile(&coffee));
    let packs = json!({"order": {"id": "o1", "total": 40, "items": [{"product": "p9", "name": "Coffee", "quantity": 2, "price": 20, "supply_days": 30}]}});
    story.at(day(40, 9) + 30 * MINUTE, &coffee, "order_placed", packs);

    let (small, large, cancelled) =
        (name(&plan, "small"), name(&plan, "large"), name(&plan, "cancelled"));
    for (who, total) in [(&small, 80), (&large, 600), (&cancelled, 600)] {
        story.at(day(5, 8), who, "consent_changed", profile(who));
        story.at(day(5, 9) + 30 * MINUTE, who, "order_placed", order("o1", total));
    }
    story.at(day(5, 11), &cancelled, "order_cancelled", order("o1", 600));

    let both = name(&plan, "both");
    story.at(day(20, 8), &both, "consent_changed", profile(&both));
    story.at(day(20, 9), &both, "order_placed", order("o1", 80));
    story.at(day(21, 10), &both, "order_delivered", order("o1", 80));
    story.at(day(31, 9), &both, "cart_updated", cart("k1"));

    let read_in: Vec<String> = (0..lapsed()).map(|number| format!("lapsed{number}")).collect();
    for (number, who) in (0..).zip(&read_in) {
        let told = day(60, 12) + number;
        let mut bought = order("o1", 80);
        bought["time"] = json!(format_rfc3339(told - (100 + number % 250) * DAY));
        story.at(told, who, "customer_updated", profile(who));
        story.at(told, who, "order_placed", bought);
    }

    produce(&kafka, &story.sorted());
    let engine = deployment.run();
    until("the end of the events", Duration::from_secs(300), || deployment.caught_up());
    until("no timer to be due", Duration::from_secs(60), || {
        deployment.sum("cartwheel_timers_due", "") == 0.0
    });
    engine.stop();

    let accepted = Accepted::read(broker.bootstrap(), &kafka.topics().sends, PARTITIONS);
    let events = Events::read(&kafka, PARTITIONS);
    audit::same_commands(&audit::reexecute(&plan, &events, &accepted), &accepted);
    let sent = Sent::of(&accepted);
    sent.within_the_hour(&ticket, "cart_reminder", day(102, 9) + 30 * MINUTE);
    sent.within_the_hour(&coffee, "replenishment", day(95, 10));
    sent.within_the_hour(&large, "win_back_miss", day(65, 10));
    sent.within_the_hour(&small, "win_back_miss", day(95, 10));
    assert_eq!(sent.at(&cancelled, "win_back_miss"), None, "nothing was bought");
    sent.within_the_hour(&both, "cart_reminder", day(31, 10));
    // The next place is kept for what the cart has to say a day later; then it is too late for a question.
    assert_eq!(sent.at(&both, "review_request"), None, "the last place was taken");

    let mut days: BTreeMap<i64, usize> = BTreeMap::new();
    for at in read_in.iter().filter_map(|who| sent.at(who, "win_back_miss")) {
        *days.entry((at - day(60, 0)).div_euclid(DAY)).or_default() += 1;
    }
    let (all, most) = (days.values().sum::<usize>(), days.values().max().copied().unwrap_or(0));
    // Five of a hundred are held out of the journey.
    assert!(all > lapsed() * 9 / 10 && all <= lapsed(), "{all} won back: {days:?}");
    assert!(most < 3 * lapsed() / SPREAD as usize, "at once: {days:?}");
    assert!(days.keys().all(|day| (0..=SPREAD + 1).contains(day)), "{days:?}");
}
