//! A level, and a journey that reads it or hears of its changes.

use super::facts;
use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Value, json};

/// A level: the facts of the shop's own that it needs, and how it is written. A later one may read an earlier one.
struct Known {
    name: &'static str,
    needs: &'static [&'static str],
    level: fn(&mut Draw) -> Value,
    read: &'static [&'static str],
}

const LEVELS: [Known; 5] = [
    Known {
        name: "tier",
        needs: &["spend"],
        level: |draw| {
            let (high, low) = (draw.between(4, 7) * 20, draw.between(1, 3) * 20);
            json!({ "distance": "spend", "level": [
                { "gold": format!("spend >= {high}") },
                { "silver": format!("{low} <= spend && customer.orders > 0") },
                { "none": "true" },
            ] })
        },
        read: &["tier == 'silver'", "tier.rank > 0", "tier.to_next > 30", "tier.next == 'gold'"],
    },
    Known {
        name: "stage",
        needs: &["latest"],
        level: |draw| {
            let long = *draw.pick(&["3h", "1d"]);
            json!({ "level": [
                { "lapsed": format!("age(latest) >= {long}") },
                { "at_risk": "age(latest) > 30m && latest.total < 60" },
                { "buyer": "has(latest.at) || profile.vip == true" },
                { "new": "true" },
            ] })
        },
        read: &["stage == 'lapsed'", "stage in ['buyer', 'at_risk']", "stage.rank < 2"],
    },
    Known {
        name: "mood",
        needs: &["spend", "wishes"],
        level: |draw| {
            let hour = draw.between(6, 20);
            json!({ "level": [
                { "fond": "tier.rank > 0 && size(wishes) > 0" },
                { "awake": format!("local.hour >= {hour}") },
                { "cool": "true" },
            ] })
        },
        read: &["mood == 'fond'", "mood != 'awake'"],
    },
    Known {
        name: "purse",
        needs: &["points"],
        level: |draw| {
            let many = draw.between(4, 12);
            json!({ "level": [
                { "soon": "points.expiring(3h) > 0 || points.debt > 0" },
                { "full": format!("points.balance >= {many}") },
                { "some": "points.next_expiry - now > 7h" },
                { "empty": "true" },
            ] })
        },
        read: &["purse == 'soon'", "purse.rank > 1"],
    },
    Known {
        name: "regular",
        needs: &["spend", "latest"],
        level: |_| {
            json!({ "level": [
                { "yes": "customer.days_since_order < 1 && profile.consent.email" },
                { "was": "stage == 'lapsed' && tier.to_next > 20" },
                { "no": "true" },
            ] })
        },
        read: &["regular == 'yes'", "regular.rank == 1"],
    },
];

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let place = draw.below(LEVELS.len() as u64) as usize;
    for known in &LEVELS[..=place] {
        for fact in known.needs {
            facts::define(config, fact);
        }
        let level = (known.level)(draw);
        config.facts.entry("facts").or_insert_with(|| json!({}))[known.name] = level;
    }
    let Known { name, read, .. } = &LEVELS[place];
    let condition = (*draw.pick(read)).to_owned();
    let mut changed = format!("{name}_changed");
    if draw.chance(25) {
        config.facts.entry("segments").or_insert_with(|| json!({}))["stands"] =
            condition.clone().into();
        changed = "stands_changed".into();
    }
    let (place, ups) = (draw.below(6), draw.chance(40));
    let journey = config.journey(draw);
    let hello = journey["journey"].as_str().unwrap_or_default().to_owned();
    match (place, journey.get_mut("steps")) {
        (0, Some(Value::Array(steps))) => {
            let number = steps.len();
            let set = json!({ "was": name, "missing": "tier.to_next", "vip": true });
            steps.insert(0, json!({ "set": set }));
            steps.push(json!({ "wait": { "for": changed, "at_most": "2d" } }));
            steps.push(json!({ "branch": [{ "when": condition, "steps": [
                { "send": format!("{hello}_level{number}"), "channels": ["push", "email"] },
            ] }] }));
        }
        (1, _) => {
            let exits = journey.entry("exit").or_insert_with(|| json!([]));
            if let Value::Array(exits) = exits {
                exits.push(json!({ "on": changed }));
            }
        }
        (2, _) => drop(journey.insert("while".into(), condition.into())),
        _ => {
            journey.remove("key");
            journey.remove("reentry");
            journey.insert("reentry".into(), "always".into());
            if let Some(trigger) = journey.get_mut("trigger") {
                trigger["event"] = json!([changed, "order_placed"]);
                if ups {
                    trigger["when"] = "event.to_rank >= event.from_rank".into();
                }
            }
        }
    }
}
