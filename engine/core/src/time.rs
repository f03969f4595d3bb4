//! Instants and durations: epoch milliseconds, RFC 3339 in text, `1h30m` in configuration.

mod exact;

pub(crate) use exact::{EXACT, Minutes};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// An instant in milliseconds since the Unix epoch.
pub type Millis = i64;

/// An instant that never comes: the deadline of what has none.
pub const NEVER: Millis = Millis::MAX;

/// One second in milliseconds.
pub const SECOND: Millis = 1_000;
/// One hour in milliseconds.
pub const HOUR: Millis = 3_600_000;
/// One day in milliseconds.
pub const DAY: Millis = 24 * HOUR;

/// A duration in milliseconds; written `90s`, `23h`, `7d`, `1h30m` in configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(with = "String")]
pub struct Span(pub Millis);

impl Span {
    /// The number of milliseconds.
    pub const fn millis(self) -> Millis {
        self.0
    }

    /// Reads `7d`, `23h`, `15m`, `90s`, `500ms`, `2w` and sums of them such as `1h30m`; no spaces, no fractions.
    pub fn parse(text: &str) -> Result<Span, SpanError> {
        let error = || SpanError(text.to_owned());
        let mut rest = text.trim();
        let mut total: Millis = 0;
        if rest.is_empty() {
            return Err(error());
        }
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number: Millis = rest[..digits].parse().map_err(|_| error())?;
            rest = &rest[digits..];
            let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
            let unit = match &rest[..letters] {
                "ms" => 1,
                "s" => SECOND,
                "m" | "min" => 60 * SECOND,
                "h" => HOUR,
                "d" => DAY,
                "w" => 7 * DAY,
                _ => return Err(error()),
            };
            rest = &rest[letters..];
            total = number
                .checked_mul(unit)
                .and_then(|part| total.checked_add(part))
                .ok_or_else(error)?;
        }
        Ok(Span(total))
    }
}

/// A duration that is not written as one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a duration; write a number and a unit (ms s m h d w), such as 90s, 23h, 7d or 1h30m"
)]
pub struct SpanError(String);

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.unsigned_abs();
        if rest == 0 {
            return out.write_str("0s");
        }
        if self.0 < 0 {
            out.write_str("-")?;
        }
        for (unit, size) in [("d", DAY), ("h", HOUR), ("m", 60 * SECOND), ("s", SECOND), ("ms", 1)]
        {
            let size = size.unsigned_abs();
            if rest >= size {
                write!(out, "{}{unit}", rest / size)?;
                rest %= size;
            }
        }
        Ok(())
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Span::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// An instant in configuration, written as RFC 3339 text such as `2026-12-01T00:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(with = "String")]
pub struct Instant(pub Millis);

impl Instant {
    /// Reads the text.
    pub fn parse(text: &str) -> Result<Self, InstantError> {
        parse_rfc3339(text.trim()).map(Self).ok_or_else(|| InstantError(text.to_owned()))
    }
}

/// An instant that is not written as one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an instant; write date, time and offset, such as 2026-12-01T00:00:00Z or 2026-12-01T09:00:00+01:00"
)]
pub struct InstantError(String);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_rfc3339(self.0))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Instant::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Whether these milliseconds lie in the years -9999 to 9999 as far as calendars reach; differences of such instants never overflow.
pub fn is_instant(at: Millis) -> bool {
    (Timestamp::MIN.as_millisecond()..=Timestamp::MAX.as_millisecond()).contains(&at)
}

/// Reads RFC 3339 text as epoch milliseconds (finer digits are cut off): `2026-01-01T10:00:00.123Z`, `2026-01-01t11:00:00+01:00`; between day and
/// time also a blank, as its section 5.6 allows; a leap second, at the end of a month in UTC, counts as the second before it. Nothing else.
pub fn parse_rfc3339(text: &str) -> Option<Millis> {
    exact_rfc3339(text).or_else(|| any_rfc3339(text))
}

/// Reads what [`format_rfc3339`] has written, also outside of the years that RFC 3339 has.
fn read_again(text: &str) -> Option<Millis> {
    let beyond = || text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond);
    parse_rfc3339(text).or_else(beyond)
}

