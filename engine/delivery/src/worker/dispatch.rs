//! One poll: what has expired, which calls may begin, and only then what leaves.

use super::settle::{Told, channels, key_until};
use super::{Action, Call, CallId, Lane, Out, Target, Worker};
use crate::Now;
use crate::attempt::may_repeat;
use crate::ledger::{Begin, Storage, provider_hash};
use crate::metrics::Counter;
use crate::position;
use crate::receipt::Ending;
use crate::suppression::Check;
use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::time::Millis;

/// What stands between a ready command and its call.
enum Gate {
    /// The call may begin, before this moment.
    Open(Millis),
    /// The command ends without a call.
    Ends(Ending),
    /// This command waits.
    Waits,
    /// Every command of the channel waits.
    Closed,
}

impl<S: Storage> Worker<S> {
    /// Advances to `now` and gives what is to be done, in order. What the ledger must know first has been written when this returns.
    pub fn poll(&mut self, now: Now) -> Vec<Action> {
        self.turn = self.turn.wrapping_add(1);
        let mut partitions: Vec<i32> = self.partitions.keys().copied().collect();
        if !partitions.is_empty() {
            let first = self.turn % partitions.len();
            partitions.rotate_left(first);
        }
        self.rewrite(now);
        let mut calls = Vec::new();
        for partition in partitions {
            let begun = calls.len();
            if !self.held {
                self.expire(partition, now);
                let channels = channels(self.turn);
                channels.for_each(|channel| self.begin(partition, channel, now, &mut calls));
            }
            if !self.write_attempts(partition, now) {
                self.withdraw(calls.split_off(begun), now);
                continue;
            }
            self.steer(partition, now);
        }
        self.actions.extend(calls.into_iter().map(Action::Call));
        std::mem::take(&mut self.actions)
    }

    /// Writes again the suppressions that were overwritten.
    fn rewrite(&mut self, now: Now) {
        let partitions = &self.partitions;
        let room = self.config.writes.count.saturating_sub(self.rewriting.len());
        let ours = |source| partitions.contains_key(&source);
        for (key, value) in self.view.rewrites(now.mono, ours, room) {
            self.counters.add(Counter::Rewritten, None, "");
            let draft = (Target::Suppressions, Some(key.into_bytes()), Some(value), Vec::new());
            let token = self.write(draft);
            self.rewriting.insert(token);
        }
    }

    fn expire(&mut self, partition: i32, now: Now) {
        let expired = self
            .partitions
            .get(&partition)
            .map_or_else(Vec::new, |state| state.queue.expired(now.wall));
        for offset in expired {
            self.finish(partition, offset, Ending::Expired, Told::Nothing, now);
        }
    }

    /// Begins the calls of one channel that may begin, and notes them in the ledger.
    fn begin(&mut self, partition: i32, channel: Channel, now: Now, calls: &mut Vec<Call>) {
        let Some(state) = self.partitions.get(&partition).filter(|state| !state.draining) else {
            return;
        };
        let room = self.config.max_in_flight.saturating_sub(self.calls.len());
        let ready: Vec<i64> = state.queue.ready(channel, now.mono).take(room).collect();
        for offset in ready {
            match self.gate(partition, offset, now) {
                Gate::Open(begin_before) => {
                    calls.extend(self.call(partition, offset, begin_before, now))
                }
                Gate::Ends(ending) => self.finish(partition, offset, ending, Told::Nothing, now),
                Gate::Waits => {}
                Gate::Closed => return,
            }
        }
    }

