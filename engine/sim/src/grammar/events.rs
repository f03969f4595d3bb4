//! Events of the types that a configuration hears, with what its conditions and keys read; strangers among them.

use super::config::Config;
use super::features::{BROADCASTS, CATALOGUE, CONTROL, COUPONS, FANS_OUT, Feature, orders};
use crate::history::{Broadcasts, Codes, Draw, Events, Orders, PastEvents, Records};
use cartwheel_core::id::CommandId;
use cartwheel_core::time::{HOUR, Millis, SECOND, format_rfc3339};
use serde_json::{Map, Value, json};

const CUSTOMERS: [&str; 2] = ["ana", "bob"];
/// Where journeys begin for many.
const MANY: [&str; 4] = ["ana", "bob", "cho", "dee"];

/// Makes the events of one history.
pub struct Heard {
    types: Vec<String>,
    features: Vec<&'static Feature>,
    strangers: Events,
    /// Where the configuration reads the catalogue.
    catalogue: Option<Records>,
    /// Journeys begin by what happens to products.
    fans_out: bool,
    /// Journeys begin for many.
    for_many: bool,
    /// Where journeys are paused.
    orders: Option<Orders>,
    /// Where messages have coupons.
    coupons: Option<Codes>,
    /// Where everybody is told something.
    broadcasts: Option<Broadcasts>,
    /// Where there are facts of the shop's own.
    past: Option<PastEvents>,
    number: u64,
}

impl Heard {
    /// Under this configuration.
    pub fn new(draw: &mut Draw, config: &Config, features: Vec<&'static Feature>) -> Self {
        let heard = config.journeys.iter().flat_map(Config::heard);
        let types = heard.chain(config.counted()).collect();
        let has = |name| features.iter().any(|feature| feature.name == name);
        let broadcasts = has(BROADCASTS).then(Broadcasts::default);
        let orders = has(CONTROL).then(|| orders(config));
        let fans_out = has(FANS_OUT);
        let for_many = fans_out || broadcasts.is_some();
        let reads = has(CATALOGUE) || for_many;
        let coupons = has(COUPONS).then(Codes::default);
        let facts = config.fact_names();
        let past = (!facts.is_empty()).then(|| PastEvents::new(facts));
        Self {
            types,
            features,
            strangers: Events::new(draw, false),
            catalogue: reads.then(Records::default),
            fans_out,
            for_many,
            orders,
            coupons,
            broadcasts,
            past,
            number: 0,
        }
    }

    /// A record's value.
    pub fn next(&mut self, draw: &mut Draw, time: Millis, commands: &[CommandId]) -> Vec<u8> {
        if let Some(catalogue) = &mut self.catalogue
            && draw.chance(if self.fans_out { 45 } else { 25 })
        {
            return catalogue.next(draw, time);
        }
        if let Some(broadcasts) = &mut self.broadcasts
            && draw.chance(12)
        {
            return broadcasts.next(draw, time);
        }
        if let Some(orders) = &mut self.orders
            && draw.chance(15)
        {
            return orders.next(draw);
        }
        if let Some(coupons) = &mut self.coupons
            && draw.chance(15)
        {
            return coupons.next(draw);
        }
        if draw.chance(8) {
            return self.strangers.next(draw, time, commands);
        }
        let mut event = Map::new();
        let known = draw.chance(10);
        let kind = if known { "customer_updated" } else { draw.pick(&self.types).as_str() };
        event.insert("type".into(), kind.into());
        // Mostly one customer, of whom there is much.
        let customer = match self.for_many {
            true => *draw.pick(&MANY),
            false if draw.chance(85) => CUSTOMERS[0],
            false => CUSTOMERS[1],
        };
        event.insert("customer".into(), customer.into());
        let at = match draw.below(8) {
            0 => time - draw.between(0, 30) * HOUR,
            1 | 2 => time - draw.between(0, 3 * 3600) * SECOND,
            3 => time - 1,
            _ => time,
        };
        event.insert("time".into(), format_rfc3339(at).into());
        self.number += 1;
        let number = if draw.chance(2) { self.number.saturating_sub(3) } else { self.number };
        event.insert("id".into(), format!("n{number}").into());
        if known || draw.chance(10) {
            event.insert("profile".into(), profile(draw));
        }
        body(draw, &mut event);
        if event["type"] == "message_clicked" || event["type"] == "survey_answered" {
            event.extend(of_message(draw, commands));
        }
        for feature in &self.features {
            (feature.event)(draw, &mut event);
        }
        if let Some(past) = &mut self.past
            && draw.chance(15)
        {
            return past.next(draw, time, event);
        }
        Value::Object(event).to_string().into_bytes()
    }
}

/// A number of something of which there are few; seldom none.
fn id(draw: &mut Draw) -> Value {
    match draw.below(12) {
        0 => Value::Null,
        1..=3 => json!(2),
        4..=6 => json!("k"),
        _ => json!(draw.below(30)),
    }
}

/// The message that was clicked: mostly one of the newest; seldom it is not told.
fn of_message(draw: &mut Draw, commands: &[CommandId]) -> Option<(String, Value)> {
    if commands.is_empty() || draw.chance(20) {
        return None;
    }
    let newest = draw.below(commands.len().min(4) as u64) as usize;
    let command = commands[commands.len() - 1 - newest];
    Some(("message".into(), json!({ "command_id": command.to_string() })))
}

/// Subjects by which keys tell runs apart, and amounts that conditions compare.
fn body(draw: &mut Draw, event: &mut Map<String, Value>) {
    let total = draw.below(5) * 20;
    if draw.chance(70) {
        event.insert("cart".into(), json!({ "id": few(draw), "total": total, "items": [] }));
    }
    if draw.chance(60) {
        event.insert(
            "order".into(),
            json!({ "id": id(draw), "cart_id": few(draw), "total": total }),
        );
    }
    if draw.chance(30) {
        event.insert("product".into(), json!({ "id": few(draw), "price": total }));
    }
}

fn few(draw: &mut Draw) -> Value {
    draw.pick(&[json!("k"), json!("k"), json!("l"), json!(2), json!("2"), Value::Null]).clone()
}

/// Somebody who mostly may be written to.
fn profile(draw: &mut Draw) -> Value {
    let yes = |draw: &mut Draw| draw.chance(90);
    let consent = json!({ "email": yes(draw), "sms": yes(draw), "push": yes(draw) });
    json!({
        "email": "a@example.com", "phone": "+15550100", "push_token": "t",
        "time_zone": draw.pick(&["Europe/Berlin", "America/New_York", "Asia/Tokyo"]),
        "vip": draw.chance(50), "consent": consent,
    })
}
