//! Records that every partition gets, and what those of the catalogue say of products.

use super::event::instant;
use super::odd;
use cartwheel_core::fact::key_hash;
use cartwheel_core::policy::Policy;
use cartwheel_core::sends::Poison;
use cartwheel_core::time::{Millis, parse_rfc3339};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Streams that a shard follows, and those of past events.
const MAX_STREAMS: usize = 16;
const MAX_PAST: usize = 1_024;
/// Longest name of a stream, an epoch, a type, a field.
const MAX_NAME: usize = 64;
/// Fields of a product, and names of fields of all products.
const MAX_FIELDS: usize = 64;
const MAX_NAMES: usize = 256;
/// Longest text; longest list and longest text in it.
const MAX_TEXT: usize = 256;
const MAX_LIST: usize = 16;
const MAX_ELEMENT: usize = 64;

/// A record of a stream.
pub struct Streamed {
    /// Its type.
    pub kind: String,
    stream: String,
    epoch: String,
    sequence: u64,
    first: bool,
    /// When, as the record says.
    pub time: Millis,
    body: Value,
}

impl Streamed {
    /// What it has under a name; null where that is absent.
    pub fn field(&self, name: &str) -> &Value {
        &self.body[name]
    }
}

/// A product before and behind a record that was not the first of it: what is known of it.
pub struct Changed {
    /// The id of what has happened: which record of which stream.
    pub event: String,
    /// The product's id.
    pub id: String,
    /// The hash of that.
    pub key: u64,
    /// The fields before.
    pub before: Map<String, Value>,
    /// The fields now.
    pub after: Map<String, Value>,
}

/// What is known of streams and products.
#[derive(Default)]
pub struct Catalogue {
    /// Epoch and last number of each stream.
    streams: BTreeMap<String, (String, u64)>,
    /// What each field of each product says, and since when.
    products: BTreeMap<u64, BTreeMap<String, (Millis, Value)>>,
    names: Vec<String>,
}

/// A record without a customer as one of a stream; none where it names no stream.
pub fn decode(
    value: &[u8],
    record_time: Millis,
    policy: &Policy,
) -> Option<Result<Streamed, Poison>> {
    let record: Value = serde_json::from_slice(value).ok()?;
    let stream = record.get("stream")?.as_str()?.to_owned();
    Some(sound(&record, stream, record_time, policy))
}

