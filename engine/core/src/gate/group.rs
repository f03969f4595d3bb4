//! Groups: of several journeys about the same thing the one further up writes.

use super::holdout::concerns_others;
use super::question::Question;
use super::ruling::Ruling;
use crate::channel::Channel;
use crate::customer::{PutOff, Run};
use crate::decision::{Compared, Reason, Shown};
use crate::journey::condition::Reader;
use crate::journey::plan::{Journey, Plan};
use crate::journey::rules::Membership;
use crate::value::Value;

/// What the journey's group says of a marketing message; none if it may leave.
pub fn judge(question: &Question<'_>, journey: &Journey, channel: Channel) -> Option<Ruling> {
    let Question { plan, reader, run, due, .. } = *question;
    let above = writes_first(plan, &reader, run)?;
    let group = plan.policy.groups.get(usize::from(journey.group.as_ref()?.group))?;
    let by = &plan.journeys[usize::from(above.journey)].name;
    let mut values: Compared = vec![
        ("group".into(), Value::Text(group.name.as_str().into()).into()),
        ("by".into(), Value::Text(by.clone()).into()),
    ];
    let reason = Reason::Group;
    let until = due.saturating_add(plan.policy.max_defer.millis());
    if until <= reader.t {
        return Some(Ruling::Drop { reason, channel, values });
    }
    values.push(("until".into(), Shown::Instant(until)));
    Some(Ruling::Defer { reason, until, by: Some(PutOff::Group), channel, values })
}

/// The window or run of the customer that stands highest above this one and is about the same; none where none stands above it. Whom a
/// journey's own holdout keeps back writes nothing that others would have to wait for.
pub fn writes_first<'r>(plan: &Plan, reader: &Reader<'r>, run: &Run) -> Option<&'r Run> {
    let customer = reader.customer;
    membership(plan, run)?;
    let above = customer.runs.iter().filter_map(|other| {
        let rank = membership(plan, other).filter(|_| is_below(plan, reader, other, run))?.rank;
        let journey = &plan.journeys[usize::from(other.journey)];
        concerns_others(plan, journey, customer.id).then_some((rank, other))
    });
    // Of equal ones the first.
    above.min_by_key(|(rank, _)| *rank).map(|(_, other)| other)
}

/// Whether `other` is a window or run of a journey below that of `above` in their group, and both are about the same.
pub fn is_below(plan: &Plan, reader: &Reader<'_>, above: &Run, other: &Run) -> bool {
    let (Some(high), Some(low)) = (membership(plan, above), membership(plan, other)) else {
        return false;
    };
    let key = |place: &Membership, run: &Run| {
        Reader { captures: &run.captures, ..*reader }.key(place.key?)
    };
    let live = above.place.is_live() && other.place.is_live();
    // Without a key it is about all that the customer does.
    let same = || match (key(high, above), key(low, other)) {
        (Some(one), Some(two)) => one == two,
        (None, _) | (_, None) => true,
    };
    live && high.group == low.group && high.rank < low.rank && same()
}

fn membership<'p>(plan: &'p Plan, run: &Run) -> Option<&'p Membership> {
    plan.journeys.get(usize::from(run.journey))?.group.as_ref()
}
