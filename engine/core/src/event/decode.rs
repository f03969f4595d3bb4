//! From a record's bytes to an [`Event`], or to the reason why it cannot be one.

use super::layout::Layouts;
use super::raw::{Raw, object_entries};
use super::rejected::{Poison, Rejected};
use super::scan::scan;
use super::top::{Extent, Place, Top};
use super::vocabulary::{CONSENT, Envelope, Known, Subject, Type};
use crate::policy::Policy;
use crate::time::{Millis, is_instant, parse_rfc3339};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use xxhash_rust::xxh3::xxh3_64;

/// Longest `type` and `customer` in bytes.
const MAX_NAME: usize = 256;
/// Deepest nesting.
const MAX_DEPTH: u32 = 64;

/// A shop fact. Everything borrows from the record. By default it is of no record.
#[derive(Clone, Debug, Default)]
pub struct Event<'a> {
    /// Its type, such as `cart_updated`.
    pub kind: Cow<'a, str>,
    /// The customer string.
    pub customer: Cow<'a, str>,
    /// Event time; none where the event has none (then the record's time counts).
    pub time: Option<Millis>,
    text: &'a str,
    /// Without escapes.
    plain: bool,
    whole: Extent,
    top: Top,
}

impl<'a> Event<'a> {
    /// The whole record, without white space around it.
    pub fn whole(&self) -> Raw<'a> {
        self.whole.raw(self.text).unwrap_or(Raw(self.text))
    }

    /// For deduplication.
    pub fn id(&self) -> Option<Cow<'a, str>> {
        self.text_at(Place::ID)
    }

    /// The top-level field `channel` of subscriptions.
    pub fn channel(&self) -> Option<Cow<'a, str>> {
        self.text_at(Place::CHANNEL)
    }

    /// The object under the subject's name.
    pub fn subject(&self, subject: Subject) -> Option<Raw<'a>> {
        self.at(Place::subject(subject))
    }

    /// A field of a subject; none where it is absent or null.
    pub fn field(&self, subject: Subject, name: &str) -> Option<Raw<'a>> {
        match Known::of(subject, name.as_bytes()) {
            Some(field) => self.known_at(field),
            None => self.subject(subject)?.get(&[name]),
        }
    }

    /// The hash of the id of the object under the subject's name; 0 where it has none.
    pub fn id_of(&self, subject: Subject) -> u64 {
        let Some(raw) = self.field(subject, "id") else { return 0 };
        let text = match raw.integer() {
            Some(_) => Some(Cow::Borrowed(raw.0)),
            None => self.string(raw).filter(|text| !text.is_empty()),
        };
        text.map_or(0, |text| xxh3_64(text.as_bytes()))
    }

    /// A field that the product itself reads.
    pub(super) fn known_at(&self, field: Known) -> Option<Raw<'a>> {
        self.at(Place::known(field))
    }

    /// The size of such a field, where it is known without reading it.
    pub(super) fn known_size(&self, field: Known) -> Option<usize> {
        (field == Known::CartItems).then_some(self.top.items as usize)
    }

    /// A string of this record; none for another type.
    pub(super) fn string(&self, raw: Raw<'a>) -> Option<Cow<'a, str>> {
        // Escapes are not looked for where there are none.
        if self.plain { raw.plain_string().map(Cow::Borrowed) } else { raw.string() }
    }

    fn at(&self, place: Place) -> Option<Raw<'a>> {
        self.top.get(place).raw(self.text)
    }

    fn text_at(&self, place: Place) -> Option<Cow<'a, str>> {
        self.string(self.at(place)?)
    }

    /// The rest, after `top`: of a record that was read quickly; if it was not, it is read fully.
    #[inline]
    fn fill(
        &mut self,
        value: &'a [u8],
        quick: Option<(&'a str, Extent)>,
        record_time: Millis,
        policy: &Policy,
    ) -> Result<(), Rejected> {
        // What is read in one pass has no escapes.
        self.plain = quick.is_some();
        (self.text, self.whole) = match quick {
            Some(read) => read,
            None => read_fully(value, &mut self.top)?,
        };
        self.kind = name(self.text_at(Place::TYPE), Envelope::Type, Poison::MissingType)?;
        self.customer =
            name(self.text_at(Place::CUSTOMER), Envelope::Customer, Poison::MissingCustomer)?;
        let time = self.at(Place::TIME);
        self.time =
            time.map(|raw| event_time(raw, self.string(raw), record_time, policy)).transpose()?;
        if !self.plain {
            check_types(&self.top, self.text)?;
        }
        if let Some(profile) = self.subject(Subject::Profile) {
            check_profile(profile)?;
        }
        Ok(())
    }
}

