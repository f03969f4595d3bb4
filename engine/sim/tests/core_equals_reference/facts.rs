//! Facts of any definition: whatever a shop counts, core and reference read the same, and the order in which the events come does not matter.
//!
//! Journeys that never begin show what they have compared.

use crate::course::Course;
use crate::{by_core, by_reference, compare, histories};
use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::{DAY, HOUR, Millis, format_rfc3339};
use cartwheel_sim::history::{Draw, Step, counted};
use serde_json::{Value, json};
use std::sync::Arc;

/// 2026-03-02T10:00:00Z.
const START: Millis = 1_772_445_600_000;

/// A fact of its own, and what conditions read of it.
fn fact(draw: &mut Draw, name: &str) -> (String, Vec<String>) {
    let mut parts: Vec<String> = Vec::new();
    let mut some = |draw: &mut Draw, percent, part: &str| {
        let given = draw.chance(percent);
        parts.extend(given.then(|| part.to_owned()));
        given
    };
    let over = ["over: 6h", "over: 1d", "over: 40h"];
    let over = *draw.pick(&over);
    let up_to = format!("up_to: {}", draw.between(1, 4));
    let keys = format!("keys: {}", draw.between(1, 3));
    let by = |name: &str| {
        vec![
            format!("{name}['p1']"),
            format!("{name}[event.product.id]"),
            format!("size({name})"),
            format!("top({name})"),
        ]
    };
    let readings = match draw.below(6) {
        0 | 1 => {
            let sums = draw.chance(50);
            let on = *draw.pick(&["order_placed", "[order_placed, order_refunded]"]);
            some(draw, 100, &format!("{}: {on}", if sums { "sum" } else { "count" }));
            if sums {
                let part = *draw.pick(&["add: event.order.total", "add: event.refund.amount"]);
                some(draw, 100, part);
            }
            if some(draw, 60, "key: event.order.id") {
                let undo = match (sums, draw.below(3)) {
                    (_, 0) => "",
                    (true, 1) => {
                        "undo: { on: [order_cancelled, order_refunded], add: event.refund.amount, id: event.refund.id }"
                    }
                    (false, _) | (true, _) => "undo: [order_cancelled, order_refunded]",
                };
                some(draw, if undo.is_empty() { 0 } else { 100 }, undo);
            }
            some(draw, 20, "when: event.order.total > 100");
            // What folds is exact while it stays open.
            let up_to = if some(draw, 50, over) { &up_to } else { "up_to: 20" };
            some(draw, 100, up_to);
            vec![name.to_owned()]
        }
        2 => {
            let sums = draw.chance(50);
            some(draw, 100, if sums { "sum: order_placed" } else { "count: order_placed" });
            some(draw, if sums { 100 } else { 0 }, "add: item.quantity");
            some(draw, 100, "each: event.order.items as item");
            some(draw, 30, "key: item.product");
            some(draw, 30, "when: item.quantity != 1");
            some(draw, 100, "by: item.product");
            some(draw, 100, over);
            some(draw, 100, &up_to);
            some(draw, 100, &keys);
            by(name)
        }
        3 => {
            let part = *draw.pick(&["last: order_placed", "last: [order_placed, order_cancelled]"]);
            some(draw, 100, part);
            let undone = some(draw, 50, "key: event.order.id");
            some(
                draw,
                if undone { 60 } else { 0 },
                "undo: { on: order_refunded, key: event.order.id }",
            );
            some(draw, 30, over);
            some(draw, 100, &up_to);
            some(draw, 100, "keep: [event.order.id, event.order.total]");
            vec![
                format!("{name}.at"),
                format!("age({name})"),
                format!("{name}.order.id"),
                format!("{name}.total"),
            ]
        }
        4 => {
            let part = *draw.pick(&[
                "ledger: { expire: 8h }",
                "ledger: { expire: 40h, lots: 62 }",
                "ledger: { expire: 2d }",
            ]);
            some(draw, 100, part);
            let part = *draw.pick(&[
                "earn: [{ on: order_placed, add: floor(event.order.total / 10), key: event.order.id }]",
                "earn: [{ on: order_placed, add: item.quantity * 20, each: event.order.items as item, key: item.product }, { on: ticket_opened, add: 30, key: event.ticket.id, when: event.ticket.id != 2 }]",
                "earn: [{ on: [order_placed, ticket_opened], add: 12.5 }, { on: order_placed, add: event.order.total, key: event.order.id }]",
            ]);
            some(draw, 100, part);
            some(draw, 70, "spend: [{ on: order_refunded, take: event.refund.amount }]");
            // What is undone needs a key in each of these.
            some(draw, 60, "undo: [order_cancelled]");
            some(draw, 40, "reset: { on: ticket_closed, to: event.ticket.id * 10 }");
            ["balance", "debt", "next_expiry", "expiring(5h)"]
                .map(|read| format!("{name}.{read}"))
                .to_vec()
        }
        _ => {
            let part = *draw.pick(&["set: ticket_opened", "set: [ticket_opened, ticket_closed]"]);
            some(draw, 100, part);
            some(draw, 100, "key: event.ticket.id");
            some(draw, 70, "drop: ticket_closed");
            let part = *draw.pick(&["for: 8h", "for: 2d"]);
            some(draw, 50, part);
            some(draw, 100, &keys);
            vec![
                format!("size({name})"),
                format!("1 in {name}"),
                format!("'2' in {name}"),
                format!("event.ticket.id in {name}"),
            ]
        }
    };
    (format!("  {name}: {{ {} }}\n", parts.join(", ")), readings)
}

