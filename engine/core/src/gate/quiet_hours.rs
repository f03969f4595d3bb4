//! Quiet hours in the customer's local time: defer, never drop.

use crate::channel::Channel;
use crate::customer::Zones;
use crate::policy::{LocalTime, Policy};
use crate::time::Millis;
use jiff::civil::Time;

/// The end of the quiet span in which `t` lies for that channel and zone; none if it is not quiet.
pub fn until(
    policy: &Policy,
    zones: &Zones,
    zone: u16,
    channel: Channel,
    t: Millis,
) -> Option<Millis> {
    let mut spans =
        policy.quiet_hours.iter().filter(|quiet| quiet.channels.contains(&channel)).peekable();
    spans.peek()?;
    let local = zones.local(zone, t);
    let minute = local.hour() as u16 * 60 + local.minute() as u16;
    let span = spans.find(|span| is_quiet(minute, span.from, span.to))?;
    Some(zones.next_local(zone, t, clock(span.to)).max(t + 1))
}

/// Whether a minute of the day lies in the span, which may cross midnight; an empty span is never quiet.
fn is_quiet(minute: u16, from: LocalTime, to: LocalTime) -> bool {
    if from.0 <= to.0 {
        (from.0..to.0).contains(&minute)
    } else {
        minute >= from.0 || minute < to.0
    }
}

/// A local time of day.
pub fn clock(time: LocalTime) -> Time {
    Time::constant((time.0 / 60) as i8, (time.0 % 60) as i8, 0, 0)
}
