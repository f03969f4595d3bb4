//! Events of a shop that does everything a shop should not.

use super::catalogue::Records;
use super::conditions::enrich;
use super::draw::Draw;
use cartwheel_core::customer::places::{ALPHA_3, COUNTRIES, REGIONS};
use cartwheel_core::event::OddField;
use cartwheel_core::fact::Layout;
use cartwheel_core::id::CommandId;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::time::{DAY, HOUR, Millis, SECOND, format_rfc3339};
use serde_json::{Map, Value, json};

const NAMES: [&str; 6] = ["ana", "bob", "cem", "dag", "eva", "fay"];
const CHANNELS: [&str; 4] = ["email", "sms", "push", "whatsapp"];
/// Zones and what stands beside them; names that mean nothing are among them.
const PLACES: [(&str, &str, &str); 10] = [
    ("America/New_York", "", ""),
    ("Europe/Berlin", "US", "CA"),
    ("Australia/Lord_Howe", "", ""),
    ("", "US", "CA"),
    ("Mars/Phobos", "JP", ""),
    ("", "AU", "NSW"),
    ("Nowhere", "ZZ", "9"),
    ("Asia/Kathmandu", "", ""),
    (" Pacific/Chatham ", "", ""),
    ("", " usa", "US-AK "),
];
/// The known fields; the last two of the list are whatever a profile has too much of and an amount's currency.
const ODD: &[OddField] = OddField::ALL.split_at(OddField::ALL.len() - 2).0;
/// Values that are no event.
const BROKEN: [&[u8]; 8] = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"{\"type\":\"x\"}",
    b"{\"customer\":\"ana\",\"time\":0}",
    b"\xff\xfe",
    b"{\"type\":\"x\",\"customer\":\"ana\"}",
];

/// Makes events; remembers the ids that it gave.
pub struct Events {
    customers: Vec<&'static str>,
    ids: u64,
    /// The shop counts things of its own: what they are made of happens.
    counts: bool,
    /// With what random conditions read.
    rich: bool,
    /// Where conditions read the catalogue.
    catalogue: Option<Records>,
}

impl Events {
    /// One to six customers.
    pub fn new(draw: &mut Draw, rich: bool) -> Self {
        let count = draw.between(1, 6) as usize;
        Self { customers: NAMES[..count].to_vec(), ids: 0, counts: false, rich, catalogue: None }
    }

    /// With what the plan's own facts are made of, if it has some.
    pub fn counted_by(self, plan: &Plan) -> Self {
        let counts = plan.facts.iter().count() > Layout::default().iter().count();
        let catalogue = (!plan.products.is_empty()).then(Records::default);
        Self { counts, catalogue, ..self }
    }

    /// A record's value. `commands` are those sent so far.
    pub fn next(
        &mut self,
        draw: &mut Draw,
        record_time: Millis,
        commands: &[CommandId],
    ) -> Vec<u8> {
        if let Some(catalogue) = &mut self.catalogue
            && draw.chance(20)
        {
            return catalogue.next(draw, record_time);
        }
        if draw.chance(2) {
            return draw.pick(&BROKEN).to_vec();
        }
        let mut event = self.sound(draw, record_time, commands);
        if self.rich {
            enrich(draw, &mut event);
        }
        if draw.chance(3) {
            spoil(draw, &mut event);
        }
        if draw.chance(8) {
            make_odd(draw, &mut event);
        }
        Value::Object(event).to_string().into_bytes()
    }

