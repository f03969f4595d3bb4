//! Every send passes one gate, in one order: consent, suppression, exit criteria, holds, groups, quiet hours, caps with priority, a code where the message has a
//! coupon, and at the end the holdout.
//! `docs/semantics.md`, "The gate".

mod cap;
mod coupon;
mod consent;
mod group;
mod hold;
mod holdout;
mod question;
mod quiet_hours;
mod reserve;
mod ruling;
mod scope;
mod wait;

use crate::channel::Class;
use crate::customer::Customer;
use crate::decision::{Compared, Reason, Shown};
use crate::journey::plan::Journey;
use crate::policy::WhenBlocked;
pub use cap::remember_touch;
pub use group::{is_below, writes_first};
pub use hold::put_off_until;
pub use holdout::{Holdout, concerns_others, side};
pub use question::Question;
pub use ruling::Ruling;
pub use wait::wait_ends;

/// Whether a document is gone that the run is about: of those that the message shows, and of those that are the journey's own. The trigger event may
/// have carried more, such as the cart of an order, which says nothing of the order.
fn lacks_document(question: &Question<'_>, journey: &Journey) -> bool {
    let asked = question.shows.and(journey.own);
    let mut about = question.run.about.iter().filter(|key| asked.has_document(**key));
    about.any(|key| !question.reader.customer.documents.is_there(*key))
}

/// Whether the journey's first message to the customer could go to this one: some channel of it may be used.
pub fn reaches(customer: &Customer, journey: &Journey) -> bool {
    let first = journey.sends().find(|send| send.team.is_none());
    first.is_none_or(|send| consent::choose(customer, send.class, &send.channels, 0).is_ok())
}

/// Nothing else stands in the way: of a coupon its pool is asked, and the holdout has the last word. A message to a team follows the class of its journey.
fn pass(question: &Question<'_>, journey: &Journey, index: usize) -> Ruling {
    let class = if question.internal { journey.class } else { question.class };
    let held_out = match class {
        Class::Marketing => Holdout::of(question.plan, journey, question.reader.customer.id),
        Class::Transactional => None,
    };
    let channel = question.choices[index].channel;
    if let Some(lacking) = coupon::judge(question, channel, held_out.is_some()) {
        return lacking;
    }
    held_out.map_or(Ruling::Send(index), |holdout| Ruling::HoldOut(index, holdout))
}

/// Asks the gate. The hold of a shard that is behind comes before it and is the caller's.
pub fn judge(question: &Question<'_>) -> Ruling {
    let Question { plan, reader, due, .. } = *question;
    let customer = reader.customer;
    let journey = &plan.journeys[usize::from(question.run.journey)];
    let marketing = question.class == Class::Marketing;

    let chosen = match question.internal {
        true => Ok(question.from),
        false => consent::choose(customer, question.class, question.choices, question.from),
    };
    let index = match chosen {
        Ok(index) => index,
        Err((channel, reason)) => {
            return Ruling::Drop { reason, channel, values: Compared::new() };
        }
    };
    let channel = question.choices[index].channel;
    if let Some(condition) = &journey.while_
        && !reader.holds(condition)
    {
        return Ruling::Exit(reader.compared(condition));
    }
    if lacks_document(question, journey) {
        return Ruling::Drop { reason: Reason::NoDocument, channel, values: Compared::new() };
    }
    if !marketing {
        return pass(question, journey, index);
    }
    if plan.rules.put_off()
        && let Some(ruling) =
            hold::judge(question, channel).or_else(|| group::judge(question, journey, channel))
    {
        return ruling;
    }
    if let Some(until) = quiet_hours::until(question, channel) {
        let values = vec![("until".into(), Shown::Instant(until))];
        return Ruling::Defer { reason: Reason::QuietHours, until, by: None, channel, values };
    }
    let Some(cap::Blocked { reason, until, then, values }) = cap::blocked(question, channel) else {
        return pass(question, journey, index);
    };
    match then {
        WhenBlocked::Defer if until - due <= plan.policy.max_defer.millis() => {
            Ruling::Defer { reason, until, by: None, channel, values }
        }
        WhenBlocked::Defer | WhenBlocked::Skip => Ruling::Drop { reason, channel, values },
    }
}
