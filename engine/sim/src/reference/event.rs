//! A record's bytes -> an event, or the reason why not. `serde_json::Value` throughout.

use super::odd;
use cartwheel_core::id::{CommandId, RunId};
use cartwheel_core::policy::Policy;
use cartwheel_core::sends::Poison;
use cartwheel_core::time::{Millis, parse_rfc3339};
use serde_json::{Map, Number, Value};
use xxhash_rust::xxh3::xxh3_64;

/// Deeper values are not read; the event's own object is level 1.
const MAX_DEPTH: usize = 64;
/// Longest `type` and `customer` in bytes.
const MAX_NAME: usize = 256;
/// A time as a number: below this it is seconds.
const SECONDS_BELOW: i64 = 100_000_000_000;
/// From there on and below this it is milliseconds.
const MILLIS_BELOW: i64 = 100_000_000_000_000;

/// A shop fact that was found sound.
pub struct Event {
    /// `id`, if given.
    pub id: Option<String>,
    /// `type`.
    pub kind: String,
    /// `customer`.
    pub customer: String,
    /// `time`, as the shop says.
    pub time: Millis,
    /// What counts: without nulls and without what is odd; totals are numbers.
    pub body: Value,
    /// The names of the fields that were odd.
    pub odd: Vec<String>,
    /// The names of the profile's fields that are too long to be kept.
    pub long: Vec<String>,
    /// Tells it from others of its millisecond.
    pub number: u64,
    /// Everything, as the shop wrote it.
    brought: Value,
}

impl Event {
    /// The subject of this name.
    pub fn subject(&self, name: &str) -> Option<&Map<String, Value>> {
        self.body.get(name)?.as_object()
    }

    /// The same as the shop wrote it, for messages to show.
    pub fn document(&self, name: &str) -> Option<&Value> {
        self.subject(name).and(self.brought.get(name))
    }

    /// Whether a channel was to be named where nobody can read it.
    pub fn hides_channel(&self) -> bool {
        self.odd
            .iter()
            .any(|name| matches!(name.as_str(), "message" | "message.channel" | "channel"))
    }

    /// A text inside a subject.
    pub fn text(&self, subject: &str, field: &str) -> Option<&str> {
        self.subject(subject)?.get(field)?.as_str()
    }

    /// The command whose message it is about.
    pub fn command(&self) -> Option<CommandId> {
        self.text("message", "command_id")?.parse().ok()
    }

    /// Whether it is about the message of this command, of this run. An answer is about every message of the step that has asked, whichever channel
    /// carried them.
    pub fn is_about(&self, run: RunId, message: CommandId) -> bool {
        let Some(command) = self.command() else { return false };
        let step = self.text("survey", "step").filter(|_| self.kind == "survey_answered");
        let of_step: Vec<CommandId> = step
            .map(|step| (0..8).map(|channel| CommandId::of(run, step, channel)).collect())
            .unwrap_or_default();
        command == message || of_step.contains(&command) && of_step.contains(&message)
    }

    /// What a journey has let happen: of no shop, and about nobody but the customer at hand.
    pub fn of_journey(kind: &str, fields: Map<String, Value>, number: u64) -> Self {
        let brought = Value::Object(fields);
        let mut body = brought.clone();
        forget_nulls(&mut body);
        body.as_object_mut().map(odd::take_out);
        if let Some(fields) = body.as_object_mut() {
            fields.insert("type".into(), kind.into());
        }
        let (kind, customer) = (kind.to_owned(), String::new());
        let (odd, long) = (Vec::new(), Vec::new());
        Self { id: None, kind, customer, time: 0, body, odd, long, number, brought }
    }

    /// `order.total`.
    pub fn revenue(&self) -> Option<f64> {
        self.subject("order")?.get("total")?.as_f64()
    }
}

/// Reads a record's value. The checks stand in the order in which they are tried; the first that fails names the reason.
pub fn decode(value: &[u8], record_time: Millis, policy: &Policy) -> Result<Event, Poison> {
    if value.len() > policy.max_event_bytes {
        return Err(Poison::TooLarge);
    }
    if depth(value) > MAX_DEPTH {
        return Err(Poison::TooDeep);
    }
    let brought: Value = serde_json::from_slice(value).map_err(|_| Poison::NotJson)?;
    let mut body = brought.clone();
    forget_nulls(&mut body);
    let fields = body.as_object_mut().ok_or(Poison::NotJson)?;
    let kind = name(fields, "type").ok_or(Poison::MissingType)?;
    let customer = name(fields, "customer").ok_or(Poison::MissingCustomer)?;
    if kind.len() > MAX_NAME || customer.len() > MAX_NAME {
        return Err(Poison::BadValue);
    }
    let time = match fields.get("time") {
        None => Some(record_time),
        Some(Value::String(text)) => parse_rfc3339(text),
        Some(Value::Number(number)) => instant(number),
        Some(_) => None,
    };
    let time = time.ok_or(Poison::BadTime)?;
    if time > record_time.saturating_add(policy.max_event_ahead.millis()) {
        return Err(Poison::TimeInFuture);
    }
    let mut odd = odd::take_out(fields);
    let long = odd::take_out_long(value, fields, &mut odd);
    let id = name(fields, "id");
    let number = xxh3_64(match &id {
        Some(id) => id.as_bytes(),
        None => value.trim_ascii(),
    });
    Ok(Event { id, kind, customer, time, body, odd, long, number, brought })
}

/// A number with a point or an exponent is seconds, an integer by its size.
pub fn instant(number: &Number) -> Option<Millis> {
    match number.as_i64() {
        Some(integer) if (1 - SECONDS_BELOW..SECONDS_BELOW).contains(&integer) => {
            Some(integer * 1000)
        }
        Some(integer) if (1 - MILLIS_BELOW..MILLIS_BELOW).contains(&integer) => Some(integer),
        Some(_) => None,
        None => {
            let seconds = number.as_f64()?;
            (seconds.abs() < SECONDS_BELOW as f64).then(|| (seconds * 1000.0).floor() as Millis)
        }
    }
}

/// Null is absence: of a field of the event, of a subject, or of the consents. Only a profile's fields keep it, where it removes.
fn forget_nulls(body: &mut Value) {
    let Some(fields) = body.as_object_mut() else { return };
    fields.retain(|_, value| !value.is_null());
    for (name, subject) in fields.iter_mut() {
        let Some(subject) = subject.as_object_mut().filter(|_| name == "profile") else { continue };
        if let Some(consent) = subject.get_mut("consent").and_then(Value::as_object_mut) {
            consent.retain(|_, value| !value.is_null());
        }
    }
}

/// The greatest number of brackets open at once outside of strings.
fn depth(value: &[u8]) -> usize {
    let (mut open, mut most, mut in_string, mut escaped) = (0usize, 0usize, false, false);
    for byte in value {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                open += 1;
                most = most.max(open);
            }
            b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    most
}

fn name(fields: &Map<String, Value>, field: &str) -> Option<String> {
    fields.get(field)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
