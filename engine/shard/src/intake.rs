//! From records to changed customers: read and find some ahead, then apply one by one, each by its kind.

use crate::checkpoint::Store;
use crate::index::Tag;
use crate::settings::Identity;
use crate::shard::Shard;
use crate::tidy::is_long;
use crate::timers::Change;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cartwheel_core::apply::{Applied, EventTime, Outcome, ToldOfMessage, told_of_message};
use cartwheel_core::customer::{Chain, Customer, Document};
use cartwheel_core::effect::{Addressee, Effect};
use cartwheel_core::event::{Event, Record, Rejected};
use cartwheel_core::id::CustomerId;
use cartwheel_core::input::{Input, Kind};
use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::sends::{Dead, DeadReason, Poison, Skipped};
use cartwheel_core::time::{Millis, format_rfc3339};
use std::hint::black_box;

/// A dead letter carries the record up to this many bytes.
const MAX_DEAD_VALUE: usize = 256 * 1024;

/// Records that are read and looked up together, so that the memory of one customer is fetched while others are looked up. As many
/// as the nearest cache has room for.
const AHEAD: usize = 64;

/// A record that has been read, its time, and its customer's place in the index and slot, if it has them.
#[derive(Clone, Default)]
struct Read<'a> {
    input: Input<'a>,
    time: Millis,
    tag: Tag,
    slot: Option<u32>,
}

/// The time of a record where `seen` is the greatest so far. A record that has none (Kafka writes -1) came when the one before it did: then neither
/// the clock nor its own event lies in 1970. Before there has been any time, that is what is left.
pub(crate) fn record_time(record: &Record<'_>, seen: Millis) -> Millis {
    if record.time < 0 { seen.max(0) } else { record.time }
}

