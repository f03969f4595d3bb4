//! Operations: what the steps of a journey are laid out to. Each kind is a type that answers for itself; checks, graphs, traces, reports and
//! the gate's look-ahead ask [`Operation`] and never which kind it is. Only the loader's layout and the evaluator
//! (`crate::apply::step`) tell the kinds apart.

use super::condition::Condition;
use super::shown::Subjects;
use crate::channel::Channel;
use crate::policy::LocalTime;
use crate::time::Span;
use compact_str::CompactString;

/// What every kind of operation says of itself. `at` is its index among the journey's operations.
pub trait Operation {
    /// The step's name; none where nobody wrote a step (the end of an arm, the end of all).
    fn step(&self) -> Option<&CompactString>;

    /// The word for its kind in graphs and reports.
    fn kind(&self) -> &'static str;

    /// What it does, for people; empty where the kind says it all.
    fn words(&self) -> String;

    /// Where a run may go on from here.
    fn successors(&self, at: u16) -> Vec<Successor>;

    /// The message that it sends, if it sends one.
    fn send(&self) -> Option<&Send> {
        None
    }

    /// The same, to be changed while a plan is made.
    fn send_mut(&mut self) -> Option<&mut Send> {
        None
    }

    /// Whether a run passes it at the instant at which it reaches it: what comes next may then come at once.
    fn passes_at_once(&self) -> bool {
        false
    }
}

/// One way on from an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Successor {
    /// Index of the operation.
    pub to: u16,
    /// When it is taken, for people; none: always.
    pub when: Option<String>,
}

impl Successor {
    fn always(to: u16) -> Self {
        Self { to, when: None }
    }

    fn next(at: u16) -> Vec<Self> {
        vec![Self::always(at.saturating_add(1))]
    }
}

/// Declares [`Op`] with a variant for each kind, its conversions, and the one place that finds a kind's answers.
macro_rules! operations {
    ($($(#[$doc:meta])* $kind:ident,)*) => {
        /// One operation. Targets are indices into [`super::plan::Journey::ops`] and lie after the operation: there are no loops.
        #[derive(Clone, Debug)]
        pub enum Op { $($(#[$doc])* $kind($kind),)* }

        $(impl From<$kind> for Op {
            fn from(op: $kind) -> Self { Op::$kind(op) }
        })*

        impl std::ops::Deref for Op {
            type Target = dyn Operation;
            fn deref(&self) -> &Self::Target {
                match self { $(Op::$kind(op) => op,)* }
            }
        }

        impl std::ops::DerefMut for Op {
            fn deref_mut(&mut self) -> &mut Self::Target {
                match self { $(Op::$kind(op) => op,)* }
            }
        }
    };
}

operations! {
    /// Sends a message; then the next operation.
    Send,
    /// Waits; then the next operation.
    Wait,
    /// Goes to the first arm that is true.
    Branch,
    /// Goes on elsewhere, at the end of an arm.
    Jump,
    /// Leaves the journey.
    Exit,
    /// All steps done.
    End,
}

/// Sends a message.
#[derive(Clone, Debug)]
pub struct Send {
    /// The step's name.
    pub step: CompactString,
    /// The template's name.
    pub template: CompactString,
    /// In order of preference. The first is never a fallback.
    pub channels: Vec<Choice>,
    /// The documents that its template may read.
    pub shows: Subjects,
}

/// One channel of a send.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// The medium.
    pub channel: Channel,
    /// Some for a fallback: how long the channel before it has to get engagement.
    pub if_no_engagement_within: Option<Span>,
}

/// Waits.
#[derive(Clone, Debug)]
pub struct Wait {
    /// The step's name.
    pub step: CompactString,
    /// For how long.
    pub until: Until,
}

/// When a wait is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Until {
    /// So long after the anchor.
    Elapsed(Span),
    /// At a local time of day.
    Local {
        /// The time of day, in the customer's zone.
        time: LocalTime,
        /// Not longer than this.
        at_most: Span,
    },
}

/// Goes to the first arm that is true.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The step's name.
    pub step: CompactString,
    /// In order; the last may be the `else`.
    pub arms: Vec<Arm>,
    /// Where to go if none is true.
    pub otherwise: u16,
}

/// An arm of a branch.
#[derive(Clone, Debug)]
pub struct Arm {
    /// None: `else`.
    pub when: Option<Condition>,
    /// Its first operation.
    pub target: u16,
}

/// Goes on elsewhere.
#[derive(Clone, Debug)]
pub struct Jump {
    /// Index of the operation.
    pub to: u16,
}

/// Leaves the journey.
#[derive(Clone, Debug)]
pub struct Exit {
    /// The step's name.
    pub step: CompactString,
}

/// All steps done.
#[derive(Clone, Debug)]
pub struct End;

impl Operation for Send {
    fn step(&self) -> Option<&CompactString> {
        Some(&self.step)
    }

    fn kind(&self) -> &'static str {
        "send"
    }

    fn words(&self) -> String {
        let choice = |choice: &Choice| match choice.if_no_engagement_within {
            None => choice.channel.to_string(),
            Some(span) => format!("{} if not opened within {span}", choice.channel),
        };
        self.channels.iter().map(choice).collect::<Vec<_>>().join(", ")
    }

    fn successors(&self, at: u16) -> Vec<Successor> {
        Successor::next(at)
    }

    fn send(&self) -> Option<&Send> {
        Some(self)
    }

    fn send_mut(&mut self) -> Option<&mut Send> {
        Some(self)
    }
}

impl Operation for Wait {
    fn step(&self) -> Option<&CompactString> {
        Some(&self.step)
    }

    fn kind(&self) -> &'static str {
        match self.until {
            Until::Elapsed(_) => "wait",
            Until::Local { .. } => "wait_until",
        }
    }

    fn words(&self) -> String {
        match self.until {
            Until::Elapsed(span) => span.to_string(),
            Until::Local { time, at_most } => format!("{time} local time, at most {at_most}"),
        }
    }

    fn successors(&self, at: u16) -> Vec<Successor> {
        Successor::next(at)
    }
}

