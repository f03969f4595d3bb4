//! A journey compiled: names resolved to small numbers, conditions lowered, steps laid out flat. What the evaluator reads.

use super::condition::{Capture, Condition, Deadline, Each, Field, List};
use super::definition::OnChange;
pub use super::definition::Since;
use super::feeding::Feeding;
use super::level::{LevelSet, Levels};
use super::load::hash;
use super::op::{Op, Send, Split, WaitFor};
use super::rules::{Membership, Rules};
use super::shown::{Shown, Subjects};
use crate::channel::Class;
use crate::customer::{LatestId, ZoneTables};
use crate::event::{Event, Raw, Subject};
use crate::fact::{Definition, Layout};
use crate::policy::Policy;
use crate::product::{ProductReading, Transition};
use crate::time::{DAY, Millis, Span};
use compact_str::CompactString;
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use std::sync::Arc;

pub use crate::event::EventField;

/// Everything that decides, under one configuration hash.
#[derive(Clone, Debug)]
pub struct Plan {
    /// 128-bit xxh3 over the policy, every journey's text in order of names, the time-zone tables and [`crate::sends::SEMANTICS`]; where it is known
    /// what templates read, over that, too ([`Plan::showing`]).
    pub hash: u128,
    /// The time-zone tables that it goes by.
    pub tables: Arc<ZoneTables>,
    /// The rules over all journeys.
    pub policy: Policy,
    /// What they ask of the customer.
    pub rules: Rules,
    /// In order of their names.
    pub journeys: Vec<Journey>,
    /// The event fields that some condition, key or capture reads; conditions name them by index.
    pub fields: Vec<EventField>,
    /// The profile attributes (beyond consent) that some condition reads, by index.
    pub attributes: Vec<CompactString>,
    /// What some condition makes of lists of events; conditions name them by index.
    pub lists: Vec<List>,
    /// What some condition asks of products, by index.
    pub products: Vec<ProductReading>,
    /// The documents that are kept: those that some message may show, and those that decide.
    pub kept: Subjects,
    /// What is remembered of customers.
    pub facts: Layout,
    /// Conditions that others use by their names, as they are written.
    pub segments: Vec<(CompactString, CompactString)>,
    /// What is made of facts and changes.
    pub levels: Levels,
    /// Who is interested in an event type. Types that nobody wants are absent.
    pub events: Interests,
    /// The journeys that begin by time alone, by priority (higher first), then by name: the order in which they begin.
    pub by_time: Vec<u16>,
    /// The journeys that begin by the catalogue, by transition, priority (higher first) and name.
    pub fans_out: Vec<(Transition, u16)>,
    /// The journeys that begin by broadcasts, by priority (higher first) and name.
    pub broadcasts: Vec<u16>,
    /// The sets of which it is known who has a key in them: by their numbers.
    pub indexed: Vec<u16>,
    /// Some wait goes by where the customer's clock stands and must follow it.
    pub follows_zone: bool,
    /// The fact that keeps how many events journeys may still let happen; where none does there is none.
    pub own_events: Option<u16>,
}

impl Plan {
    /// The number of the journey of this name.
    pub fn number(&self, name: &str) -> Option<u16> {
        let place = self.journeys.iter().position(|journey| journey.name == name)?;
        u16::try_from(place).ok()
    }

