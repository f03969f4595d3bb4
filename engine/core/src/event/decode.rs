//! From a record's bytes to an [`Event`], or to the reason why it cannot be one.

use super::full::{MAX_DEPTH, clear_odd, read_fully};
use super::layout::Layouts;
use super::odd::OddFields;
use super::profile;
use super::raw::{Raw, trimmed};
use super::rejected::{Poison, Rejected};
use super::scan::{Quick, scan};
use super::top::{Extent, Place, Top};
use super::vocabulary::{Envelope, Known, Meaning, Subject};
use crate::policy::Policy;
use crate::time::{Millis, SECOND, parse_rfc3339};
use std::borrow::Cow;
use xxhash_rust::xxh3::xxh3_64;

/// Longest `type` and `customer` in bytes.
const MAX_NAME: usize = 256;
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
    /// What its type means.
    pub meaning: Meaning,
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
        let meaning = Meaning::of(kind);
        let kind = Cow::Borrowed(kind);
        Self { kind, meaning, text, whole, top, odd, ..Self::default() }
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
    #[inline(always)]
    fn fill(
        &mut self,
        value: &'a [u8],
        quick: Option<Quick<'a>>,
        record_time: Millis,
        policy: &Policy,
    ) -> Result<(), Rejected> {
        match quick {
            Some(quick) => self.fill_quickly(quick, record_time, policy),
            None => self.fill_fully(value, record_time, policy),
        }
    }

    #[inline(always)]
    fn fill_quickly(
        &mut self,
        quick: Quick<'a>,
        record_time: Millis,
        policy: &Policy,
    ) -> Result<(), Rejected> {
        (self.text, self.whole, self.plain) = (quick.text, quick.whole, true);
        let inside = |place| self.top.get(place).inside(quick.text);
        let kind = name(inside(Place::TYPE), Envelope::Type, Poison::MissingType)?;
        let customer = name(inside(Place::CUSTOMER), Envelope::Customer, Poison::MissingCustomer)?;
        (self.kind, self.customer) = (Cow::Borrowed(kind), Cow::Borrowed(customer));
        self.meaning = quick.meaning.unwrap_or_else(|| Meaning::of(kind));
        self.time = match quick.time {
            Some(at) => Some(not_ahead(at, record_time, policy)?),
            None => self.read_time(record_time, policy)?,
        };
        // The quick ways decline other fields that have not their type.
        self.odd = quick.odd.unwrap_or_else(|| {
            let profile = self.subject(Subject::Profile);
            profile.map_or(OddFields::default(), profile::odd_fields)
        });
        Ok(())
    }

    #[cold]
    fn fill_fully(
        &mut self,
        value: &'a [u8],
        record_time: Millis,
        policy: &Policy,
    ) -> Result<(), Rejected> {
        (self.text, self.whole) = read_fully(value, &mut self.top)?;
        self.plain = false;
        self.kind = name(self.text_at(Place::TYPE), Envelope::Type, Poison::MissingType)?;
        self.customer =
            name(self.text_at(Place::CUSTOMER), Envelope::Customer, Poison::MissingCustomer)?;
        self.meaning = Meaning::of(&self.kind);
        self.time = self.read_time(record_time, policy)?;
        self.odd = clear_odd(&mut self.top, self.text);
        if let Some(whole) = self.subject(Subject::Profile) {
            self.odd = self.odd.and(profile::odd_fields(whole));
        }
        Ok(())
    }

    fn read_time(&self, record_time: Millis, policy: &Policy) -> Result<Option<Millis>, Rejected> {
        let read = |raw| event_time(raw, self.string(raw), record_time, policy);
        self.at(Place::TIME).map(read).transpose()
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
        let quick = self.layouts.read(value, &mut event.top);
        let quick = quick.or_else(|| self.scan(value, &mut event.top));
        event.fill(value, quick, record_time, policy)
    }

    #[inline(never)]
    fn scan<'a>(&mut self, value: &'a [u8], top: &mut Top) -> Option<Quick<'a>> {
        let quick = scan(value, MAX_DEPTH, top)?;
        // What is of no customer comes seldom, or all at once: it must not take the room of events.
        if top.get(Place::CUSTOMER).raw(quick.text).is_some() {
            self.layouts.learn(quick.text, quick.whole);
        }
        Some(quick)
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
    if value.len() <= policy.max_event_bytes { Ok(()) } else { Err(too_large(value, policy)) }
}

#[cold]
fn too_large(value: &[u8], policy: &Policy) -> Rejected {
    let detail = format!("{} bytes, the limit is {}", value.len(), policy.max_event_bytes);
    Rejected::new(Poison::TooLarge, detail)
}

/// A required, bounded, non-empty string.
#[inline]
fn name<T: AsRef<str>>(text: Option<T>, field: Envelope, missing: Poison) -> Result<T, Rejected> {
    match text {
        Some(text) if (1..=MAX_NAME).contains(&text.as_ref().len()) => Ok(text),
        other => Err(bad_name(other.is_some_and(|text| !text.as_ref().is_empty()), field, missing)),
    }
}

#[cold]
fn bad_name(long: bool, field: Envelope, missing: Poison) -> Rejected {
    if !long {
        return Rejected::new(missing, field.name());
    }
    let detail = format!("{} is longer than {MAX_NAME} bytes", field.name());
    Rejected::new(Poison::BadValue, detail)
}

/// The instant at which a record says that it happened. Of what is no event: it must not take from events what is compiled into their decoding.
#[cold]
pub fn time_of(raw: Raw<'_>, record_time: Millis, policy: &Policy) -> Result<Millis, Rejected> {
    event_time(raw, raw.string(), record_time, policy)
}

/// `text` is the content, if it is a string.
fn event_time(
    raw: Raw<'_>,
    text: Option<Cow<'_, str>>,
    record_time: Millis,
    policy: &Policy,
) -> Result<Millis, Rejected> {
    let at = text.map_or_else(|| instant(raw), |text| parse_rfc3339(&text));
    let at = at.ok_or_else(|| Rejected::new(Poison::BadTime, Envelope::Time.name()))?;
    not_ahead(at, record_time, policy)
}

/// The time, if it is not too far ahead of the record's.
#[inline]
fn not_ahead(at: Millis, record_time: Millis, policy: &Policy) -> Result<Millis, Rejected> {
    let ahead = at > record_time.saturating_add(policy.max_event_ahead.millis());
    if ahead { Err(too_far_ahead(policy)) } else { Ok(at) }
}

#[cold]
fn too_far_ahead(policy: &Policy) -> Rejected {
    let detail = format!("time is more than {} after the record's", policy.max_event_ahead);
    Rejected::new(Poison::TimeInFuture, detail)
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

#[cfg(test)]
mod tests;
