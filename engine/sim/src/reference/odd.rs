//! Fields of another type than the product reads: the event is applied without them.

use cartwheel_core::time::{HOUR, Millis};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;

/// What a value says where the product expects this; none where it says nothing.
type Reading = fn(&Value) -> Option<Value>;

/// What of the profile there is no room for.
pub const SURPLUS: &str = "profile.*";
/// Longest field of a profile as JSON, in bytes.
pub const MAX_VALUE: usize = 4 * 1024;
/// Longest name of a field that the product does not read.
const MAX_FIELD_NAME: usize = 256;

/// Every known field by its path, outer ones first.
const KNOWN: [(&[&str], Reading); 37] = [
    (&["id"], text),
    (&["channel"], text),
    (&["cart"], object),
    (&["order"], object),
    (&["checkout"], object),
    (&["product"], object),
    (&["review"], object),
    (&["ticket"], object),
    (&["points"], object),
    (&["profile"], object),
    (&["message"], object),
    (&["cart", "id"], text_or_integer),
    (&["cart", "total"], number),
    (&["cart", "items"], list),
    (&["order", "id"], text_or_integer),
    (&["order", "total"], number),
    (&["checkout", "total"], number),
    (&["product", "price"], number),
    (&["review", "rating"], number),
    (&["message", "command_id"], text),
    (&["message", "channel"], text),
    (&["message", "bounce"], text),
    (&["message", "address"], text),
    (&["profile", "email"], text),
    (&["profile", "phone"], text),
    (&["profile", "first_name"], text),
    (&["profile", "last_name"], text),
    (&["profile", "time_zone"], text),
    (&["profile", "country"], text),
    (&["profile", "region"], text),
    (&["profile", "locale"], text),
    (&["profile", "push_token"], text),
    (&["profile", "consent"], object),
    (&["profile", "consent", "email"], flag),
    (&["profile", "consent", "sms"], flag),
    (&["profile", "consent", "push"], flag),
    (&["profile", "consent", "whatsapp"], flag),
];

/// Whether the product reads this field of a profile.
pub fn is_read(name: &str) -> bool {
    KNOWN.iter().any(|(path, _)| *path == ["profile", name])
}

/// Takes what is too long out of an event's profile, where the product reads it; the names of what else is too long, which a message does not show.
pub fn take_out_long(
    value: &[u8],
    event: &mut Map<String, Value>,
    odd: &mut Vec<String>,
) -> Vec<String> {
    let mut others = Vec::new();
    let Some(profile) = event.get_mut("profile").and_then(Value::as_object_mut) else {
        return others;
    };
    if value.len() <= MAX_FIELD_NAME {
        return others;
    }
    type Texts = BTreeMap<String, Box<RawValue>>;
    let mut texts: Texts = serde_json::from_slice(value).unwrap_or_default();
    let texts = texts.remove("profile");
    let texts = texts.map(|text| serde_json::from_str::<Texts>(text.get()).unwrap_or_default());
    for (name, text) in texts.into_iter().flatten().filter(|(name, _)| *name != "consent") {
        let long = text.get().len() > MAX_VALUE;
        if !is_read(&name) {
            if long || name.len() > MAX_FIELD_NAME {
                others.push(name);
            }
        } else if long && profile.remove(&name).is_some() {
            odd.push(format!("profile.{name}"));
        }
    }
    if !others.is_empty() {
        odd.push(SURPLUS.to_owned());
    }
    others
}

/// Takes what is odd out of an event and makes numbers of totals that are written as strings; the names of what was odd.
pub fn take_out(event: &mut Map<String, Value>) -> Vec<String> {
    let mut odd = Vec::new();
    for (path, reading) in KNOWN {
        let Some((name, outer)) = path.split_last() else { continue };
        let Some(parent) =
            outer.iter().try_fold(&mut *event, |at, name| at.get_mut(*name)?.as_object_mut())
        else {
            continue;
        };
        // Null is absence, or, in a profile, removes: never odd.
        let Some(value) = parent.get(*name).filter(|value| !value.is_null()) else { continue };
        match reading(value) {
            Some(read) => drop(parent.insert((*name).to_owned(), read)),
            None => {
                parent.remove(*name);
                odd.push(path.join("."));
            }
        }
    }
    odd
}

fn text(value: &Value) -> Option<Value> {
    value.is_string().then(|| value.clone())
}

fn text_or_integer(value: &Value) -> Option<Value> {
    (value.is_string() || value.is_i64()).then(|| value.clone())
}

fn object(value: &Value) -> Option<Value> {
    value.is_object().then(|| value.clone())
}

fn list(value: &Value) -> Option<Value> {
    value.is_array().then(|| value.clone())
}

fn flag(value: &Value) -> Option<Value> {
    value.is_boolean().then(|| value.clone())
}

/// A number, or a text that is one in JSON, without an exponent.
pub(super) fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) if !text.contains(['e', 'E']) => {
            text.trim().parse::<Number>().ok().map(Value::Number)
        }
        _ => None,
    }
}

/// How often each field was odd, and in which hour of record time its newest copy was taken.
#[derive(Default)]
pub struct Odd {
    /// Events applied without the field.
    pub counts: BTreeMap<String, u64>,
    copied: BTreeMap<String, i64>,
}

impl Odd {
    /// An event was applied without these fields at `t`; whether it is copied: where one of them was not copied in this hour.
    pub fn note(&mut self, fields: &[String], t: Millis) -> bool {
        let hour = t.div_euclid(HOUR);
        let mut copy = false;
        for field in fields {
            *self.counts.entry(field.clone()).or_default() += 1;
            copy |= self.copied.insert(field.clone(), hour) != Some(hour);
        }
        copy
    }
}
