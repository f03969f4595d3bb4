//! Frequency caps: how many touches lie in a window, and whether the last place is kept for a higher priority.

use super::consent;
use super::holdout::{Holdout, knows};
use super::question::Question;
use crate::channel::{Channel, Class};
use crate::customer::{Customer, MAX_TOUCHES, Place, Run, Touch, Zones, push_tightly};
use crate::decision::{Compared, Reason, Shown};
use crate::journey::plan::{Journey, Plan};
use crate::policy::{Cap, CapScope, CapWindow, WhenBlocked};
use crate::time::{DAY, Millis};
use crate::value::Value;
use jiff::ToSpan;

/// A cap that says no.
pub struct Blocked {
    /// `cap` or `reserved`.
    pub reason: Reason,
    /// When to ask again.
    pub until: Millis,
    /// What becomes of the send.
    pub then: WhenBlocked,
    /// The values compared.
    pub values: Compared,
}

/// The first cap in policy order that blocks a send through `channel`.
pub fn blocked(question: &Question<'_>, channel: Channel) -> Option<Blocked> {
    let journey = &question.plan.journeys[usize::from(question.run.journey)];
    question
        .plan
        .policy
        .caps
        .iter()
        .filter(|cap| covers(&cap.scope, channel.bit(), journey))
        .find_map(|cap| check(question, journey, cap))
}

fn check(question: &Question<'_>, journey: &Journey, cap: &Cap) -> Option<Blocked> {
    let window = Window::of(cap.per, question);
    let touches = &question.reader.customer.touches;
    // Of most customers none was kept back, and nobody asks for their holdout.
    let haunted = touches.iter().any(|touch| touch.ghost);
    let holdout = haunted.then(|| Holdout::of(question.plan, journey, question.reader.customer.id));
    let holdout = holdout.flatten();
    let mut times: Vec<Millis> = touches
        .iter()
        .filter(|touch| window.holds(touch.at) && knows(touch, question.run.journey, holdout))
        .filter(|touch| {
            match question.plan.journeys.get(usize::from(touch.journey)) {
                Some(journey) => covers(&cap.scope, touch.channel.bit(), journey),
                // Of a journey that is gone only the channel is known.
                None => {
                    matches!(&cap.scope, CapScope::All)
                        || cap.scope == CapScope::Channel(touch.channel)
                }
            }
        })
        .map(|touch| touch.at)
        .collect();
    let limit = usize::from(cap.limit);
    let mut values: Compared = vec![
        ("cap".into(), Value::Text(cap.name.as_str().into()).into()),
        ("limit".into(), Value::Number(f64::from(cap.limit)).into()),
        ("count".into(), Value::Number(times.len() as f64).into()),
    ];
    if times.len() >= limit {
        times.sort_unstable();
        let until = match cap.per {
            CapWindow::Rolling(span) => times[times.len() - limit] + span.millis(),
            CapWindow::Day | CapWindow::Week | CapWindow::Month => window.end,
        };
        let until = until.max(question.reader.t + 1);
        values.push(("until".into(), Shown::Instant(until)));
        return Some(Blocked { reason: Reason::Cap, until, then: cap.blocked, values });
    }
    let reserved: Vec<Millis> = reservations(question, journey, cap, window.end).collect();
    if times.len() + reserved.len() < limit {
        return None;
    }
    // One that is overdue fires at the instant at hand.
    let until = (reserved.iter().min()? + 1).max(question.reader.t + 1);
    values.push(("until".into(), Shown::Instant(until)));
    values.push(("reserved".into(), Value::Number(reserved.len() as f64).into()));
    Some(Blocked { reason: Reason::Reserved, until, then: cap.blocked, values })
}

/// The deadlines up to the window's end of the customer's sends with a higher priority; one that is overdue has not fired yet.
fn reservations<'a>(
    question: &'a Question<'_>,
    journey: &'a Journey,
    cap: &'a Cap,
    end: Millis,
) -> impl Iterator<Item = Millis> + 'a {
    question.reader.customer.runs.iter().filter_map(move |run| {
        let other = question.plan.journeys.get(usize::from(run.journey))?;
        if other.priority <= journey.priority || run.deadline >= end {
            return None;
        }
        let customer = question.reader.customer;
        let channels = upcoming(other, run, customer);
        let counts = channels != 0 && covers(&cap.scope, channels, other);
        // In the global holdout all of the customer's messages are kept back, and take their places from each other.
        let takes = || match Holdout::of(question.plan, other, customer.id) {
            Some(Holdout::Journey) => false,
            Some(Holdout::Global) | None => true,
        };
        (counts && takes()).then_some(run.deadline)
    })
}

