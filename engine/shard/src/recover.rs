//! Recovery: the newest checkpoint that the accepted log confirms, then a replay of the events under the log's turn records,
//! then what a partial last turn lacks.

use crate::checkpoint::{Meta, Sealed, Store, StoreError, entries};
use crate::decisions::Made;
use crate::degraded::Samples;
use crate::documents::Reading;
use crate::error::ShardError;
use crate::frames::Frames;
use crate::indexed::Indexed;
use crate::log::AcceptedLog;
use crate::settings::{Identity, Settings};
use crate::shard::{Counters, Position, Shard};
use crate::streams::Shared;
use crate::table::Table;
use crate::tidy::Tidy;
use crate::turn::{Budget, Outgoing, Turned};
use cartwheel_core::apply::Core;
use cartwheel_core::broadcast::Broadcasts;
use cartwheel_core::control::Control;
use cartwheel_core::coupon::Pools;
use cartwheel_core::customer::{Chain, Customer, Journal, decode_customer};
use cartwheel_core::effect::{Effects, NewDecisions};
use cartwheel_core::event::{Decoder, OddFields, Record};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::product::Products;
use cartwheel_core::sends::{Headers, Mode, Reader, SEMANTICS, Turn};
use cartwheel_core::stream::Streams;
use cartwheel_core::timer::Wheel;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Bytes of new documents that a customer may have between two checkpoints, roughly, and as many of decisions.
const DOCUMENTS: usize = 256;

/// A store that has been opened, before its shard leads.
pub struct Opened<S> {
    identity: Identity,
    settings: Settings,
    store: S,
    meta: Option<Meta>,
    table: Table,
    journal: Journal,
    decisions: NewDecisions,
}

impl<S: Store> Opened<S> {
    /// Opens a shard's store.
    pub fn open(identity: Identity, settings: Settings, store: S) -> Result<Self, ShardError> {
        let meta = store.meta()?;
        let table = Table::with_room(settings.index_key, 0);
        let (journal, decisions) = (Journal::default(), NewDecisions::default());
        Ok(Self { identity, settings, store, meta, table, journal, decisions })
    }

    /// Takes memory for so many customers and their documents, and touches it. The system makes memory real only when it is first written: for
    /// 2 MiB at a time that takes from 0.1 ms to (under some hypervisors) 3 ms, in the middle of a turn. Without this, or for 0,
    /// memory is taken as customers come.
    pub fn make_room(&mut self, customers: usize) {
        // While a checkpoint is written the next documents and decisions need room as well.
        let most = (self.settings.max_journal + self.settings.max_journal / 2) / 2;
        self.table = Table::with_room(self.settings.index_key, customers);
        let room = most.min(customers.saturating_mul(DOCUMENTS));
        self.journal = Journal::with_room(room);
        self.decisions = NewDecisions::with_room(room);
    }

    /// The newest checkpoint.
    pub fn checkpoint(&self) -> Option<&Meta> {
        self.meta.as_ref()
    }

