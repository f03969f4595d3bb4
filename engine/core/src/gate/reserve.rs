//! For which messages of higher priorities a cap keeps its places.

use super::consent;
use super::holdout::concerns_others;
use super::question::Question;
use super::scope::covers;
use super::wait::wait_ends;
use crate::channel::{Channel, Class};
use crate::customer::{Customer, Pause, Place, Run};
use crate::journey::op::{Op, Send, Successor};
use crate::journey::plan::Journey;
use crate::policy::{Cap, Reserve};
use crate::time::Millis;

/// When, before the window's end, the customer's messages with a higher priority come that the cap counts; one that is overdue has not fired yet.
pub fn reservations<'a>(
    question: &'a Question<'_>,
    journey: &'a Journey,
    cap: &'a Cap,
    end: Millis,
) -> impl Iterator<Item = Millis> + 'a {
    let plan = question.plan;
    let customer = question.reader.customer;
    let higher = customer.runs.iter().filter_map(move |run| {
        let other = plan.journeys.get(usize::from(run.journey))?;
        // When a journey is resumed nobody knows, and what has missed its time is dropped.
        let timely = run.deadline < end && run.pause == Pause::None;
        let comes = other.priority > journey.priority && timely;
        let writes = comes && concerns_others(plan, other, customer.id);
        writes.then_some((other, run))
    });
    higher.flat_map(move |(other, run)| {
        let next = upcoming(other, run, customer);
        let next = (next != 0 && covers(&cap.scope, next, other)).then_some(run.deadline);
        let behind = match cap.reserve {
            Reserve::Next => Vec::new(),
            Reserve::Horizon => Line { question, journey: other, run }.certain(cap, end),
        };
        next.into_iter().chain(behind)
    })
}

/// The channels (a bit set) of the marketing sends that may come at the run's deadline: of each the one that would be used now.
fn upcoming(journey: &Journey, run: &Run, customer: &Customer) -> u8 {
    let (sends, from) = match &run.place {
        Place::Window => (journey.opening(0), 0),
        Place::Delay { op } | Place::Local { op } => (journey.opening(op.saturating_add(1)), 0),
        // When what has put it off is over nobody knows.
        Place::Gate { by: Some(_), .. } => return 0,
        Place::Gate { op, choice, .. } | Place::Engagement { op, choice, .. } => {
            (std::slice::from_ref(op), *choice)
        }
        // When the event comes nobody knows.
        Place::Event { .. } | Place::Goal => return 0,
    };
    let sends = sends.iter().filter_map(|op| journey.send(*op));
    let channels = sends.filter_map(|send| capped(send, from, customer));
    channels.fold(0, |bits, channel| bits | channel.bit())
}

/// The channel by which a message that caps count would leave now, from this one on.
fn capped(send: &Send, from: u8, customer: &Customer) -> Option<Channel> {
    let chosen = consent::choose(customer, send.class, &send.channels, usize::from(from));
    let index = chosen.ok().filter(|_| send.class == Class::Marketing)?;
    send.channels.get(index).map(|choice| choice.channel)
}

/// The way of a run from its deadline on, as long as there is only one.
struct Line<'l> {
    question: &'l Question<'l>,
    journey: &'l Journey,
    run: &'l Run,
}

/// A point of the way: when the run gets to an operation, and from where waits count there.
#[derive(Clone, Copy)]
struct Point {
    op: u16,
    t: Millis,
    anchor: Millis,
}

impl Line<'_> {
    /// When the messages come that the cap counts and that are certain: to the first branch, split or wait for an event. Without the first one if that comes
    /// at the deadline itself.
    fn certain(&self, cap: &Cap, end: Millis) -> Vec<Millis> {
        let Some((mut point, first)) = self.start() else { return Vec::new() };
        let customer = self.question.reader.customer;
        let mut found = Vec::new();
        while point.t < end
            && let Some(op) = self.journey.ops.get(usize::from(point.op))
        {
            if let Some(send) = op.send().filter(|_| !first.contains(&point.op)) {
                let channel = capped(send, 0, customer);
                let counts = |channel: &Channel| covers(&cap.scope, channel.bit(), self.journey);
                found.extend(channel.filter(counts).map(|_| point.t));
            }
            let Some(next) = self.behind(op, point) else { break };
            point = next;
        }
        found
    }

    /// Where it begins, and the messages that come there at once, which are counted already.
    fn start(&self) -> Option<(Point, &[u16])> {
        let t = self.run.deadline;
        let at = |op| Some((Point { op, t, anchor: t }, self.journey.opening(op)));
        match self.run.place {
            Place::Window => at(0),
            Place::Delay { op } | Place::Local { op } => at(op.saturating_add(1)),
            Place::Gate { by: None, op, choice, .. } | Place::Engagement { op, choice, .. } => {
                let send = self.journey.send(op)?;
                let before = Point { op, t, anchor: self.run.anchor };
                Some((self.behind_send(send, choice, before), &[]))
            }
            Place::Gate { by: Some(_), .. } | Place::Event { .. } | Place::Goal => None,
        }
    }

    /// What comes behind an operation, if there is only one way.
    fn behind(&self, op: &Op, point: Point) -> Option<Point> {
        if let Some(send) = op.send() {
            return Some(self.behind_send(send, 0, point));
        }
        let next = Point { op: point.op.saturating_add(1), ..point };
        if let Some(wait) = op.wait() {
            let Question { zones, reader, .. } = self.question;
            let zone = reader.customer.zone;
            // Until when it waits for what is computed is known when it comes there.
            let until = wait_ends(&wait.until, zones, zone, point.anchor, point.t)?;
            let waits = until > point.t;
            return Some(if waits { Point { t: until, anchor: until, ..next } } else { next });
        }
        match op.successors(point.op)[..] {
            [Successor { to, .. }] if op.passes_at_once() => Some(Point { op: to, ..point }),
            _ => None,
        }
    }

    /// It is sent by the channel that would be used now, from this one on; a fallback is waited for.
    fn behind_send(&self, send: &Send, from: u8, point: Point) -> Point {
        let Point { op, t, anchor } = point;
        let customer = self.question.reader.customer;
        let from = usize::from(from);
        let chosen = consent::choose(customer, send.class, &send.channels, from).ok();
        let fallbacks = send.channels.iter().skip(chosen.unwrap_or(from).saturating_add(1));
        let fallback = fallbacks.filter_map(|choice| choice.fallback).next();
        let fallback = fallback.filter(|_| chosen.is_some() && send.team.is_none());
        let t = fallback.map_or(t, |fallback| t.saturating_add(fallback.within.millis()));
        // A fallback leaves the anchor where it is.
        let anchor = if from == 0 { point.t } else { anchor };
        Point { op: op.saturating_add(1), t, anchor }
    }
}