    /// What the event brings of the kinds that are kept.
    #[inline]
    pub fn documents<'a>(&self, event: &Event<'a>) -> impl Iterator<Item = (Subject, Raw<'a>)> {
        let kept = Subject::KEPT.iter().copied().filter(|subject| self.kept.has(*subject));
        kept.filter_map(|subject| Some((subject, event.subject(subject)?)))
    }

    /// Whether the event has a document of a kind that is kept.
    #[inline]
    pub fn brings(&self, event: &Event<'_>) -> bool {
        self.documents(event).next().is_some()
    }

    /// Who is interested in an event of this type that has come: what tells of a change of a level does not come from outside.
    pub fn interest(&self, kind: &str) -> Option<&Interest> {
        self.events.get(kind).filter(|interest| !interest.derived)
    }

    /// Whether levels stand under `next` where they stand here.
    pub fn levels_stay(&self, next: &Plan) -> bool {
        let same_clock =
            self.policy.zone == next.policy.zone && self.tables.id() == next.tables.id();
        same_clock && self.facts == next.facts && self.segments == next.segments
    }

    /// Names of the journeys that `next` has no more: when it comes into force their runs exit.
    pub fn gone_in<'p>(&'p self, next: &Plan) -> Vec<&'p str> {
        let names = self.journeys.iter().map(|journey| journey.name.as_str());
        names.filter(|name| next.journeys.iter().all(|other| other.name != *name)).collect()
    }

    /// The same for templates that read no more than this: of what no message shows nothing is kept.
    #[must_use]
    pub fn showing(mut self, shown: &Shown) -> Self {
        let templates = self.journeys.iter().flat_map(Journey::sends);
        let shown = shown.of(templates.map(|send| send.template.as_str()));
        if shown.is_empty() {
            return self;
        }
        self.kept = Subjects::DECIDING;
        let ops = self.journeys.iter_mut().flat_map(|journey| &mut journey.ops);
        for send in ops.filter_map(|op| op.send_mut()) {
            send.shows = shown.subjects(&send.template);
            self.kept = self.kept.and(send.shows.kept());
        }
        self.hash = hash::showing(self.hash, &shown);
        self
    }
}

/// Who is interested, by event type. Looked up, never iterated to decide.
pub type Interests = HashMap<CompactString, Interest, FixedState>;

/// What an event type does.
#[derive(Clone, Debug, Default)]
pub struct Interest {
    /// The facts that it touches.
    pub facts: Vec<Feeding>,
    /// One of them says when a journey begins by time.
    pub arms: bool,
    /// One of them is a set of which it is known who has a key in it.
    pub indexed: bool,
    /// The levels that read one of them.
    pub levels: LevelSet,
    /// It tells of a change of a level: nobody else can.
    pub derived: bool,
    /// Indices into [`Plan::fields`] that must be read from an event of this type.
    pub fields: Vec<u16>,
    /// The journeys concerned, by priority (higher first), then by name: the order in which they hear of the event.
    pub journeys: Vec<JourneyInterest>,
}

/// What an event type does in one journey.
#[derive(Clone, Debug, Default)]
pub struct JourneyInterest {
    /// Index into [`Plan::journeys`].
    pub journey: u16,
    /// Index into [`Plan::fields`]: which runs the event is about; none where it does not say.
    pub key: Option<u16>,
    /// It is the trigger.
    pub trigger: bool,
    /// It moves windows (and is not the trigger).
    pub moves: bool,
    /// It is the goal.
    pub goal: bool,
    /// Indices of the exit rules that it meets.
    pub exits: Vec<u8>,
    /// Indices of the operations at which runs wait for it.
    pub waits: Vec<u16>,
}

