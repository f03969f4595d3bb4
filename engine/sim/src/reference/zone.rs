//! Where a customer's clock stands, and the local days and times that rules speak of. jiff directly; of the core only the
//! tables "which zone is principal in this country" and "what is its other code".

use cartwheel_core::customer::places::{ALPHA_3, COUNTRIES, REGIONS};
use cartwheel_core::policy::LocalTime;
use cartwheel_core::time::Millis;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan, Zoned};

/// The zone named in the profile, else the country's, else the policy's, else UTC. Names that mean nothing count as absent.
pub fn of(
    time_zone: Option<&str>,
    country: Option<&str>,
    region: Option<&str>,
    policy: &str,
) -> TimeZone {
    let named = |name: &str| TimeZone::get(name.trim()).ok();
    time_zone
        .and_then(named)
        .or_else(|| country.and_then(|country| principal(country, region)).and_then(named))
        .or_else(|| named(policy))
        .unwrap_or(TimeZone::UTC)
}

/// By the region, else by the country.
fn principal(country: &str, region: Option<&str>) -> Option<&'static str> {
    let country = country.trim().to_ascii_uppercase();
    let long = ALPHA_3.iter().find_map(|row| row.strip_prefix(&format!("{country} ")));
    let country = long.filter(|_| country.len() == 3).unwrap_or(&country).to_owned();
    let region = region.unwrap_or_default().trim().to_ascii_uppercase();
    let region = region.strip_prefix(&format!("{country}-")).unwrap_or(&region);
    for (_, zones) in REGIONS.iter().filter(|(code, _)| *code == country) {
        for (codes, zone) in zones.iter() {
            if codes.split(' ').any(|code| code == region) {
                return Some(zone);
            }
        }
    }
    COUNTRIES.iter().find_map(|row| row.strip_prefix(&format!("{country} ")))
}

/// The local date and time at `t`. Instants beyond jiff's years are clamped.
pub fn local(t: Millis, zone: &TimeZone) -> Zoned {
    let t = t.clamp(Timestamp::MIN.as_millisecond(), Timestamp::MAX.as_millisecond());
    Timestamp::from_millisecond(t).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone())
}

/// Milliseconds of the local clock since its midnight reading (not since the start of the day: the clock may have been changed).
pub fn time_of_day(t: Millis, zone: &TimeZone) -> Millis {
    let time = local(t, zone).time();
    let seconds =
        i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    seconds * 1000 + i64::from(time.millisecond())
}

/// The earliest instant `>= from` at which the local clock shows `time`. Where the clock jumps over it, the end of the jump counts.
/// Where the clock shows it twice, both count.
pub fn next_local(from: Millis, time: LocalTime, zone: &TimeZone) -> Millis {
    let today = local(from, zone).date();
    let clock = jiff::civil::time((time.0 / 60) as i8, (time.0 % 60) as i8, 0, 0);
    let mut next: Option<Millis> = None;
    // The day before and two days on are enough for every change of the clock that ever was.
    for days in -1..=2 {
        let Ok(date) = today.checked_add(days.days()) else { continue };
        for instant in instants(date.to_datetime(clock), zone) {
            if instant >= from && next.is_none_or(|known| instant < known) {
                next = Some(instant);
            }
        }
    }
    next.unwrap_or(from)
}

/// So many days later, at the same time of day; the first instant at which the clock shows it.
pub fn days_after(from: Millis, days: u16, zone: &TimeZone) -> Millis {
    let there = local(from, zone).datetime().saturating_add(i64::from(days).days());
    instants(there, zone).into_iter().min().unwrap_or(from)
}

/// The first instant of a local date.
pub fn start_of(date: Date, zone: &TimeZone) -> Millis {
    let start = instants(date.to_datetime(jiff::civil::Time::midnight()), zone).into_iter().min();
    start.unwrap_or(Millis::MAX)
}

/// The instants at which the local clock shows this: one; two in an autumn night; in the gap of a spring night the gap's end.
fn instants(shown: DateTime, zone: &TimeZone) -> Vec<Millis> {
    let at = |offset: jiff::tz::Offset| offset.to_timestamp(shown).ok();
    let found =
        match zone.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } => vec![at(offset)],
            AmbiguousOffset::Fold { before, after } => vec![at(before), at(after)],
            // Read with the offset after the gap it lies before the change; the change is the next transition from there.
            AmbiguousOffset::Gap { after, .. } => {
                vec![at(after).and_then(|early| {
                    zone.following(early).next().map(|change| change.timestamp())
                })]
            }
        };
    found.into_iter().flatten().map(Timestamp::as_millisecond).collect()
}
