//! The story is the same for a seed and its commands, reads as the contract has it, and lives as its documentation says.

use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::command::Command;
use cartwheel_core::id::{CommandId, CustomerId, RunId, in_holdout};
use cartwheel_core::time::{DAY, HOUR, Millis, parse_rfc3339};
use cartwheel_workload::story::{PERSONAS, SOONEST_REACTION};
use cartwheel_workload::{Story, StoryEvent, StoryOptions};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use xxhash_rust::xxh3::xxh3_64;

const START: Millis = 1_767_225_600_000;

fn story() -> Story {
    Story::new(StoryOptions::from(START))
}

/// Every event before the limit.
fn tell(story: &mut Story, limit: Millis) -> Vec<StoryEvent> {
    std::iter::from_fn(|| story.next_before(limit)).collect()
}

fn value(event: &StoryEvent) -> Value {
    serde_json::from_slice(&event.json).unwrap()
}

fn reminder(customer: &str, cart: &str, decided_at: Millis, count: u32) -> Command {
    let run = RunId::of("cart_abandonment", CustomerId::of(customer), 1, 1);
    Command {
        command_id: CommandId::of(run, cart, count),
        run_id: run,
        journey: "cart_abandonment".into(),
        version: "00000000".into(),
        step: "cart_reminder".into(),
        customer: customer.into(),
        channel: Channel::Email,
        class: Class::Marketing,
        template: "cart_reminder".into(),
        to: String::new(),
        data: json!({"cart": {"id": cart}}),
        variant: None,
        team: None,
        answers: Vec::new(),
        side: None,
        due_at: decided_at,
        decided_at,
        not_after: decided_at + DAY,
    }
}

#[test]
fn the_first_day_is_pinned() {
    let mut bytes = Vec::new();
    for event in tell(&mut story(), START + DAY) {
        bytes.extend_from_slice(&event.json);
    }
    assert_eq!(format!("{:016x}", xxh3_64(&bytes)), "af1a090c4c2aec20");
}

#[test]
fn the_limits_of_the_calls_do_not_matter() {
    let whole = tell(&mut story(), START + 6 * HOUR);
    let mut pieces = story();
    let parts: Vec<StoryEvent> =
        (1..=360).flat_map(|minute| tell(&mut pieces, START + minute * HOUR / 60)).collect();
    assert_eq!(whole, parts);
}

#[test]
fn three_days_are_as_a_shop_has_them() {
    let events = tell(&mut story(), START + 3 * DAY);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut ids, mut customers, mut before) = (HashSet::new(), HashSet::new(), START);
    let mut history = 0;
    for event in &events {
        let value = value(event);
        assert!(event.time >= before && event.time < START + 3 * DAY);
        before = event.time;
        assert_eq!((&value["type"], &value["customer"]), (&json!(event.kind), &json!(event.key)));
        let time = value["time"].as_str().and_then(parse_rfc3339).unwrap();
        if time < START {
            history += 1;
            assert_eq!(event.kind, "order_placed");
        } else {
            assert_eq!(time, event.time);
        }
        assert!(ids.insert(value["id"].as_str().unwrap().to_owned()));
        customers.insert(event.key.clone());
        *counts.entry(event.kind).or_default() += 1;
    }
    assert!((4_950..=5_010).contains(&customers.len()), "{}", customers.len());
    assert!((1_500..2_500).contains(&history), "{history} orders of before");
    assert!((30_000..150_000).contains(&events.len()), "{counts:?}");
    for kind in [
        "customer_created",
        "customer_updated",
        "product_viewed",
        "cart_emptied",
        "checkout_started",
        "order_paid",
        "subscribed",
        "order_shipped",
        "order_delivered",
        "order_cancelled",
        "return_requested",
        "ticket_opened",
        "ticket_closed",
        "review_submitted",
        "password_reset_requested",
    ] {
        assert!(counts.contains_key(kind), "{kind}: {counts:?}");
    }
    assert!(
        counts["order_paid"] <= counts["order_placed"]
            && counts["order_placed"] - history <= counts["checkout_started"],
        "{counts:?}"
    );
}

#[test]
fn seven_carts_in_ten_are_abandoned() {
    let (mut carts, mut ordered) = (HashSet::new(), HashSet::new());
    for event in tell(&mut story(), START + 3 * DAY) {
        let value = value(&event);
        if let Some(cart) = value["cart"]["id"].as_str() {
            carts.insert(cart.to_owned());
        }
        let history = value["time"].as_str().and_then(parse_rfc3339).is_some_and(|at| at < START);
        let bought =
            value["order"]["cart"].as_str().filter(|_| event.kind == "order_placed" && !history);
        if let Some(cart) = bought {
            assert!(carts.contains(cart));
            ordered.insert(cart.to_owned());
        }
    }
    let abandoned = 100 - 100 * ordered.len() / carts.len();
    assert!((60..=76).contains(&abandoned), "{abandoned} % of {}", carts.len());
}