/// Facts, and journeys that show them.
fn plan(draw: &mut Draw) -> Arc<Plan> {
    let (mut text, mut journeys) = ("facts:\n".to_owned(), Vec::new());
    for number in 0..3 {
        let (fact, readings) = fact(draw, &format!("f{number}"));
        text += &fact;
        let never: Vec<String> =
            readings.iter().map(|reading| format!("({reading}) == null && false")).collect();
        let when = never.join(" || ");
        let journey = format!(
            "journey: show{number}\ntrigger: {{ event: shown, when: \"{when}\" }}\nsteps:\n  - send: x\n    channels: [email]\n"
        );
        journeys.push(SourceFile { path: format!("{number}.yaml"), text: journey });
    }
    let policy: Policy = serde_saphyr::from_str("zone: UTC\ncurrency: EUR\n").expect("a policy");
    let facts = SourceFile { path: "facts.yaml".into(), text: text.clone() };
    let sources = Sources { journeys: &journeys, facts: Some(&facts) };
    Arc::new(load(&policy, sources).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}")))
}

fn record(time: Millis, at: Millis, kind: &str, mut fields: Value) -> Step {
    fields["type"] = kind.into();
    fields["customer"] = "ana".into();
    fields["time"] = format_rfc3339(at).into();
    Step::Record { time, value: fields.to_string().into_bytes() }
}

fn shown(time: Millis) -> Step {
    record(time, time, "shown", json!({ "product": { "id": "p2" }, "ticket": { "id": 3 } }))
}

fn values(course: &Course) -> &[String] {
    assert!(!course.decisions.is_empty());
    &course.decisions
}

#[test]
fn whatever_is_counted_both_read_the_same() {
    for seed in 0..histories() / 4 {
        let mut draw = Draw::new(7_000_000 + seed);
        let plan = plan(&mut draw);
        let (mut steps, mut now) = (Vec::new(), START);
        for _ in 0..draw.between(5, 60) {
            // Times are often the same.
            now += draw.between(0, 3) * draw.between(0, 4) * HOUR;
            let (kind, fields) = counted(&mut draw);
            steps.push(record(now, now - draw.between(0, 4) * HOUR, kind, fields));
            if draw.chance(30) {
                steps.push(shown(now + draw.between(0, HOUR)));
            }
        }
        steps.extend([shown(now), shown(now + 5 * HOUR), shown(now + 2 * DAY)]);
        let (core, reference) = (by_core(&plan, &steps, u64::MAX), by_reference(&plan, &steps));
        if let Some((_, difference)) = compare(&core, &reference) {
            panic!("seed {seed}: {difference}\n{:#?}", plan.facts);
        }
    }
}

#[test]
fn the_order_in_which_events_come_does_not_matter() {
    for seed in 0..histories() / 8 {
        let mut draw = Draw::new(8_000_000 + seed);
        let plan = plan(&mut draw);
        let end = START + 3 * DAY;
        let events: Vec<Step> = (0..draw.between(2, 40))
            .map(|_| {
                let (kind, fields) = counted(&mut draw);
                record(end, end - draw.between(0, 60) * HOUR, kind, fields)
            })
            .collect();
        let mut shuffled = events.clone();
        for place in (1..shuffled.len()).rev() {
            shuffled.swap(place, draw.below(place as u64 + 1) as usize);
        }
        let probes = [shown(end), shown(end + 5 * HOUR), shown(end + 2 * DAY)];
        let [course, other] = [events, shuffled]
            .map(|events| by_core(&plan, &[&events[..], &probes].concat(), u64::MAX));
        assert_eq!(values(&course), values(&other), "seed {seed}\n{:#?}", plan.facts);
    }
}
