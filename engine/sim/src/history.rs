//! Nasty random histories for property tests: few customers, few carts, every event that matters, ids that repeat, events that
//! are late, early or broken, clocks that stand still, jump by days or stop one millisecond short of a deadline.
//!
//! A history is plain data, so two programs can be driven by the same one. It is drawn from a seed alone: while drawing, the
//! reference runs along, so that later events can name commands that were really sent and times can hit real deadlines.

mod broadcast;
mod catalogue;
mod conditions;
mod control;
mod coupons;
mod draw;
mod events;
mod past;
mod setups;

pub use broadcast::Broadcasts;
pub use catalogue::Records;
pub use conditions::{Place, condition};
pub use control::{Orders, Split};
pub use coupons::{Codes, POOLS};
pub use draw::Draw;
pub use events::{Events, counted};
pub use past::PastEvents;
pub use setups::{Setup, setups};

use crate::reference::{Effect, Reference};
use cartwheel_core::id::CommandId;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::Mode;
use cartwheel_core::time::{DAY, HOUR, Millis, SECOND, parse_rfc3339};
use std::sync::Arc;

/// One thing that happens to a shard.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A record of the events partition; offsets count the records from 0.
    Record {
        /// Record time.
        time: Millis,
        /// The value's bytes.
        value: Vec<u8>,
    },
    /// The end of a turn with this recorded now: every timer due by it fires.
    Clock {
        /// Shard time.
        now: Millis,
    },
    /// A turn that changes the mode.
    Mode(Mode),
}

/// Nights in which clocks change, ends of months and years, and a day on which nothing is special.
const STARTS: [&str; 6] = [
    "2026-03-07T18:00:00Z",
    "2026-03-28T20:00:00Z",
    "2026-10-24T12:00:00Z",
    "2026-10-31T21:59:59.999Z",
    "2026-12-31T03:00:00Z",
    "2026-06-10T09:30:00Z",
];

/// The history of this seed: `length` steps under `plan`.
pub fn generate(seed: u64, plan: &Arc<Plan>, length: usize) -> Vec<Step> {
    generate_with(seed, plan, length, false)
}

/// The same with fields of all kinds where random conditions look for them.
pub fn generate_rich(seed: u64, plan: &Arc<Plan>, length: usize) -> Vec<Step> {
    generate_with(seed, plan, length, true)
}

fn generate_with(seed: u64, plan: &Arc<Plan>, length: usize, rich: bool) -> Vec<Step> {
    let mut draw = Draw::new(seed);
    let start = start(&mut draw);
    let mut events = Events::new(&mut draw, rich).counted_by(plan);
    drawn(&mut draw, start, plan, length, |draw, time, commands| events.next(draw, time, commands))
}

/// When a history begins.
pub fn start(draw: &mut Draw) -> Millis {
    parse_rfc3339(draw.pick::<&str>(&STARTS)).unwrap_or_default()
}

/// A history from `start` on whose records hold what `next` draws, given the record's time and the commands sent so far.
pub fn drawn(
    draw: &mut Draw,
    start: Millis,
    plan: &Arc<Plan>,
    length: usize,
    mut next: impl FnMut(&mut Draw, Millis, &[CommandId]) -> Vec<u8>,
) -> Vec<Step> {
    let mut along = Along {
        reference: Reference::new(plan.clone()),
        clock: start,
        newest: start,
        offset: 0,
        commands: Vec::new(),
    };
    let mut mode = Mode::Live;
    let mut steps = Vec::with_capacity(length);
    while steps.len() < length {
        let step = match draw.below(100) {
            0..=79 => {
                let time = along.next_time(draw);
                Step::Record { time, value: next(draw, time, &along.commands) }
            }
            80..=95 => Step::Clock { now: along.next_time(draw).max(along.newest) },
            _ => {
                mode = if mode == Mode::Live { Mode::Behind } else { Mode::Live };
                Step::Mode(mode)
            }
        };
        along.take(&step);
        steps.push(step);
    }
    steps
}

/// The reference, driven by a history: everything that it decides, in order.
pub fn decide(plan: &Arc<Plan>, steps: &[Step]) -> Vec<Effect> {
    let mut reference = Reference::new(plan.clone());
    let mut out = Vec::new();
    let mut offset = 0;
    for step in steps {
        drive(&mut reference, step, &mut offset, &mut out);
    }
    out
}

fn drive(reference: &mut Reference, step: &Step, offset: &mut i64, out: &mut Vec<Effect>) {
    match step {
        Step::Record { time, value } => {
            reference.record(*offset, *time, value, out);
            *offset += 1;
        }
        Step::Clock { now } => {
            reference.clock(*now, None, out);
        }
        Step::Mode(mode) => reference.mode(*mode),
    }
}

/// The shard as it is while the history is drawn.
struct Along {
    reference: Reference,
    clock: Millis,
    newest: Millis,
    offset: i64,
    commands: Vec<CommandId>,
}

impl Along {
    /// The next time: usually a little later, sometimes much, sometimes at or beside a deadline, seldom earlier.
    fn next_time(&mut self, draw: &mut Draw) -> Millis {
        let deadline = self.reference.next_deadline().filter(|deadline| *deadline > self.clock);
        let step = match (draw.below(20), deadline) {
            (0..=4, Some(deadline)) => deadline - self.clock + draw.between(-1, 1),
            (5..=7, _) => 0,
            (8, _) => draw.between(1, 5),
            (9..=12, _) => draw.between(1, 120) * SECOND,
            (13..=14, _) => draw.between(1, 90) * 60 * SECOND,
            // Records of a producer whose clock is behind, by as much as events may be late or more.
            (15, _) => return self.clock - draw.between(1, 50) * HOUR,
            (16..=17, _) => draw.between(1, 30) * HOUR,
            (18, _) => draw.between(1, 9) * DAY,
            // A record that was made earlier than the one before it: the clock of the history stays.
            (19, _) => return self.clock - draw.between(1, 3600) * SECOND,
            _ => SECOND,
        };
        self.clock += step.max(0);
        self.clock
    }

    fn take(&mut self, step: &Step) {
        if let Step::Record { time, .. } = step {
            self.newest = self.newest.max(*time);
        }
        let mut out = Vec::new();
        drive(&mut self.reference, step, &mut self.offset, &mut out);
        self.commands.extend(out.iter().filter_map(|outcome| match outcome {
            Effect::Command(command) => Some(command.command_id),
            _ => None,
        }));
    }
}

#[cfg(test)]
mod tests;