fn any_rfc3339(text: &str) -> Option<Millis> {
    let (fixed, rest) = text.as_bytes().split_at_checked(19)?;
    let [y0, y1, y2, y3, b'-', mo0, mo1, b'-', d0, d1, b'T' | b't' | b' ', clock @ ..] = fixed
    else {
        return None;
    };
    let [h0, h1, b':', mi0, mi1, b':', s0, s1] = clock else { return None };
    let (century, year) = (two_digits(*y0, *y1)?, two_digits(*y2, *y3)?);
    let (month, day) = (two_digits(*mo0, *mo1)?, two_digits(*d0, *d1)?);
    let (hour, minute, second) =
        (two_digits(*h0, *h1)?, two_digits(*mi0, *mi1)?, two_digits(*s0, *s1)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (millis, rest) = fraction(rest)?;
    let days = days_since_1970(u32::from(century) * 100 + u32::from(year), month, day)?;
    let minutes = days * 1_440 + i64::from(hour) * 60 + i64::from(minute) - offset(rest)?;
    if second == 60 && !ends_month(minutes + 1) {
        return None;
    }
    Some(minutes * 60 * SECOND + i64::from(second.min(59)) * SECOND + millis)
}

fn two_digits(tens: u8, ones: u8) -> Option<u8> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + ones - b'0')
}

/// The milliseconds behind a point, and what stands behind them; 0 without a point.
fn fraction(rest: &[u8]) -> Option<(Millis, &[u8])> {
    let Some(digits) = rest.strip_prefix(b".") else { return Some((0, rest)) };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digit =
        |place: usize| digits[..count].get(place).map_or(0, |byte| Millis::from(byte - b'0'));
    (count > 0).then(|| (digit(0) * 100 + digit(1) * 10 + digit(2), &digits[count..]))
}

/// How many minutes the local time is ahead of UTC.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, h0, h1, m0, m1) = match text {
        [b'Z' | b'z'] => return Some(0),
        [b'+', h0, h1, b':', m0, m1] => (1, h0, h1, m0, m1),
        [b'-', h0, h1, b':', m0, m1] => (-1, h0, h1, m0, m1),
        _ => return None,
    };
    let (hours, minutes) = (two_digits(*h0, *h1)?, two_digits(*m0, *m1)?);
    (hours <= 23 && minutes <= 59).then(|| sign * (i64::from(hours) * 60 + i64::from(minutes)))
}

/// Whether a month begins so many minutes after 1970 began.
fn ends_month(minutes: i64) -> bool {
    let first = |at: Timestamp| at.to_zoned(TimeZone::UTC).day() == 1;
    minutes % 1_440 == 0 && Timestamp::from_second(minutes * 60).is_ok_and(first)
}

/// Reads a date, `2026-01-31`; none for any other form.
pub fn parse_date(text: &str) -> Option<Date> {
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    match text.as_bytes() {
        [year @ .., b'-', _, _, b'-', _, _] if year.len() == 4 && digits(year) => text.parse().ok(),
        _ => None,
    }
}

/// Reads RFC 3339 text, or a date as its first instant in UTC.
pub fn parse_instant(text: &str) -> Option<Millis> {
    let midnight = |date: Date| date.to_zoned(TimeZone::UTC).ok();
    parse_rfc3339(text).or_else(|| Some(midnight(parse_date(text)?)?.timestamp().as_millisecond()))
}

/// Epoch time as an event may write it: of whole numbers those below 10^11 are seconds, those below 10^14 milliseconds; others are seconds,
/// what is finer than milliseconds cut off. None beyond.
pub fn instant_of_number(number: f64) -> Option<Millis> {
    let at = match (number.abs() < 1e11, number.fract() == 0.0 && number.abs() < 1e14) {
        (true, _) => Some((number * SECOND as f64).floor() as Millis),
        (false, true) => Some(number as Millis),
        (false, false) => None,
    };
    at.filter(|at| is_instant(*at))
}

/// Reads the form that producers and [`format_rfc3339`] write, `2026-01-01T10:00:00.123Z`; none for any other. What it reads,
/// [`format_rfc3339`] writes again byte for byte.
pub(crate) fn exact_rfc3339(text: &str) -> Option<Millis> {
    Minutes::default().read(text.as_bytes().try_into().ok()?)
}