/// Decodes records one after the other, by the layouts of those before. What it makes of a record does not depend on them.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    layouts: Layouts,
}

impl Decoder {
    /// As [`decode`] does, into an event that is there already: an event is large, and to move it costs as much as to read a field. Where it
    /// fails, what it leaves there is of no use.
    pub fn decode<'a>(
        &mut self,
        value: &'a [u8],
        record_time: Millis,
        policy: &Policy,
        event: &mut Event<'a>,
    ) -> Result<(), Rejected> {
        check_size(value, policy)?;
        event.top = Top::default();
        let mut quick = self.layouts.read(value, &mut event.top);
        if quick.is_none() {
            event.top = Top::default();
            quick = scan(value, MAX_DEPTH, &mut event.top);
            if let Some((text, whole)) = quick {
                self.layouts.learn(text, whole);
            }
        }
        event.fill(value, quick, record_time, policy)
    }
}

/// Decodes a record's value. `record_time` bounds how far ahead the event may lie.
pub fn decode<'a>(
    value: &'a [u8],
    record_time: Millis,
    policy: &Policy,
) -> Result<Event<'a>, Rejected> {
    check_size(value, policy)?;
    let mut event = Event::default();
    let quick = scan(value, MAX_DEPTH, &mut event.top);
    event.fill(value, quick, record_time, policy)?;
    Ok(event)
}

fn check_size(value: &[u8], policy: &Policy) -> Result<(), Rejected> {
    if value.len() <= policy.max_event_bytes {
        return Ok(());
    }
    Err(Rejected::new(
        Poison::TooLarge,
        format!("{} bytes, the limit is {}", value.len(), policy.max_event_bytes),
    ))
}

/// Of what was read fully: the one pass declines what has not its type.
#[cold]
fn check_types(top: &Top, text: &str) -> Result<(), Rejected> {
    let named = [Envelope::Id, Envelope::Channel]
        .map(|field| (Place::envelope(field), field.name(), Type::Text));
    let subjects =
        Subject::ALL.map(|subject| (Place::subject(subject), subject.name(), Type::Object));
    let known = Known::ALL.map(|field| (Place::known(field), field.name(), field.kind()));
    for (place, name, needed) in named.into_iter().chain(subjects).chain(known) {
        if top.get(place).raw(text).is_some_and(|raw| !needed.fits(raw.0.as_bytes())) {
            return Err(wrong_type(name));
        }
    }
    Ok(())
}

/// The record as the full parser reads it, and where in it the object stands; or why it is none.
#[cold]
fn read_fully<'a>(value: &'a [u8], top: &mut Top) -> Result<(&'a str, Extent), Rejected> {
    if deeper_than(value, MAX_DEPTH) {
        return Err(Rejected::new(Poison::TooDeep, format!("nested deeper than {MAX_DEPTH}")));
    }
    let text =
        std::str::from_utf8(value).map_err(|_| Rejected::new(Poison::NotJson, "not UTF-8"))?;
    let whole = Raw(text.trim_matches([' ', '\t', '\r', '\n']));
    if !whole.is_object() {
        return Err(Rejected::new(Poison::NotJson, "not a JSON object"));
    }
    serde_json::from_str::<Readable>(text).map_err(|error| {
        Rejected::new(
            Poison::NotJson,
            format!("syntax error at line {} column {}", error.line(), error.column()),
        )
    })?;
    *top = Top::read(text, whole);
    Ok((text, Extent::of(whole, text)))
}