    /// Leads under the leader record at `epoch`, up to which `log` has been read. `plan` gives the configurations that the
    /// log names; `newest` is the one to activate after the replay, and `begin` the first offset of a shard without any history.
    pub fn lead(
        self,
        epoch: i64,
        log: AcceptedLog,
        begin: i64,
        newest: &Arc<Plan>,
        plan: &dyn Fn(u128) -> Option<Arc<Plan>>,
    ) -> Result<Shard<S>, ShardError> {
        let base = log.base()?;
        if log.leader() != Some(epoch) {
            return Err(ShardError::Deposed { ours: epoch, later: log.leader().unwrap_or(-1) });
        }
        let find = |hash: u128| {
            plan(hash).ok_or_else(|| ShardError::UnknownConfiguration(format!("{hash:032x}")))
        };
        let plans = log.configurations().into_iter().map(find).collect::<Result<Vec<_>, _>>()?;
        let first = Arc::clone(plans.first().unwrap_or(newest));
        // Where the checkpoint ends the log there is nothing to decide again: its state may be of another number. The first turn activates ours.
        if let Some((seq, log)) = log.foreign() {
            return Err(ShardError::UnknownSemantics { seq, log, ours: SEMANTICS });
        }
        let short_log = self.settings.short_log;
        let begin = log.begins().unwrap_or(begin);
        let position = Position { seq: base, ..position(self.meta.as_ref(), begin) };
        let mut effects = Effects::new(&first);
        (effects.journal, effects.decisions) = (self.journal, self.decisions);
        let (documents_begin, documents_end) =
            self.meta.as_ref().map_or((0, 0), |meta| (meta.documents_begin, meta.documents_end));
        effects.journal.go_on(documents_end);
        let mut shard = Shard {
            identity: self.identity,
            settings: self.settings,
            effects,
            tidy: Tidy::new(documents_begin, short_log),
            decoder: Decoder::default(),
            frames: Frames::of(&first),
            core: Core::new(first),
            table: self.table,
            wheel: Wheel::new(),
            group: Vec::new(),
            upcoming: Vec::new(),
            shared: Shared::default(),
            indexed: Indexed::default(),
            store: self.store,
            epoch,
            reader: Reader { leader: Some(epoch), last: log.last() },
            verify_input: self.meta.as_ref().map(|meta| meta.last_input).filter(|hash| *hash != 0),
            position,
            replay: log.into_replay(),
            plans,
            left: Vec::new(),
            held: BTreeSet::new(),
            sealed: None,
            spills: 0,
            spare: Sealed::default(),
            made: Made::default(),
            spare_records: Vec::new(),
            reading: Reading::default(),
            dead: Vec::new(),
            skipped: Vec::new(),
            clamped: Vec::new(),
            stating: None,
            counters: Counters::default(),
        };
        shard.load(documents_end > 0)?;
        if let Some(meta) = &self.meta {
            shard.load_shared(meta)?;
        }
        Ok(shard)
    }
}

impl<S: Store> Shard<S> {
    /// The offset of the events partition up to which the replay needs records; none if there is nothing to replay.
    pub fn replay_until(&self) -> Option<i64> {
        self.replay.until()
    }

    /// Where a replay that has used up the turns in memory reads on in the sends partition: its records, from this offset on, are to be
    /// handed to [`Shard::log_record`] until it says that it has enough. None where that is not needed now; until then no turn is replayed.
    pub fn log_wanted(&self) -> Option<i64> {
        self.replay.wanted()
    }

    /// Takes the next record of the sends partition for the replay; whether another one is wanted.
    pub fn log_record(
        &mut self,
        offset: i64,
        headers: Headers,
        value: &[u8],
    ) -> Result<bool, ShardError> {
        self.replay.read_on(self.epoch, offset, headers, value)
    }
}

/// Where a shard begins: at its checkpoint; else at `begin`, which is what the first turn of the log states as its base.
fn position(meta: Option<&Meta>, begin: i64) -> Position {
    let empty = Position {
        next_offset: begin,
        seen: i64::MIN,
        now: i64::MIN,
        mode: Mode::Live,
        seq: 0,
        chain: 0,
        fired: 0,
        walked: 0,
        last_input: 0,
        samples: Samples::default(),
        partitioner: None,
        semantics: SEMANTICS,
    };
    let Some(meta) = meta else { return empty };
    Position {
        next_offset: meta.next_offset,
        seen: meta.seen,
        now: meta.now,
        mode: if meta.behind { Mode::Behind } else { Mode::Live },
        seq: meta.seq,
        chain: meta.chain,
        fired: 0,
        walked: 0,
        last_input: meta.last_input,
        samples: Samples { hour: meta.sample_hour, taken: OddFields::from_bits(meta.sampled) },
        partitioner: meta.partitioner.and_then(Partitioner::from_number),
        semantics: meta.semantics,
    }
}