#[test]
fn subjects_have_the_types_of_the_contract() {
    let mut addresses: HashMap<String, String> = HashMap::new();
    for event in tell(&mut story(), START + DAY) {
        let value = value(&event);
        for subject in ["cart", "order"]
            .map(|name| &value[name])
            .into_iter()
            .filter(|subject| !subject.is_null())
        {
            let items = subject["items"].as_array().unwrap();
            let sum: f64 = items
                .iter()
                .map(|item| item["price"].as_f64().unwrap() * item["quantity"].as_f64().unwrap())
                .sum();
            assert!(
                subject["id"].is_string()
                    && (sum - subject["total"].as_f64().unwrap()).abs() < 0.001
            );
            assert_eq!(items.is_empty(), event.kind == "cart_emptied");
        }
        if let Some(profile) = value["profile"].as_object() {
            let address = profile["email"].as_str().unwrap();
            assert!(address.ends_with("@example.test"));
            assert!(profile["consent"].as_object().unwrap().values().all(Value::is_boolean));
            for address in
                [Some(address), profile.get("phone").and_then(Value::as_str)].into_iter().flatten()
            {
                let owner =
                    addresses.entry(address.to_owned()).or_insert_with(|| event.key.clone());
                assert_eq!(*owner, event.key, "{address}");
            }
            if let Some(phone) = profile.get("phone").and_then(Value::as_str) {
                assert!(phone.len() == 12 && &phone[5..10] == "55501", "{phone}");
            }
        }
    }
}

#[test]
fn ana_buys_the_same_cart_after_the_second_mail() {
    let mut story = story();
    tell(&mut story, START + 2 * HOUR);
    let first = reminder("ana", "k-ana-1", START + 2 * HOUR, 1);
    let second = reminder("ana", "k-ana-1", START + 26 * HOUR, 2);
    story.react(&first);
    story.react(&first);
    story.react(&second);
    let kinds: Vec<(&str, Value)> = tell(&mut story, START + 3 * DAY)
        .iter()
        .filter(|event| event.key == "ana")
        .map(|event| (event.kind, value(event)))
        .collect();
    let names: Vec<&str> = kinds.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(
        names,
        [
            "message_opened",
            "message_opened",
            "message_clicked",
            "checkout_started",
            "order_placed",
            "order_paid",
            "order_shipped"
        ]
    );
    assert_eq!(kinds[0].1["message"]["command_id"], json!(first.command_id));
    assert_eq!(kinds[4].1["order"]["cart"], "k-ana-1");
}

#[test]
fn reactions_do_not_depend_on_when_the_command_is_fed_back() {
    let decided = START + 5 * HOUR;
    let run = |fed_back: Millis| {
        let mut story = story();
        let mut events = tell(&mut story, fed_back);
        (20..400).for_each(|number| {
            let customer = cartwheel_workload::customer_name(number);
            story.react(&reminder(&customer, &format!("k-{customer}-1"), decided, 1));
        });
        events.extend(tell(&mut story, START + 2 * DAY));
        events
    };
    let (early, late) = (run(decided - HOUR), run(decided + SOONEST_REACTION));
    assert!(early == late);
    let count = |kind: &str| early.iter().filter(|event| event.kind == kind).count();
    assert!((100..230).contains(&count("message_opened")), "{}", count("message_opened"));
    assert!(count("message_clicked") > 20 && count("message_clicked") < count("message_opened"));
}

#[test]
fn bounces_and_unsubscriptions_name_their_command() {
    let mut story = story();
    tell(&mut story, START + 3 * HOUR);
    let (jon, ivy) = (
        reminder("jon", "k-jon-1", START + 3 * HOUR, 1),
        reminder("ivy", "k-ivy-1", START + 3 * HOUR, 1),
    );
    story.react(&jon);
    story.react(&ivy);
    story.react(&reminder("nobody", "k", START + 3 * HOUR, 1));
    let events = tell(&mut story, START + 2 * DAY);
    let of = |key: &str, kind: &str| {
        events.iter().find(|event| event.key == key && event.kind == kind).map(value).unwrap()
    };
    let bounce = of("jon", "message_bounced");
    assert_eq!(
        (&bounce["message"]["bounce"], &bounce["message"]["command_id"]),
        (&json!("hard"), &json!(jon.command_id))
    );
    let left = of("ivy", "unsubscribed");
    assert_eq!(
        (&left["message"]["channel"], &left["message"]["command_id"]),
        (&json!("email"), &json!(ivy.command_id))
    );
}

/// A persona in a holdout would get no mail and could not show anything.
#[test]
fn no_persona_is_in_a_holdout() {
    for persona in PERSONAS {
        for name in ["*global*", "cart_abandonment"] {
            assert!(
                !in_holdout(name, CustomerId::of(persona.customer), 500),
                "{} {name}",
                persona.customer
            );
        }
    }
    assert!(!in_holdout("welcome", CustomerId::of("gil"), 500));
}

/// Some of those who open a question answer it, each with one of the answers that it offers.
#[test]
fn questions_are_answered() {
    let mut told = story();
    tell(&mut told, START + HOUR);
    let offered = ["price", "doubt"];
    for number in 0..300 {
        let customer = cartwheel_workload::customer_name(number);
        let ask = reminder(&customer, "k1", START + HOUR, number);
        told.react(&Command {
            journey: "survey".into(),
            step: "survey_cart".into(),
            answers: offered.map(str::to_owned).into(),
            ..ask
        });
    }
    let events = tell(&mut told, START + DAY);
    let answers = events.iter().filter(|event| event.kind == "survey_answered").map(value);
    let answers: Vec<Value> = answers.collect();
    assert!((15..100).contains(&answers.len()), "{}", answers.len());
    for event in answers {
        let survey = &event["survey"];
        assert!(survey["answer"].as_str().is_some_and(|answer| offered.contains(&answer)));
        assert_eq!(
            (&survey["step"], &survey["journey"]),
            (&json!("survey_cart"), &json!("survey"))
        );
        assert!(event["message"]["command_id"].is_string() && survey["run"].is_string());
    }
}
