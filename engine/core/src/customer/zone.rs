//! Time zones by the tables that a configuration brought along, never the host's.

use super::zone_tables::ZoneTables;
use crate::time::{DAY, HOUR, Millis, SECOND};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{Timestamp, ToSpan};
use std::sync::Arc;

/// The zones of one set of tables, and the policy's default.
pub struct Zones {
    tables: Arc<ZoneTables>,
    default: TimeZone,
}

impl Zones {
    /// All zones of these tables, and the policy's default (UTC if that is unknown; the loader refuses it before).
    pub fn new(tables: &Arc<ZoneTables>, default: &str) -> Self {
        let default = tables.named(default).cloned().unwrap_or(TimeZone::UTC);
        Self { tables: Arc::clone(tables), default }
    }

    /// All bundled zones.
    pub fn bundled(default: &str) -> Self {
        Self::new(&ZoneTables::bundled(), default)
    }

    /// The number of a zone plus one; none if there is no such zone. Case does not matter, as in the IANA rules, nor do blanks around it.
    pub fn number(&self, name: &str) -> Option<u16> {
        self.tables.number(name.trim())
    }

    /// The name of a zone by its number plus one.
    pub fn name(&self, number: u16) -> Option<&str> {
        self.tables.get(number).map(|(name, _)| name)
    }

    /// The zone with that number plus one, else the policy's.
    pub fn get(&self, number: u16) -> &TimeZone {
        self.tables.get(number).map_or(&self.default, |(_, zone)| zone)
    }

    /// The local date and time of an instant.
    pub fn local(&self, number: u16, at: Millis) -> DateTime {
        self.get(number).to_datetime(instant(at))
    }

    /// The first instant after `at` at which the local clock may show another hour.
    pub fn next_hour(&self, number: u16, at: Millis) -> Millis {
        let local = self.local(number, at);
        let second = i64::from(local.minute()) * 60 + i64::from(local.second());
        at + HOUR - (second * SECOND + i64::from(local.millisecond()))
    }

    /// The earliest instant at or after `from` at which the local clock shows the time of day. Where the clock jumps over it,
    /// the end of the jump counts; where it shows it twice, both count.
    pub fn next_local(&self, number: u16, from: Millis, time: Time) -> Millis {
        let today = self.local(number, from).date();
        // The day before and two days on are enough for every change of a clock.
        let days = (-1..=2i64).filter_map(|days| today.checked_add(days.days()).ok());
        let shown = days.flat_map(|date| self.instants(number, date.to_datetime(time)));
        shown.flatten().filter(|instant| *instant >= from).min().unwrap_or(from)
    }

    /// The first instant at which the local clock shows the time of day of `at`, so many days of the calendar later.
    pub fn days_after(&self, number: u16, at: Millis, days: u16) -> Millis {
        let shown = self.local(number, at).checked_add(i64::from(days).days());
        let instants = shown.map(|shown| self.instants(number, shown)).unwrap_or_default();
        instants.into_iter().flatten().min().unwrap_or(at + Millis::from(days) * DAY)
    }

    /// The first instant of a local date.
    pub fn start_of(&self, number: u16, date: Date) -> Millis {
        let shown = self.instants(number, date.to_datetime(Time::midnight()));
        shown.into_iter().flatten().min().unwrap_or(Millis::MAX / 2)
    }

    /// The instants at which the local clock shows this: one, two in a fold, the gap's end in a gap.
    fn instants(&self, number: u16, shown: DateTime) -> [Option<Millis>; 2] {
        let zone = self.get(number);
        let at = |offset: Offset| offset.to_timestamp(shown).ok();
        let (first, second) = match zone.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } => (at(offset), None),
            AmbiguousOffset::Fold { before, after } => (at(before), at(after)),
            // Read with the offset behind the gap it lies before the change, which is the next transition from there.
            AmbiguousOffset::Gap { after, .. } => (
                at(after).and_then(|early| {
                    zone.following(early).next().map(|change| change.timestamp())
                }),
                None,
            ),
        };
        [first.map(Timestamp::as_millisecond), second.map(Timestamp::as_millisecond)]
    }
}

fn instant(at: Millis) -> Timestamp {
    let at = at.clamp(Timestamp::MIN.as_millisecond(), Timestamp::MAX.as_millisecond());
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// New York, 2026-11-01: the clock goes from 02:00 back to 01:00. 2026-03-08: from 02:00 on to 03:00.
    #[test]
    fn a_changed_clock_is_read_forwards() {
        let zones = Zones::bundled("America/New_York");
        let at = |text: &str| crate::time::parse_rfc3339(text).unwrap();
        let half_past = |hour| Time::constant(hour, 30, 0, 0);
        assert_eq!(
            zones.next_local(0, at("2026-11-01T05:10:00Z"), half_past(1)),
            at("2026-11-01T05:30:00Z")
        );
        assert_eq!(
            zones.next_local(0, at("2026-11-01T06:10:00Z"), half_past(1)),
            at("2026-11-01T06:30:00Z")
        );
        assert_eq!(
            zones.next_local(0, at("2026-03-08T06:00:00Z"), half_past(2)),
            at("2026-03-08T07:00:00Z")
        );
        // 02:30 is not there on the day of the change, 01:30 twice.
        for (from, days, to) in [
            ("2026-03-07T07:30:00Z", 1, "2026-03-08T07:00:00Z"),
            ("2026-03-07T07:30:00Z", 2, "2026-03-09T06:30:00Z"),
            ("2026-10-31T05:30:00.007Z", 1, "2026-11-01T05:30:00.007Z"),
            ("2026-11-01T06:30:00Z", 1, "2026-11-02T06:30:00Z"),
        ] {
            assert_eq!(zones.days_after(0, at(from), days), at(to), "{from}");
        }
    }
}
