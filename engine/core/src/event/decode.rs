//! From a record's bytes to an [`Event`], or to the reason why it cannot be one.

use super::raw::Raw;
use crate::policy::Policy;
use crate::sends::Poison;
use crate::time::{Millis, parse_rfc3339};
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// Longest `type` and `customer` in bytes.
const MAX_NAME: usize = 256;
/// Deepest nesting.
const MAX_DEPTH: usize = 64;

/// The objects that an event can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Subject {
    /// A cart.
    Cart,
    /// An order.
    Order,
    /// A checkout.
    Checkout,
    /// A product.
    Product,
    /// A review.
    Review,
    /// A support ticket.
    Ticket,
    /// Loyalty points.
    Points,
    /// What is known of the customer.
    Profile,
    /// A message that was sent.
    Message,
}

impl Subject {
    /// The subject with this field name.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "cart" => Subject::Cart,
            "order" => Subject::Order,
            "checkout" => Subject::Checkout,
            "product" => Subject::Product,
            "review" => Subject::Review,
            "ticket" => Subject::Ticket,
            "points" => Subject::Points,
            "profile" => Subject::Profile,
            "message" => Subject::Message,
            _ => return None,
        })
    }
}

/// A shop fact. Everything borrows from the record.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// For deduplication.
    pub id: Option<Cow<'a, str>>,
    /// Its type, such as `cart_updated`.
    pub kind: Cow<'a, str>,
    /// The customer string.
    pub customer: Cow<'a, str>,
    /// Event time; none where the event has none (then the record's time counts).
    pub time: Option<Millis>,
    /// The top-level field `channel` of subscriptions.
    pub channel: Option<Cow<'a, str>>,
    /// The whole record.
    pub whole: Raw<'a>,
    subjects: [Option<Raw<'a>>; 9],
    known: [Option<Raw<'a>>; KNOWN.len()],
}

/// A field that the product itself reads.
struct Known {
    subject: Subject,
    name: &'static str,
    full: &'static str,
    /// Whether the value has the type that it must have.
    fits: fn(Raw<'_>) -> bool,
}

const fn known(subject: Subject, name: &'static str, full: &'static str, fits: fn(Raw<'_>) -> bool) -> Known {
    Known { subject, name, full, fits }
}

/// Taken in one pass over their subject.
const KNOWN: [Known; 7] = [
    known(Subject::Cart, "id", "cart.id", is_id),
    known(Subject::Cart, "total", "cart.total", is_number),
    known(Subject::Cart, "items", "cart.items", is_array),
    known(Subject::Order, "id", "order.id", is_id),
    known(Subject::Order, "total", "order.total", is_number),
    known(Subject::Message, "command_id", "message.command_id", is_text),
    known(Subject::Message, "channel", "message.channel", is_text),
];

fn is_id(raw: Raw<'_>) -> bool {
    raw.is_string() || raw.integer().is_some()
}

fn is_number(raw: Raw<'_>) -> bool {
    raw.is_number()
}

fn is_array(raw: Raw<'_>) -> bool {
    raw.is_array()
}

fn is_text(raw: Raw<'_>) -> bool {
    raw.is_string()
}

/// Why a record is not an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The reason.
    pub reason: Poison,
    /// The field or figure; never the content.
    pub detail: Cow<'static, str>,
}

impl Rejected {
    fn new(reason: Poison, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

impl<'a> Event<'a> {
    /// The object under the subject's name.
    pub fn subject(&self, subject: Subject) -> Option<Raw<'a>> {
        self.subjects[subject as usize]
    }

    /// A field of a subject; none where it is absent or null.
    pub fn field(&self, subject: Subject, name: &str) -> Option<Raw<'a>> {
        match KNOWN.iter().position(|known| known.subject == subject && known.name == name) {
            Some(place) => self.known[place],
            None => self.subject(subject)?.get(&[name]),
        }
    }
}

/// The top-level fields as they stand.
#[derive(Default)]
struct Top<'a> {
    id: Option<Raw<'a>>,
    kind: Option<Raw<'a>>,
    customer: Option<Raw<'a>>,
    time: Option<Raw<'a>>,
    channel: Option<Raw<'a>>,
    subjects: [Option<Raw<'a>>; 9],
}

impl<'a> Top<'a> {
    /// Of an object that is valid JSON. Null counts as absent; of repeated names the last counts.
    fn read(whole: Raw<'a>) -> Self {
        let mut top = Self::default();
        for (name, value) in super::object_entries(whole) {
            let place = match name.as_ref() {
                "id" => &mut top.id,
                "type" => &mut top.kind,
                "customer" => &mut top.customer,
                "time" => &mut top.time,
                "channel" => &mut top.channel,
                name => match Subject::parse(name) {
                    Some(subject) => &mut top.subjects[subject as usize],
                    None => continue,
                },
            };
            *place = Some(value).filter(|value| !value.is_null());
        }
        top
    }
}

/// The names of the subjects in the order of [`Subject`].
const SUBJECTS: [&str; 9] = ["cart", "order", "checkout", "product", "review", "ticket", "points", "profile", "message"];

/// Decodes a record's value. `record_time` bounds how far ahead the event may lie.
pub fn decode<'a>(value: &'a [u8], record_time: Millis, policy: &Policy) -> Result<Event<'a>, Rejected> {
    if value.len() > policy.max_event_bytes {
        return Err(Rejected::new(Poison::TooLarge, format!("{} bytes, the limit is {}", value.len(), policy.max_event_bytes)));
    }
    if deeper_than(value, MAX_DEPTH) {
        return Err(Rejected::new(Poison::TooDeep, format!("nested deeper than {MAX_DEPTH}")));
    }
    let text = std::str::from_utf8(value).map_err(|_| Rejected::new(Poison::NotJson, "not UTF-8"))?;
    if !text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{') {
        return Err(Rejected::new(Poison::NotJson, "not a JSON object"));
    }
    sonic_rs::from_str::<IgnoredAny>(text)
        .map_err(|error| Rejected::new(Poison::NotJson, format!("syntax error at byte {}", error.offset())))?;
    let whole = Raw(text.trim_matches([' ', '\t', '\r', '\n']));
    let top = Top::read(whole);

    let kind = name(top.kind, "type", Poison::MissingType)?;
    let customer = name(top.customer, "customer", Poison::MissingCustomer)?;
    let time = match top.time {
        None => None,
        Some(raw) => Some(event_time(raw, record_time, policy)?),
    };
    let id = match top.id {
        None => None,
        Some(raw) => Some(raw.string().ok_or_else(|| wrong_type("id"))?),
    };
    let channel = match top.channel {
        None => None,
        Some(raw) => Some(raw.string().ok_or_else(|| wrong_type("channel"))?),
    };
    let subjects = top.subjects;
    for (subject, name) in subjects.iter().zip(SUBJECTS) {
        if subject.is_some_and(|raw| !raw.is_object()) {
            return Err(wrong_type(name));
        }
    }
    let known = known_fields(&subjects)?;
    if let Some(profile) = subjects[Subject::Profile as usize] {
        check_profile(profile)?;
    }
    Ok(Event { id, kind, customer, time, channel, whole, subjects, known })
}