impl<S: Store> Shard<S> {
    /// What came from records that every partition gets.
    fn load_shared(&mut self, meta: &Meta) -> Result<(), StoreError> {
        let damaged = |what: &str| StoreError::Damaged(format!("the stored {what} cannot be read"));
        let streams = Streams::decode(&meta.streams);
        let (streams, behind) = streams.ok_or_else(|| damaged("streams"))?;
        let (control, behind) = Control::decode(behind).ok_or_else(|| damaged("orders"))?;
        let broadcasts = Broadcasts::decode(behind).ok_or_else(|| damaged("broadcasts"))?;
        let products = Products::named(&meta.product_names);
        let mut products = products.ok_or_else(|| damaged("names of products' fields"))?;
        let mut sound = true;
        self.store.products(&mut |key, packed| sound &= products.load(key, packed))?;
        if !sound {
            return Err(damaged("products"));
        }
        let mut pools = Pools::decode(&meta.pools).ok_or_else(|| damaged("pools of coupons"))?;
        self.store.codes(&mut |key, packed| sound &= pools.load_stored(key, packed))?;
        if !sound || !pools.is_whole() {
            return Err(damaged("codes of coupons"));
        }
        self.shared = Shared { streams, products, control, broadcasts, pools };
        Ok(())
    }

    /// Every customer, where the store has a log of documents (`logged`) with its chain.
    fn load(&mut self, logged: bool) -> Result<(), ShardError> {
        let zones = Arc::clone(&self.core.zones);
        let table = &mut self.table;
        let mut bad = None;
        self.store.load(&mut |id, bytes| {
            let (hot, cold) = match bytes.split_last_chunk() {
                Some((hot, chain)) if logged => (hot, Chain::from_bytes(*chain)),
                Some(_) | None => (bytes, Chain::default()),
            };
            match decode_customer(id, hot, &zones) {
                Ok(customer) => drop(table.add(Customer { cold, ..customer })),
                Err(error) => bad = bad.take().or(Some(error)),
            }
            Ok(())
        })?;
        if let Some(error) = bad {
            return Err(error.into());
        }
        if !logged {
            self.take_over_documents()?;
        }
        for slot in 0..self.table.len() as u32 {
            self.core.arm(self.table.get_mut(slot), self.position.seen);
            self.arm(slot);
            self.note_held(slot);
        }
        if !self.core.plan.indexed.is_empty() {
            self.index_all();
        }
        Ok(())
    }

