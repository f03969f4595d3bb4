//! What must be sent, by the reference model, and whether a system has sent it.
//!
//! The reference goes over the events by their own times alone. The job's times are whole ticks (`cartwheel_workload::Profile::Peers`), of which each
//! has events in every partition, so that a timer sees its own deadline whoever keeps it; what is due behind the last event is not compared.

use crate::Error;
use crate::sends::each;
use cartwheel_core::id::{CommandId, RunId};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::time::{Millis, format_rfc3339, rfc3339};
use cartwheel_kafka::KafkaConfig;
use cartwheel_sim::reference::{Effect, ExpectedCommand, Reference};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// A message as any system writes it: the fields of a command that are compared.
#[derive(Deserialize)]
struct Sent {
    command_id: CommandId,
    run_id: RunId,
    journey: String,
    step: String,
    customer: String,
    to: String,
    data: Value,
    #[serde(with = "rfc3339")]
    due_at: Millis,
    #[serde(with = "rfc3339")]
    decided_at: Millis,
    #[serde(with = "rfc3339")]
    not_after: Millis,
}

/// What is kept of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    due_at: Millis,
    decided_at: Millis,
    /// Of customer, journey, step, run, and the time behind which the message is worthless.
    about: u64,
    /// Of address, first name and cart.
    shown: u64,
}

impl Sent {
    fn kept(&self) -> Kept {
        let about = (&self.customer, &self.journey, &self.step, self.run_id, self.not_after);
        let cart = self.data["cart"].to_string();
        let shown = (&self.to, self.data["profile"]["first_name"].as_str(), cart);
        Kept {
            due_at: self.due_at,
            decided_at: self.decided_at,
            about: hash(&about),
            shown: hash(&shown),
        }
    }
}

impl From<ExpectedCommand> for Sent {
    fn from(command: ExpectedCommand) -> Self {
        Self {
            command_id: command.command_id,
            run_id: command.run_id,
            journey: command.journey,
            step: command.step,
            customer: command.customer,
            to: command.to,
            data: command.data,
            due_at: command.due_at,
            decided_at: command.decided_at,
            not_after: command.not_after,
        }
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// All messages that the events lead to.
pub(super) struct Expected {
    messages: HashMap<CommandId, Kept>,
    /// The time of the last event, the earliest of all partitions.
    end: Millis,
}

impl Expected {
    /// Goes over all partitions of the events topic, a thread each.
    pub(super) fn of(
        kafka: &KafkaConfig,
        plan: &Arc<Plan>,
        partitions: i32,
    ) -> Result<Self, Error> {
        let parts = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..partitions)
                .map(|number| scope.spawn(move || partition(kafka, plan, number)))
                .collect();
            threads
                .into_iter()
                .map(|thread| {
                    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
                .collect::<Result<Vec<_>, _>>()
        })?;
        let end = parts.iter().map(|(_, end)| *end).min().unwrap_or(Millis::MIN);
        let mut messages: HashMap<_, _> =
            parts.into_iter().flat_map(|(messages, _)| messages).collect();
        messages.retain(|_, kept: &mut Kept| kept.decided_at <= end);
        Ok(Self { messages, end })
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.messages.len() as u64
    }

    /// Begins a comparison.
    pub(super) fn check(&self) -> Check<'_> {
        Check { expected: self, seen: HashMap::new() }
    }
}

/// What the reference sends of a partition, and the time of its last event.
fn partition(
    kafka: &KafkaConfig,
    plan: &Arc<Plan>,
    partition: i32,
) -> Result<(Vec<(CommandId, Kept)>, Millis), Error> {
    let (mut reference, mut out) = (Reference::new(Arc::clone(plan)), Vec::new());
    let (mut messages, mut last) = (Vec::new(), Millis::MIN);
    each(kafka, &kafka.topics().events, partition, |record| {
        last = last.max(record.timestamp_ms());
        let value = record.value().unwrap_or_default();
        reference.record(record.offset(), record.timestamp_ms(), value, &mut out);
        for effect in out.drain(..) {
            if let Effect::Command(command) = effect {
                let sent = Sent::from(command);
                messages.push((sent.command_id, sent.kept()));
            }
        }
        Ok(())
    })?;
    Ok((messages, last))
}

/// A comparison of what one system has sent.
pub(super) struct Check<'a> {
    expected: &'a Expected,
    seen: HashMap<CommandId, u32>,
}

