//! What a journey needs to decide on an event.

use super::bounds::{MAX_LINGERING, REMEMBERED_IDS};
use super::documents::Chain;
use super::kept::KeptDocuments;
use super::latest::LatestTimes;
use super::names::FieldNames;
use super::register::Register;
use super::run::{Place, Run};
use super::seen::SeenIds;
use crate::channel::Channel;
use crate::event::Raw;
use crate::fact::Facts;
use crate::id::CustomerId;
use crate::time::{Millis, NEVER};
use crate::value::{Value, ValueRef};
use std::hint::black_box;
use thin_vec::ThinVec;

/// One customer's hot state: three cache lines. Events that start nothing touch the first two.
#[derive(Clone, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Customer {
    /// Who.
    pub id: CustomerId,
    /// The earliest deadline of the runs that are not held, of the levels, and of what begins by time; [`NEVER`] without one.
    pub deadline: Millis,
    /// The deadline of the one live entry in the wheel; [`NEVER`] without one. Not part of the state: the wheel is a cache.
    pub armed: Millis,
    /// Windows, runs and lingering runs, in order of RunId.
    pub runs: ThinVec<Run>,
    /// What was counted.
    pub facts: Facts,
    /// The customer's entries in the log of documents. Not part of the state.
    pub cold: Chain,
    /// Number of the zone in [`super::Zones`] plus one; 0 if unknown. Derived from the attributes, not stored.
    pub zone: u16,
    /// Where the next id goes.
    pub seen_next: u8,
    /// Channels (bits) with consent granted. Derived from the registers, as the next and [`Customer::reachable`] are; not stored.
    pub granted: u8,
    /// Channels (bits) with consent denied.
    pub denied: u8,
    /// Channels (bits) suppressed by a bounce.
    pub bounced: u8,
    /// Channels (bits) suppressed by a complaint.
    pub complained: u8,
    /// Channels (bits) with an address.
    pub reachable: u8,
    /// Needs to be written at the next checkpoint. Not part of the state.
    pub dirty: bool,
    /// Time alone begins a journey: only then [`Customer::begins`] is looked at, which lies far from here.
    pub timed: bool,
    /// The newest event ids.
    pub seen: SeenIds,
    /// What late events are compared with; of most customers the line of the ids has it all.
    pub latest: LatestTimes,
    /// Entries that a re-entry rule remembers, oldest first.
    pub entries: ThinVec<Entry>,
    /// Marketing messages sent, and those that a holdout has kept back, oldest first, as long as some cap counts them.
    pub touches: ThinVec<Touch>,
    /// Profile attributes that decide: those that some condition names and those of the time zone.
    pub attributes: ThinVec<Attribute>,
    /// Words on consent and addresses.
    pub registers: ThinVec<Register>,
    /// The documents that there are.
    pub documents: KeptDocuments,
    /// The fields of the profile that only messages show.
    pub names: FieldNames,
    /// The earliest instant at which a journey begins by time alone; [`NEVER`] without one. Derived from facts and profile, not stored.
    pub begins: Millis,
}

// The first line is full: 16 + 4 x 8 + 6 + 2 + 8 bytes; the second is `seen` and the first of `latest`; the third is full.
const _: () = assert!(size_of::<Customer>() == 192 && std::mem::offset_of!(Customer, seen) == 64);
const _: () =
    assert!(std::mem::offset_of!(Customer, latest) + size_of::<super::latest::Latest>() == 128);

/// A profile attribute that decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Hash of its name.
    pub name: u32,
    /// Event time of what wrote it.
    pub at: Millis,
    /// Null where it was removed, or is not readable.
    pub value: Value,
    /// What came is no value, but a list or an object: that is no permission.
    pub unreadable: bool,
}

impl Attribute {
    /// As it came.
    pub fn read(name: u32, at: Millis, raw: Raw<'_>) -> Self {
        let value = raw.scalar();
        let unreadable = value == Value::Null && !raw.is_null();
        Self { name, at, value, unreadable }
    }
}

/// An entry into a journey, remembered for its re-entry rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// Index into the plan's journeys.
    pub journey: u16,
    /// Hash of the key.
    pub key: u64,
    /// When.
    pub at: Millis,
}

/// A marketing message sent, or kept back by a holdout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Touch {
    /// When.
    pub at: Millis,
    /// Index into the plan's journeys.
    pub journey: u16,
    /// The medium.
    pub channel: Channel,
    /// Nobody was touched: a holdout has kept it back. It counts for runs of that holdout alone.
    pub ghost: bool,
}

