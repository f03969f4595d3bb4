//! Frequency caps: how many touches lie in a window, and whether the last place is kept for a higher priority.

use super::holdout::{Holdout, knows};
use super::question::Question;
use super::reserve::reservations;
use super::scope::covers;
use crate::channel::Channel;
use crate::customer::{Customer, MAX_TOUCHES, Touch, Zones, push_tightly};
use crate::decision::{Compared, Reason, Shown};
use crate::journey::condition::Condition;
use crate::journey::plan::{Journey, Plan};
use crate::policy::{Cap, CapLimit, CapScope, CapWindow, MAX_LIMIT, WhenBlocked};
use crate::time::{DAY, Millis, NEVER};
use crate::value::{Value, ValueRef};
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
    let plan = question.plan;
    plan.policy
        .caps
        .iter()
        .zip(&plan.rules.limits)
        .filter(|(cap, _)| covers(&cap.scope, channel.bit(), journey))
        .find_map(|(cap, limit)| {
            check(question, journey, cap, limit_of(question, cap, limit.as_ref())?)
        })
}

/// How many messages the cap lets this customer have; none where the customer has not chosen. What cannot be read is no permission.
fn limit_of(question: &Question<'_>, cap: &Cap, chosen: Option<&Condition>) -> Option<u16> {
    let Some(chosen) = chosen else {
        return match cap.limit {
            CapLimit::Fixed(limit) => Some(limit),
            // One that is read has an expression.
            CapLimit::Of(_) => Some(0),
        };
    };
    let reader = question.reader;
    if chosen.fields.iter().any(|(_, field)| reader.is_unreadable(*field)) {
        return Some(0);
    }
    let absent = |field| reader.read(field) == ValueRef::Null;
    if chosen.fields.iter().any(|(_, field)| absent(*field)) {
        return None;
    }
    match chosen.value(|field| reader.read(field)) {
        // Below 0, and what is no number, becomes 0.
        ValueRef::Number(limit) => Some((limit as u16).min(MAX_LIMIT)),
        ValueRef::Text(text) => Some(digits(text.trim())),
        ValueRef::Null
        | ValueRef::Bool(_)
        | ValueRef::Instant(_)
        | ValueRef::Span(_)
        | ValueRef::Date(_) => Some(0),
    }
}

/// The number that a text of digits is; 0 for any other.
fn digits(text: &str) -> u16 {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().unwrap_or(u16::MAX).min(MAX_LIMIT) } else { 0 }
}

fn check(question: &Question<'_>, journey: &Journey, cap: &Cap, most: u16) -> Option<Blocked> {
    let (touches, limit) = (&question.reader.customer.touches, usize::from(most));
    // So few are never too many, whenever they were.
    if touches.len() < limit && question.reader.customer.runs.is_empty() {
        return None;
    }
    let window = Window::of(cap.per, question);
    // Of most customers none was kept back, and nobody asks for their holdout.
    let haunted = touches.iter().any(|touch| touch.ghost);
    let holdout = haunted.then(|| Holdout::of(question.plan, journey, question.reader.customer.id));
    let holdout = holdout.flatten();
    // Mostly none is in the way: they are counted in passing, and gathered only where one is.
    let counted = touches
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
        .map(|touch| touch.at);
    let count = counted.clone().count();
    let told = |until| -> Compared {
        vec![
            ("cap".into(), Value::Text(cap.name.as_str().into()).into()),
            ("limit".into(), Value::Number(f64::from(most)).into()),
            ("count".into(), Value::Number(count as f64).into()),
            ("until".into(), Shown::Instant(until)),
        ]
    };
    if count >= limit {
        let until = match cap.per {
            // Below 0 no count falls: it is asked again when all that is counted now is gone.
            CapWindow::Rolling(span) => {
                let mut times: Vec<Millis> = counted.collect();
                times.sort_unstable();
                times.get(count - limit).copied().unwrap_or(question.reader.t) + span.millis()
            }
            CapWindow::Day | CapWindow::Week | CapWindow::Month => window.end,
        };
        let until = until.max(question.reader.t + 1);
        let values = told(until);
        return Some(Blocked { reason: Reason::Cap, until, then: cap.blocked, values });
    }
    let reserved = reservations(question, journey, cap, window.end);
    let (reserved, first) =
        reserved.fold((0, NEVER), |(count, first), at| (count + 1, at.min(first)));
    if count + reserved < limit {
        return None;
    }
    // One that is overdue fires at the instant at hand.
    let until = (first + 1).max(question.reader.t + 1);
    let mut values = told(until);
    values.push(("reserved".into(), Value::Number(reserved as f64).into()));
    Some(Blocked { reason: Reason::Reserved, until, then: cap.blocked, values })
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
    let Some(longest) = plan.rules.remembers else { return false };
    let old = |other: &Touch| other.at <= seen.saturating_sub(longest);
    if customer.touches.iter().any(old) {
        customer.touches.retain(|other| !old(other));
    }
    let kind = |touch: &Touch| (touch.journey, touch.channel, touch.ghost);
    let same = |other: &Touch| kind(other) == kind(&touch);
    let full = customer.touches.len() >= MAX_TOUCHES
        && customer.touches.iter().filter(|other| same(other)).count() >= MAX_TOUCHES;
    let oldest = || customer.touches.iter().position(same);
    if let Some(oldest) = full.then(oldest).flatten() {
        customer.touches.remove(oldest);
    }
    push_tightly(&mut customer.touches, touch);
    full
}
