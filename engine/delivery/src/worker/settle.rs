//! Commands in, outcomes in, endings out.

use super::{Action, CallId, Record, SOURCE_SEQ, Target, Token, Worker, Write, Writing};
use crate::Now;
use crate::attempt::{Attempt, Disposition, GiveUp, judge, refuses_account};
use crate::breaker::Health;
use crate::config::Provider;
use crate::dead::{BAD_RECORD, DeadLetter, Origin, SOURCE_PARTITION};
use crate::ledger::{Known, Storage, provider_hash};
use crate::metrics::Counter;
use crate::queue::Pending;
use crate::receipt::{self, Ending};
use crate::suppression::Accepted;
use cartwheel_core::channel::Channel;
use cartwheel_core::command::Command;
use cartwheel_core::id::CustomerId;
use cartwheel_core::receipt::{AmbiguousReason, Outcome, RetryReason};
use cartwheel_core::sends::{Dead, Kind, Suppression};
use cartwheel_core::time::Millis;
use std::sync::Arc;

impl<S: Storage> Worker<S> {
    /// Takes an accepted command into the queue, or ends it where the ledger or the configuration decides.
    pub(super) fn enqueue(&mut self, record: &Record, now: Now) {
        let Ok(command) = serde_json::from_slice::<Command>(record.value) else {
            return self.bury(record, "bad_command");
        };
        let channel = command.channel;
        let Some(state) = self.partitions.get_mut(&record.partition) else { return };
        if state.queue.holds(command.command_id) {
            self.counters.add(Counter::Repeated, Some(channel), "");
            return state.settle(record.offset, &[]);
        }
        let known = state.ledger.get(command.command_id).copied();
        let provider = self.lanes[channel as usize].as_ref().map(|lane| &lane.provider);
        let key_until = provider
            .zip(known)
            .and_then(|(provider, known)| key_until(provider, Some(&known), now.wall));
        state.queue.push(Pending {
            offset: record.offset,
            customer: CustomerId::of(&command.customer),
            command: Arc::new(command),
            value: record.value.into(),
            attempts: known.map_or(0, |known| known.attempts),
            excused: 0,
            uncertain: known.is_some_and(|known| known.uncertain || known.open),
            key_until,
            ready_at: now.mono,
            calling: false,
        });
        let (unserved, partition, offset) = (provider.is_none(), record.partition, record.offset);
        match known {
            Some(Known { ending: Some(ending), .. }) => {
                self.counters.add(Counter::Repeated, Some(channel), ending.reason());
                self.end(partition, offset, ending, Told::Nothing, now);
            }
            Some(Known { open: true, .. }) if !unserved => {
                self.counters.add(Counter::Ambiguous, Some(channel), "crash");
                self.judge(
                    partition,
                    offset,
                    &Outcome::Ambiguous { reason: AmbiguousReason::ConnectionLost },
                    now,
                );
            }
            _ if unserved => self.finish(partition, offset, Ending::NoProvider, Told::Nothing, now),
            _ => {}
        }
    }

    /// What a call came to.
    pub fn outcome(&mut self, call: CallId, outcome: &Outcome, now: Now) {
        let Some(out) = self.calls.remove(&call) else { return };
        if let Some(lane) = &mut self.lanes[out.channel as usize] {
            lane.calling -= 1;
            lane.breaker.observe(Health::of(outcome), now.mono);
            if let Outcome::Retry { reason: RetryReason::RateLimited, after: Some(after) } = outcome
            {
                let wait = Millis::try_from(after.as_millis()).unwrap_or(Millis::MAX);
                self.buckets[lane.bucket].hold_until(now.mono.saturating_add(wait));
            }
        }
        match outcome {
            Outcome::Retry { reason, .. } => {
                self.counters.add(Counter::Retries, Some(out.channel), reason.name())
            }
            Outcome::Ambiguous { reason } => {
                self.counters.add(Counter::Ambiguous, Some(out.channel), reason.name())
            }
            Outcome::Rejected { reason, .. } if refuses_account(outcome) => {
                self.counters.add(Counter::Retries, Some(out.channel), reason.name())
            }
            Outcome::Accepted { .. } | Outcome::Rejected { .. } | Outcome::Unsendable { .. } => {}
        }
        if self
            .partitions
            .get(&out.partition)
            .is_some_and(|state| state.incarnation == out.incarnation)
        {
            self.judge(out.partition, out.offset, outcome, now);
        }
    }

