//! Levels of any lines: whatever they are made of, core and reference tell of the same changes, at the same instants, in the same order.

use crate::{by_core, by_reference, compare, histories};
use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::{HOUR, Millis, format_rfc3339};
use cartwheel_sim::history::{Draw, Step, counted};
use serde_json::json;
use std::sync::Arc;

/// 2026-03-28T10:00:00Z: in the night the clocks of Berlin change.
const START: Millis = 1_774_692_000_000;

const FACTS: &str = "facts:
  orders: { count: order_placed, key: event.order.id, undo: order_cancelled, up_to: 20 }
  spend: { sum: order_placed, add: event.order.total, over: 30h, up_to: 4 }
  last_order: { last: order_placed, key: event.order.id, undo: [order_cancelled, order_refunded], up_to: 4 }
  tickets: { set: [ticket_opened, called], key: event.ticket.id, drop: ticket_closed, for: 20h, keys: 2 }
";

/// Conditions that time turns, or does not.
const LINES: [&str; 14] = [
    "orders >= 2",
    "spend >= 100",
    "spend > 40 && size(tickets) == 0",
    "age(last_order) >= 5h",
    "age(last_order) < 2h",
    "orders > 0 && age(last_order) >= 1d",
    "last_order.at < now - 12h",
    "size(tickets) > 0",
    "1 in tickets",
    "local.hour >= 12",
    "local.weekday == 'sun'",
    "profile.likes == 'cats'",
    "instant(profile.since) < now - 1d",
    "customer.days_since_order >= 1",
];

fn level(draw: &mut Draw, number: u64) -> String {
    let mut lines = Vec::new();
    for place in 0..draw.between(1, 3) {
        let mut line = (*draw.pick(&LINES)).to_owned();
        if number > 0 && draw.chance(30) {
            let other = draw.below(number);
            line = format!("{line} && l{other}.rank {} 0", draw.pick(&["==", ">"]));
        }
        lines.push(format!("{{ a{place}: \"{line}\" }}"));
    }
    lines.push("{ z: true }".into());
    // Not in the order in which they read each other.
    format!("  l{number}: {{ level: [ {} ] }}\n", lines.join(", "))
}

fn plan(draw: &mut Draw) -> Arc<Plan> {
    let mut text = FACTS.to_owned();
    let count = draw.between(1, 4) as u64;
    let levels: Vec<String> = (0..count).map(|number| level(draw, number)).collect();
    text.extend(levels.into_iter().rev());
    text += "segments:\n  such: l0.rank > 0 || spend > 150\n";
    let hears: Vec<String> = (0..count).map(|number| format!("l{number}_changed")).collect();
    let journeys = [
        format!(
            "journey: hears\nreentry: always\nclass: transactional\ntrigger: {{ event: [{}, such_changed], when: \"event.from != event.to\" }}\nsteps:\n  - set: {{ likes: birds, of: l0, level: l0.rank }}\n  - send: x\n    channels: [webhook]\n",
            hears.join(", ")
        ),
        "journey: asks\ntrigger: { event: asked, when: \"l0 == 'x' || such && false\" }\nsteps:\n  - send: x\n    channels: [webhook]\n".into(),
        "journey: waits\nreentry: always\ntrigger: { event: order_placed }\nsteps:\n  - wait: 5h\n  - emit: { event: called, with: { ticket.id: 1 } }\n  - wait: { for: l0_changed, at_most: 9h }\n  - send: y\n    channels: [webhook]\n".into(),
    ];
    let file = |(number, text): (usize, String)| SourceFile { path: format!("{number}"), text };
    let journeys: Vec<SourceFile> = journeys.into_iter().enumerate().map(file).collect();
    let policy: Policy =
        serde_saphyr::from_str("zone: Europe/Berlin\nquiet_hours: []\n").expect("a policy");
    let facts = SourceFile { path: "facts.yaml".into(), text: text.clone() };
    let sources = Sources { journeys: &journeys, facts: Some(&facts) };
    Arc::new(load(&policy, sources).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}")))
}

fn steps(draw: &mut Draw) -> Vec<Step> {
    let (mut steps, mut now) = (Vec::new(), START);
    for _ in 0..draw.between(5, 40) {
        now += draw.between(0, 3) * draw.between(0, 5) * HOUR / 2;
        if draw.chance(20) {
            steps.push(Step::Clock { now: now + draw.between(0, 2) * HOUR });
            continue;
        }
        let (kind, mut fields) = if draw.chance(70) { counted(draw) } else { ("asked", json!({})) };
        if draw.chance(15) {
            let zone = draw.pick(&["Asia/Tokyo", "Asia/Kathmandu", "Europe/Berlin"]);
            fields["profile"] = json!({
                "likes": draw.pick(&["cats", "dogs"]), "time_zone": zone,
                "since": format_rfc3339(now - draw.between(0, 30) * HOUR),
            });
        }
        fields["type"] = kind.into();
        fields["customer"] = (*draw.pick(&["ana", "ana", "bob"])).into();
        let late = if draw.chance(20) { draw.between(0, 30) * HOUR } else { 0 };
        fields["time"] = format_rfc3339(now - late).into();
        // Records whose time lies before those that came.
        let time = if draw.chance(10) { now - draw.between(0, 3) * HOUR } else { now };
        steps.push(Step::Record { time, value: fields.to_string().into_bytes() });
    }
    let end = now + 40 * HOUR;
    steps.extend([
        Step::Clock { now: now + HOUR },
        Step::Clock { now: now + 9 * HOUR },
        Step::Clock { now: end },
    ]);
    steps
}

#[test]
fn whatever_levels_are_made_of_both_tell_of_the_same_changes() {
    let mut entered = 0;
    for seed in 0..histories() / 4 {
        let mut draw = Draw::new(9_000_000 + seed);
        let (plan, steps) = (plan(&mut draw), steps(&mut draw));
        let budget = if seed % 3 == 0 { 1 } else { u64::MAX };
        let (core, reference) = (by_core(&plan, &steps, budget), by_reference(&plan, &steps));
        let of_level = |decision: &&String| {
            decision.contains(r#""journey":"hears""#) && decision.contains(r#""entered""#)
        };
        entered += reference.decisions.iter().filter(of_level).count() as u64;
        if let Some((_, difference)) = compare(&core, &reference) {
            panic!("seed {seed}: {difference}\n{:#?}", plan.facts.levels().collect::<Vec<_>>());
        }
    }
    assert!(entered > histories() / 2, "{entered} changes");
}