/// JSON in which every string and number can be read. Skipping values would let escapes and numbers pass that nobody can read later.
struct Readable;

impl<'de> Deserialize<'de> for Readable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Readable)
    }
}

impl<'de> Visitor<'de> for Readable {
    type Value = Self;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self, A::Error> {
        while elements.next_element::<Readable>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        while entries.next_entry::<Readable, Readable>()?.is_some() {}
        Ok(self)
    }
}

fn wrong_type(field: impl Into<Cow<'static, str>>) -> Rejected {
    Rejected::new(Poison::WrongType, field)
}

/// A required, bounded, non-empty string.
fn name<'a>(
    text: Option<Cow<'a, str>>,
    field: Envelope,
    missing: Poison,
) -> Result<Cow<'a, str>, Rejected> {
    match text {
        Some(text) if !text.is_empty() => bounded(text, field),
        _ => Err(Rejected::new(missing, field.name())),
    }
}

fn bounded<'a>(text: Cow<'a, str>, field: Envelope) -> Result<Cow<'a, str>, Rejected> {
    if text.len() > MAX_NAME {
        return Err(Rejected::new(
            Poison::BadValue,
            format!("{} is longer than {MAX_NAME} bytes", field.name()),
        ));
    }
    Ok(text)
}

/// `text` is the content, if it is a string.
fn event_time(
    raw: Raw<'_>,
    text: Option<Cow<'_, str>>,
    record_time: Millis,
    policy: &Policy,
) -> Result<Millis, Rejected> {
    let at = text.map_or_else(|| raw.integer(), |text| parse_rfc3339(&text));
    let at = at
        .filter(|at| is_instant(*at))
        .ok_or_else(|| Rejected::new(Poison::BadTime, Envelope::Time.name()))?;
    if at > record_time.saturating_add(policy.max_event_ahead.millis()) {
        return Err(Rejected::new(
            Poison::TimeInFuture,
            format!("time is more than {} after the record's", policy.max_event_ahead),
        ));
    }
    Ok(at)
}

fn check_profile(profile: Raw<'_>) -> Result<(), Rejected> {
    for (name, value) in object_entries(profile) {
        if value.is_null() {
            continue;
        }
        let known = Subject::Profile.fields().iter().find(|(field, _)| *field == name);
        let good = match known {
            Some((_, needed)) => needed.fits(value.0.as_bytes()),
            None if name == CONSENT => {
                value.is_object() && object_entries(value).all(|(_, flag)| flag.boolean().is_some())
            }
            None => true,
        };
        if !good {
            return Err(wrong_type(format!("{}.{name}", Subject::Profile.name())));
        }
    }
    Ok(())
}

