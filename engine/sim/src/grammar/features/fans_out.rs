//! Journeys that begin for many by what happens to a product.

use super::{facts, for_many};
use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::json;

/// What else is asked of those who wait for the product.
const WHO: [&str; 5] = [
    "profile.vip == true",
    "event.product.price < 40",
    "customer.orders < 2",
    "(event.product.stock >= 3 || size(wishes) > 1)",
    "!('sale' in event.product.badges)",
];
const ORDER: [&str; 4] =
    ["customer.orders", "0 - customer.lifetime_value", "event.product.price - 20", "size(wishes)"];
const BUDGET: [&str; 4] = ["event.product.stock", "event.product.stock - 2.5", "1", "2"];

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    facts::define(config, "wishes");
    config.facts["facts"]["wishes"]["indexed"] = true.into();
    config.policy.insert("low_stock".into(), 3.into());
    let transition =
        *draw.pick(&["product_restocked", "product_restocked", "price_fell", "low_stock"]);
    let mut who = "event.product.id in wishes".to_owned();
    if draw.chance(40) {
        who = match draw.chance(50) {
            true => format!("{who} && {}", draw.pick(&WHO)),
            false => format!("{} && {who}", draw.pick(&WHO)),
        };
    }
    let mut trigger = json!({ "catalogue": transition, "who": who });
    for (field, texts) in
        [("order", &ORDER), ("budget", &BUDGET), ("spread", &["30m", "3h", "1d", "0s"])]
    {
        if draw.chance(50) {
            trigger[field] = (*draw.pick(texts)).into();
        }
    }
    let rules = [
        json!("always"),
        json!("never"),
        json!({ "after": "5h", "per": "key" }),
        json!({ "after": "1d" }),
    ];
    let names = (["f", "g", "h"], "is_there");
    let Some(mut journey) = for_many::journey(draw, config, names, trigger, &rules) else { return };
    if draw.chance(30) {
        journey.insert("key".into(), "event.product.id".into());
        journey.insert("while".into(), "catalogue[key].stock > 0".into());
    }
    if draw.chance(30) {
        journey.insert("goal".into(), json!({ "on": "order_placed", "within": "1d" }));
    }
    for_many::add(draw, config, journey, None);
}