    /// A call could not begin before its `begin_before`. Nothing was sent.
    pub fn not_begun(&mut self, call: CallId, now: Now) {
        let Some(out) = self.calls.remove(&call) else { return };
        self.counters.add(Counter::NotBegun, Some(out.channel), "");
        if let Some(lane) = &mut self.lanes[out.channel as usize] {
            lane.calling -= 1;
            lane.breaker.withdraw(now.mono);
            self.buckets[lane.bucket].give_back();
        }
        let Some(state) = self
            .partitions
            .get_mut(&out.partition)
            .filter(|state| state.incarnation == out.incarnation)
        else {
            return;
        };
        if let Some(pending) = state.queue.get(out.offset) {
            state.ledger.refused(pending.command.command_id, now.wall);
        }
        state.queue.undo(out.offset);
    }

    /// Applies the verdict on an outcome.
    fn judge(&mut self, partition: i32, offset: i64, outcome: &Outcome, now: Now) {
        let Some(state) = self.partitions.get_mut(&partition) else { return };
        let Some(pending) = state.queue.get(offset) else { return };
        let command = pending.command.clone();
        let attempt = Attempt {
            command: command.command_id,
            class: command.class,
            number: pending.attempts,
            excused: pending.excused,
            uncertain: pending.uncertain,
            key_until: pending.key_until,
            not_after: command.not_after,
        };
        let ending = match judge(&self.config.retry, &attempt, outcome, now) {
            Disposition::RetryAt(at) => {
                let ambiguous = matches!(outcome, Outcome::Ambiguous { .. });
                if ambiguous {
                    state.ledger.uncertain(command.command_id, now.wall);
                } else {
                    state.ledger.refused(command.command_id, now.wall);
                }
                if refuses_account(outcome) {
                    state.queue.excuse(offset);
                }
                return state.queue.again(offset, at, attempt.uncertain || ambiguous);
            }
            Disposition::Accepted => Ending::Sent,
            Disposition::AlreadySent => Ending::AlreadySent,
            Disposition::Rejected { reason, suppress } => Ending::Rejected(reason, suppress),
            Disposition::GiveUp(GiveUp::Expired) => Ending::Expired,
            Disposition::GiveUp(GiveUp::Exhausted) => Ending::Exhausted,
            Disposition::Ambiguous => Ending::Ambiguous,
        };
        let told = match outcome {
            Outcome::Accepted { provider_id: Some(id) } => Told::ProviderId(id),
            Outcome::Unsendable { detail, .. } => Told::Detail(detail),
            Outcome::Accepted { provider_id: None }
            | Outcome::Rejected { .. }
            | Outcome::Retry { .. }
            | Outcome::Ambiguous { .. } => Told::Nothing,
        };
        self.finish(partition, offset, ending, told, now);
    }

    /// Ends a command and records it. One that may have been taken ends as ambiguous, whatever else stops it.
    pub(super) fn finish(
        &mut self,
        partition: i32,
        offset: i64,
        ending: Ending,
        told: Told<'_>,
        now: Now,
    ) {
        let has_room = self.remembers_more();
        let Some(state) = self.partitions.get_mut(&partition) else { return };
        let Some(pending) = state.queue.get(offset) else { return };
        let ending = match ending {
            Ending::Expired | Ending::Exhausted | Ending::NoProvider | Ending::Suppressed(_)
                if pending.uncertain =>
            {
                Ending::Ambiguous
            }
            other => other,
        };
        let command = &pending.command;
        // What was never called need not be remembered where there is no room: it can end like this again.
        if has_room || pending.attempts > 0 {
            state.ledger.end(command.command_id, ending, command.not_after, now.wall);
        }
        // Once told, an ending must not be forgotten: unless the key outlives the command, or it was never called.
        state.durable |=
            pending.attempts > 0 && pending.key_until.is_none_or(|until| until < command.not_after);
        self.counters.add(Counter::Ended, Some(command.channel), ending.reason());
        self.end(partition, offset, ending, told, now);
    }

    /// Takes an ended command out of the queue and writes what tells of it.
    fn end(&mut self, partition: i32, offset: i64, ending: Ending, told: Told<'_>, now: Now) {
        let Some(pending) =
            self.partitions.get_mut(&partition).and_then(|state| state.queue.remove(offset))
        else {
            return;
        };
        let command = &pending.command;
        let provider =
            self.lanes[command.channel as usize].as_ref().map(|lane| lane.provider.name.as_str());
        let (provider_id, detail) = match told {
            Told::Nothing => (None, None),
            Told::ProviderId(id) => (Some(id), None),
            Told::Detail(detail) => (None, Some(detail)),
        };
        let mut writes: Vec<Draft> = receipt::events(command, ending, provider, provider_id, now)
            .into_iter()
            .map(|event| {
                (Target::Events, Some(event.key.into_bytes()), Some(event.value), Vec::new())
            })
            .collect();
        if ending.is_dead() {
            let source = Origin { topic: &self.config.sends_topic, partition, offset };
            let letter = DeadLetter::of(
                source,
                ending.reason(),
                pending.attempts,
                Some(command.customer.as_bytes()),
                &pending.value,
            )
            .with_detail(detail);
            self.counters.add(Counter::DeadLetters, Some(command.channel), ending.reason());
            writes.push((Target::DeadLetters, letter.key, letter.value, letter.headers));
        }
        self.settle(partition, offset, writes);
    }

