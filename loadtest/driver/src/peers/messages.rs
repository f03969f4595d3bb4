//! What must be sent, by the reference model, and whether a system has sent it.
//!
//! The reference goes over the records by their own times alone, and looks at no clock. The job's times are whole ticks (`cartwheel_workload::Profile::Peers`),
//! of which each has records in every partition, so that a timer sees its own deadline whoever keeps it; what is due behind the last record is not compared.

use crate::Error;
use crate::sends::each;
use cartwheel_core::channel::{Channel, Class, Side};
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

/// A message as any system writes it: all fields of a command, and no other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    command_id: CommandId,
    run_id: RunId,
    journey: String,
    version: String,
    step: String,
    customer: String,
    channel: Channel,
    class: Class,
    template: String,
    to: String,
    data: Value,
    variant: Option<String>,
    side: Option<Side>,
    #[serde(with = "rfc3339")]
    due_at: Millis,
    #[serde(with = "rfc3339")]
    decided_at: Millis,
    #[serde(with = "rfc3339")]
    not_after: Millis,
}

/// What is kept of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    due_at: Millis,
    decided_at: Millis,
    /// Of what it is: customer, journey, step and so on, and the time behind which the message is worthless.
    about: u64,
    /// Of address, profile and cart.
    shown: u64,
}

impl Sent {
    fn kept(&self) -> Kept {
        let about = (
            (&self.customer, &self.journey, &self.version, &self.step, self.run_id),
            (self.channel, self.class, &self.template, &self.variant, self.side, self.not_after),
        );
        Kept {
            due_at: self.due_at,
            decided_at: self.decided_at,
            about: hash(&about),
            shown: hash(&(&self.to, canonical(&self.data))),
        }
    }

    /// What the reference says, as a command of this plan has it.
    fn expected(command: ExpectedCommand, plan: &Plan) -> Self {
        let journey = plan.journeys.iter().find(|journey| journey.name == command.journey);
        Self {
            command_id: command.command_id,
            run_id: command.run_id,
            version: journey.map_or(String::new(), |journey| journey.version.to_string()),
            class: journey.map_or(Class::default(), |journey| journey.class),
            journey: command.journey,
            step: command.step,
            customer: command.customer,
            channel: command.channel,
            template: command.template,
            to: command.to,
            data: command.data,
            variant: None,
            side: command.side,
            due_at: command.due_at,
            decided_at: command.decided_at,
            not_after: command.not_after,
        }
    }
}

/// The text of a value, whatever the order of its fields.
fn canonical(value: &Value) -> String {
    let mut value = value.clone();
    value.sort_all_objects();
    value.to_string()
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
    let (mut asked, mut last) = (Asked::new(plan), Millis::MIN);
    each(kafka, &kafka.topics().events, partition, |record| {
        let (offset, time) = (record.offset(), record.timestamp_ms());
        last = last.max(time);
        asked.record(offset, time, record.value().unwrap_or_default());
        Ok(())
    })?;
    Ok((asked.messages, last))
}

/// The reference model, asked what the records of one partition lead to.
pub(super) struct Asked {
    reference: Reference,
    plan: Arc<Plan>,
    effects: Vec<Effect>,
    pub(super) messages: Vec<(CommandId, Kept)>,
}

impl Asked {
    pub(super) fn new(plan: &Arc<Plan>) -> Self {
        Self {
            reference: Reference::new(Arc::clone(plan)),
            plan: Arc::clone(plan),
            effects: Vec::new(),
            messages: Vec::new(),
        }
    }

    pub(super) fn record(&mut self, offset: i64, time: Millis, value: &[u8]) {
        self.reference.record(offset, time, value, &mut self.effects);
        for effect in self.effects.drain(..) {
            if let Effect::Command(command) = effect {
                let sent = Sent::expected(command, &self.plan);
                self.messages.push((sent.command_id, sent.kept()));
            }
        }
    }
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
        return Some("customer, journey, step, run or what else the message is differ".into());
    }
    (expected.shown != sent.shown).then(|| "address, profile or cart differ".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: u8, cart: &str, at: &str) -> String {
        format!(
            r#"{{"command_id":"{id:032x}","run_id":"{:032x}","journey":"j","version":"0","step":"s","customer":"c","channel":"email","class":"marketing","template":"t","to":"a@b","data":{{"profile":{{"first_name":"Ada"}},"cart":{cart}}},"variant":null,"side":"treated","due_at":"{at}","decided_at":"{at}","not_after":"{at}"}}"#,
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
        assert!(how(message(1, r#"{"id":2}"#, AT)).starts_with("address, profile or cart"));
        assert!(how(message(1, r#"{"id":1}"#, "2025-12-31T23:59:59.999Z")).contains("times are"));
        assert!(how(message(3, r#"{"id":1}"#, AT)).starts_with("the reference does not"));
        assert!(how(message(1, r#"{"id":1}"#, AT).replace(r#""s""#, r#""t""#)).contains("step"));
        let late = message(1, r#"{"id":1}"#, AT).replace(r#""side":"treated","#, "");
        assert!(how(late).contains("what else"));
        let other = message(1, r#"{"id":1}"#, AT).replace("Ada", "Eve");
        assert!(how(other).starts_with("address, profile or cart"));
        let mut twice = expected.check();
        assert_eq!(twice.take(message(1, r#"{"id":1}"#, AT).as_bytes()), Ok(None));
        let again = twice.take(message(1, r#"{"id":1}"#, AT).as_bytes()).unwrap();
        assert!(again.unwrap().starts_with("it was sent before"));
        assert!(twice.finish().unwrap_err().starts_with("1 of 2 messages are missing"));
        assert!(expected.check().take(b"{}").is_err());
    }
}
