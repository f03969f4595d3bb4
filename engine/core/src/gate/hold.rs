//! Holds: marketing waits while a condition is true, and what has waited for too long is not sent.

use super::question::Question;
use super::ruling::Ruling;
use crate::channel::Channel;
use crate::customer::PutOff;
use crate::decision::{Compared, Reason, Shown};
use crate::journey::condition::{Condition, Reader};
use crate::journey::plan::Plan;
use crate::policy::Hold;
use crate::time::Millis;
use crate::value::Value;

/// How often it is looked ahead for the end of a hold. One that is not found by then is taken for one that does not come.
const LOOKS: usize = 1_000;

/// What the holds say of a marketing message; none if none of them minds.
pub fn judge(question: &Question<'_>, channel: Channel) -> Option<Ruling> {
    let Question { plan, reader, due, .. } = *question;
    let all = (0_u8..).zip(plan.policy.holds.iter().zip(&plan.rules.holds));
    for (number, (hold, condition)) in all {
        if let Some(until) = until(&reader, hold, condition, due) {
            let mut values: Compared = vec![
                ("hold".into(), Value::Text(hold.name.as_str().into()).into()),
                ("until".into(), Shown::Instant(until)),
            ];
            values.extend(reader.compared(condition));
            let (reason, by) = (Reason::Hold, Some(PutOff::Hold(number)));
            return Some(Ruling::Defer { reason, until, by, channel, values });
        }
    }
    let Some(PutOff::Hold(number)) = question.put_off_by else { return None };
    let hold = plan.policy.holds.get(usize::from(number))?;
    let (late, missed_within) = (reader.t - due, hold.missed_within.millis());
    (late > missed_within).then(|| {
        let values = vec![
            ("hold".into(), Value::Text(hold.name.as_str().into()).into()),
            ("late".into(), Value::Number(late as f64).into()),
            ("missed_within".into(), Value::Number(missed_within as f64).into()),
        ];
        Ruling::Drop { reason: Reason::Hold, channel, values }
    })
}

/// Until when the hold with this number keeps a message that was due then; none if it does not.
pub fn put_off_until(plan: &Plan, reader: &Reader<'_>, number: u8, due: Millis) -> Option<Millis> {
    let number = usize::from(number);
    until(reader, plan.policy.holds.get(number)?, plan.rules.holds.get(number)?, due)
}

/// The first instant at which the condition is false, if nothing happens, or at which the hold gives up; none if that is not later than now.
fn until(reader: &Reader<'_>, hold: &Hold, condition: &Condition, due: Millis) -> Option<Millis> {
    let last = due.saturating_add(hold.at_most.millis());
    if last <= reader.t {
        return None;
    }
    let (mut holds, mut t) = reader.foresee(condition);
    if !holds {
        return None;
    }
    for _ in 0..LOOKS {
        if t >= last {
            break;
        }
        let free_at = t;
        (holds, t) = Reader { t, ..*reader }.foresee(condition);
        if !holds {
            return Some(free_at);
        }
    }
    Some(last)
}
