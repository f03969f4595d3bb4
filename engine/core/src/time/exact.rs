//! Times in the form that producers write, `2026-01-01T10:00:00.123Z`: of those that come one after the other the minute but once, and the rest
//! in its eight bytes at once.

use super::{Millis, days_since_1970, two_digits};
use crate::time::{DAY, SECOND};

/// The length of the form.
pub(crate) const EXACT: usize = 24;
/// The length of what says the minute, and of what of it says the day.
const MINUTE: usize = 16;
const DATE: usize = 10;

/// Reads times of the form. Most are of the same minute as the one before.
#[derive(Clone, Debug)]
pub(crate) struct Minutes {
    /// The newest minute, and when it began.
    minute: [u8; MINUTE],
    start: Millis,
}

impl Default for Minutes {
    fn default() -> Self {
        Self { minute: *b"1970-01-01T00:00", start: 0 }
    }
}

impl Minutes {
    /// The time; none for any other form, leap seconds, and the year of which jiff does not know the last day.
    #[inline]
    pub(crate) fn read(&mut self, text: &[u8; EXACT]) -> Option<Millis> {
        let (minute, seconds) = text.split_first_chunk::<MINUTE>()?;
        if *minute != self.minute {
            self.start = start_of(minute)?;
            self.minute = *minute;
        }
        Some(self.start + millis_of_minute(*seconds.first_chunk()?)?)
    }
}

#[inline(never)]
fn start_of(minute: &[u8; MINUTE]) -> Option<Millis> {
    let (date, clock) = minute.split_first_chunk::<DATE>()?;
    let [y0, y1, y2, y3, b'-', mo0, mo1, b'-', d0, d1] = *date else { return None };
    let [b'T', h0, h1, b':', m0, m1] = *clock else { return None };
    let year = u32::from(two_digits(y0, y1)?) * 100 + u32::from(two_digits(y2, y3)?);
    let days = days_since_1970(year, two_digits(mo0, mo1)?, two_digits(d0, d1)?)?;
    let (hour, minute) = (two_digits(h0, h1)?, two_digits(m0, m1)?);
    let fits = year < 9_999 && hour <= 23 && minute <= 59;
    fits.then_some(days * DAY + (Millis::from(hour) * 60 + Millis::from(minute)) * 60 * SECOND)
}

/// Of `:00.123Z`.
#[inline]
fn millis_of_minute(text: [u8; 8]) -> Option<Millis> {
    let digits = digits(text, *b":00.000Z")?;
    let number = |place: u32| digits >> (8 * place) & 15;
    let two = |place| number(place) * 10 + number(place + 1);
    let second = two(1);
    (second <= 59).then_some((second * 1_000 + two(4) * 10 + number(6)) as Millis)
}

/// Eight bytes of a form in which zeros stand for digits: digits become their values, what is not one 0.
#[inline]
fn digits(text: [u8; 8], form: [u8; 8]) -> Option<u64> {
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    // Added to a digit above 9, or to what should be a separator and is not, it sets the highest bit.
    let above = u64::from_le_bytes(form.map(|byte| if byte == b'0' { 0x76 } else { 0x7f }));
    let digits = u64::from_le_bytes(text) ^ u64::from_le_bytes(form);
    let wrong = (digits | ((digits & !HIGH_BITS) + above)) & HIGH_BITS;
    (wrong == 0).then_some(digits)
}
