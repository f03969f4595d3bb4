//! Times in the form that producers write, `2026-01-01T10:00:00.123Z`: eight bytes at a time, and of those that come one after the other
//! the day but once.

use super::{Millis, days_since_1970, two_digits};
use crate::time::DAY;

/// The length of the form.
pub(crate) const EXACT: usize = 24;
/// The length of its date.
const DATE: usize = 10;

/// Reads times of the form. Most are of the same day as the one before.
#[derive(Clone, Debug)]
pub(crate) struct Days {
    /// The newest date, and when it began.
    date: [u8; DATE],
    start: Millis,
}

impl Default for Days {
    fn default() -> Self {
        Self { date: *b"1970-01-01", start: 0 }
    }
}

impl Days {
    /// The time; none for any other form, leap seconds, and the year of which jiff does not know the last day.
    #[inline]
    pub(crate) fn read(&mut self, text: &[u8; EXACT]) -> Option<Millis> {
        let (date, time) = text.split_first_chunk::<DATE>()?;
        if *date != self.date {
            self.start = start_of(date)?;
            self.date = *date;
        }
        Some(self.start + millis_of_day(time.first_chunk()?)?)
    }
}

#[inline(never)]
fn start_of(date: &[u8; DATE]) -> Option<Millis> {
    let [y0, y1, y2, y3, b'-', mo0, mo1, b'-', d0, d1] = *date else { return None };
    let year = u32::from(two_digits(y0, y1)?) * 100 + u32::from(two_digits(y2, y3)?);
    let days = days_since_1970(year, two_digits(mo0, mo1)?, two_digits(d0, d1)?)?;
    (year < 9_999).then_some(days * DAY)
}

/// Of `T10:00:00.123Z`.
#[inline]
fn millis_of_day(time: &[u8; EXACT - DATE]) -> Option<Millis> {
    let clock = digits(*time.first_chunk()?, *b"T00:00:0")?;
    let rest = digits(*time.last_chunk()?, *b":00.000Z")?;
    let number = |digits: u64, place: u32| digits >> (8 * place) & 15;
    let two = |digits, place| number(digits, place) * 10 + number(digits, place + 1);
    let (hour, minute, second) = (two(clock, 1), two(clock, 4), two(rest, 1));
    let millis = two(rest, 4) * 10 + number(rest, 6);
    let fits = hour <= 23 && minute <= 59 && second <= 59;
    fits.then_some(((hour * 60 + minute) * 60_000 + second * 1_000 + millis) as Millis)
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