impl Check<'_> {
    /// A message of the system. `Err` says why it cannot be read; `Ok(Some)` how it differs.
    pub(super) fn take(&mut self, value: &[u8]) -> Result<Option<String>, String> {
        let sent: Sent = serde_json::from_slice(value).map_err(|error| error.to_string())?;
        if sent.decided_at > self.expected.end {
            return Ok(None);
        }
        let times = self.seen.entry(sent.command_id).or_insert(0);
        *times += 1;
        let difference = match self.expected.messages.get(&sent.command_id) {
            _ if *times > 1 => Some("it was sent before".to_owned()),
            None => Some("the reference does not send it".to_owned()),
            Some(expected) => differs(expected, &sent.kept()),
        };
        Ok(difference.map(|how| format!("{how}: {}", String::from_utf8_lossy(value))))
    }

    /// How many messages were the same; or what is missing.
    pub(super) fn finish(self) -> Result<u64, String> {
        let missing = |(id, _): &(&CommandId, &Kept)| !self.seen.contains_key(*id);
        let all = self.expected.messages.iter();
        let missing = all.filter(missing).min_by_key(|(_, kept)| kept.decided_at);
        match missing {
            None => Ok(self.expected.count()),
            Some((id, kept)) => Err(format!(
                "{} of {} messages are missing; the first is {id}, of {}",
                self.expected.count() - self.seen.len() as u64,
                self.expected.count(),
                format_rfc3339(kept.decided_at)
            )),
        }
    }
}

fn differs(expected: &Kept, sent: &Kept) -> Option<String> {
    let times = |kept: &Kept| (format_rfc3339(kept.due_at), format_rfc3339(kept.decided_at));
    if times(expected) != times(sent) {
        return Some(format!("the reference's times are {:?}", times(expected)));
    }
    if expected.about != sent.about {
        return Some("customer, journey, step, run or not_after differ".into());
    }
    (expected.shown != sent.shown).then(|| "address, first name or cart differ".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: u8, cart: &str, at: &str) -> String {
        format!(
            r#"{{"command_id":"{id:032x}","run_id":"{:032x}","journey":"j","step":"s","customer":"c","to":"a@b","data":{{"profile":{{"first_name":"Ada"}},"cart":{cart}}},"due_at":"{at}","decided_at":"{at}","not_after":"{at}"}}"#,
            7
        )
    }

    const AT: &str = "2026-01-01T00:00:00.000Z";
    const LATER: &str = "2026-01-02T00:00:00.000Z";

    fn expected() -> Expected {
        let sent = |id| serde_json::from_str::<Sent>(&message(id, r#"{"id":1}"#, AT)).unwrap();
        let messages = [1, 2].map(|id| (sent(id).command_id, sent(id).kept())).into();
        Expected { messages, end: sent(1).decided_at }
    }

    #[test]
    fn the_same_messages_are_equal_in_any_order_and_what_comes_behind_the_end_is_left_out() {
        let expected = expected();
        let mut check = expected.check();
        for (id, at) in [(2, AT), (3, LATER), (1, AT)] {
            assert_eq!(check.take(message(id, r#"{ "id": 1 }"#, at).as_bytes()), Ok(None));
        }
        assert_eq!(check.finish(), Ok(2));
    }

    #[test]
    fn a_difference_is_told() {
        let expected = expected();
        let how =
            |text: String| expected.check().take(text.as_bytes()).unwrap().unwrap_or_default();
        assert!(how(message(1, r#"{"id":2}"#, AT)).starts_with("address, first name or cart"));
        assert!(how(message(1, r#"{"id":1}"#, "2025-12-31T23:59:59.999Z")).contains("times are"));
        assert!(how(message(3, r#"{"id":1}"#, AT)).starts_with("the reference does not"));
        assert!(how(message(1, r#"{"id":1}"#, AT).replace(r#""s""#, r#""t""#)).contains("step"));
        let mut twice = expected.check();
        assert_eq!(twice.take(message(1, r#"{"id":1}"#, AT).as_bytes()), Ok(None));
        let again = twice.take(message(1, r#"{"id":1}"#, AT).as_bytes()).unwrap();
        assert!(again.unwrap().starts_with("it was sent before"));
        assert!(twice.finish().unwrap_err().starts_with("1 of 2 messages are missing"));
        assert!(expected.check().take(b"{}").is_err());
    }
}
