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
    /// Those of them that the provider refused for the account's sake, as far as this worker has seen.
    pub excused: u32,
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
    bytes: usize,
    held: [usize; Channel::ALL.len()],
}

impl Queue {
    /// Commands held.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Bytes of the records held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Commands held for one channel.
    pub fn len_of(&self, channel: Channel) -> usize {
        self.held[channel as usize]
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
        let (offset, line) = (pending.offset, (pending.customer, pending.command.channel));
        self.lines.entry(line).or_default().push_back(offset);
        self.expiry.insert((pending.command.not_after, offset));
        self.ids.insert(pending.command.command_id);
        self.held[line.1 as usize] += 1;
        self.bytes += pending.value.len();
        self.items.insert(offset, pending);
        self.offer(line);
    }

    /// Lets the first of a line be called from its moment on, unless it is being called; nobody behind it.
    fn offer(&mut self, line: (CustomerId, Channel)) {
        let first = self.lines.get(&line).and_then(VecDeque::front);
        if let Some(first) =
            first.and_then(|offset| self.items.get(offset)).filter(|first| !first.calling)
        {
            self.ready[line.1 as usize].insert((first.ready_at, first.offset));
        }
    }

    /// Offsets of the commands that may be called on `channel` now, in order of readiness.
    pub fn ready(&self, channel: Channel, now: Millis) -> impl Iterator<Item = i64> {
        self.ready[channel as usize]
            .iter()
            .take_while(move |(at, _)| *at <= now)
            .map(|(_, offset)| *offset)
            .filter(|offset| {
                self.items.get(offset).is_some_and(|pending| !self.busy.contains(&pending.customer))
            })
    }

    /// Offsets of the commands that are worthless at `now` (wall) and have no call out.
    pub fn expired(&self, now: Millis) -> Vec<i64> {
        let due = self.expiry.iter().take_while(|(at, _)| *at <= now).map(|(_, offset)| *offset);
        due.filter(|offset| self.items.get(offset).is_some_and(|pending| !pending.calling))
            .collect()
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

    /// The next call not before `at`: one is over, or (after a crash) was begun by an earlier worker. Then another call of the customer may be
    /// out, and others may stand before this command in its line.
    pub fn again(&mut self, offset: i64, at: Millis, uncertain: bool) {
        let Some(pending) = self.items.get_mut(&offset) else { return };
        let line = (pending.customer, pending.command.channel);
        if pending.calling {
            self.busy.remove(&pending.customer);
        }
        self.ready[line.1 as usize].remove(&(pending.ready_at, offset));
        pending.calling = false;
        pending.uncertain = uncertain;
        pending.ready_at = at;
        self.offer(line);
    }

    /// The last call was refused for the account's sake.
    pub fn excuse(&mut self, offset: i64) {
        if let Some(pending) = self.items.get_mut(&offset) {
            pending.excused += 1;
        }
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
        let line = (pending.customer, pending.command.channel);
        self.ids.remove(&pending.command.command_id);
        self.expiry.remove(&(pending.command.not_after, offset));
        self.ready[line.1 as usize].remove(&(pending.ready_at, offset));
        self.held[line.1 as usize] -= 1;
        self.bytes -= pending.value.len();
        if pending.calling {
            self.busy.remove(&pending.customer);
        }
        let others = self.lines.get_mut(&line).map_or(0, |others| {
            others.retain(|other| *other != offset);
            others.len()
        });
        if others == 0 {
            self.lines.remove(&line);
        }
        self.offer(line);
        Some(pending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_core::channel::Class;
    use cartwheel_core::id::RunId;
    use cartwheel_core::time::HOUR;

    fn pending(offset: i64, channel: Channel) -> Pending {
        let command = Command {
            command_id: CommandId(offset.unsigned_abs().into()),
            run_id: RunId(1),
            journey: "j".into(),
            version: "v".into(),
            step: "s".into(),
            customer: "ana".into(),
            channel,
            class: Class::Transactional,
            template: "t".into(),
            to: "+15550100".into(),
            data: serde_json::Value::Null,
            variant: None,
            team: None,
            answers: Vec::new(),
            side: None,
            due_at: 0,
            decided_at: 0,
            not_after: HOUR,
        };
        Pending {
            offset,
            customer: CustomerId::of(&command.customer),
            command: Arc::new(command),
            value: Arc::new([0; 10]),
            attempts: 1,
            excused: 0,
            uncertain: true,
            key_until: None,
            ready_at: 10,
            calling: false,
        }
    }

    fn queue(commands: &[(i64, Channel)]) -> Queue {
        let mut queue = Queue::default();
        commands.iter().for_each(|(offset, channel)| queue.push(pending(*offset, *channel)));
        queue
    }

    fn ready(queue: &Queue, channel: Channel, now: Millis) -> Vec<i64> {
        queue.ready(channel, now).collect()
    }

    #[test]
    fn what_a_crash_left_open_frees_no_customer_who_has_a_call_out() {
        let mut queue = queue(&[(1, Channel::Sms), (2, Channel::Email)]);
        queue.begin(1, None);
        queue.again(2, 20, true);
        assert!(queue.is_busy(CustomerId::of("ana")), "the call of 1 is out");
        assert!(ready(&queue, Channel::Email, 99).is_empty());
        queue.remove(1);
        assert_eq!((queue.calling(), ready(&queue, Channel::Email, 99)), (0, vec![2]));
    }

    #[test]
    fn what_a_crash_left_open_waits_behind_the_first_of_its_line() {
        let mut queue = queue(&[(1, Channel::Sms), (2, Channel::Sms), (3, Channel::Sms)]);
        queue.again(2, 20, true);
        assert_eq!(ready(&queue, Channel::Sms, 99), [1]);
        queue.remove(1);
        assert_eq!(
            (ready(&queue, Channel::Sms, 19), ready(&queue, Channel::Sms, 20)),
            (vec![], vec![2]),
            "with its back-off"
        );
        queue.remove(2);
        assert_eq!((queue.len_of(Channel::Sms), ready(&queue, Channel::Sms, 99)), (1, vec![3]));
        assert_eq!(queue.bytes(), 10);
    }

    #[test]
    fn what_a_crash_left_open_is_not_called_before_its_back_off() {
        let mut queue = queue(&[(1, Channel::Sms)]);
        queue.again(1, 20, true);
        assert_eq!(
            (ready(&queue, Channel::Sms, 19), ready(&queue, Channel::Sms, 20)),
            (vec![], vec![1])
        );
    }

    #[test]
    fn one_that_expires_in_its_line_leaves_the_call_of_the_first_alone() {
        let mut queue = queue(&[(1, Channel::Sms), (2, Channel::Sms), (3, Channel::Sms)]);
        queue.begin(1, None);
        queue.remove(2);
        assert_eq!((queue.calling(), ready(&queue, Channel::Sms, 99)), (1, vec![]));
        queue.again(1, 30, false);
        assert_eq!(
            (ready(&queue, Channel::Sms, 29), ready(&queue, Channel::Sms, 30)),
            (vec![], vec![1])
        );
    }
}
