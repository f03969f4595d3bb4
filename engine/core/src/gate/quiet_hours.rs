//! Quiet hours in the customer's local time: defer, never drop.

use super::question::Question;
use super::wait::clock;
use crate::channel::Channel;
use crate::time::Millis;

/// The end of the first quiet span in which it is now for that customer and channel; none if it is not quiet.
pub fn until(question: &Question<'_>, channel: Channel) -> Option<Millis> {
    let Question { plan, zones, reader, .. } = *question;
    if plan.policy.quiet_hours.is_empty() {
        return None;
    }
    let (zone, t) = (reader.customer.zone, reader.t);
    let all = plan.policy.quiet_hours.iter().zip(&plan.rules.quiet);
    let mut spans = all.filter(|(quiet, _)| quiet.channels.contains(&channel)).peekable();
    spans.peek()?;
    let local = zones.local(zone, t);
    let minute = local.hour() as u16 * 60 + local.minute() as u16;
    let (span, _) = spans.find(|(span, where_)| {
        let for_customer = || where_.as_ref().is_none_or(|where_| reader.holds(where_));
        span.has(minute) && for_customer()
    })?;
    Some(zones.next_local(zone, t, clock(span.to)).max(t + 1))
}