    fn sound(
        &mut self,
        draw: &mut Draw,
        record_time: Millis,
        commands: &[CommandId],
    ) -> Map<String, Value> {
        let (kind, subjects) = match self.counts && draw.chance(40) {
            true => counted(draw),
            false => subjects(draw, commands),
        };
        let mut event = Map::new();
        event.insert("type".into(), kind.into());
        event.insert("customer".into(), (*draw.pick(&self.customers)).into());
        let time = time(draw, record_time);
        match draw.below(20) {
            // Happened at its record's time.
            0 => {}
            1 => drop(event.insert("time".into(), Value::Null)),
            2..=6 => drop(event.insert("time".into(), time.into())),
            7..=8 => drop(event.insert("time".into(), time.div_euclid(SECOND).into())),
            9..=10 => drop(event.insert("time".into(), json!(time as f64 / SECOND as f64))),
            _ => drop(event.insert("time".into(), format_rfc3339(time).into())),
        }
        match draw.below(32) {
            0..=2 => {}
            // What a producer without ids writes.
            3 => drop(event.insert("id".into(), "".into())),
            // One of the last twelve: some are still remembered, some no longer.
            4..=6 => drop(event.insert(
                "id".into(),
                format!("e{}", self.ids.saturating_sub(draw.below(12))).into(),
            )),
            _ => {
                self.ids += 1;
                event.insert("id".into(), format!("e{}", self.ids).into());
            }
        }
        if let Value::Object(subjects) = subjects {
            event.extend(subjects);
        }
        if draw.chance(5) {
            event.insert("profile".into(), profile(draw));
        }
        event
    }
}

/// Event time: now, a little ago, late, or ahead of the record, seldom too far.
fn time(draw: &mut Draw, record_time: Millis) -> Millis {
    match draw.below(20) {
        0 => record_time - draw.between(1, 4 * 24) * HOUR,
        1 => record_time + draw.between(1, 25 * 3600) * SECOND,
        2 => record_time - DAY - draw.between(-1, 1),
        3 => record_time + DAY + draw.between(-1, 1),
        // As late as the events of a setup's journey may be.
        4 => record_time - 6 * HOUR - draw.between(-1, 1),
        5..=9 => record_time - draw.between(0, 5 * SECOND),
        _ => record_time,
    }
}

/// A type with its subjects.
fn subjects(draw: &mut Draw, commands: &[CommandId]) -> (&'static str, Value) {
    match draw.below(100) {
        0..=29 => ("cart_updated", json!({ "cart": cart(draw) })),
        30..=32 => ("cart_emptied", json!({ "cart": { "id": cart_id(draw) } })),
        33..=35 => ("cart_emptied", json!({})),
        36..=44 => {
            ("order_placed", json!({ "order": order(draw), "cart": { "id": cart_id(draw) } }))
        }
        45..=47 => ("order_placed", json!({})),
        48..=56 => ("product_viewed", json!({ "product": product(draw) })),
        57..=62 => (
            "checkout_started",
            json!({ "checkout": { "id": draw.between(1, 2) }, "cart": cart(draw) }),
        ),
        63..=71 => ("customer_created", json!({ "profile": profile(draw) })),
        72..=73 => ("customer_updated", json!({ "profile": profile(draw) })),
        74..=75 => ("consent_changed", json!({ "profile": { "consent": consent(draw) } })),
        76..=78 => ("subscribed", channel(draw)),
        79..=81 => ("unsubscribed", channel(draw)),
        82..=83 => ("message_bounced", message(draw, commands)),
        84 => ("message_complained", message(draw, commands)),
        85..=92 => ("message_opened", message(draw, commands)),
        93..=94 => ("message_clicked", message(draw, commands)),
        95 => ("message_delivered", message(draw, commands)),
        96..=97 => ("page_viewed", json!({ "url": "/", "cart": seen_cart(draw) })),
        _ => (
            "never_heard_of",
            json!({ "cart": cart(draw), "deep": { "er": [1, null, { "x": true }] } }),
        ),
    }
}

/// What facts are made of.
pub fn counted(draw: &mut Draw) -> (&'static str, Value) {
    let id = |draw: &mut Draw| draw.pick(&[json!("o1"), json!("o2"), json!(3), json!("4")]).clone();
    let order = json!({ "id": id(draw), "items": bought(draw) });
    match draw.below(12) {
        0..=3 => {
            let mut order = order;
            if draw.chance(90) {
                let total = draw.between(-20, 400) as f64 + 0.25;
                order["total"] = number(draw, total);
            }
            if draw.chance(50) {
                order["currency"] = draw
                    .pick(&[json!("EUR"), json!(" eur"), json!("USD"), json!(7), json!(null)])
                    .clone();
            }
            if draw.chance(10) {
                order.as_object_mut().map(|order| order.remove("id"));
            }
            ("order_placed", json!({ "order": order }))
        }
        4 => ("order_cancelled", json!({ "order": order })),
        5 | 6 => {
            let amount = draw.between(-5, 200) as f64;
            let mut refund = json!({ "amount": number(draw, amount) });
            if draw.chance(70) {
                refund["id"] = draw.between(1, 2).into();
            }
            if draw.chance(10) {
                refund["currency"] = "CHF".into();
            }
            ("order_refunded", json!({ "order": { "id": id(draw) }, "refund": refund }))
        }
        7 => ("ticket_opened", json!({ "ticket": { "id": draw.between(1, 4) } })),
        8 => ("ticket_closed", json!({ "ticket": { "id": draw.between(1, 4) } })),
        _ => ("product_viewed", json!({ "product": product(draw) })),
    }
}