/// The channels (a bit set) of the marketing sends that may come at the run's deadline: of each the one that would be used now.
fn upcoming(journey: &Journey, run: &Run, customer: &Customer) -> u8 {
    let (sends, from) = match &run.place {
        Place::Window => (journey.opening(0), 0),
        Place::Delay { op } | Place::Local { op } => (journey.opening(op.saturating_add(1)), 0),
        Place::Gate { op, choice, .. } | Place::Engagement { op, choice, .. } => {
            (std::slice::from_ref(op), *choice)
        }
        // When the event comes nobody knows.
        Place::Event { .. } | Place::Goal => return 0,
    };
    let sends = sends.iter().filter_map(|op| journey.send(*op));
    let counted = sends.filter(|send| send.class == Class::Marketing);
    let channels = counted.filter_map(|send| {
        let chosen = consent::choose(customer, send.class, &send.channels, usize::from(from));
        chosen.ok().and_then(|index| send.channels.get(index))
    });
    channels.fold(0, |bits, choice| bits | choice.channel.bit())
}

/// Whether a scope covers sends of a journey through one of these channels (a bit set).
fn covers(scope: &CapScope, channels: u8, journey: &Journey) -> bool {
    match scope {
        CapScope::All => true,
        CapScope::Channel(channel) => channels & channel.bit() != 0,
        CapScope::Tag(tag) => journey.tags.iter().any(|other| other == tag),
        CapScope::Journey(name) => journey.name == name.as_str(),
    }
}

/// The window of a cap around `t`: touches in `(after, end)`.
struct Window {
    after: Millis,
    end: Millis,
    rolling: bool,
}

impl Window {
    fn of(window: CapWindow, question: &Question<'_>) -> Self {
        match window {
            CapWindow::Rolling(span) => Self {
                after: question.reader.t - span.millis(),
                end: question.reader.t.saturating_add(span.millis()),
                rolling: true,
            },
            calendar => {
                let (start, end) = calendar_window(
                    calendar,
                    question.zones,
                    question.reader.customer.zone,
                    question.reader.t,
                );
                Self { after: start - 1, end, rolling: false }
            }
        }
    }

    fn holds(&self, at: Millis) -> bool {
        at > self.after && (self.rolling || at < self.end)
    }
}

/// The local day, week (from Monday) or month in which `t` lies: start inclusive, end exclusive.
fn calendar_window(window: CapWindow, zones: &Zones, zone: u16, t: Millis) -> (Millis, Millis) {
    let date = zones.local(zone, t).date();
    let (first, next) = match window {
        CapWindow::Week => {
            let monday = date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days());
            let next = monday.clone().and_then(|monday| monday.checked_add(1.week()));
            (monday, next)
        }
        CapWindow::Month => {
            (Ok(date.first_of_month()), date.first_of_month().checked_add(1.month()))
        }
        _ => (Ok(date), date.checked_add(1.day())),
    };
    let instant = |date: Result<jiff::civil::Date, jiff::Error>, or| {
        date.map_or(or, |date| zones.start_of(zone, date))
    };
    (instant(first, t), instant(next, t + DAY))
}

/// Remembers a marketing message, sent or kept back, and forgets those that no cap counts any more at `seen` or later. Whether one that is young enough had to give way: of the same
/// journey and channel, so that every cap that would have counted it has as many newer ones as it can ask for.
pub fn remember_touch(plan: &Plan, customer: &mut Customer, touch: Touch, seen: Millis) -> bool {
    let longest = plan
        .policy
        .caps
        .iter()
        .map(|cap| match cap.per {
            CapWindow::Rolling(span) => span.millis(),
            CapWindow::Day => 2 * DAY,
            CapWindow::Week => 9 * DAY,
            CapWindow::Month => 33 * DAY,
        })
        .max();
    let Some(longest) = longest else { return false };
    customer.touches.retain(|other| other.at > seen.saturating_sub(longest));
    let kind = |touch: &Touch| (touch.journey, touch.channel, touch.ghost);
    let same = |other: &Touch| kind(other) == kind(&touch);
    let full = customer.touches.iter().filter(|other| same(other)).count() >= MAX_TOUCHES;
    let oldest = customer.touches.iter().position(same).filter(|_| full);
    oldest.map(|place| customer.touches.remove(place));
    push_tightly(&mut customer.touches, touch);
    full
}
