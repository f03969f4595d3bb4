//! Frequency caps and what they keep free for higher priorities: full scans over the customer's touches and runs.

use super::condition::V;
use super::context::Context;
use super::customer::{Place, Run, Touch};
use super::holdout::HoldoutOf;
use super::zone;
use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::decision::{Reason, Values};
use cartwheel_core::journey::plan::Journey;
use cartwheel_core::policy::{Cap, CapLimit, CapScope, CapWindow, Reserve, WhenBlocked};
use cartwheel_core::time::{Millis, format_rfc3339};
use cartwheel_core::value::Value;
use jiff::ToSpan;

/// Why a cap says no, and until when.
pub struct Block {
    /// Used up, or kept for others.
    pub reason: Reason,
    /// When to ask again.
    pub until: Millis,
    /// Nobody will ask again.
    pub skip: bool,
    /// What was compared.
    pub values: Values,
}

/// The times over which a cap counts.
struct Window {
    /// Touches before this do not count.
    first: Millis,
    /// Where a calendar window ends: touches from here on do not count. None for a rolling one.
    end: Option<Millis>,
    /// Sends due from here on are not reserved for.
    horizon: Millis,
}

impl Context<'_> {
    /// The first cap, in the policy's order, that says no to a message of this run. The run itself is not among the customer's.
    pub fn capped(&self, run: &Run, channel: Channel) -> Option<Block> {
        let journey = self.journey(run.journey);
        let mine = |cap: &&Cap| in_scope(&cap.scope, channel, Some(journey));
        let caps = self.plan.policy.caps.iter().enumerate().filter(|(_, cap)| mine(cap));
        let mut chosen =
            caps.filter_map(|(number, cap)| Some((cap, self.limit(run, number, cap)?)));
        chosen.find_map(|(cap, limit)| self.blocked_by(cap, limit, run))
    }

    /// How many the cap lets this customer have; none: it does not apply.
    fn limit(&self, run: &Run, number: usize, cap: &Cap) -> Option<usize> {
        let text = match &cap.limit {
            CapLimit::Fixed(limit) => return Some(usize::from(*limit)),
            CapLimit::Of(text) => text,
        };
        let reader = self.reader_of_run(run);
        let reads: Vec<&str> = self.plan.rules.limits[number]
            .iter()
            .flat_map(|limit| &limit.fields)
            .map(|(name, _)| name.as_str())
            .collect();
        // An attribute that is there, and no value.
        let attribute = |name: &str| self.customer.attribute(name.strip_prefix("profile.")?);
        let absent = |name: &&str| reader.value(name) == V::Null;
        if reads.iter().any(|name| absent(name) && attribute(name).is_some()) {
            return Some(0);
        }
        if reads.iter().any(absent) {
            return None;
        }
        let limit = match reader.value(text) {
            V::Number(limit) => limit.floor(),
            V::Text(text) if text.trim().chars().all(|digit| digit.is_ascii_digit()) => {
                text.trim().parse().unwrap_or(0.0)
            }
            _ => 0.0,
        };
        Some(limit.clamp(0.0, 64.0) as usize)
    }

    fn blocked_by(&self, cap: &Cap, limit: usize, run: &Run) -> Option<Block> {
        let priority = self.journey(run.journey).priority;
        let window = self.window(cap.per);
        let mut touches: Vec<Millis> = self.counted(cap, &window, run);
        touches.sort_unstable();
        let count = touches.len();
        let reserved = self.reserved(cap, &window, priority);
        let (reason, until) = if count >= limit {
            let until = match (cap.per, touches.get(count - limit)) {
                (CapWindow::Rolling(span), Some(freed)) => freed.saturating_add(span.millis()),
                (CapWindow::Rolling(span), None) => self.t.saturating_add(span.millis()),
                _ => window.horizon,
            };
            (Reason::Cap, until)
        } else if count + reserved.len() >= limit {
            (Reason::Reserved, reserved.iter().min()?.saturating_add(1))
        } else {
            return None;
        };
        let until = until.max(self.t.saturating_add(1));
        let mut values: Values = vec![
            ("cap".into(), Value::Text(cap.name.as_str().into())),
            ("limit".into(), Value::Number(limit as f64)),
            ("count".into(), Value::Number(count as f64)),
            ("until".into(), Value::Text(format_rfc3339(until).into())),
        ];
        if reason == Reason::Reserved {
            values.push(("reserved".into(), Value::Number(reserved.len() as f64)));
        }
        Some(Block { reason, until, skip: cap.blocked == WhenBlocked::Skip, values })
    }

    fn of_touch(&self, touch: &Touch) -> Option<&Journey> {
        self.plan.journeys.get(usize::from(touch.journey?))
    }

    fn window(&self, per: CapWindow) -> Window {
        let zone = self.customer.zone(&self.plan.policy);
        let today = zone::local(self.t, &zone).date();
        let monday =
            today.saturating_sub(i64::from(today.weekday().to_monday_zero_offset()).days());
        let (first, next) = match per {
            CapWindow::Rolling(span) => {
                let first = self.t.saturating_sub(span.millis()).saturating_add(1);
                return Window { first, end: None, horizon: self.t.saturating_add(span.millis()) };
            }
            CapWindow::Day => (today, today.saturating_add(1.day())),
            CapWindow::Week => (monday, monday.saturating_add(7.days())),
            CapWindow::Month => {
                (today.first_of_month(), today.first_of_month().saturating_add(1.month()))
            }
        };
        let end = zone::start_of(next, &zone);
        Window { first: zone::start_of(first, &zone), end: Some(end), horizon: end }
    }

    /// When the messages were sent that the cap counts.
    fn counted(&self, cap: &Cap, window: &Window, run: &Run) -> Vec<Millis> {
        let knows = |touch: &Touch| {
            !touch.ghost
                || match self.held_out(self.journey(run.journey)) {
                    None => false,
                    Some(HoldoutOf::All) => true,
                    Some(HoldoutOf::Journey) => touch.journey == Some(run.journey),
                }
        };
        let in_window = |at: Millis| at >= window.first && window.end.is_none_or(|end| at < end);
        let touches = self.customer.touches.iter();
        let counted = touches.filter(|touch| {
            knows(touch)
                && in_window(touch.at)
                && in_scope(&cap.scope, touch.channel, self.of_touch(touch))
        });
        counted.map(|touch| touch.at).collect()
    }

    /// When the sends of higher priorities are due that the cap would count. One that is overdue is still to come.
    fn reserved(&self, cap: &Cap, window: &Window, priority: u8) -> Vec<Millis> {
        let mut reserved = Vec::new();
        for other in &self.customer.runs {
            let journey = self.journey(other.journey);
            if journey.priority <= priority
                || !self.concerns_others(other.journey)
                || other.deadline >= window.horizon
                || other.waits_for_resume
                || other.missed
            {
                continue;
            }
            let counts = |channel: &Channel| in_scope(&cap.scope, *channel, Some(journey));
            let next = self.next_channels(journey, other);
            reserved.extend(next.iter().any(counts).then_some(other.deadline));
            if cap.reserve == Reserve::Horizon {
                let behind = self.certain(other, window.horizon).into_iter();
                reserved.extend(behind.filter(|(_, channel)| counts(channel)).map(|(at, _)| at));
            }
        }
        reserved
    }

    /// The channels by which the marketing sends would leave now that may come at the run's deadline, before any other wait.
    fn next_channels(&self, journey: &Journey, run: &Run) -> Vec<Channel> {
        match run.place {
            Place::Window => self.first_channels(journey, 0),
            Place::Delay { op } | Place::Local { op } => self.first_channels(journey, op + 1),
            Place::Gate { .. } if run.put_off.is_some() => Vec::new(),
            Place::Gate { op, choice } | Place::Engagement { op, choice } => {
                let send = journey.ops[usize::from(op)].send();
                let send = send.filter(|send| send.class == Class::Marketing);
                send.and_then(|send| self.would_use(&send.channels, choice)).into_iter().collect()
            }
            Place::Event { .. } | Place::Goal => Vec::new(),
        }
    }

    pub fn first_channels(&self, journey: &Journey, at: u16) -> Vec<Channel> {
        let op = &journey.ops[usize::from(at)];
        if let Some(send) = op.send() {
            if send.class != Class::Marketing {
                return Vec::new();
            }
            return self.would_use(&send.channels, 0).into_iter().collect();
        }
        if !op.passes_at_once() {
            return Vec::new();
        }
        let ways = op.successors(at);
        ways.into_iter().flat_map(|way| self.first_channels(journey, way.to)).collect()
    }
}

/// Whether the cap counts a message of this journey on this channel; of one that is gone nothing else is known.
fn in_scope(scope: &CapScope, channel: Channel, journey: Option<&Journey>) -> bool {
    match scope {
        CapScope::All => true,
        CapScope::Channel(only) => *only == channel,
        CapScope::Tag(tag) => {
            journey.is_some_and(|journey| journey.tags.iter().any(|known| known == tag))
        }
        CapScope::Journey(name) => journey.is_some_and(|journey| journey.name == *name),
    }
}