fn wrong_type(field: &'static str) -> Rejected {
    Rejected::new(Poison::WrongType, field)
}

/// A required, bounded, non-empty string.
fn name<'a>(raw: Option<Raw<'a>>, field: &'static str, missing: Poison) -> Result<Cow<'a, str>, Rejected> {
    match raw.and_then(Raw::string) {
        Some(text) if !text.is_empty() => bounded(text, field),
        _ => Err(Rejected::new(missing, field)),
    }
}

fn bounded<'a>(text: Cow<'a, str>, field: &'static str) -> Result<Cow<'a, str>, Rejected> {
    if text.len() > MAX_NAME {
        return Err(Rejected::new(Poison::BadValue, format!("{field} is longer than {MAX_NAME} bytes")));
    }
    Ok(text)
}

fn event_time(raw: Raw<'_>, record_time: Millis, policy: &Policy) -> Result<Millis, Rejected> {
    let at = match raw.string() {
        Some(text) => quick_rfc3339(text.as_bytes()).or_else(|| parse_rfc3339(&text)),
        None => raw.integer(),
    };
    let at = at.ok_or_else(|| Rejected::new(Poison::BadTime, "time"))?;
    if at > record_time.saturating_add(policy.max_event_ahead.millis()) {
        return Err(Rejected::new(Poison::TimeInFuture, format!("time is more than {} after the record's", policy.max_event_ahead)));
    }
    Ok(at)
}

/// The form that producers write, `2026-01-01T10:00:00.123Z`; none for any other form, which the full parser then reads.
fn quick_rfc3339(text: &[u8]) -> Option<Millis> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', i0, i1, b':', s0, s1, b'.', f0, f1, f2, b'Z'] = *text else {
        return None;
    };
    let digits = [y0, y1, y2, y3, m0, m1, d0, d1, h0, h1, i0, i1, s0, s1, f0, f1, f2];
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let two = |a: u8, b: u8| i64::from(a - b'0') * 10 + i64::from(b - b'0');
    let (year, month, day) = (two(y0, y1) * 100 + two(y2, y3), two(m0, m1), two(d0, d1));
    let (hour, minute, second) = (two(h0, h1), two(i0, i1), two(s0, s1));
    if !(1..=12).contains(&month) || !(1..=28).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None; // day 29 to 31 and leap seconds need the calendar
    }
    // Days from civil: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    let fraction = two(f0, f1) * 10 + i64::from(f2 - b'0');
    Some(((days * 24 + hour) * 60 + minute) * 60_000 + second * 1_000 + fraction)
}

