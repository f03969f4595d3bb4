//! From a record's bytes to an [`Event`], or to the reason why it cannot be one.

use super::layout::Layouts;
use super::odd::OddFields;
use super::profile;
use super::raw::{Raw, trimmed};
use super::rejected::{Poison, Rejected};
use super::scan::scan;
use super::top::{Extent, Place, Top};
use super::vocabulary::{Envelope, Known, Subject, Type};
use crate::policy::Policy;
use crate::time::{Millis, SECOND, parse_rfc3339};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use xxhash_rust::xxh3::xxh3_64;

/// Longest `type` and `customer` in bytes.
const MAX_NAME: usize = 256;
/// Deepest nesting.
const MAX_DEPTH: u32 = 64;
/// A number below is a time in seconds: more of them would lie three thousand years ahead.
const SECONDS_BELOW: u64 = 100_000_000_000;
/// A number from there on and below this is a time in milliseconds.
const MILLIS_BELOW: u64 = 1000 * SECONDS_BELOW;

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
    /// Without the odd fields.
    top: Top,
    odd: OddFields,
}

impl<'a> Event<'a> {
    /// What this program says of a customer: `text` is a JSON object without customer and time.
    pub fn written(kind: &'a str, text: &'a str) -> Self {
        let whole = Extent::new(0, text.len());
        let mut top = Top::read(text, Raw(text));
        let odd = clear_odd(&mut top, text);
        let kind = Cow::Borrowed(kind);
        Self { kind, text, whole, top, odd, ..Self::default() }
    }

    /// The whole record, without white space around it.
    pub fn whole(&self) -> Raw<'a> {
        self.whole.raw(self.text).unwrap_or(Raw(self.text))
    }

    /// For deduplication. An empty one is none: a producer without ids writes it into every event.
    #[inline]
    pub fn id(&self) -> Option<Cow<'a, str>> {
        self.text_at(Place::ID).filter(|id| !id.is_empty())
    }

    /// The top-level field `channel` of subscriptions.
    pub fn channel(&self) -> Option<Cow<'a, str>> {
        self.text_at(Place::CHANNEL)
    }

    /// The object under the subject's name.
    #[inline]
    pub fn subject(&self, subject: Subject) -> Option<Raw<'a>> {
        self.at(Place::subject(subject))
    }

    /// The `profile` object without its odd fields.
    pub fn profile(&self) -> Option<Cow<'a, str>> {
        let whole = self.subject(Subject::Profile)?;
        Some(match self.odd.meets(OddFields::OF_PROFILE) {
            true => Cow::Owned(profile::without(whole, self.odd)),
            false => Cow::Borrowed(whole.0),
        })
    }

    /// The known fields that are odd: the event has come without them.
    #[inline]
    pub fn odd(&self) -> OddFields {
        self.odd
    }

    /// Whether it names no channel that can be read, and yet has tried.
    pub fn hides_channel(&self) -> bool {
        let named = OddFields::subject(Subject::Message).and(OddFields::CHANNEL);
        self.odd.meets(named.and(OddFields::known(Known::MessageChannel)))
    }

    /// A field of a subject; none where it is absent or null.
    // By the name, which is mostly a constant, it is mostly one place in the event.
    #[inline(always)]
    pub fn field(&self, subject: Subject, name: &str) -> Option<Raw<'a>> {
        match Known::of(subject, name.as_bytes()) {
            Some(field) => self.known_at(field),
            None => self.subject(subject)?.get(&[name]),
        }
    }

    /// The hash of the id of the object under the subject's name; 0 where it has none.
    pub fn id_of(&self, subject: Subject) -> u64 {
        let Some(raw) = self.field(subject, "id") else { return 0 };
        let text = match self.string(raw) {
            Some(text) => Some(trimmed(text)).filter(|text| !text.is_empty()),
            None => raw.integer().map(|_| Cow::Borrowed(raw.0)),
        };
        text.map_or(0, |text| xxh3_64(text.as_bytes()))
    }

    /// Whether the cart is empty; none where the event does not say what is in it.
    pub fn empties_cart(&self) -> Option<bool> {
        self.known_at(Known::CartItems).map(|_| self.top.items == 0)
    }

    /// A field that the product itself reads.
    #[inline]
    pub fn known_at(&self, field: Known) -> Option<Raw<'a>> {
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

    #[inline]
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
        self.odd =
            if self.plain { OddFields::default() } else { clear_odd(&mut self.top, self.text) };
        if let Some(whole) = self.subject(Subject::Profile) {
            self.odd = self.odd.and(profile::odd_fields(whole));
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
            // What is of no customer comes seldom, or all at once: it must not take the room of events.
            if let Some((text, whole)) = quick
                && event.top.get(Place::CUSTOMER).raw(text).is_some()
            {
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

/// Of what was read fully (the one pass declines what has not its type): what is odd, which is absent from now on.
#[cold]
fn clear_odd(top: &mut Top, text: &str) -> OddFields {
    let named =
        [(Place::ID, OddFields::ID, Type::Text), (Place::CHANNEL, OddFields::CHANNEL, Type::Text)];
    let subjects = Subject::ALL
        .map(|subject| (Place::subject(subject), OddFields::subject(subject), Type::Object));
    let known =
        Known::ALL.map(|field| (Place::known(field), OddFields::known(field), field.kind()));
    let mut odd = OddFields::default();
    for (place, field, needed) in named.into_iter().chain(subjects).chain(known) {
        if top.get(place).raw(text).is_some_and(|raw| !is(raw, needed)) {
            top.put(place, Extent::default());
            odd = odd.and(field);
        }
    }
    odd
}

fn is(raw: Raw<'_>, needed: Type) -> bool {
    needed.fits(raw.0.as_bytes()) || needed == Type::Number && raw.number().is_some()
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

/// The instant at which a record says that it happened. Of what is no event: it must not take from events what is compiled into their decoding.
#[cold]
pub fn time_of(raw: Raw<'_>, record_time: Millis, policy: &Policy) -> Result<Millis, Rejected> {
    event_time(raw, raw.string(), record_time, policy)
}

/// `text` is the content, if it is a string.
#[inline(always)]
fn event_time(
    raw: Raw<'_>,
    text: Option<Cow<'_, str>>,
    record_time: Millis,
    policy: &Policy,
) -> Result<Millis, Rejected> {
    let at = text.map_or_else(|| instant(raw), |text| parse_rfc3339(&text));
    let at = at.ok_or_else(|| Rejected::new(Poison::BadTime, Envelope::Time.name()))?;
    if at > record_time.saturating_add(policy.max_event_ahead.millis()) {
        return Err(Rejected::new(
            Poison::TimeInFuture,
            format!("time is more than {} after the record's", policy.max_event_ahead),
        ));
    }
    Ok(at)
}

/// Seconds or milliseconds since 1970, told apart by their size. With a point or an exponent it is seconds, such as Python's
/// `time.time()`; what is finer than milliseconds is cut off.
fn instant(raw: Raw<'_>) -> Option<Millis> {
    match raw.integer() {
        Some(seconds) if seconds.unsigned_abs() < SECONDS_BELOW => Some(seconds * SECOND),
        Some(millis) if millis.unsigned_abs() < MILLIS_BELOW => Some(millis),
        Some(_) => None,
        None => {
            let seconds = raw.number().filter(|seconds| seconds.abs() < SECONDS_BELOW as f64)?;
            Some((seconds * SECOND as f64).floor() as Millis)
        }
    }
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
mod tests;
