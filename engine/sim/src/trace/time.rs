//! Times as a trace writes them.

use cartwheel_core::time::Millis;
use jiff::Span;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// So many days after `day`.
pub fn later(day: Date, days: i64) -> Option<Date> {
    day.checked_add(Span::new().try_days(days).ok()?).ok()
}

/// What a line at `day` means by this text: a time of that day, or a local day with its time.
pub fn meant(text: &str, day: Date, zone: &TimeZone) -> Option<Millis> {
    match clock(text) {
        Some(time) => instant(day, time, zone),
        None => {
            let local = text.parse::<DateTime>().ok().filter(|_| is_local(text))?;
            instant(local.date(), local.time(), zone)
        }
    }
}

/// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.mmm`.
pub fn clock(text: &str) -> Option<Time> {
    let shaped = text.bytes().enumerate().all(|(at, byte)| match at {
        2 | 5 => byte == b':',
        8 => byte == b'.',
        _ => byte.is_ascii_digit(),
    });
    (shaped && matches!(text.len(), 5 | 8 | 12)).then(|| text.parse().ok()).flatten()
}

/// Whether the text is a local day with its time, `2026-03-02T10:00`, and no more.
fn is_local(text: &str) -> bool {
    text.split_once('T').is_some_and(|(day, time)| day.len() == 10 && clock(time).is_some())
}

/// The instant; where the clock is put back it is the earlier one, in a gap the later side.
pub fn instant(day: Date, time: Time, zone: &TimeZone) -> Option<Millis> {
    let local: DateTime = day.to_datetime(time);
    local.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp().as_millisecond())
}
