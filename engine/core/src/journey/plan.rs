//! A journey compiled: names resolved to small numbers, conditions lowered, steps laid out flat. What the evaluator reads.

use super::condition::Condition;
use crate::channel::{Channel, Class};
use crate::policy::{LocalTime, Policy};
use crate::time::Span;
use compact_str::CompactString;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

pub use super::definition::Reentry;
pub use crate::event::EventField;

/// Everything that decides, under one configuration hash.
#[derive(Clone, Debug)]
pub struct Plan {
    /// 128-bit xxh3 over the policy, every journey's text in order of names, the bundled time-zone tables' version and [`crate::sends::SEMANTICS`].
    pub hash: u128,
    /// The rules over all journeys.
    pub policy: Policy,
    /// In order of their names.
    pub journeys: Vec<Journey>,
    /// The event fields that some condition, key or capture reads; conditions name them by index.
    pub fields: Vec<EventField>,
    /// The profile attributes (beyond consent) that some condition reads, by index.
    pub attributes: Vec<CompactString>,
    /// Who is interested in an event type. Types that nobody wants are absent.
    pub events: Interests,
}

/// Who is interested, by event type. Looked up, never iterated to decide.
pub type Interests = HashMap<CompactString, Interest, FixedState>;

/// What an event type does.
#[derive(Clone, Debug, Default)]
pub struct Interest {
    /// Indices into [`Plan::fields`] that must be read from an event of this type.
    pub fields: Vec<u16>,
    /// The journeys concerned, in order of their names.
    pub journeys: Vec<JourneyInterest>,
}

/// What an event type does in one journey.
#[derive(Clone, Debug, Default)]
pub struct JourneyInterest {
    /// Index into [`Plan::journeys`].
    pub journey: u16,
    /// It is the trigger.
    pub trigger: bool,
    /// It moves windows (and is not the trigger).
    pub moves: bool,
    /// It is the goal.
    pub goal: bool,
    /// Indices of the exit rules that it meets.
    pub exits: Vec<u8>,
}

/// One journey.
#[derive(Clone, Debug)]
pub struct Journey {
    /// The name.
    pub name: CompactString,
    /// The first 8 hex digits of the hash of the file's text.
    pub version: CompactString,
    /// Marketing or transactional.
    pub class: Class,
    /// 0 to 100.
    pub priority: u8,
    /// For caps.
    pub tags: Vec<CompactString>,
    /// The trigger's condition.
    pub when: Option<Condition>,
    /// The abandonment window.
    pub quiet_for: Option<Span>,
    /// Index into [`Plan::fields`].
    pub key: Option<u16>,
    /// Coming again.
    pub reentry: Reentry,
    /// Leaving early; conditions read the exit event.
    pub exits: Vec<Option<Condition>>,
    /// Must hold before every send.
    pub while_: Option<Condition>,
    /// Basis points of customers who get nothing.
    pub holdout: u16,
    /// How long after the last message the goal counts.
    pub goal_within: Option<Span>,
    /// Trigger events older than this do not enter.
    pub max_event_age: Span,
    /// Indices into [`Plan::fields`]: what a run keeps of its trigger event. Conditions in steps name them by position here.
    pub captures: Vec<u16>,
    /// The steps, flat; execution starts at 0 and ends at [`Op::End`].
    pub ops: Vec<Op>,
}

/// One operation. Targets are indices into [`Journey::ops`] and lie after the operation: there are no loops.
#[derive(Clone, Debug)]
pub enum Op {
    /// Sends a message; then the next operation.
    Send {
        /// The step's name.
        step: CompactString,
        /// The template's name.
        template: CompactString,
        /// In order of preference. The first is never a fallback.
        channels: Vec<Choice>,
    },
    /// Waits; then the next operation.
    Wait {
        /// The step's name.
        step: CompactString,
        /// How long after the anchor.
        delay: Span,
        /// What comes at the deadline.
        then: Option<Upcoming>,
    },
    /// Waits until a local time; then the next operation.
    WaitUntil {
        /// The step's name.
        step: CompactString,
        /// The local time.
        until: LocalTime,
        /// Not longer than this.
        at_most: Span,
        /// What comes at the deadline.
        then: Option<Upcoming>,
    },
    /// Jumps to the first arm that is true.
    Branch {
        /// The step's name.
        step: CompactString,
        /// Conditions (none: `else`) and targets.
        arms: Vec<(Option<Condition>, u16)>,
        /// Where to go if none is true.
        otherwise: u16,
    },
    /// Goes on elsewhere (at the end of an arm).
    Jump(u16),
    /// Leaves the journey.
    Exit {
        /// The step's name.
        step: CompactString,
    },
    /// All steps done.
    End,
}

/// One channel of a send.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// The medium.
    pub channel: Channel,
    /// Some for a fallback: how long the channel before it has to get engagement.
    pub if_no_engagement_within: Option<Span>,
}

/// A send that is certain or possible at the end of a wait: what a cap's reservation counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upcoming {
    /// The bit set of the first channels of the sends that may come.
    pub channels: u8,
}

impl Journey {
    /// What comes first when the run enters: used for the reservation of windows.
    pub fn first(&self) -> Option<Upcoming> {
        self.upcoming(0)
    }

    /// The send that operation `at` starts with: itself, or first in an arm of a branch.
    pub fn upcoming(&self, at: u16) -> Option<Upcoming> {
        let channels = self.first_channels(at, &mut 0);
        (channels != 0).then_some(Upcoming { channels })
    }

    /// `seen` keeps the operations visited, a bit each: arms meet again, and their number would double with every branch.
    fn first_channels(&self, at: u16, seen: &mut u64) -> u8 {
        let bit = 1_u64.checked_shl(at.into()).unwrap_or(0);
        if bit == 0 || *seen & bit != 0 {
            return 0;
        }
        *seen |= bit;
        match self.ops.get(usize::from(at)) {
            Some(Op::Send { channels, .. }) => {
                channels.first().map_or(0, |choice| choice.channel.bit())
            }
            Some(Op::Branch { arms, otherwise, .. }) => {
                let mut bits = self.first_channels(*otherwise, seen);
                for (_, target) in arms {
                    bits |= self.first_channels(*target, seen);
                }
                bits
            }
            Some(Op::Jump(target)) => self.first_channels(*target, seen),
            _ => 0,
        }
    }
}

/// Most operations of a journey.
pub const MAX_OPS: usize = 64;

impl Op {
    /// The step's name, where the operation is one that was written.
    pub fn step(&self) -> Option<&CompactString> {
        match self {
            Op::Send { step, .. }
            | Op::Wait { step, .. }
            | Op::WaitUntil { step, .. }
            | Op::Branch { step, .. }
            | Op::Exit { step } => Some(step),
            Op::Jump(_) | Op::End => None,
        }
    }
}