impl<S: Store> Shard<S> {
    /// Applies records in order as long as `before` lets the next one; how many.
    pub(crate) fn apply_while(
        &mut self,
        records: &[Record<'_>],
        mut before: impl FnMut(&mut Self, &Record<'_>) -> bool,
    ) -> usize {
        let mut room = vec![Read::default(); AHEAD.min(records.len())];
        let mut applied = 0;
        for chunk in records.chunks(AHEAD) {
            let ahead = &mut room[..chunk.len()];
            self.read_ahead(chunk, ahead);
            for (record, read) in chunk.iter().zip(ahead) {
                let record = &Record { time: read.time, ..*record };
                if !before(self, record) {
                    return applied;
                }
                self.apply(record, read);
                applied += 1;
            }
        }
        applied
    }

    /// Loops of independent reads: the processor has many of them under way at once, where one after the other would wait for memory.
    fn read_ahead<'a>(&mut self, records: &[Record<'a>], ahead: &mut [Read<'a>]) {
        let mut seen = self.position.seen;
        for (record, read) in records.iter().zip(ahead.iter_mut()) {
            read.time = record_time(record, seen);
            seen = seen.max(read.time);
            let record = Record { time: read.time, ..*record };
            read.input.read(&record, &mut self.decoder, &self.core.plan.policy);
        }
        for read in ahead.iter_mut() {
            let customer = read.input.customer();
            read.tag = customer.map_or_else(Tag::default, |customer| self.table.look(customer));
        }
        for read in ahead.iter_mut() {
            read.slot = read.input.customer().and_then(|_| self.table.guess(read.tag));
            if let Some(slot) = read.slot {
                let customer = self.table.get(slot);
                customer.look();
            }
        }
        for read in ahead.iter_mut() {
            let (Some(slot), Kind::OfCustomer(id, event)) = (read.slot, read.input.kind()) else {
                continue;
            };
            let customer = self.table.get(slot);
            if customer.id != id {
                // Another that agrees in what the index has.
                read.slot = self.table.find(id);
                continue;
            }
            customer.look_further();
            if self.core.plan.brings(event) {
                black_box((customer.documents.len(), customer.latest.more().len()));
                black_box(self.effects.journal.look(customer.cold));
            }
        }
    }

    /// Applies one record; timers due by its time have fired.
    fn apply(&mut self, record: &Record<'_>, read: &Read<'_>) {
        self.position.seen = self.position.seen.max(record.time);
        self.position.now = self.position.now.max(self.position.seen);
        self.position.next_offset = record.offset + 1;
        match read.input.kind() {
            Kind::OfCustomer(customer, event) => {
                self.apply_event(record, event, customer, read.slot);
            }
            Kind::OfStream(streamed) => self.apply_streamed(record, streamed),
            Kind::Poison(rejected) => self.bury(record, rejected),
        }
    }

    fn apply_event(
        &mut self,
        record: &Record<'_>,
        event: &Event<'_>,
        id: CustomerId,
        slot: Option<u32>,
    ) {
        let seen = self.position.seen;
        let time = EventTime::new(event.time, record.time, seen);
        self.counters.other_keys +=
            u64::from(record.key.is_some_and(|key| key != event.customer.as_bytes()));
        // A record shortly before may have made the customer known.
        let slot = match slot.or_else(|| self.table.find(id)) {
            Some(slot) => slot,
            // Who is known belongs here: only of somebody new that has to be asked.
            None => match self.refused(event.customer.as_bytes(), record.offset) {
                Some(rejected) => return self.refuse(record, event, &rejected),
                None => self.add(id, event),
            },
        };
        let customer = self.table.get_mut(slot);
        let was_dirty = customer.dirty;
        let mut environment = self.shared.environment(&self.position, &mut self.effects);
        let Outcome { applied, left_out } =
            self.core.event(customer, event, time, &mut environment);
        let (change, mut long) = (Change::of(customer, was_dirty), is_long(customer));
        match applied {
            Applied::Wanted => self.counters.wanted += 1,
            Applied::Unwanted => self.counters.unwanted += 1,
            Applied::Duplicate => self.counters.duplicates += 1,
        }
        if !left_out.is_empty() {
            self.degraded(record, event, left_out, slot);
            long = is_long(self.table.get(slot));
        }
        if long {
            self.note_long(slot);
        }
        self.settle_change(slot, change);
    }

    /// Somebody new gets a slot, and a name among the documents.
    pub(crate) fn add(&mut self, id: CustomerId, event: &Event<'_>) -> u32 {
        let mut customer = Customer::new(id);
        self.effects.journal.append(&mut customer.cold, Document::Name, event.customer.as_bytes());
        self.table.add(customer)
    }

    /// Why somebody new must not be added.
    pub(crate) fn refused(&mut self, customer: &[u8], offset: i64) -> Option<Rejected> {
        self.misplaced(customer).or_else(|| {
            // Not the limit, which may be another one at a replay.
            let known = self.table.len();
            let told = || format!("engine.max_customers_per_shard: {known} customers are known");
            self.is_full_at(offset).then(|| Rejected::new(Poison::TooManyCustomers, told()))
        })
    }

    /// Whether there is no room for somebody new, at this offset. The limit may be another one today than when a turn of the log was decided: a
    /// replay does what its record says.
    fn is_full_at(&self, offset: i64) -> bool {
        if self.replaying() == 0 {
            return self.table.len() >= self.settings.max_customers;
        }
        let Some(accepted) = self.replay.next() else { return false };
        let skipped = &accepted.turn.skipped;
        let place = skipped.binary_search_by_key(&offset, |skipped| skipped.offset);
        place.is_ok_and(|place| skipped[place].reason == Poison::TooManyCustomers)
    }

    /// Why a record of this customer must not be applied here: another shard has the customer, or will have.
    fn misplaced(&mut self, customer: &[u8]) -> Option<Rejected> {
        let Identity { partition, partitions, .. } = self.identity;
        let partitioner = self.position.partitioner.unwrap_or(self.identity.partitioner);
        let belongs = partitioner.partition_of(customer, partitions);
        if belongs == partition {
            return None;
        }
        for other in Partitioner::ALL {
            let fits = other.partition_of(customer, partitions) == partition;
            self.counters.would_fit[other as usize] += u64::from(fits);
        }
        let detail = format!("{} puts this customer on partition {belongs}", partitioner.name());
        Some(Rejected::new(Poison::Misplaced, detail))
    }

    /// A record that does not count, and its time neither: it comes from too far ahead of the clock.
    pub(crate) fn pass_over(&mut self, record: &Record<'_>, reason: Poison) -> bool {
        self.position.next_offset = record.offset + 1;
        // No word of the clock: a replay, which has none, writes the same letter.
        self.bury(record, &Rejected::new(reason, format_rfc3339(record.time)));
        true
    }

    /// An event whose customer is none of this shard's. What it says of its message's address concerns no customer and holds all the same.
    fn refuse(&mut self, record: &Record<'_>, event: &Event<'_>, rejected: &Rejected) {
        if let Some(ToldOfMessage { channel, reason, address }) = told_of_message(event) {
            let addressee = Addressee::Message { address, unless_own: false };
            // Nobody that is known here.
            let (documents, at, active) = (Chain::default(), self.position.seen, true);
            let told = Effect::Suppression { documents, channel, addressee, reason, active, at };
            self.effects.list.push(told);
        }
        self.bury(record, rejected);
    }

    /// A record that cannot be applied: its offset stands in the turn record, the rest in a dead letter.
    pub(crate) fn bury(&mut self, record: &Record<'_>, rejected: &Rejected) {
        let place =
            Poison::ALL.iter().position(|reason| *reason == rejected.reason).unwrap_or_default();
        self.counters.poison[place] += 1;
        self.skipped.push(Skipped { offset: record.offset, reason: rejected.reason });
        let reason = DeadReason::Poison(rejected.reason);
        let letter = self.letter(record, reason, rejected.detail.clone().into_owned());
        self.bury_letter(letter);
    }

    /// A dead letter leaves with the turn.
    pub(crate) fn bury_letter(&mut self, letter: Dead) {
        self.made.bytes +=
            [&letter.key, &letter.value].into_iter().flatten().map(String::len).sum::<usize>();
        self.dead.push(letter);
    }

    /// A record as a dead letter.
    pub(crate) fn letter(&self, record: &Record<'_>, reason: DeadReason, detail: String) -> Dead {
        Dead {
            topic: self.identity.events_topic.clone(),
            partition: self.identity.partition,
            offset: record.offset,
            reason,
            applied: reason.is_applied(),
            detail,
            key: record.key.map(|key| STANDARD.encode(&key[..key.len().min(1024)])),
            value: (record.value.len() <= MAX_DEAD_VALUE).then(|| STANDARD.encode(record.value)),
        }
    }
}