    /// Documents of a store that has no log of them come into it with the next checkpoint.
    fn take_over_documents(&mut self) -> Result<(), ShardError> {
        let (table, journal) = (&mut self.table, &mut self.effects.journal);
        self.store.old_documents(&mut |id, packed| {
            if let Some(slot) = table.find(id) {
                let customer = table.get_mut(slot);
                entries(packed).for_each(|(document, content)| {
                    journal.append(&mut customer.cold, document, content);
                });
                if !std::mem::replace(&mut customer.dirty, true) {
                    table.changed(slot);
                }
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Publishes the first turn record of a shard without any history: it states the base. To be called once before the first
    /// turn; does nothing where there is history.
    pub fn begin_history(&mut self, out: &mut Vec<Outgoing>) -> Result<(), ShardError> {
        if self.position.seq > 0 || self.replaying() > 0 {
            return Ok(());
        }
        self.state_partitioner();
        self.write_turn(out)
    }

    /// Puts a configuration into force, and with it this build's semantics and the topic's partitioner where the log says otherwise, as a
    /// recorded turn of its own. Not before the replay is done. Says whether the configuration changed.
    pub fn activate(
        &mut self,
        plan: &Arc<Plan>,
        out: &mut Vec<Outgoing>,
    ) -> Result<bool, ShardError> {
        if self.replaying() > 0 {
            return Ok(false);
        }
        let changed = plan.hash != self.core.plan.hash;
        if changed {
            // Under the configuration in which it began.
            self.walk(u64::MAX);
            self.switch_plan(plan)?;
        }
        if self.state_partitioner() || changed || self.position.semantics != SEMANTICS {
            self.write_turn(out)?;
        }
        Ok(changed)
    }

    /// The next turn record says which partitioner counts from its end on, unless the log says so already.
    fn state_partitioner(&mut self) -> bool {
        let partitioner = Some(self.identity.partitioner);
        let news = self.position.partitioner != partitioner;
        if news {
            (self.position.partitioner, self.stating) = (partitioner, partitioner);
        }
        news
    }

    /// Replays the next turn of the log over the front of the batch. It ends where its record says, whatever it makes.
    pub(crate) fn replay_turn(
        &mut self,
        records: &[Record<'_>],
        out: &mut Vec<Outgoing>,
    ) -> Result<Turned, ShardError> {
        let Some(target) = self.replay.next() else {
            // The log is to be read on first.
            return Ok(Turned { more: true, ..Turned::default() });
        };
        let next = target.turn.next_offset;
        let judge = target.turn.clone();
        let of_turn = records.iter().take_while(|record| record.offset < next).count();
        let mut budget = Budget::recorded(u64::MAX);
        let consumed = self.apply_judged(&records[..of_turn], &judge, |shard, record| {
            record.is_none_or(|record| shard.before_event(record, &mut budget))
        });
        if let Some(last) = consumed.checked_sub(1) {
            self.note_input(&records[last]);
        }
        if self.position.next_offset < next {
            // More records are needed; a gap in offsets up to the end of the turn shows with the next record.
            match records.get(consumed) {
                Some(_) => self.position.next_offset = next,
                None => return Ok(Turned { consumed, recorded: false, more: false }),
            }
        }
        self.finish_replayed(out)?;
        Ok(Turned { consumed, recorded: false, more: true })
    }

    /// Mode, configuration and timers of the replayed turn; then its chain hash is compared.
    fn finish_replayed(&mut self, out: &mut Vec<Outgoing>) -> Result<(), ShardError> {
        let Some(accepted) = self.replay.take() else { return Ok(()) };
        let turn = &accepted.turn;
        self.walk(turn.walked);
        if turn.mode != self.position.mode {
            self.set_mode(turn.mode);
        }
        if turn.config != format!("{:032x}", self.core.plan.hash) {
            let plan = self
                .plans
                .iter()
                .find(|plan| format!("{:032x}", plan.hash) == turn.config)
                .cloned();
            let plan = plan.ok_or_else(|| ShardError::UnknownConfiguration(turn.config.clone()))?;
            self.switch_plan(&plan)?;
        }
        let mut budget = Budget::recorded(turn.fired.saturating_sub(self.position.fired));
        if budget.timers > 0 {
            self.fire_due(turn.now, turn.now, &mut budget);
        }
        self.position.now = turn.now;
        self.position.partitioner = turn.partitioner.or(self.position.partitioner);
        let replayed = self.write_again(accepted.have, out)?;
        if replayed.chain != turn.chain
            || replayed.follow != turn.follow
            || replayed.fired != turn.fired
            || replayed.walked != turn.walked
        {
            return Err(ShardError::ChainDiffers {
                seq: accepted.seq,
                next_offset: turn.next_offset,
                log: show(turn),
                replay: show(&replayed),
            });
        }
        // A long replay must not keep the documents of the whole log in memory. A partial last turn is not yet a turn of the log.
        if accepted.is_whole() && self.effects.new_bytes() >= self.settings.max_journal {
            self.make_room_replayed(&accepted)?;
        }
        Ok(())
    }
}

fn show(turn: &Turn) -> String {
    let Turn { chain, fired, walked, follow, now, .. } = turn;
    format!("chain {chain} fired {fired} walked {walked} follow {follow} now {now}")
}