/// Whether brackets nest deeper than `limit`, outside strings.
fn deeper_than(value: &[u8], limit: u32) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0u32, false, false);
    for byte in value {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::scan::tests::json;
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    fn reason(text: &str) -> Result<(), (Poison, String)> {
        decode(text.as_bytes(), 1_767_261_600_000, &Policy::default())
            .map(drop)
            .map_err(|bad| (bad.reason, bad.detail.into_owned()))
    }

    #[test]
    fn each_bad_record_has_its_reason() {
        let deep =
            format!(r#"{{"type":"t","customer":"c","x":{}1{}}}"#, "[".repeat(70), "]".repeat(70));
        let long = "x".repeat(300);
        for (text, poison) in [
            ("", Poison::NotJson),
            ("{", Poison::NotJson),
            ("[1]", Poison::NotJson),
            (r#"{"type":"t","customer":"c"} x"#, Poison::NotJson),
            (r#"{"customer":"c"}"#, Poison::MissingType),
            (r#"{"type":7,"customer":"c"}"#, Poison::MissingType),
            (r#"{"type":"t"}"#, Poison::MissingCustomer),
            (r#"{"type":"t","customer":""}"#, Poison::MissingCustomer),
            (r#"{"type":"t","customer":"c","time":"soon"}"#, Poison::BadTime),
            (r#"{"type":"t","customer":"c","time":1.5}"#, Poison::BadTime),
            (r#"{"type":"t","customer":"c","time":-9223372036854775808}"#, Poison::BadTime),
            (r#"{"type":"t","customer":"c","profile":{"spent":1e400}}"#, Poison::NotJson),
            (r#"{"type":"t","customer":"c","profile":{"name":"\uZZZZ"}}"#, Poison::NotJson),
            (r#"{"type":"t","customer":"c","profile":{"name":"\ud800"}}"#, Poison::NotJson),
            (r#"{"type":"t","customer":"c","time":"9999-12-01T00:00:00Z"}"#, Poison::TimeInFuture),
            (r#"{"type":"t","customer":"c","cart":7}"#, Poison::WrongType),
            (r#"{"type":"t","customer":"c","cart":{"total":"80"}}"#, Poison::WrongType),
            (r#"{"type":"t","customer":"c","profile":{"email":7}}"#, Poison::WrongType),
            (
                r#"{"type":"t","customer":"c","profile":{"consent":{"email":"yes"}}}"#,
                Poison::WrongType,
            ),
            (&deep, Poison::TooDeep),
            (&format!(r#"{{"type":"t","customer":"{long}"}}"#), Poison::BadValue),
        ] {
            assert_eq!(reason(text).map_err(|(reason, _)| reason), Err(poison), "{text}");
        }
        let large = format!(r#"{{"type":"t","customer":"c","x":"{}"}}"#, "x".repeat(200_000));
        assert_eq!(reason(&large).map_err(|(reason, _)| reason), Err(Poison::TooLarge));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, rng_seed: RngSeed::Fixed(14), ..ProptestConfig::default() })]

        /// Events, and why others are none, whatever was decoded before.
        #[test]
        fn a_decoder_decodes_as_if_it_had_seen_nothing(values in prop::collection::vec((json(), json(), json()), 1..8)) {
            let policy = Policy::default();
            let records: Vec<String> = values
                .into_iter()
                .flat_map(|(cart, time, customer)| {
                    [
                        serde_json::json!({ "type": "t", "customer": "c", "cart": cart }),
                        serde_json::json!({ "type": "t", "customer": customer, "time": time }),
                        serde_json::json!({ "type": "t", "customer": "c", "time": "2026-01-01T10:00:00.123Z", "id": time, "profile": { "email": customer } }),
                    ]
                })
                .map(|record| record.to_string())
                .collect();
            // Into one event, so that nothing of one record may stay for the next.
            let (mut decoder, mut event) = (Decoder::default(), Event::default());
            for record in records.iter().flat_map(|record| [record, record]) {
                let learned = decoder.decode(record.as_bytes(), 1_767_261_600_000, &policy, &mut event).map(|()| &event);
                let plainly = decode(record.as_bytes(), 1_767_261_600_000, &policy);
                prop_assert_eq!(format!("{:?}", learned), format!("{:?}", plainly));
            }
        }
    }

    #[test]
    fn a_good_record_is_read_lazily() {
        let text = r#" {"id":"9f","type":"cart_up\u0064ated","customer":"c1","time":"2026-01-01T10:00:00.123Z","cart":{"id":"k","total":1.5,"items":[]},"new":null} "#;
        let event = decode(text.as_bytes(), 1_767_261_600_000, &Policy::default()).unwrap();
        assert_eq!(
            (event.kind.as_ref(), event.customer.as_ref(), event.time),
            ("cart_updated", "c1", Some(1_767_261_600_123))
        );
        assert_eq!(
            event.subject(Subject::Cart).unwrap().get(&["total"]).unwrap().number(),
            Some(1.5)
        );
        assert!(event.subject(Subject::Order).is_none());
    }
}
