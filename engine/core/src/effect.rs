//! What applying an input leaves behind: decisions (packed for the decision log and the chain hash) and effects for the outside.

use crate::address::AddressHash;
use crate::channel::{Channel, Side};
use crate::customer::{Chain, Customer, DocumentKey, Forgotten, Journal};
use crate::decision::{Decided, Decision, Reason, Verdict};
use crate::event::Subject;
use crate::id::{CommandId, CustomerId, RunId};
use crate::journey::plan::Plan;
use crate::sends::SuppressionReason;
use crate::time::Millis;
use compact_str::CompactString;

mod chain;
mod emitted;
mod measures;
mod new_decisions;
pub mod pack;

use chain::ChainHash;
pub use emitted::{Emitted, Happening, MAX_EMITTED};
pub use measures::Measures;
pub use new_decisions::{NewDecisions, PackedDecision, decisions_in};
use pack::Names;

/// Something that leaves through the sends topic. Texts and documents are looked up when it is encoded, as of its decision.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A request to send.
    Command(Draft),
    /// An address is no longer to be written to, or may be again.
    Suppression {
        /// The documents, as of this moment, of the customer whose event says so.
        documents: Chain,
        /// The medium.
        channel: Channel,
        /// Which address.
        addressee: Addressee,
        /// Why.
        reason: SuppressionReason,
        /// True suppresses, false lifts.
        active: bool,
        /// Record time.
        at: Millis,
    },
}

impl Effect {
    /// The documents, as of its decision, of the customer whom it is about.
    pub fn documents(&self) -> Chain {
        match self {
            Effect::Command(draft) => draft.documents,
            Effect::Suppression { documents, .. } => *documents,
        }
    }
}

/// Which address a suppression is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressee {
    /// The customer's own; without one there is nothing to say.
    Customer,
    /// The one that the event's message went to, whoever has it now.
    Message {
        /// What stands for it.
        address: AddressHash,
        /// Nothing is to be said if it is the customer's own: that has been told, or consent was granted since.
        unless_own: bool,
    },
}

/// A command before its documents are looked up.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The documents of whom it is to, as of this moment.
    pub documents: Chain,
    /// Which document of each of [`Subject::KEPT`] the message may show.
    pub shows: [Option<DocumentKey>; Subject::KEPT.len()],
    /// The products that the customer looked at, the newest first; none where the template reads none.
    pub browsed: Option<Vec<DocumentKey>>,
    /// Derived identity.
    pub command_id: CommandId,
    /// The run.
    pub run_id: RunId,
    /// Index into the plan's journeys.
    pub journey: u16,
    /// Index of the send into the journey's operations.
    pub op: u16,
    /// The medium.
    pub channel: Channel,
    /// When the step was first reached.
    pub due_at: Millis,
    /// When the gate said yes.
    pub decided_at: Millis,
    /// Worthless after this.
    pub not_after: Millis,
    /// Of the first message of a run: the side on which the run stands.
    pub side: Option<Side>,
    /// The code of its coupon, where it has one.
    pub coupon: Option<CompactString>,
}

/// A key has come into a set of the customer at hand, or has left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The set.
    pub fact: u16,
    /// The key.
    pub key: u64,
    /// It is in.
    pub is_in: bool,
}

/// Collects what a turn decides.
pub struct Effects {
    /// Effects in the order in which they were decided.
    pub list: Vec<Effect>,
    /// Documents since the last checkpoint.
    pub journal: Journal,
    /// Decisions since the last checkpoint.
    pub decisions: NewDecisions,
    /// Decisions since the beginning, by journey, operation, verdict and reason.
    pub tally: Tally,
    /// What reports count, since it was last taken.
    pub measures: Measures,
    /// What customers had no room for, since the beginning, in the order of [`Forgotten::ALL`].
    pub forgotten: [u64; Forgotten::ALL.len()],
    /// Keys that have come into a customer's sets, or have left them, of which it is known who has a key in them; since it was last taken.
    pub moved: Vec<Moved>,
    /// What the customer's steps and levels have let happen, and nobody has applied yet.
    pub emitted: Emitted,
    /// Every decision, kept for whoever asked for it (tests, traces, backtests); none in production.
    pub kept: Option<Vec<(CustomerId, Decision)>>,
    chain: ChainHash,
    names: Names,
}

impl Effects {
    /// Notes which of these keys have come, and which have left.
    pub fn moves(&mut self, before: &[(u16, u64)], after: &[(u16, u64)]) {
        let only = |of: &[(u16, u64)], other: &[(u16, u64)], is_in| {
            let own = of.iter().filter(|key| !other.contains(key));
            own.map(|(fact, key)| Moved { fact: *fact, key: *key, is_in }).collect::<Vec<_>>()
        };
        self.moved.extend(only(before, after, false));
        self.moved.extend(only(after, before, true));
    }

    /// Nothing decided yet.
    pub fn new(plan: &Plan) -> Self {
        Self {
            list: Vec::new(),
            moved: Vec::new(),
            emitted: Emitted::default(),
            journal: Journal::default(),
            decisions: NewDecisions::default(),
            tally: Tally::new(plan),
            measures: Measures::new(plan),
            forgotten: [0; Forgotten::ALL.len()],
            kept: None,
            chain: ChainHash::new(),
            names: Names::of(plan),
        }
    }