/// One journey.
#[derive(Clone, Debug)]
pub struct Journey {
    /// The name.
    pub name: CompactString,
    /// The first 8 hex digits of the hash of the file's text.
    pub version: CompactString,
    /// A hash of what it says, whatever its comments and its order of keys, and but for the next two: a change of this is a change of the journey.
    pub meaning: u64,
    /// What becomes of runs when it has changed.
    pub on_change: OnChange,
    /// Steps that had another name, and the one that they have now.
    pub renamed: Vec<(CompactString, CompactString)>,
    /// Marketing or transactional: what its sends are that do not say.
    pub class: Class,
    /// 0 to 100.
    pub priority: u8,
    /// For caps.
    pub tags: Vec<CompactString>,
    /// The trigger's condition.
    pub when: Option<Condition>,
    /// The abandonment window.
    pub quiet_for: Option<Span>,
    /// When a trigger event lets a run enter; none: at once, or at the end of the abandonment window.
    pub at: Option<Box<Deadline>>,
    /// The items of a list of the trigger event each of which is a trigger of its own.
    pub each: Option<Each>,
    /// It begins for many by what happens to a product.
    pub fan_out: Option<Box<FanOut>>,
    /// It begins by time alone, without an event.
    pub by_time: Option<Box<ByTime>>,
    /// Which of its runs an event is about.
    pub key: Key,
    /// Coming again.
    pub reentry: Reentry,
    /// Most windows and runs of one customer that have not finished.
    pub max_runs: u8,
    /// Leaving early.
    pub exits: Vec<Exit>,
    /// Where a trigger event whose condition is false ends the runs of its key: what its time is kept under, with the key.
    pub filtered: LatestId,
    /// What the time of an event that moves windows is kept under, with the key.
    pub moved: LatestId,
    /// Must hold before every send.
    pub while_: Option<Condition>,
    /// Where it stands among others that are about the same; none in no group.
    pub group: Option<Membership>,
    /// Basis points of customers who get nothing.
    pub holdout: u16,
    /// How long after the last message the goal counts.
    pub goal_within: Option<Span>,
    /// Trigger events older than this do not enter.
    pub max_event_age: Span,
    /// Events from before start nothing.
    pub active_from: Millis,
    /// What a run keeps of its trigger event. Conditions in steps name it by position here.
    pub captures: Vec<Capture>,
    /// What a run keeps of the event that it has waited for, behind captures and codes, the last first: its type (none), or indices into
    /// [`Plan::fields`]. Conditions in steps name them by position here.
    pub waited: Vec<Option<u16>>,
    /// The pools from which its messages have coupons. Behind its captures a run keeps a code of each, from the first message on that has one.
    pub pools: Vec<CompactString>,
    /// The steps, flat; execution starts at 0 and ends at the last.
    pub ops: Vec<Op>,
    /// For each operation the marketing sends (their numbers) that may come at once when a run reaches it.
    pub openings: Vec<Vec<u16>>,
    /// The documents of which its trigger events bring the whole: what its runs are about in any case, whether or not a message shows them.
    pub own: Subjects,
}

/// By what a journey begins for many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// By what a record of the catalogue makes of a product.
    Product(Transition),
    /// By a broadcast of this name.
    Broadcast(CompactString),
}

/// How a journey begins for many.
#[derive(Clone, Debug)]
pub struct FanOut {
    /// By what.
    pub by: By,
    /// For whom, by what a run would keep of it; none: for everybody.
    pub who: Option<Condition>,
    /// The sets of which one has the product of each of these.
    pub among: Vec<u16>,
    /// A number by which they come first; none: all are equal.
    pub order: Option<Condition>,
    /// For how many, all partitions together; none: for as many as may be.
    pub budget: Option<Condition>,
    /// Over how long they begin.
    pub spread: Span,
    /// Indices into [`Plan::fields`] that are read of the event.
    pub fields: Vec<u16>,
}

/// Most customers of a shard that one transition begins a journey for.
pub const MAX_FAN_OUT: usize = 10_000;

/// How a journey begins by time alone.
#[derive(Clone, Debug)]
pub struct ByTime {
    /// When.
    pub at: Deadline,
    /// What becomes of instants that are long past.
    pub backlog: Option<Backlog>,
    /// The fact that keeps the newest base by which it has begun.
    pub begun: u16,
}

impl ByTime {
    /// What keeps the newest base of the journey that has come: a fact like any other, though no event feeds it, and no condition has its name.
    pub fn begun(journey: &str) -> Definition {
        let mut begun =
            Definition::plain(&format!("{journey}.at"), "", crate::fact::Kind::Last(Vec::new()));
        begun.adds.on.clear();
        begun
    }

    /// Whether this says when it begins.
    pub(crate) fn reads(&self, fact: u16) -> bool {
        let mut reads = false;
        self.at.each_field(&mut |field| match field {
            Field::Fact(number, _) | Field::FactAt(number, ..) => reads |= number == fact,
            Field::Event(_)
            | Field::Capture(_)
            | Field::Waited(_)
            | Field::Attribute(_)
            | Field::Consent(_)
            | Field::Product(..)
            | Field::Now
            | Field::EventTime
            | Field::Local(_)
            | Field::List(_)
            | Field::Item(_) => {}
        });
        reads
    }
}

/// Instants that are long past when they are known: which of them count, and how they are spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backlog {
    /// How old they may be, or from when on they count.
    pub since: Since,
    /// Over how long.
    pub spread: Span,
}

