//! A record's bytes -> an event, or the reason why not. `serde_json::Value` throughout.

use cartwheel_core::policy::Policy;
use cartwheel_core::sends::Poison;
use cartwheel_core::time::{Millis, is_instant, parse_rfc3339};
use serde_json::{Map, Value};

/// Deeper values are not read; the event's own object is level 1.
const MAX_DEPTH: usize = 64;
/// Longest `type` and `customer` in bytes.
const MAX_NAME: usize = 256;
/// The objects that an event may carry.
const SUBJECTS: [&str; 9] =
    ["cart", "order", "checkout", "product", "review", "ticket", "points", "profile", "message"];
/// The profile fields that the product itself reads.
const PROFILE: [&str; 9] = [
    "email",
    "phone",
    "first_name",
    "last_name",
    "time_zone",
    "country",
    "region",
    "locale",
    "push_token",
];

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
    /// Everything.
    pub body: Value,
}

impl Event {
    /// The subject of this name.
    pub fn subject(&self, name: &str) -> Option<&Map<String, Value>> {
        self.body.get(name)?.as_object()
    }

    /// A text inside a subject.
    pub fn text(&self, subject: &str, field: &str) -> Option<&str> {
        self.subject(subject)?.get(field)?.as_str()
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
    let mut body: Value = serde_json::from_slice(value).map_err(|_| Poison::NotJson)?;
    forget_nulls(&mut body);
    let fields = body.as_object().ok_or(Poison::NotJson)?;
    let kind = name(fields, "type").ok_or(Poison::MissingType)?;
    let customer = name(fields, "customer").ok_or(Poison::MissingCustomer)?;
    if kind.len() > MAX_NAME || customer.len() > MAX_NAME {
        return Err(Poison::BadValue);
    }
    let time = match fields.get("time") {
        None => Some(record_time.max(0)),
        Some(Value::String(text)) => parse_rfc3339(text),
        Some(Value::Number(number)) => number.as_i64(),
        Some(_) => None,
    };
    let time = time.filter(|at| is_instant(*at)).ok_or(Poison::BadTime)?;
    if time > record_time.saturating_add(policy.max_event_ahead.millis()) {
        return Err(Poison::TimeInFuture);
    }
    if !well_typed(fields) {
        return Err(Poison::WrongType);
    }
    let id = fields.get("id").and_then(Value::as_str).map(str::to_owned);
    Ok(Event { id, kind, customer, time, body })
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

/// Whether every field that the product reads has the type that it must have, where present.
fn well_typed(fields: &Map<String, Value>) -> bool {
    let absent_or = |subject: &str, field: &str, is: fn(&Value) -> bool| {
        fields
            .get(subject)
            .and_then(|subject| subject.get(field))
            .is_none_or(|value| value.is_null() || is(value))
    };
    let text_or_integer = |value: &Value| value.is_string() || value.is_i64() || value.is_u64();
    fields.get("id").is_none_or(Value::is_string)
        && SUBJECTS.iter().all(|subject| fields.get(*subject).is_none_or(Value::is_object))
        && absent_or("cart", "id", text_or_integer)
        && absent_or("order", "id", text_or_integer)
        && absent_or("cart", "total", Value::is_number)
        && absent_or("order", "total", Value::is_number)
        && absent_or("cart", "items", Value::is_array)
        && absent_or("profile", "consent", |consent| {
            consent.as_object().is_some_and(|channels| channels.values().all(Value::is_boolean))
        })
        && PROFILE
            .iter()
            .all(|field| absent_or("profile", field, |value| value.is_string() || value.is_null()))
        && absent_or("message", "command_id", Value::is_string)
        && absent_or("message", "channel", Value::is_string)
}