fn bought(draw: &mut Draw) -> Value {
    let item = |draw: &mut Draw| match draw.below(8) {
        0 => Value::Null,
        1 => json!("p1"),
        2 => json!({ "quantity": 2 }),
        _ => json!({ "product": format!("p{}", draw.below(4)), "quantity": draw.below(4) }),
    };
    (0..draw.below(4)).map(|_| item(draw)).collect()
}

fn cart_id(draw: &mut Draw) -> Value {
    draw.pick(&[json!("k1"), json!("k2"), json!(3)]).clone()
}

fn cart(draw: &mut Draw) -> Value {
    let total = *draw.pick(&[0.0, 19.99, 20.0, 80.5, 499.99, 500.0, 1234.0]);
    let total = number(draw, total);
    let items: Vec<Value> = (0..draw.below(3)).map(|_| product(draw)).collect();
    let mut cart =
        json!({ "id": cart_id(draw), "total": total, "currency": "EUR", "items": items });
    for field in ["id", "total", "items"] {
        if draw.chance(4) {
            cart.as_object_mut().map(|fields| fields.remove(field));
        }
    }
    cart
}

/// What is added to a cart: nothing, or what is in it now.
fn seen_cart(draw: &mut Draw) -> Value {
    match draw.below(4) {
        0 => json!({ "id": cart_id(draw), "items": [] }),
        1 => json!({ "id": cart_id(draw), "items": [product(draw)] }),
        _ => json!({ "id": cart_id(draw) }),
    }
}

fn product(draw: &mut Draw) -> Value {
    let price = draw.between(1, 900) as f64;
    json!({ "id": format!("p{}", draw.below(3)), "price": number(draw, price) })
}

/// As a number, or as shops write money.
fn number(draw: &mut Draw, number: f64) -> Value {
    match draw.below(6) {
        0 => format!("{number:.2}").into(),
        1 => format!(" {number}\t").into(),
        _ => number.into(),
    }
}

fn order(draw: &mut Draw) -> Value {
    match draw.below(5) {
        0 => json!({ "id": draw.between(1, 3) }),
        _ => {
            let total = draw.between(0, 600) as f64;
            json!({ "id": format!("o{}", draw.below(4)), "total": number(draw, total) })
        }
    }
}

fn consent(draw: &mut Draw) -> Value {
    let mut consent = Map::new();
    for channel in CHANNELS {
        match draw.below(20) {
            0..=12 => drop(consent.insert(channel.into(), draw.chance(80).into())),
            13 => drop(consent.insert(channel.into(), Value::Null)),
            _ => {}
        }
    }
    Value::Object(consent)
}

/// One of [`PLACES`], or any country, or any region of a large one, with its country's code before it or not.
fn place(draw: &mut Draw) -> (&'static str, &'static str, String) {
    match draw.below(4) {
        0 => {
            let (country, zones) = draw.pick(&REGIONS);
            let codes: Vec<&str> = draw.pick(zones).0.split(' ').collect();
            let region = *draw.pick(&codes);
            let prefix = if draw.chance(50) { format!("{country}-") } else { String::new() };
            ("", *country, prefix + region)
        }
        1 if draw.chance(30) => ("", &draw.pick(&ALPHA_3)[..3], String::new()),
        1 => ("", &draw.pick(&COUNTRIES)[..2], String::new()),
        _ => {
            let (zone, country, region) = *draw.pick(&PLACES);
            (zone, country, region.to_owned())
        }
    }
}