fn sound(
    record: &Value,
    stream: String,
    record_time: Millis,
    policy: &Policy,
) -> Result<Streamed, Poison> {
    let name = |text: Option<&str>| {
        let text = text.filter(|text| !text.is_empty() && text.len() <= MAX_NAME);
        text.map(str::to_owned).ok_or(Poison::BadValue)
    };
    let kind = name(record["type"].as_str())?;
    let stream = name(Some(&stream))?;
    let epoch = name(record["epoch"].as_str())?;
    let sequence = record["sequence"].as_i64().filter(|number| *number > 0);
    let sequence = sequence.ok_or(Poison::BadValue)? as u64;
    let time = match &record["time"] {
        Value::Null => Some(record_time),
        Value::String(text) => parse_rfc3339(text),
        Value::Number(number) => instant(number),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let time = time.ok_or(Poison::BadTime)?;
    if time > record_time.saturating_add(policy.max_event_ahead.millis()) {
        return Err(Poison::TimeInFuture);
    }
    let first = record["first"] == json!(true);
    Ok(Streamed { kind, stream, epoch, sequence, first, time, body: record.clone() })
}

impl Catalogue {
    /// What a record says of a product; `at` is when it happened.
    pub fn apply(
        &mut self,
        record: &Streamed,
        at: Millis,
        policy: &Policy,
    ) -> Result<Option<Changed>, Poison> {
        let product = record.field("product").as_object().ok_or(Poison::BadValue)?;
        let id = product.get("id").and_then(key_text).ok_or(Poison::BadValue)?;
        let key = key_hash(&id);
        if !self.products.contains_key(&key) && self.products.len() >= policy.max_products as usize
        {
            return Ok(None);
        }
        let is_known = self.products.contains_key(&key);
        let before = self.known(key);
        self.write(key, product, at);
        let after = self.known(key);
        let event = format!("{} {} {}", record.stream, record.epoch, record.sequence);
        Ok(is_known.then_some(Changed { event, id, key, before, after }))
    }

    /// What is known of a product.
    fn known(&self, key: u64) -> Map<String, Value> {
        let fields = self.products.get(&key).into_iter().flatten();
        let there = fields.filter(|(_, (_, value))| !value.is_null());
        there.map(|(name, (_, value))| (name.clone(), value.clone())).collect()
    }

    /// Whether a record is the next of its stream, which goes on by it then.
    pub fn is_next(&mut self, record: &Streamed) -> bool {
        let is_past = |name: &str| name.starts_with("backfill:");
        let alike = self.streams.keys().filter(|name| is_past(name) == is_past(&record.stream));
        let most = if is_past(&record.stream) { MAX_PAST } else { MAX_STREAMS };
        if alike.count() == most && !self.streams.contains_key(&record.stream) {
            return false;
        }
        let known = self.streams.entry(record.stream.clone());
        let (epoch, last) = known.or_insert_with(|| (record.epoch.clone(), 0));
        let same = *epoch == record.epoch;
        if *last > 0 && record.epoch < *epoch {
            return false;
        }
        let begins = (record.sequence == 1 || record.first) && (!same || *last == 0);
        let next = begins || same && record.sequence == *last + 1;
        if next {
            (*epoch, *last) = (record.epoch.clone(), record.sequence);
        }
        next
    }

    fn write(&mut self, key: u64, product: &Map<String, Value>, at: Millis) {
        let fields = self.products.entry(key).or_default();
        for (name, value) in product.iter().filter(|(name, _)| *name != "id") {
            let Some(kept) = kept(name, value) else { continue };
            if let Some((then, known)) = fields.get_mut(name) {
                if *then <= at {
                    (*then, *known) = (at, kept);
                }
                continue;
            }
            if fields.len() == MAX_FIELDS {
                continue;
            }
            if !self.names.contains(name) {
                if self.names.len() == MAX_NAMES || name.is_empty() || name.len() > MAX_NAME {
                    continue;
                }
                self.names.push(name.clone());
            }
            fields.insert(name.clone(), (at, kept));
        }
        if fields.values().all(|(_, value)| value.is_null()) {
            self.products.remove(&key);
        }
    }

    /// What a product has under a name; null where nothing is known.
    pub fn field(&self, key: Option<u64>, name: &str) -> &Value {
        let found = key.and_then(|key| self.products.get(&key)?.get(name));
        found.map_or(&Value::Null, |(_, value)| value)
    }
}

/// The text by which a product is known: of a number its shortest form.
fn key_text(id: &Value) -> Option<String> {
    let text = match id {
        Value::String(text) => text.trim().to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.to_string(),
            None => (number.as_f64()? + 0.0).to_string(),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// What is kept of a field; none where it cannot be.
fn kept(name: &str, value: &Value) -> Option<Value> {
    let text = |most: usize| value.as_str().filter(|text| text.len() <= most).map(Value::from);
    match (name, value) {
        (_, Value::Null) => Some(Value::Null),
        ("price", value) => {
            let price = odd::number(value)?.as_f64()?;
            Some(json!(((price * 10_000.0).round() as i64) as f64 / 10_000.0))
        }
        ("stock" | "supply_days" | "review_score", value) => odd::number(value),
        ("currency" | "category", _) => text(MAX_TEXT),
        (_, Value::Array(all)) => {
            let fits = |one: &Value| match one {
                Value::String(text) => text.len() <= MAX_ELEMENT,
                Value::Bool(_) | Value::Number(_) => true,
                Value::Null | Value::Array(_) | Value::Object(_) => false,
            };
            (all.len() <= MAX_LIST && all.iter().all(fits)).then(|| value.clone())
        }
        ("badges", _) | (_, Value::Object(_)) => None,
        (_, Value::String(_)) => text(MAX_TEXT),
        (_, Value::Bool(_) | Value::Number(_)) => Some(value.clone()),
    }
}
