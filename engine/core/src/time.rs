//! Instants and durations: epoch milliseconds, RFC 3339 in text, `1h30m` in configuration.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// An instant in milliseconds since the Unix epoch.
pub type Millis = i64;

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
            total = number.checked_mul(unit).and_then(|part| total.checked_add(part)).ok_or_else(error)?;
        }
        Ok(Span(total))
    }
}

/// A duration that is not written as one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duration; write a number and a unit (ms s m h d w), such as 90s, 23h, 7d or 1h30m")]
pub struct SpanError(String);

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        if rest == 0 {
            return out.write_str("0s");
        }
        for (unit, size) in [("d", DAY), ("h", HOUR), ("m", 60 * SECOND), ("s", SECOND), ("ms", 1)] {
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

/// Whether these milliseconds lie in the years -9999 to 9999; differences of such instants never overflow.
pub fn is_instant(at: Millis) -> bool {
    (Timestamp::MIN.as_millisecond()..=Timestamp::MAX.as_millisecond()).contains(&at)
}

/// Reads RFC 3339 text as epoch milliseconds (finer digits are cut off).
pub fn parse_rfc3339(text: &str) -> Option<Millis> {
    quick_rfc3339(text.as_bytes()).or_else(|| text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond))
}

/// The form that producers write, `2026-01-01T10:00:00.123Z`; none for any other form, which the full parser then reads.
fn quick_rfc3339(text: &[u8]) -> Option<Millis> {
    const FORM: [u8; 24] = *b"0000-00-00T00:00:00.000Z";
    let text: &[u8; 24] = text.try_into().ok()?;
    // Loops over whole arrays: a few vector instructions.
    let digits: [u8; 24] = std::array::from_fn(|at| text[at].wrapping_sub(FORM[at]));
    let fits = (0..24).fold(true, |fits, at| fits & (digits[at] <= if FORM[at] == b'0' { 9 } else { 0 }));
    let two = |at: usize| i64::from(digits[at]) * 10 + i64::from(digits[at + 1]);
    let (year, month, day) = (two(0) * 100 + two(2), two(5), two(8));
    let (hour, minute, second) = (two(11), two(14), two(17));
    if !fits || !(1..=12).contains(&month) || !(1..=28).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None; // day 29 to 31 and leap seconds need the calendar
    }
    // Days from civil: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"; years are not negative here.
    let shifted = if month <= 2 { year + 399 } else { year + 400 };
    let (era, year_of_era) = (shifted / 400 - 1, shifted % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    let millis = two(20) * 10 + i64::from(digits[22]);
    Some(((days * 24 + hour) * 60 + minute) * 60_000 + second * 1_000 + millis)
}

/// Writes epoch milliseconds as RFC 3339 in UTC with three fractional digits. Instants that jiff cannot express
/// (outside of the years -9999..9999) are clamped.
pub fn format_rfc3339(at: Millis) -> String {
    quick_format(at).unwrap_or_else(|| full_format(at))
}

fn full_format(at: Millis) -> String {
    let stamp = Timestamp::from_millisecond(at).unwrap_or(if at < 0 { Timestamp::MIN } else { Timestamp::MAX });
    let mut text = String::with_capacity(24);
    let printer = DateTimePrinter::new().precision(Some(3));
    // Writing into a String cannot fail.
    let _ = printer.print_timestamp(&stamp, &mut text);
    text
}

/// The years 1970 to 9999, of which decisions and commands have several each.
fn quick_format(at: Millis) -> Option<String> {
    // A day before the end of the year 9999, as far as jiff goes.
    const END: Millis = 253_402_207_201_000;
    if !(0..END).contains(&at) {
        return None;
    }
    let (days, millis) = (at / DAY, at % DAY);
    // Civil from days: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"; the days are not negative here.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut put = |place: usize, two: i64| {
        text[place] += (two / 10) as u8;
        text[place + 1] += (two % 10) as u8;
    };
    put(0, year / 100);
    put(2, year % 100);
    put(5, month);
    put(8, day);
    put(11, millis / HOUR);
    put(14, millis / (60 * SECOND) % 60);
    put(17, millis / SECOND % 60);
    put(20, millis % SECOND / 10);
    text[22] += (millis % 10) as u8;
    String::from_utf8(text.to_vec()).ok()
}

/// Serialises [`Millis`] as RFC 3339; reads RFC 3339 or an integer of milliseconds. For `#[serde(with = ...)]`.
pub mod rfc3339 {
    use super::{Millis, format_rfc3339, parse_rfc3339};
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
            Either::Text(text) => parse_rfc3339(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 time")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_and_print() {
        for (text, millis, printed) in [
            ("90s", 90_000, "1m30s"),
            ("23h", 23 * HOUR, "23h"),
            ("1h30m", 90 * 60 * SECOND, "1h30m"),
            ("2w", 14 * DAY, "14d"),
            ("500ms", 500, "500ms"),
        ] {
            let span = Span::parse(text).unwrap();
            assert_eq!((span.millis(), span.to_string().as_str()), (millis, printed), "{text}");
        }
        for text in ["", "h", "7", "7 d", "1y", "-1h", "99999999999999999999d", "9999999999999d"] {
            assert!(Span::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn instants_round_trip() {
        assert_eq!(parse_rfc3339("2026-01-01T10:00:00.123Z"), Some(1_767_261_600_123));
        assert_eq!(format_rfc3339(1_767_261_600_123), "2026-01-01T10:00:00.123Z");
        assert_eq!(parse_rfc3339("tomorrow"), None);
        assert_eq!(format_rfc3339(i64::MAX).get(..4), Some("9999"));
    }

    #[test]
    fn the_quick_writer_equals_the_full_one() {
        let days = (0..2_932_894).step_by(11).chain([59, 60, 789, 11_016]);
        for at in days.map(|day| day * DAY + day * 7_919 % DAY).chain([0, 999, 253_402_207_200_999]) {
            assert_eq!(quick_format(at), Some(full_format(at)), "{at}");
        }
        assert_eq!((quick_format(-1), quick_format(253_402_207_201_000)), (None, None));
    }

    #[test]
    fn the_quick_reader_equals_the_full_one() {
        let mut quick = 0;
        for day in 0..400 {
            let text = format_rfc3339(951_696_000_000 + day * 86_400_000 * 37 + day * 7_919_123);
            if let Some(read) = quick_rfc3339(text.as_bytes()) {
                quick += 1;
                assert_eq!(Some(read), text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond), "{text}");
            }
        }
        assert!(quick > 300);
        for text in ["2026-13-01T10:00:00.123Z", "2026-01-01T24:00:00.123Z", "2026-01-01T10:60:00.123Z", "2026-01-01 10:00:00.123Z"] {
            assert_eq!(quick_rfc3339(text.as_bytes()), None, "{text}");
        }
    }
}