impl Customer {
    /// Somebody of whom nothing is known.
    pub fn new(id: CustomerId) -> Self {
        Self {
            id,
            deadline: NEVER,
            armed: NEVER,
            seen: SeenIds::default(),
            seen_next: 0,
            granted: 0,
            denied: 0,
            bounced: 0,
            complained: 0,
            reachable: Channel::Webhook.bit(),
            dirty: false,
            timed: false,
            zone: 0,
            cold: Chain::default(),
            facts: Facts::default(),
            runs: ThinVec::new(),
            entries: ThinVec::new(),
            touches: ThinVec::new(),
            attributes: ThinVec::new(),
            registers: ThinVec::new(),
            latest: LatestTimes::default(),
            documents: KeptDocuments::default(),
            names: FieldNames::default(),
            begins: NEVER,
        }
    }

    /// Remembers an event id; false if it is one of the newest [`REMEMBERED_IDS`].
    pub fn first_sight(&mut self, id_hash: u64) -> bool {
        let id = SeenIds::short(id_hash);
        if self.seen.contains(id) {
            return false;
        }
        self.seen.set(usize::from(self.seen_next), id);
        self.seen_next = (self.seen_next + 1) % REMEMBERED_IDS as u8;
        true
    }

    /// Touches what every event reads of the slot: who reads some one after the other does not wait for each.
    #[inline]
    pub fn look(&self) {
        black_box((self.id, self.seen.look()));
    }

    /// Touches what most events and timers read behind it: the first run.
    #[inline]
    pub fn look_further(&self) {
        // Its beginning lies beside the list's length.
        black_box(self.runs.first().map(|run| (run.deadline, run.journey)));
    }

    /// Windows and entered runs, without the lingering.
    pub fn live_runs(&self) -> usize {
        self.runs.iter().filter(|run| run.place.is_live()).count()
    }

    /// To be called when runs, levels, or what begins by time have changed: the earliest deadline follows them, and with the last run their memory is given back, since most
    /// customers have none most of the time.
    pub fn runs_changed(&mut self) {
        self.runs_changed_beside(self.facts.turns());
    }

    /// The same, where the first instant at which a level may be another is known.
    pub fn runs_changed_beside(&mut self, turns: Millis) {
        if self.runs.is_empty() && self.runs.capacity() > 0 {
            self.runs = ThinVec::new();
        }
        let runs = self.runs.iter().filter(|run| run.is_timed());
        self.deadline = runs.map(|run| run.deadline).fold(self.begins(), Millis::min).min(turns);
    }

    /// The earliest instant at which a journey begins by time alone; [`NEVER`] without one.
    pub fn begins(&self) -> Millis {
        if self.timed { self.begins } else { NEVER }
    }

    /// This is now the earliest instant at which a journey begins by time alone.
    pub fn begin_at(&mut self, begins: Millis) {
        (self.begins, self.timed) = (begins, begins != NEVER);
        self.runs_changed();
    }

    /// Puts a run into its place in the order of ids. A lingering run of the same id (the same key at the same millisecond)
    /// is replaced.
    pub fn insert_run(&mut self, run: Run) -> usize {
        let place = self.runs.partition_point(|other| other.id < run.id);
        if self.runs.get(place).is_some_and(|other| other.id == run.id) {
            self.runs[place] = run;
        } else {
            self.runs.reserve_exact(1);
            self.runs.insert(place, run);
        }
        place
    }

    /// To be called when a finished run has been put among the others. Of too many the one whose time for its goal ends first goes; whether one has.
    pub fn forget_lingering(&mut self) -> bool {
        let lingering = || {
            let all = self.runs.iter().enumerate();
            all.filter(|(_, run)| run.place == Place::Goal)
        };
        let oldest = lingering().min_by_key(|(_, run)| run.deadline).map(|(place, _)| place);
        let surplus = oldest.filter(|_| lingering().nth(MAX_LINGERING).is_some());
        surplus.map(|place| self.runs.remove(place)).is_some()
    }

    /// The attribute whose name has this hash.
    pub fn attribute(&self, hash: u32) -> ValueRef<'_> {
        self.known(hash).map_or(ValueRef::Null, |attribute| attribute.value.borrow())
    }

    /// Whether something came for that attribute that cannot be read.
    pub fn is_unreadable(&self, hash: u32) -> bool {
        self.known(hash).is_some_and(|attribute| attribute.unreadable)
    }

    fn known(&self, hash: u32) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == hash)
    }
}