/// The days from 1970-01-01 to a date; none if there is no such date.
fn days_since_1970(year: u32, month: u8, day: u8) -> Option<i64> {
    /// Of each month its days, and those before it in a year that is no leap year.
    const MONTHS: [(u8, u16); 13] = [
        (0, 0),
        (31, 0),
        (28, 31),
        (31, 59),
        (30, 90),
        (31, 120),
        (30, 151),
        (31, 181),
        (31, 212),
        (30, 243),
        (31, 273),
        (30, 304),
        (31, 334),
    ];
    /// The days from the year -399 to 1970.
    const EPOCH: i64 = 865_259;
    let (length, before) = *MONTHS.get(usize::from(month))?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if day == 0 || day > length + u8::from(leap && month == 2) {
        return None;
    }
    // Years before this one, 400 of them before the year 1.
    let years = year + 399;
    let whole = years * 365 + years / 4 - years / 100 + years / 400;
    let of_year = u32::from(before) + u32::from(leap && month > 2) + u32::from(day) - 1;
    Some(i64::from(whole + of_year) - EPOCH)
}

/// Writes epoch milliseconds as RFC 3339 in UTC with three fractional digits. Instants that jiff cannot express
/// (outside of the years -9999..9999) are clamped.
pub fn format_rfc3339(at: Millis) -> String {
    let mut text = Vec::with_capacity(24);
    write_rfc3339(&mut text, at);
    String::from_utf8(text).unwrap_or_default()
}

/// Appends what [`format_rfc3339`] makes.
pub fn write_rfc3339(out: &mut Vec<u8>, at: Millis) {
    match quick_format(at) {
        Some(text) => out.extend_from_slice(&text),
        None => out.extend_from_slice(full_format(at).as_bytes()),
    }
}

fn full_format(at: Millis) -> String {
    let stamp = Timestamp::from_millisecond(at).unwrap_or(if at < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    });
    let mut text = String::with_capacity(24);
    let printer = DateTimePrinter::new().precision(Some(3));
    // Writing into a String cannot fail.
    let _ = printer.print_timestamp(&stamp, &mut text);
    text
}

/// Every number of two digits.
const TWO_DIGITS: [[u8; 2]; 100] = {
    let mut digits = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        digits[number] = [b'0' + number as u8 / 10, b'0' + number as u8 % 10];
        number += 1;
    }
    digits
};

/// The years 1970 to 9999, of which decisions and commands have several each.
fn quick_format(at: Millis) -> Option<[u8; 24]> {
    // A day before the end of the year 9999, as far as jiff goes.
    const END: Millis = 253_402_207_201_000;
    if !(0..END).contains(&at) {
        return None;
    }
    let (at, day) = (at.unsigned_abs(), DAY.unsigned_abs());
    let (days, millis) = ((at / day) as u32, (at % day) as u32);
    // Civil from days: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"; the days are not negative here.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u32::from(month <= 2);
    let seconds = millis / 1_000;
    let millis = millis % 1_000;
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut put = |place: usize, two: u32| {
        text[place..place + 2].copy_from_slice(&TWO_DIGITS[two as usize % 100]);
    };
    put(0, year / 100);
    put(2, year % 100);
    put(5, month);
    put(8, day);
    put(11, seconds / 3_600);
    put(14, seconds / 60 % 60);
    put(17, seconds % 60);
    put(20, millis / 10);
    text[22] += (millis % 10) as u8;
    Some(text)
}

/// Serialises [`Millis`] as RFC 3339; reads RFC 3339 or an integer of milliseconds. For `#[serde(with = ...)]`.
pub mod rfc3339 {
    use super::{Millis, format_rfc3339, read_again};
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes the instant as RFC 3339 text.
    pub fn serialize<S: Serializer>(at: &Millis, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_rfc3339(*at))
    }

    /// Reads RFC 3339 text or an integer of milliseconds.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Millis, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Millis(i64),
            Text(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Millis(at) => Ok(at),
            Either::Text(text) => {
                read_again(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 time"))
            }
        }
    }
}

#[cfg(test)]
mod tests;
