//! The messages that a run is certain to send behind the next one: its way, step by step, as long as there is one way only.

use super::context::Context;
use super::customer::{Place, Run};
use super::zone;
use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::journey::op::{Send, Until, Wait};
use cartwheel_core::time::Millis;

impl Context<'_> {
    /// When they come, before `end`, and by which channel. The one that comes at the run's deadline itself is not among them.
    pub fn certain(&self, run: &Run, end: Millis) -> Vec<(Millis, Channel)> {
        let ops = &self.journey(run.journey).ops;
        let (mut at, mut anchor) = (run.deadline, run.deadline);
        // What comes first is what comes at the deadline.
        let (mut op, mut first) = match run.place {
            Place::Window => (0, true),
            Place::Delay { op } | Place::Local { op } => (op + 1, true),
            Place::Gate { .. } if run.put_off.is_some() => return Vec::new(),
            Place::Gate { op, choice } | Place::Engagement { op, choice } => {
                let Some(send) = ops[usize::from(op)].send() else { return Vec::new() };
                if choice > 0 {
                    anchor = run.anchor;
                }
                at = self.answered(send, choice, at);
                (op + 1, false)
            }
            Place::Event { .. } | Place::Goal => return Vec::new(),
        };
        let mut found = Vec::new();
        while at < end {
            let step = &ops[usize::from(op)];
            if let Some(send) = step.send() {
                let counts = send.class == Class::Marketing && !first;
                let channel = self.would_use(&send.channels, 0).filter(|_| counts);
                found.extend(channel.map(|channel| (at, channel)));
                anchor = at;
                at = self.answered(send, 0, at);
                first = false;
            } else if let Some(wait) = step.wait() {
                let Some(until) = self.over(wait, anchor, at) else { break };
                if until > at {
                    (at, anchor) = (until, until);
                }
                first = false;
            } else {
                let ways = step.successors(op);
                if !step.passes_at_once() || ways.len() != 1 {
                    break;
                }
                op = ways[0].to;
                continue;
            }
            op += 1;
        }
        found
    }

    /// When it is known what has become of a message that leaves at `at`: at once where no fallback stands behind its channel.
    fn answered(&self, send: &Send, from: usize, at: Millis) -> Millis {
        let marketing = send.class == Class::Marketing;
        if send.team.is_some() {
            return at;
        }
        let Some(channel) = self.usable(&send.channels, from, marketing) else { return at };
        let place = send.channels.iter().skip(from).position(|choice| choice.channel == channel);
        let behind = send.channels.iter().skip(from + place.unwrap_or(0) + 1);
        let fallback = behind.filter_map(|choice| choice.fallback).next();
        fallback.map_or(at, |fallback| at.saturating_add(fallback.within.millis()))
    }

    /// None of an instant that is computed when the run comes there.
    fn over(&self, wait: &Wait, anchor: Millis, at: Millis) -> Option<Millis> {
        let zone = self.customer.zone(&self.plan.policy);
        Some(match &wait.until {
            Until::At(_) => return None,
            Until::Elapsed(span) => anchor.saturating_add(span.millis()),
            Until::Days(days) => zone::days_after(anchor, *days, &zone),
            Until::Local { time, at_most } => {
                zone::next_local(at, *time, &zone).min(at.saturating_add(at_most.millis()))
            }
        })
    }
}