/// An event that ends windows and runs.
#[derive(Clone, Debug)]
pub struct Exit {
    /// Reads the event.
    pub condition: Option<Condition>,
    /// What its time is kept under, with the key where the event has one; the same for the same rule in other journeys.
    pub latest: LatestId,
}

/// Where events have the key of a journey's runs: indices into [`Plan::fields`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// One run at a time, whatever it is about.
    None,
    /// In this field, whatever the event's type.
    Everywhere(u16),
    /// By event type.
    ByType(Vec<(CompactString, u16)>),
}

impl Key {
    /// Whether there may be several runs at a time.
    pub fn is_some(&self) -> bool {
        *self != Key::None
    }

    /// The field of events of this type.
    pub fn of(&self, event: &str) -> Option<u16> {
        match self {
            Key::None => None,
            Key::Everywhere(field) => Some(*field),
            Key::ByType(fields) => {
                fields.iter().find(|(kind, _)| kind == event).map(|(_, field)| *field)
            }
        }
    }
}

/// When a customer may come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reentry {
    /// Once in a lifetime.
    Never,
    /// Whenever the trigger comes and no run of the key is live.
    Always,
    /// Once a key.
    OncePerKey,
    /// Not sooner than this after the last entry.
    After(Span),
    /// Not sooner than this after the last entry of the key.
    AfterPerKey(Span),
    /// Once a key, and not sooner than this after the last entry of any.
    OncePerKeyAfter(Span),
    /// Always; a run that is live when a newer trigger event comes gives way to another.
    Restart,
}

impl Journey {
    /// Every message that it may send.
    pub fn sends(&self) -> impl Iterator<Item = &Send> {
        self.ops.iter().filter_map(|op| op.send())
    }

    /// Every split in it.
    pub fn splits(&self) -> impl Iterator<Item = &Split> {
        self.ops.iter().filter_map(|op| op.split())
    }

    /// Where among what a run keeps the code of the coupon with this number stands: behind its captures.
    pub fn code_place(&self, coupon: u8) -> usize {
        self.captures.len() + usize::from(coupon)
    }

    /// How much a run keeps before what it keeps of the event that it has waited for: captures and codes.
    pub fn before_waited(&self) -> usize {
        self.captures.len() + self.pools.len()
    }

    /// The condition by which it begins: of its trigger event, or of those for whom it begins.
    pub fn begins_if(&self) -> Option<&Condition> {
        self.when.as_ref().or(self.fan_out.as_deref().and_then(|fan_out| fan_out.who.as_ref()))
    }

    /// The wait for an event at this operation; none where another kind stands.
    pub fn wait_for(&self, op: u16) -> Option<&WaitFor> {
        self.ops.get(usize::from(op))?.wait_for()
    }

    /// The send at this operation; none where another kind stands.
    pub fn send(&self, op: u16) -> Option<&Send> {
        self.ops.get(usize::from(op))?.send()
    }

    /// The marketing sends (their numbers) that may come at the instant at which a run reaches operation `at`: what a cap reserves for.
    pub fn opening(&self, at: u16) -> &[u16] {
        self.openings.get(usize::from(at)).map_or(&[], Vec::as_slice)
    }

    /// The sends that may come at once from each operation on. Targets lie behind, so one pass from the end is enough.
    pub fn openings(ops: &[Op]) -> Vec<Vec<u16>> {
        let mut openings = vec![Vec::new(); ops.len()];
        for (at, op) in ops.iter().enumerate().rev() {
            let number = u16::try_from(at).unwrap_or(u16::MAX);
            let mut sends: Vec<u16> = op.capped().then_some(number).into_iter().collect();
            if op.passes_at_once() {
                let ways = op.successors(number);
                let of_ways = ways.iter().filter_map(|way| openings.get(usize::from(way.to)));
                sends.extend(of_ways.flatten());
                sends.sort_unstable();
                sends.dedup();
            }
            openings[at] = sends;
        }
        openings
    }
}

/// How long a customer stays out of a journey where there is no key to tell one passage from another.
pub const WITHOUT_KEY: Span = Span(7 * DAY);

/// Most operations of a journey.
pub const MAX_OPS: usize = 64;