    /// Forwards an accepted record that is no command.
    pub(super) fn forward(&mut self, record: &Record, kind: Kind, seq: u64) {
        let draft: Option<Draft> = match kind {
            Kind::Suppression => match self.accept(record, seq) {
                Some(Accepted::Joined(key, value)) => {
                    Some((Target::Suppressions, Some(key.into_bytes()), Some(value), Vec::new()))
                }
                // Stays unfinished: what the topic holds of this address is not known here, and must not be overwritten.
                Some(Accepted::NoRoom) => return self.counters.add(Counter::NoRoom, None, ""),
                None => None,
            },
            Kind::Dead => serde_json::from_slice::<Dead>(record.value).ok().and_then(|dead| {
                let letter = DeadLetter::of_event(&dead)?;
                self.counters.add(Counter::DeadLetters, None, dead.reason.name());
                Some((Target::DeadLetters, letter.key, letter.value, letter.headers))
            }),
            Kind::Event => {
                let headers = vec![
                    (SOURCE_PARTITION, record.partition.to_string()),
                    (SOURCE_SEQ, seq.to_string()),
                ];
                Some((
                    Target::Events,
                    record.key.map(<[u8]>::to_vec),
                    Some(record.value.to_vec()),
                    headers,
                ))
            }
            Kind::Leader | Kind::Turn | Kind::Command => None,
        };
        let Some(draft) = draft else { return self.bury(record, BAD_RECORD) };
        self.counters.add(Counter::Forwarded, None, kind.name());
        self.settle(record.partition, record.offset, vec![draft]);
    }

    fn accept(&mut self, record: &Record, seq: u64) -> Option<Accepted> {
        let suppression: Suppression = serde_json::from_slice(record.value).ok()?;
        self.view.accepted(record.partition, seq, &suppression)
    }

    /// Sends an accepted record that cannot be understood to the dead letters.
    fn bury(&mut self, record: &Record, reason: &'static str) {
        let source = Origin {
            topic: &self.config.sends_topic,
            partition: record.partition,
            offset: record.offset,
        };
        let letter = DeadLetter::of(source, reason, 0, record.key, record.value);
        self.counters.add(Counter::DeadLetters, None, reason);
        self.settle(
            record.partition,
            record.offset,
            vec![(Target::DeadLetters, letter.key, letter.value, letter.headers)],
        );
    }

    /// Emits the writes of a record whose outcome is known.
    fn settle(&mut self, partition: i32, offset: i64, drafts: Vec<Draft>) {
        let Some(state) = self.partitions.get_mut(&partition) else { return };
        let sizes: Vec<usize> = drafts.iter().map(size).collect();
        state.settle(offset, &sizes);
        let incarnation = state.incarnation;
        for (draft, bytes) in drafts.into_iter().zip(sizes) {
            let token = self.write(draft);
            self.writes.insert(token, Writing { partition, incarnation, offset, bytes });
        }
    }

    /// Emits a write.
    pub(super) fn write(&mut self, (target, key, value, headers): Draft) -> Token {
        let token = Token(self.next_number());
        self.actions.push(Action::Write(Write { token, target, key, value, headers }));
        token
    }
}

/// What is known of an ending beside its reason.
#[derive(Clone, Copy)]
pub(super) enum Told<'a> {
    Nothing,
    /// The provider's own name for the message.
    ProviderId(&'a str),
    /// Why it could not be sent, for the dead letter.
    Detail(&'a str),
}

fn size((_, key, value, _): &Draft) -> usize {
    let len = |part: &Option<Vec<u8>>| part.as_ref().map_or(0, Vec::len);
    len(key) + len(value)
}

/// Topic, key, value and headers of a write.
pub(super) type Draft = (Target, Option<Vec<u8>>, Option<Vec<u8>>, Vec<(&'static str, String)>);

/// When the provider forgets the command's key, if the next call began at `now`. A key that an unsettled call gave to another provider
/// protects nothing.
pub(super) fn key_until(provider: &Provider, known: Option<&Known>, now: Millis) -> Option<Millis> {
    let life = provider.key_life?;
    match known {
        Some(known) if known.attempts > 0 && known.provider == provider_hash(&provider.name) => {
            Some(known.first_at.saturating_add(life))
        }
        Some(known) if known.uncertain || known.open => None,
        _ => Some(now.saturating_add(life)),
    }
}

/// Every channel, from a place that moves with `turn`: none starves another of the calls that may be out at one time.
pub(super) fn channels(turn: usize) -> impl Iterator<Item = Channel> {
    (0..Channel::ALL.len()).map(move |index| Channel::ALL[(turn + index) % Channel::ALL.len()])
}