fn profile(draw: &mut Draw) -> Value {
    let (zone, country, region) = place(draw);
    let mut profile = Map::new();
    let email = if draw.chance(80) { "a@example.com" } else { "b@example.com" };
    let fields = [
        ("email", email),
        ("phone", "+15550100"),
        ("push_token", "t"),
        ("time_zone", zone),
        ("country", country),
        ("region", &region),
    ];
    for (field, value) in fields {
        match draw.below(10) {
            0 => profile.insert(field.into(), Value::Null),
            1 | 2 => None,
            _ if value.is_empty() => None,
            _ => profile.insert(field.into(), value.into()),
        };
    }
    match draw.below(20) {
        0..=15 => drop(profile.insert("consent".into(), consent(draw))),
        16 => drop(profile.insert("consent".into(), Value::Null)),
        _ => {}
    }
    if draw.chance(30) {
        profile.insert(
            "vip".into(),
            draw.pick(&[json!(true), json!(false), json!("yes"), json!(1), json!({ "a": 1 })])
                .clone(),
        );
    }
    Value::Object(profile)
}

/// On one channel, named here or there, or on none.
fn channel(draw: &mut Draw) -> Value {
    let channel = *draw.pick(&CHANNELS);
    match draw.below(3) {
        0 => json!({}),
        1 => json!({ "channel": channel }),
        _ => json!({ "message": { "channel": channel } }),
    }
}

fn message(draw: &mut Draw, commands: &[CommandId]) -> Value {
    let mut message = Map::new();
    let command = match draw.below(10) {
        0 => CommandId(u128::from(draw.number())).to_string(),
        1 => "not an id".into(),
        // Mostly one of the newest.
        _ if !commands.is_empty() => commands
            [commands.len() - 1 - draw.below(commands.len().min(6) as u64) as usize]
            .to_string(),
        _ => String::new(),
    };
    message.insert("command_id".into(), command.into());
    if draw.chance(60) {
        message.insert("channel".into(), (*draw.pick(&CHANNELS)).into());
    }
    if draw.chance(40) {
        message.insert("bounce".into(), (*draw.pick(&["soft", "hard"])).into());
    }
    json!({ "message": message })
}

/// The event cannot be read any more.
fn spoil(draw: &mut Draw, event: &mut Map<String, Value>) {
    let (field, value) = match draw.below(12) {
        0 => ("type", json!("")),
        1 => ("type", json!(7)),
        2 => ("customer", json!(null)),
        3 => ("customer", json!("x".repeat(257))),
        4 => ("time", json!("yesterday")),
        5 => ("time", json!(1.5e11)),
        6 => ("time", json!(100_000_000_000_000_i64)),
        7 => ("time", json!([1])),
        8 => ("time", json!("9999-01-01T00:00:00Z")),
        9 => ("time", json!("9999-12-31T23:59:59Z")),
        10 => ("time", json!("2026-01-01T10:00Z")),
        _ => (
            "review",
            json!(
                serde_json::from_str::<Value>(&format!("{}{}", "[".repeat(70), "]".repeat(70)))
                    .unwrap_or_default()
            ),
        ),
    };
    event.insert(field.into(), value);
}

/// Known fields get values, most of which they must not have. What is in their way is replaced.
fn make_odd(draw: &mut Draw, event: &mut Map<String, Value>) {
    let values = [
        json!(null),
        json!(7),
        json!(1.5),
        json!(true),
        json!("12.50"),
        json!("1e3"),
        json!("\u{20ac} 5"),
        json!(""),
        json!([1]),
        json!({ "a": 1 }),
    ];
    // Without the one that came after the table of decided histories: as many as then, so that they stay what they were.
    let known = ODD.iter().map(|field| field.name());
    let known: Vec<&str> = known.filter(|name| *name != "message.address").collect();
    for _ in 0..draw.between(1, 3) {
        let mut path = draw.pick(&known).split('.');
        let Some(mut name) = path.next() else { continue };
        let mut inner = &mut *event;
        for next in path {
            let outer = inner.entry(name).or_insert_with(|| json!({}));
            if !outer.is_object() {
                *outer = json!({});
            }
            let Some(fields) = outer.as_object_mut() else { return };
            (inner, name) = (fields, next);
        }
        inner.insert(name.into(), draw.pick(&values).clone());
    }
}
