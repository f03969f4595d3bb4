//! The commands of one partition that wait for their call, in memory and bounded by the caller.
//!
//! Commands of one customer on one channel keep their order: only the first of them is ever ready. And a customer has one call at a time.

use cartwheel_core::channel::Channel;
use cartwheel_core::command::Command;
use cartwheel_core::id::{CommandId, CustomerId};
use cartwheel_core::time::Millis;
use hashbrown::{HashMap, HashSet};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// A command that waits or is being called.
pub struct Pending {
    /// Its record's offset.
    pub offset: i64,
    /// The command.
    pub command: Arc<Command>,
    /// Its customer.
    pub customer: CustomerId,
    /// Its record's value, for the dead letters.
    pub value: Arc<[u8]>,
    /// Calls begun.
    pub attempts: u32,
    /// A call may have been taken.
    pub uncertain: bool,
    /// When the provider forgets the key (wall), once a call was made.
    pub key_until: Option<Millis>,
    /// Not called before (monotonic).
    pub ready_at: Millis,
    /// A call is out.
    pub calling: bool,
}

/// The queue.
#[derive(Default)]
pub struct Queue {
    items: BTreeMap<i64, Pending>,
    lines: HashMap<(CustomerId, Channel), VecDeque<i64>>,
    ready: [BTreeSet<(Millis, i64)>; Channel::ALL.len()],
    expiry: BTreeSet<(Millis, i64)>,
    busy: HashSet<CustomerId>,
    ids: HashSet<CommandId>,
}

impl Queue {
    /// Commands held.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether the command is held.
    pub fn holds(&self, command: CommandId) -> bool {
        self.ids.contains(&command)
    }

    /// Whether the customer has a call out.
    pub fn is_busy(&self, customer: CustomerId) -> bool {
        self.busy.contains(&customer)
    }

    /// Customers with a call out.
    pub fn calling(&self) -> usize {
        self.busy.len()
    }

    /// The command at `offset`.
    pub fn get(&self, offset: i64) -> Option<&Pending> {
        self.items.get(&offset)
    }

    /// Puts a command at the end. Offsets rise from call to call.
    pub fn push(&mut self, pending: Pending) {
        let (offset, at, channel) = (pending.offset, pending.ready_at, pending.command.channel);
        let line = self.lines.entry((pending.customer, channel)).or_default();
        line.push_back(offset);
        if line.len() == 1 {
            self.ready[channel as usize].insert((at, offset));
        }
        self.expiry.insert((pending.command.not_after, offset));
        self.ids.insert(pending.command.command_id);
        self.items.insert(offset, pending);
    }

    /// Offsets of the commands that may be called on `channel` now, in order of readiness.
    pub fn ready(&self, channel: Channel, now: Millis) -> impl Iterator<Item = i64> {
        self.ready[channel as usize]
            .iter()
            .take_while(move |(at, _)| *at <= now)
            .map(|(_, offset)| *offset)
            .filter(|offset| self.items.get(offset).is_some_and(|pending| !self.busy.contains(&pending.customer)))
    }

    /// Offsets of the commands that are worthless at `now` (wall) and have no call out.
    pub fn expired(&self, now: Millis) -> Vec<i64> {
        let due = self.expiry.iter().take_while(|(at, _)| *at <= now).map(|(_, offset)| *offset);
        due.filter(|offset| self.items.get(offset).is_some_and(|pending| !pending.calling)).collect()
    }

    /// A call begins.
    pub fn begin(&mut self, offset: i64, key_until: Option<Millis>) {
        let Some(pending) = self.items.get_mut(&offset) else { return };
        pending.calling = true;
        pending.attempts += 1;
        pending.key_until = key_until;
        self.busy.insert(pending.customer);
        self.ready[pending.command.channel as usize].remove(&(pending.ready_at, offset));
    }

    /// The call is over; the next one not before `at`.
    pub fn again(&mut self, offset: i64, at: Millis, uncertain: bool) {
        let Some(pending) = self.items.get_mut(&offset) else { return };
        pending.calling = false;
        pending.uncertain = uncertain;
        pending.ready_at = at;
        self.busy.remove(&pending.customer);
        self.ready[pending.command.channel as usize].insert((at, offset));
    }

    /// The call did not begin; it may at once.
    pub fn undo(&mut self, offset: i64) {
        let Some(pending) = self.items.get_mut(&offset) else { return };
        pending.attempts -= 1;
        let (at, uncertain) = (pending.ready_at, pending.uncertain);
        self.again(offset, at, uncertain);
    }

    /// The command is settled; the next of its line becomes ready.
    pub fn remove(&mut self, offset: i64) -> Option<Pending> {
        let pending = self.items.remove(&offset)?;
        let channel = pending.command.channel as usize;
        self.ids.remove(&pending.command.command_id);
        self.expiry.remove(&(pending.command.not_after, offset));
        self.ready[channel].remove(&(pending.ready_at, offset));
        if pending.calling {
            self.busy.remove(&pending.customer);
        }
        let key = (pending.customer, pending.command.channel);
        if let Some(line) = self.lines.get_mut(&key) {
            let was_first = line.front() == Some(&offset);
            line.retain(|other| *other != offset);
            match line.front() {
                None => drop(self.lines.remove(&key)),
                Some(next) if was_first => {
                    let at = self.items.get(next).map_or(0, |next| next.ready_at);
                    self.ready[channel].insert((at, *next));
                }
                Some(_) => {}
            }
        }
        Some(pending)
    }
}