    /// Checks in this order: the customer is free, the views are fresh, the address is not suppressed, a repeat is allowed, the provider has room.
    fn gate(&mut self, partition: i32, offset: i64, now: Now) -> Gate {
        let Some(state) = self.partitions.get(&partition) else { return Gate::Closed };
        let Some(pending) = state.queue.get(offset) else { return Gate::Waits };
        let command = &pending.command;
        if state.queue.is_busy(pending.customer) {
            return Gate::Waits;
        }
        if !self.remembers_more() && state.ledger.get(command.command_id).is_none() {
            self.counters.add(Counter::LedgerFull, Some(command.channel), "");
            return Gate::Waits;
        }
        let mut begin_before = now.mono.saturating_add(command.not_after.saturating_sub(now.wall));
        if command.channel != Channel::Webhook && command.team.is_none() {
            let here = state.fresh_until(self.config.check_life).filter(|until| now.mono < *until);
            let Some(here) =
                here.filter(|_| self.view.fresh_until().is_some_and(|until| now.mono < until))
            else {
                self.counters.add(Counter::NotFresh, Some(command.channel), "");
                return Gate::Closed;
            };
            match self.view.check(command.channel, &command.to, command.class, now.mono) {
                Check::Clear(until) => begin_before = begin_before.min(here).min(until),
                Check::Suppressed(reason) => return Gate::Ends(Ending::Suppressed(reason)),
                Check::NotFresh => return Gate::Waits,
            }
        }
        if pending.uncertain && !may_repeat(command.class, pending.key_until, now.wall) {
            return Gate::Ends(Ending::Ambiguous);
        }
        if let (true, Class::Marketing, Some(until)) =
            (pending.uncertain, command.class, pending.key_until)
        {
            // The repeat must also reach the provider while it honours the key.
            begin_before = begin_before.min(now.mono.saturating_add(until - now.wall));
        }
        let Some(lane) = &mut self.lanes[command.channel as usize] else { return Gate::Closed };
        if lane.calling >= lane.provider.max_in_flight
            || self.buckets[lane.bucket].take(now.mono).is_err()
        {
            return Gate::Closed;
        }
        if !lane.breaker.admit(now.mono) {
            self.buckets[lane.bucket].give_back();
            return Gate::Closed;
        }
        Gate::Open(begin_before)
    }

    /// Notes the attempt; the call leaves once the ledger has it.
    fn call(
        &mut self,
        partition: i32,
        offset: i64,
        begin_before: Millis,
        now: Now,
    ) -> Option<Call> {
        let id = CallId(self.next_number());
        let state = self.partitions.get_mut(&partition)?;
        let pending = state.queue.get(offset)?;
        let (command, number) = (pending.command.clone(), pending.attempts + 1);
        let Lane { provider, calling, .. } = self.lanes[command.channel as usize].as_mut()?;
        *calling += 1;
        let key_until = key_until(provider, state.ledger.get(command.command_id), now.wall);
        let (at, not_after) = (now.wall, command.not_after);
        // A key that outlives the command protects what power takes away.
        state.durable |= key_until.is_none_or(|until| until < not_after);
        state.ledger.begin(Begin {
            command: command.command_id,
            number,
            at,
            not_after,
            provider: provider_hash(&provider.name),
        });
        state.queue.begin(offset, key_until);
        self.calls.insert(
            id,
            Out { partition, incarnation: state.incarnation, offset, channel: command.channel },
        );
        self.counters.add(Counter::Calls, Some(command.channel), "");
        Some(Call { id, provider: provider.name.clone(), command, attempt: number, begin_before })
    }

    /// Writes the ledger. False: it failed, and the partition is dropped.
    fn write_attempts(&mut self, partition: i32, now: Now) -> bool {
        let full = !self.remembers_more();
        let Some(state) = self.partitions.get_mut(&partition) else { return false };
        let durable = std::mem::take(&mut state.durable);
        let ledger = &mut state.ledger;
        match ledger.flush(durable).and_then(|()| ledger.compact(now.wall, full)) {
            Ok(()) => true,
            Err(error) => {
                self.partitions.remove(&partition);
                self.actions.push(Action::Failed { partition, error });
                false
            }
        }
    }

    /// Calls of a dropped partition do not leave.
    fn withdraw(&mut self, calls: Vec<Call>, now: Now) {
        calls.into_iter().for_each(|call| self.not_begun(call.id, now));
    }

    /// Where to read next, whether to read at all, and what to commit.
    fn steer(&mut self, partition: i32, now: Now) {
        let Some(state) = self.partitions.get_mut(&partition) else { return };
        if let Some(offset) = state.seek(self.config.queue) {
            if state.is_refilling() {
                self.counters.add(Counter::Refills, None, "");
            }
            self.actions.push(Action::Seek { partition, offset });
        }
        let (writing, bytes, room) = (state.writing(), state.writing_bytes(), self.config.writes);
        // Beside a full view every further suppression would stay unfinished.
        let full = self.view.is_full();
        if !state.paused && (full || !room.takes(writing, bytes)) {
            state.paused = true;
            self.actions.push(Action::Pause { partition });
        } else if state.paused && !full && room.is_half_empty(writing, bytes) {
            state.paused = false;
            self.actions.push(Action::Resume { partition });
        }
        if let Some((offset, reader)) = state.commit(now.mono, self.config.commit_every) {
            self.actions.push(Action::Commit {
                partition,
                offset,
                metadata: position::metadata(reader),
            });
        }
    }
}
