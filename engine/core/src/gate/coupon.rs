//! A message with a coupon does not leave without one. Who is held out is asked as well, and takes none: on both sides the same is lost while a pool is dry.

use super::question::Question;
use super::ruling::Ruling;
use crate::channel::Channel;
use crate::decision::{Compared, Reason, Shown};
use crate::time::HOUR;
use crate::value::Value;

/// How often it is looked whether there are codes again.
const AGAIN: i64 = HOUR;

/// What is said of a message for which no code is left; none where there is one, where its run has one already (of who is held out: would have one), or
/// where it needs none.
pub fn judge(question: &Question<'_>, channel: Channel, held_out: bool) -> Option<Ruling> {
    let offer = question.coupon?;
    let Question { plan, reader, run, due, .. } = *question;
    let journey = &plan.journeys[usize::from(run.journey)];
    let pool = journey.pools.get(usize::from(offer))?;
    let place = journey.code_place(offer);
    let served = if held_out { run.had_coupon(place) } else { run.coupon(place).is_some() };
    if served || question.pools.has(pool) {
        return None;
    }
    let mut values: Compared = vec![("pool".into(), Value::Text(pool.clone()).into())];
    let last = due.saturating_add(plan.policy.max_defer.millis());
    let reason = Reason::NoCoupon;
    if reader.t >= last {
        return Some(Ruling::Drop { reason, channel, values });
    }
    let until = last.min(reader.t + AGAIN);
    values.push(("until".into(), Shown::Instant(until)));
    Some(Ruling::Defer { reason, until, by: None, channel, values })
}
