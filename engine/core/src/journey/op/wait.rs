//! Waiting: for some time, until an instant, for an event.

use super::{Operation, Successor};
use crate::journey::condition::{Condition, Deadline};
use crate::policy::LocalTime;
use crate::time::Span;
use compact_str::CompactString;

/// Waits.
#[derive(Clone, Debug)]
pub struct Wait {
    /// The step's name.
    pub step: CompactString,
    /// For how long.
    pub until: Until,
}

/// When a wait is over.
#[derive(Clone, Debug, PartialEq)]
pub enum Until {
    /// So long after the anchor.
    Elapsed(Span),
    /// So many days after the anchor, at its local time of day.
    Days(u16),
    /// At a local time of day.
    Local {
        /// The time of day, in the customer's zone.
        time: LocalTime,
        /// Not longer than this.
        at_most: Span,
    },
    /// At an instant that is computed when it begins.
    At(Box<Deadline>),
}

/// Waits for an event.
#[derive(Clone, Debug)]
pub struct WaitFor {
    /// The step's name.
    pub step: CompactString,
    /// The types of the events, as they are written.
    pub events: Vec<CompactString>,
    /// Reads the event.
    pub condition: Option<Condition>,
    /// Not longer than this.
    pub at_most: Span,
}

impl Wait {
    /// The instant until which it waits, where that is computed.
    pub fn deadline(&self) -> Option<&Deadline> {
        match &self.until {
            Until::At(deadline) => Some(deadline),
            Until::Elapsed(_) | Until::Days(_) | Until::Local { .. } => None,
        }
    }
}

impl Operation for Wait {
    fn step(&self) -> Option<&CompactString> {
        Some(&self.step)
    }

    fn kind(&self) -> &'static str {
        match self.until {
            Until::Elapsed(_) | Until::Days(_) => "wait",
            Until::Local { .. } | Until::At(_) => "wait_until",
        }
    }

    fn words(&self) -> String {
        match &self.until {
            Until::At(deadline) => deadline.text.to_string(),
            Until::Elapsed(span) => span.to_string(),
            Until::Days(1) => "1 day, at the same local time".into(),
            Until::Days(days) => format!("{days} days, at the same local time"),
            Until::Local { time, at_most } => format!("{time} local time, at most {at_most}"),
        }
    }

    fn wait(&self) -> Option<&Wait> {
        Some(self)
    }

    fn successors(&self, at: u16) -> Vec<Successor> {
        Successor::next(at)
    }

    fn local_deadline(&self) -> Option<&Deadline> {
        self.deadline().filter(|deadline| deadline.local)
    }
}

impl Operation for WaitFor {
    fn step(&self) -> Option<&CompactString> {
        Some(&self.step)
    }

    fn kind(&self) -> &'static str {
        "wait_for"
    }

    fn words(&self) -> String {
        format!("{}, at most {}", self.events.join(" or "), self.at_most)
    }

    fn successors(&self, at: u16) -> Vec<Successor> {
        Successor::next(at)
    }

    fn wait_for(&self) -> Option<&WaitFor> {
        Some(self)
    }
}
