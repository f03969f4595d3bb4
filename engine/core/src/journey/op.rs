//! Operations: what the steps of a journey are laid out to. Each kind is a type that answers for itself; checks, graphs, traces, reports and
//! the gate's look-ahead ask [`Operation`] and never which kind it is. Only the loader's layout and the evaluator
//! (`crate::apply::step`) tell the kinds apart.

mod wait;

use super::condition::{Condition, Deadline, Field};
use super::shown::Subjects;
use crate::channel::{Channel, Class};
use crate::customer::Reactions;
use crate::policy::Percent;
use crate::time::Span;
use crate::value::Value;
use compact_str::CompactString;

pub use wait::{Until, Wait, WaitFor};

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

    /// Whether it is a message that caps count.
    fn capped(&self) -> bool {
        self.send().is_some_and(|send| send.class == Class::Marketing)
    }

    /// The time that a run waits for here, if it waits for one.
    fn wait(&self) -> Option<&Wait> {
        None
    }

    /// The split that it is, if it is one.
    fn split(&self) -> Option<&Split> {
        None
    }

    /// The event that a run waits for here, if it waits for one.
    fn wait_for(&self) -> Option<&WaitFor> {
        None
    }

    /// The instant until which a run waits here, where that follows the customer's clock.
    fn local_deadline(&self) -> Option<&Deadline> {
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
    /// Waits for an event; then the next operation.
    WaitFor,
    /// Goes to the first arm that is true.
    Branch,
    /// Goes to one of its arms by chance.
    Split,
    /// Writes attributes of the customer; then the next operation.
    Set,
    /// Lets an event happen; then the next operation.
    Emit,
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
    /// What it is to the gate.
    pub class: Class,
    /// The team that gets it; none: the customer.
    pub team: Option<CompactString>,
    /// The arm of a split in which it stands, as `split:arm`; of several the innermost.
    pub variant: Option<CompactString>,
    /// In order of preference, at most [`MAX_CHANNELS`]. The first is never a fallback.
    pub channels: Vec<Choice>,
    /// The answers that it offers, by their names, as links that come back as events.
    pub answers: Vec<CompactString>,
    /// The coupon that it has, of a pool of the journey ([`crate::journey::plan::Journey::pools`]), by its place there.
    pub coupon: Option<u8>,
    /// The documents that its template may read.
    pub shows: Subjects,
}

/// Most channels of a send, fallbacks among them.
pub const MAX_CHANNELS: usize = 8;

/// One channel of a send.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// The medium.
    pub channel: Channel,
    /// When it is tried; none for a channel that is chosen by consent and reachability.
    pub fallback: Option<Fallback>,
}

/// When a fallback channel is tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fallback {
    /// What must have become of the message before it.
    pub when: When,
    /// How long that message has.
    pub within: Span,
}

/// What must have become of a message for the fallback to be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Neither delivered nor opened nor clicked.
    NotDelivered,
    /// Neither opened nor clicked.
    NotOpened,
    /// Not clicked.
    NotClicked,
    /// The address refused it for good; the fallback is tried at once.
    Bounced,
}

impl When {
    /// Whether it is so.
    pub fn holds(self, seen: Reactions) -> bool {
        match self {
            When::NotDelivered => !(seen.delivered || seen.engaged()),
            When::NotOpened => !seen.engaged(),
            When::NotClicked => !seen.clicked,
            When::Bounced => seen.bounced,
        }
    }

    /// Whether it has happened: the fallback need not wait any longer.
    pub fn comes(self, seen: Reactions) -> bool {
        self == When::Bounced && seen.bounced
    }

    /// For people.
    fn words(self) -> &'static str {
        match self {
            When::NotDelivered => "if not delivered",
            When::NotOpened => "if not opened",
            When::NotClicked => "if not clicked",
            When::Bounced => "if bounced",
        }
    }
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

/// Goes to one of its arms by chance.
#[derive(Clone, Debug)]
pub struct Split {
    /// The step's name.
    pub step: CompactString,
    /// The split's name, from which chance follows.
    pub name: CompactString,
    /// In order of their names. The last one's `until` is 10,000.
    pub arms: Vec<SplitArm>,
}

/// An arm of a split.
#[derive(Clone, Debug)]
pub struct SplitArm {
    /// Its name.
    pub name: CompactString,
    /// Whose lot, in basis points, is below this, and below that of no arm before.
    pub until: u16,
    /// Its first operation.
    pub target: u16,
}

/// Writes attributes of the customer.
#[derive(Clone, Debug)]
pub struct Set {
    /// The step's name.
    pub step: CompactString,
    /// Attributes and their values, in order of names.
    pub values: Vec<(CompactString, Given)>,
}

/// Lets an event of the same customer happen.
#[derive(Clone, Debug)]
pub struct Emit {
    /// The step's name.
    pub step: CompactString,
    /// The event's type.
    pub event: CompactString,
    /// Its fields (`cart.id`) and their values, in order of names.
    pub with: Vec<(CompactString, Given)>,
}

/// A value that a step gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// This.
    Value(Value),
    /// What this is when the step comes: as it is written, and the field.
    Path(CompactString, Field),
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
        let choice = |choice: &Choice| match choice.fallback {
            None => choice.channel.to_string(),
            Some(Fallback { when, within }) => {
                format!("{} {} within {within}", choice.channel, when.words())
            }
        };
        let channels = self.channels.iter().map(choice).collect::<Vec<_>>().join(", ");
        match &self.team {
            Some(team) => format!("{channels} to {team}"),
            None => channels,
        }
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

    fn successors(&self, _: u16) -> Vec<Successor> {
        let written = |when: &Condition| when.text.to_string();
        let label = |arm: &Arm| arm.when.as_ref().map_or_else(|| "else".to_owned(), written);
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

impl Operation for Split {
    fn step(&self) -> Option<&CompactString> {
        Some(&self.step)
    }

    fn kind(&self) -> &'static str {
        "split"
    }

    fn split(&self) -> Option<&Split> {
        Some(self)
    }

    fn words(&self) -> String {
        format!("{} arms", self.arms.len())
    }

    fn successors(&self, _: u16) -> Vec<Successor> {
        let before = std::iter::once(0).chain(self.arms.iter().map(|arm| arm.until));
        let way = |(arm, before): (&SplitArm, u16)| {
            let share = Percent(arm.until.saturating_sub(before));
            Successor { to: arm.target, when: Some(format!("{} ({share})", arm.name)) }
        };
        self.arms.iter().zip(before).map(way).collect()
    }

    fn passes_at_once(&self) -> bool {
        true
    }
}

impl Operation for Set {
    fn step(&self) -> Option<&CompactString> {
        Some(&self.step)
    }

    fn kind(&self) -> &'static str {
        "set"
    }

    fn words(&self) -> String {
        self.values.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn successors(&self, at: u16) -> Vec<Successor> {
        Successor::next(at)
    }

    fn passes_at_once(&self) -> bool {
        true
    }
}

impl Operation for Emit {
    fn step(&self) -> Option<&CompactString> {
        Some(&self.step)
    }

    fn kind(&self) -> &'static str {
        "emit"
    }

    fn words(&self) -> String {
        self.event.to_string()
    }

    fn successors(&self, at: u16) -> Vec<Successor> {
        Successor::next(at)
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