    /// Another plan is in force: its journeys are counted from now on.
    pub fn change_plan(&mut self, old: &Plan, new: &Plan) {
        self.tally = Tally::new(new);
        self.measures.change_plan(old, new);
    }

    /// Records a decision: new decisions, chain hash, tally.
    pub fn decide(&mut self, plan: &Plan, customer: &Customer, decided: &Decided) {
        if !self.names.are_of(plan) {
            self.names = Names::of(plan);
        }
        let pack = |out: &mut Vec<u8>| pack::pack(&self.names, decided, out);
        let packed = self.decisions.append_by(customer.id, pack::most(decided), pack);
        self.chain.add(&customer.id.0.to_le_bytes());
        self.chain.add_whole(packed);
        self.tally.count(decided);
        if decided.verdict == Verdict::Entered {
            self.measures.enter(decided.journey);
        }
        if let Some(kept) = &mut self.kept
            && let Some(decision) = pack::unpack(packed, "")
        {
            kept.push((customer.id, decision));
        }
    }

    /// Bytes of documents and decisions since the last checkpoint.
    pub fn new_bytes(&self) -> usize {
        self.journal.len() + self.decisions.len()
    }

    /// A customer had no room for something.
    #[cold]
    pub fn forgets(&mut self, what: Forgotten) {
        self.forgotten[what as usize] += 1;
    }

    /// Adds the encoded bytes of an effect to the chain.
    pub fn chain_bytes(&mut self, bytes: &[u8]) {
        self.chain.add_whole(bytes);
    }

    /// Closes the chain of a recorded turn: everything since the previous one, on top of `previous`.
    pub fn close_chain(&mut self, previous: u128) -> u128 {
        self.chain.close(&previous.to_le_bytes())
    }
}

/// Counts of decisions for metrics.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// For each journey the start of its block.
    starts: Vec<usize>,
    counts: Vec<u64>,
}

const VERDICTS: usize = Verdict::ALL.len();
const REASONS: usize = Reason::ALL.len();

/// The place of each reason among all of them, by its number: numbers are stored, and some are left out.
const PLACES: [u8; 256] = {
    let mut places = [0; 256];
    let mut place = 0;
    while place < REASONS {
        places[Reason::ALL[place] as usize] = place as u8;
        place += 1;
    }
    places
};

impl Tally {
    fn new(plan: &Plan) -> Self {
        let mut starts = Vec::with_capacity(plan.journeys.len() + 1);
        let mut end = 0;
        for journey in &plan.journeys {
            starts.push(end);
            // One block more than operations: decisions that no step made.
            end += (journey.ops.len() + 1) * VERDICTS * REASONS;
        }
        starts.push(end);
        Self { starts, counts: vec![0; end] }
    }

    fn count(&mut self, decided: &Decided) {
        let block = decided.op.map_or(0, |op| usize::from(op) + 1);
        let start =
            self.starts.get(usize::from(decided.journey)).copied().unwrap_or(usize::MAX / 2);
        let place = start
            + (block * VERDICTS + decided.verdict as usize) * REASONS
            + usize::from(PLACES[decided.reason as usize]);
        if let Some(count) = self.counts.get_mut(place) {
            *count += 1;
        }
    }

    /// The counts that are not zero: journey, operation (none: no step), verdict, reason, count.
    pub fn iter(&self) -> impl Iterator<Item = (u16, Option<u16>, Verdict, Reason, u64)> {
        self.starts.windows(2).enumerate().flat_map(move |(journey, bounds)| {
            let counts = self.counts.get(bounds[0]..bounds[1]).unwrap_or_default();
            counts.iter().enumerate().filter(|(_, count)| **count > 0).map(move |(place, count)| {
                let block = place / (VERDICTS * REASONS);
                let verdict = Verdict::ALL[place / REASONS % VERDICTS];
                let op = block.checked_sub(1).map(|op| op as u16);
                (journey as u16, op, verdict, Reason::ALL[place % REASONS], *count)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journey::load::{SourceFile, load};
    use crate::policy::Policy;

    /// Numbers of reasons are stored and have gaps: a place in the tally is none of them.
    #[test]
    fn every_decision_is_counted_as_what_it_is() {
        let text = "journey: j\ntrigger: { event: go }\nsteps: [{ send: a, channels: [email] }]\n";
        let source = SourceFile { path: "j.yaml".into(), text: text.into() };
        let plan = load(&Policy::default(), &[source]).expect("a plan");
        for verdict in Verdict::ALL {
            for reason in Reason::ALL {
                for op in [None, Some(0)] {
                    let mut tally = Tally::new(&plan);
                    tally.count(&Decided { op, ..Decided::new(0, 0, verdict, reason) });
                    let told: Vec<_> = tally.iter().collect();
                    assert_eq!(told, [(0, op, verdict, reason, 1)]);
                }
            }
        }
    }
}