/// The fields that the product itself reads, with the types that `docs/semantics.md` states. Of repeated names the last counts.
fn known_fields<'a>(subjects: &[Option<Raw<'a>>; 9]) -> Result<[Option<Raw<'a>>; KNOWN.len()], Rejected> {
    let mut known = [None; KNOWN.len()];
    for subject in [Subject::Cart, Subject::Order, Subject::Message] {
        let Some(raw) = subjects[subject as usize] else { continue };
        for (name, value) in super::object_entries(raw) {
            if let Some(place) = KNOWN.iter().position(|known| known.subject == subject && known.name == name) {
                known[place] = Some(value).filter(|value| !value.is_null());
            }
        }
    }
    for (value, field) in known.iter().zip(KNOWN) {
        if value.is_some_and(|value| !(field.fits)(value)) {
            return Err(wrong_type(field.full));
        }
    }
    Ok(known)
}

fn check_profile(profile: Raw<'_>) -> Result<(), Rejected> {
    const TEXTS: [(&str, &str); 9] = [
        ("email", "profile.email"),
        ("phone", "profile.phone"),
        ("first_name", "profile.first_name"),
        ("last_name", "profile.last_name"),
        ("time_zone", "profile.time_zone"),
        ("country", "profile.country"),
        ("region", "profile.region"),
        ("locale", "profile.locale"),
        ("push_token", "profile.push_token"),
    ];
    for (name, value) in super::object_entries(profile) {
        if let Some((_, full)) = TEXTS.iter().find(|(field, _)| *field == name) {
            if !(value.is_string() || value.is_null()) {
                return Err(wrong_type(full));
            }
        } else if name == "consent" && !value.is_null() {
            let good = value.is_object() && super::object_entries(value).all(|(_, flag)| flag.boolean().is_some());
            if !good {
                return Err(wrong_type("profile.consent"));
            }
        }
    }
    Ok(())
}

/// Whether brackets nest deeper than `limit`, outside strings. Cheap for the usual record: it has too few brackets.
fn deeper_than(value: &[u8], limit: usize) -> bool {
    let opening = value.iter().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if opening <= limit {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
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
    use super::*;

    fn reason(text: &str) -> Result<(), (Poison, String)> {
        decode(text.as_bytes(), 1_767_261_600_000, &Policy::default()).map(drop).map_err(|bad| (bad.reason, bad.detail.into_owned()))
    }

    #[test]
    fn each_bad_record_has_its_reason() {
        let deep = format!(r#"{{"type":"t","customer":"c","x":{}1{}}}"#, "[".repeat(70), "]".repeat(70));
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
            (r#"{"type":"t","customer":"c","time":"9999-12-01T00:00:00Z"}"#, Poison::TimeInFuture),
            (r#"{"type":"t","customer":"c","cart":7}"#, Poison::WrongType),
            (r#"{"type":"t","customer":"c","cart":{"total":"80"}}"#, Poison::WrongType),
            (r#"{"type":"t","customer":"c","profile":{"email":7}}"#, Poison::WrongType),
            (r#"{"type":"t","customer":"c","profile":{"consent":{"email":"yes"}}}"#, Poison::WrongType),
            (&deep, Poison::TooDeep),
            (&format!(r#"{{"type":"t","customer":"{long}"}}"#), Poison::BadValue),
        ] {
            assert_eq!(reason(text).map_err(|(reason, _)| reason), Err(poison), "{text}");
        }
        let large = format!(r#"{{"type":"t","customer":"c","x":"{}"}}"#, "x".repeat(200_000));
        assert_eq!(reason(&large).map_err(|(reason, _)| reason), Err(Poison::TooLarge));
    }

    #[test]
    fn a_good_record_is_read_lazily() {
        let text = r#" {"id":"9f","type":"cart_up\u0064ated","customer":"c1","time":"2026-01-01T10:00:00.123Z","cart":{"id":"k","total":1.5,"items":[]},"new":null} "#;
        let event = decode(text.as_bytes(), 1_767_261_600_000, &Policy::default()).unwrap();
        assert_eq!((event.kind.as_ref(), event.customer.as_ref(), event.time), ("cart_updated", "c1", Some(1_767_261_600_123)));
        assert_eq!(event.subject(Subject::Cart).unwrap().get(&["total"]).unwrap().number(), Some(1.5));
        assert!(event.subject(Subject::Order).is_none());
    }

    #[test]
    fn the_quick_time_equals_the_full_parser() {
        for day in 0..400 {
            let at = 951_696_000_000 + day * 86_400_000 * 37 + day * 7_919_123;
            let text = crate::time::format_rfc3339(at);
            if let Some(quick) = quick_rfc3339(text.as_bytes()) {
                assert_eq!(Some(quick), parse_rfc3339(&text), "{text}");
            }
        }
        assert_eq!(quick_rfc3339(b"2026-01-01T10:00:00.123Z"), Some(1_767_261_600_123));
    }
}
