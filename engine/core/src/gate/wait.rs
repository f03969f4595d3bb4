//! When a wait is over: for the step that waits, and for whoever looks ahead.

use crate::customer::Zones;
use crate::journey::op::Until;
use crate::policy::LocalTime;
use crate::time::Millis;
use jiff::civil::Time;

/// When a wait is over that begins at `t` and counts from `anchor`; at or before `t` it is none. None of an instant that is computed as it begins.
pub fn wait_ends(
    until: &Until,
    zones: &Zones,
    zone: u16,
    anchor: Millis,
    t: Millis,
) -> Option<Millis> {
    Some(match until {
        Until::At(_) => return None,
        Until::Elapsed(span) => anchor.saturating_add(span.millis()),
        Until::Days(days) => zones.days_after(zone, anchor, *days),
        Until::Local { time, at_most } => {
            zones.next_local(zone, t, clock(*time)).min(t.saturating_add(at_most.millis()))
        }
    })
}

/// A local time of day.
pub(super) fn clock(time: LocalTime) -> Time {
    Time::constant((time.0 / 60) as i8, (time.0 % 60) as i8, 0, 0)
}