impl Operation for Branch {
    fn step(&self) -> Option<&CompactString> {
        Some(&self.step)
    }

    fn kind(&self) -> &'static str {
        "branch"
    }

    fn words(&self) -> String {
        format!("{} arms", self.arms.len())
    }

    /// The plan keeps what a condition reads, not its text: a way on is labelled with that.
    fn successors(&self, _: u16) -> Vec<Successor> {
        let names = |condition: &Condition| {
            let names = condition.fields.iter().map(|(name, _)| name.as_str());
            names.collect::<Vec<_>>().join(", ")
        };
        let label = |arm: &Arm| arm.when.as_ref().map_or_else(|| "else".to_owned(), names);
        let arms = self.arms.iter();
        let mut ways: Vec<Successor> =
            arms.map(|arm| Successor { to: arm.target, when: Some(label(arm)) }).collect();
        if self.arms.iter().all(|arm| arm.when.is_some()) {
            ways.push(Successor { to: self.otherwise, when: Some("none of these".into()) });
        }
        ways
    }

    fn passes_at_once(&self) -> bool {
        true
    }
}

impl Operation for Jump {
    fn step(&self) -> Option<&CompactString> {
        None
    }

    fn kind(&self) -> &'static str {
        "jump"
    }

    fn words(&self) -> String {
        String::new()
    }

    fn successors(&self, _: u16) -> Vec<Successor> {
        vec![Successor::always(self.to)]
    }

    fn passes_at_once(&self) -> bool {
        true
    }
}

impl Operation for Exit {
    fn step(&self) -> Option<&CompactString> {
        Some(&self.step)
    }

    fn kind(&self) -> &'static str {
        "exit"
    }

    fn words(&self) -> String {
        String::new()
    }

    fn successors(&self, _: u16) -> Vec<Successor> {
        Vec::new()
    }
}

impl Operation for End {
    fn step(&self) -> Option<&CompactString> {
        None
    }

    fn kind(&self) -> &'static str {
        "end"
    }

    fn words(&self) -> String {
        String::new()
    }

    fn successors(&self, _: u16) -> Vec<Successor> {
        Vec::new()
    }
}
