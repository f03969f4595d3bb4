//! `date`: RFC 3339 and its relatives, and epoch numbers, written by the directives of `strftime` in the customer's language.
//!
//! A time with a numeric offset is written at that offset: it is local somewhere, and that is what the shop meant. A time that names an instant only, by
//! `Z` or by the epoch, is written where the customer is. What cannot be read is blank.

use super::super::reader::{Length, Reader};
use super::{Given, Native};
use crate::template::limits::MAX_TEXT;
use crate::template::shown::text_of;
use jiff::civil::{self, Time};
use jiff::fmt::rfc2822;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::fmt::temporal::{DateTimeParser, PiecesOffset};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};
use liquid_core::model::{Value, ValueView};

pub(super) const FILTERS: &[Native] = &[Native { name: "date", arguments: (0, 1), run: date }];

/// No time that is written is longer.
const LONGEST: usize = 128;
/// The steps that asking for the customer's language takes.
const LOOKED_UP: usize = 50;
/// From here on a number is of milliseconds: as seconds it would be the year 5138.
const MILLISECONDS: i64 = 100_000_000_000;

fn date(input: &dyn ValueView, given: &Given<'_>) -> Value {
    let reader = given.runtime.registers().get_mut::<Reader>().clone();
    let Some(at) = read(input, &reader) else { return Value::Nil };
    let format = given.argument(0).map_or("medium".into(), text_of);
    Value::scalar(write(&at, &format, &reader, given))
}

/// The time that a value tells.
fn read(value: &dyn ValueView, reader: &Reader) -> Option<Zoned> {
    let text = value.as_scalar()?.to_kstr().trim().to_owned();
    if text.len() > LONGEST {
        return None;
    }
    if matches!(text.as_str(), "now" | "today") {
        return Some(reader.now());
    }
    if let Some(instant) = epoch(&text) {
        return Some(instant.to_zoned(reader.zone().clone()));
    }
    written(&text, reader).or_else(|| rfc2822::parse(&text).ok())
}

/// Seconds or milliseconds since the epoch; a fraction is cut off.
fn epoch(text: &str) -> Option<Timestamp> {
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte.is_ascii_digit()) => whole,
        Some(_) => return None,
        None => text,
    };
    let number: i64 = whole.parse().ok()?;
    if number.unsigned_abs() < MILLISECONDS.unsigned_abs() {
        Timestamp::from_second(number).ok()
    } else {
        Timestamp::from_millisecond(number).ok()
    }
}

/// RFC 3339, with or without a time and an offset; also with a blank before the offset, as Ruby and SQL write it.
fn written(text: &str, reader: &Reader) -> Option<Zoned> {
    const PARSER: DateTimeParser = DateTimeParser::new();
    let text = match text.rsplit_once(' ') {
        Some((before, "UTC" | "Z")) => format!("{before}Z"),
        Some((before, offset)) if offset.starts_with(['+', '-']) => format!("{before}{offset}"),
        _ => text.to_owned(),
    };
    let pieces = PARSER.parse_pieces(&text).ok()?;
    let local =
        civil::DateTime::from_parts(pieces.date(), pieces.time().unwrap_or(Time::midnight()));
    match pieces.offset() {
        // RFC 9557: `-00:00` says as little of where as `Z`.
        Some(PiecesOffset::Numeric(offset))
            if offset.is_negative() && offset.offset() == Offset::UTC =>
        {
            instant(local, Offset::UTC, reader)
        }
        Some(PiecesOffset::Numeric(offset)) => {
            local.to_zoned(TimeZone::fixed(offset.offset())).ok()
        }
        Some(offset) => instant(local, offset.to_numeric_offset(), reader),
        // A date or a time without any offset is meant where it is read.
        None => local.to_zoned(reader.zone().clone()).ok(),
    }
}

fn instant(local: civil::DateTime, offset: Offset, reader: &Reader) -> Option<Zoned> {
    Some(offset.to_timestamp(local).ok()?.to_zoned(reader.zone().clone()))
}

/// The time by a format: `short`, `medium` or `long` as the language writes a date, else the directives of `strftime`.
fn write(at: &Zoned, format: &str, reader: &Reader, given: &Given<'_>) -> String {
    let named = match format {
        "short" => Some(Length::Short),
        "medium" => Some(Length::Medium),
        "long" => Some(Length::Long),
        _ => None,
    };
    if let Some(named) = named.and_then(|length| reader.date(at, length)) {
        given.charge(LOOKED_UP);
        return named;
    }
    // Many languages write a month otherwise beside a day: 2 марта, but март.
    let beside_a_day = format.contains("%d") || format.contains("%e") || format.contains("%-d");
    let mut out = String::new();
    let mut rest = format;
    while let Some(start) = rest.find('%') {
        out.push_str(&rest[..start]);
        let directive = directive(&rest[start..]);
        // A width can make a directive fifty times as long.
        if !given.charge(LOOKED_UP) || out.len() > MAX_TEXT {
            return out;
        }
        out.push_str(&written_by(at, directive, beside_a_day, reader, given));
        rest = &rest[start + directive.len()..];
    }
    out.push_str(rest);
    out
}

/// The directive at the beginning: `%`, flags, width, letter.
fn directive(text: &str) -> &str {
    let inner = |char: char| matches!(char, '-' | '_' | '^' | '#' | ':' | '0'..='9');
    let end = text.char_indices().skip(1).find(|(_, char)| !inner(*char));
    end.map_or(text, |(at, letter)| &text[..at + letter.len_utf8()])
}

/// What a directive writes; one that nobody knows stays as it is.
fn written_by(
    at: &Zoned,
    directive: &str,
    beside_a_day: bool,
    reader: &Reader,
    given: &Given<'_>,
) -> String {
    let letter = directive.chars().next_back().unwrap_or_default();
    let own = match letter {
        'A' => reader.name(at, "EEEE"),
        'a' => reader.name(at, "EEE"),
        'B' => reader.name(at, if beside_a_day { "MMMM" } else { "LLLL" }),
        'b' | 'h' => reader.name(at, if beside_a_day { "MMM" } else { "LLL" }),
        'p' => reader.name(at, "a"),
        'P' => reader.name(at, "a").map(|name| name.to_lowercase()),
        'x' => reader.date(at, Length::Short),
        'X' => reader.time(at),
        'c' => reader.date_and_time(at),
        'r' => Some(write(at, "%I:%M:%S %p", reader, given)),
        'v' => Some(write(at, "%e-%b-%Y", reader, given)),
        'L' => Some(format!("{:03}", at.millisecond())),
        _ => None,
    };
    match own {
        Some(own) if directive.contains('^') => own.to_uppercase(),
        Some(own) => own,
        None => {
            BrokenDownTime::from(at).to_string(directive).unwrap_or_else(|_| directive.to_owned())
        }
    }
}
