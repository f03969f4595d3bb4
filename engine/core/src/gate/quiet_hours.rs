//! Quiet hours in the customer's local time: defer, never drop.

use crate::channel::Channel;
use crate::customer::Zones;
use crate::policy::{LocalTime, Policy};
use crate::time::Millis;
use jiff::ToSpan;
use jiff::civil::{DateTime, Time};

/// The end of the quiet span in which `t` lies for that channel and zone; none if it is not quiet.
pub fn until(policy: &Policy, zones: &Zones, zone: u16, channel: Channel, t: Millis) -> Option<Millis> {
    let quiet = policy.quiet_hours.iter().filter(|quiet| quiet.channels.contains(&channel));
    let mut local = None;
    for span in quiet {
        let local = *local.get_or_insert_with(|| zones.local(zone, t));
        if let Some(end) = end_of_span(local, span.from, span.to) {
            return Some(zones.instant(zone, end).max(t + 1));
        }
    }
    None
}

fn end_of_span(local: DateTime, from: LocalTime, to: LocalTime) -> Option<DateTime> {
    let minute = local.hour() as u16 * 60 + local.minute() as u16;
    let end_today = local.date().to_datetime(clock(to));
    if from.0 < to.0 {
        return (from.0 <= minute && minute < to.0).then_some(end_today);
    }
    if from.0 > to.0 && minute >= from.0 {
        return end_today.checked_add(1.day()).ok();
    }
    (from.0 > to.0 && minute < to.0).then_some(end_today)
}

/// A local time of day.
pub fn clock(time: LocalTime) -> Time {
    Time::constant((time.0 / 60) as i8, (time.0 % 60) as i8, 0, 0)
}
