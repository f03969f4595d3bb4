//! An independent look at both topics: the commands that were decided (by the reader's rule) and the receipts of their delivery.
//! From it the story learns what its people received, and the recap what was sent.

use cartwheel_core::command::Command;
use cartwheel_core::id::CommandId;
use cartwheel_core::sends::{Acceptance, Kind, Reader};
use cartwheel_kafka::{Batch, Error, KafkaConfig, Offsets, RecordRef, Source, Start};
use cartwheel_report::{Period, Report, Summary};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// Records in one read.
const BATCH: usize = 4_096;
/// A read waits so long for the first record.
const WAIT: Duration = Duration::from_millis(1);

/// Reads both topics from their beginning. Belongs to one thread.
pub struct Observer {
    sends: Vec<(Source, Reader)>,
    events: Vec<Source>,
    batch: Batch,
    ledger: Ledger,
    /// Of the decisions alone: when receipts come is no part of the story.
    report: Report,
    records: u64,
}

impl Observer {
    /// Opens all partitions of both topics.
    pub fn open(
        kafka: &KafkaConfig,
        offsets: &Arc<Offsets>,
        partitions: i32,
    ) -> Result<Self, Error> {
        let topics = kafka.topics();
        let open = |topic: &str, partition| {
            Source::open_with(kafka, Arc::clone(offsets), topic, partition, Start::Beginning)
        };
        let sends = (0..partitions)
            .map(|partition| Ok((open(&topics.sends, partition)?, Reader::at_start())))
            .collect::<Result<_, Error>>()?;
        let events = (0..partitions)
            .map(|partition| open(&topics.events, partition))
            .collect::<Result<_, Error>>()?;
        let (batch, ledger) = (Batch::new(BATCH), Ledger::default());
        let report = Report::new(Period::ALWAYS);
        Ok(Self { sends, events, batch, ledger, report, records: 0 })
    }

    /// Reads what is there; waits a few milliseconds if nothing is. Gives the number of records.
    pub fn poll(&mut self) -> Result<usize, Error> {
        let mut count = 0;
        for (source, reader) in &mut self.sends {
            read(source, &mut self.batch, WAIT)?;
            for record in self.batch.iter() {
                let Some(headers) = record.sends_headers() else { continue };
                if reader.read(record.offset(), headers) != Acceptance::Accepted {
                    continue;
                }
                self.report.decided(headers.kind, record.value().unwrap_or_default());
                if headers.kind == Kind::Command {
                    self.ledger.decided(record);
                }
            }
            count += self.batch.len();
        }
        for source in &mut self.events {
            read(source, &mut self.batch, WAIT)?;
            self.batch
                .iter()
                .for_each(|record| self.ledger.event(record.value().unwrap_or_default()));
            self.records += self.batch.len() as u64;
            count += self.batch.len();
        }
        self.batch.clear();
        Ok(count)
    }

    /// Positions in the partitions of the sends topic.
    pub fn sends_positions(&self) -> Vec<i64> {
        self.sends.iter().map(|(source, _)| source.position()).collect()
    }

    /// Positions in the partitions of the events topic.
    pub fn events_positions(&self) -> Vec<i64> {
        self.events.iter().map(Source::position).collect()
    }

    /// Records of the events topic that were read.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// What reports count of the decisions.
    pub fn summary(&self) -> Summary {
        self.report.summary(None)
    }

    /// What was decided and delivered.
    pub fn ledger(&mut self) -> &mut Ledger {
        &mut self.ledger
    }
}

/// A broker that is away for a moment comes back.
fn read(source: &mut Source, batch: &mut Batch, wait: Duration) -> Result<(), Error> {
    match source.poll(batch, wait) {
        Err(error) if error.is_transient() => {
            batch.clear();
            Ok(())
        }
        outcome => outcome,
    }
}

/// What a customer was sent: the name of the customer, of the journey, of the step, and of the channel.
pub type Message = (String, String, String, &'static str);

/// Commands and their receipts. The two may be seen in either order.
#[derive(Default)]
pub struct Ledger {
    /// Decided and not ended.
    open: HashMap<CommandId, Command>,
    /// Ended and not yet seen as decided; true: a provider took it.
    early: HashMap<CommandId, bool>,
    /// A provider took them; not yet told to the story.
    delivered: BTreeMap<(i64, u128), Command>,
    /// Everything that was decided.
    messages: Vec<Message>,
    /// What no provider took.
    failed: u64,
    unreadable: u64,
}

/// The part of an event that tells a receipt.
#[derive(Deserialize)]
struct Receipt<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
}

impl Ledger {
    fn decided(&mut self, record: RecordRef<'_>) {
        match serde_json::from_slice(record.value().unwrap_or_default()) {
            Ok(command) => self.command(command),
            Err(_) => self.unreadable += 1,
        }
    }

    /// A command was decided.
    pub fn command(&mut self, command: Command) {
        let of = |text: &str| text.to_owned();
        let step = match &command.team {
            None => of(&command.step),
            Some(team) => format!("{} to the team {team}, which reports leave out", command.step),
        };
        let (customer, journey) = (of(&command.customer), of(&command.journey));
        self.messages.push((customer, journey, step, command.channel.name()));
        match self.early.remove(&command.command_id) {
            Some(taken) => self.ended(command, taken),
            None => drop(self.open.insert(command.command_id, command)),
        }
    }

    /// An event was seen. Delivery names a receipt after its command: `COMMAND:sent`, `COMMAND:failed`, `COMMAND:bounced`.
    pub fn event(&mut self, json: &[u8]) {
        let Ok(Receipt { id: Some(id) }) = serde_json::from_slice::<Receipt<'_>>(json) else {
            return;
        };
        let Some((command, ending @ ("sent" | "failed" | "bounced"))) = id.split_once(':') else {
            return;
        };
        let Ok(number) = u128::from_str_radix(command, 16) else { return };
        let taken = ending == "sent";
        match self.open.remove(&CommandId(number)) {
            Some(command) => self.ended(command, taken),
            None => drop(self.early.insert(CommandId(number), taken)),
        }
    }

    fn ended(&mut self, command: Command, taken: bool) {
        if taken {
            self.delivered.insert((command.decided_at, command.command_id.0), command);
        } else {
            self.failed += 1;
        }
    }

    /// Commands that were decided and have no receipt.
    pub fn outstanding(&self) -> usize {
        self.open.len() + self.early.len()
    }

    /// What has been delivered since the last call, in the order of the decisions.
    pub fn take_delivered(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.delivered).into_values().collect()
    }

    /// Everything that was decided so far.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Commands that no provider took.
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// Commands that could not be read: a defect.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }
}

#[cfg(test)]
mod tests {
    use super::super::inbox::tests::command;
    use super::*;
    use cartwheel_core::channel::Channel;

    fn receipt(id: u128, ending: &str) -> Vec<u8> {
        format!(r#"{{"id":"{id:032x}:{ending}","type":"message_{ending}"}}"#).into_bytes()
    }

    #[test]
    fn a_command_ends_with_its_receipt_in_either_order() {
        let mut ledger = Ledger::default();
        ledger.command(command(9, "ana", "one", Channel::Email));
        ledger.event(&receipt(3, "sent"));
        assert_eq!(ledger.outstanding(), 2);
        ledger.event(&receipt(9, "sent"));
        ledger.command(command(3, "bob", "one", Channel::Sms));
        ledger.command(command(4, "cho", "one", Channel::Email));
        ledger.event(&receipt(4, "failed"));
        let customers: Vec<_> =
            ledger.take_delivered().into_iter().map(|command| command.customer).collect();
        assert_eq!(customers, ["bob", "ana"], "by the time and id of the command");
        assert_eq!((ledger.outstanding(), ledger.failed(), ledger.messages().len()), (0, 1, 3));
        assert!(ledger.take_delivered().is_empty());
    }

    #[test]
    fn other_events_are_passed_over() {
        let mut ledger = Ledger::default();
        for json in [
            &b"{"[..],
            b"{}",
            br#"{"id":"12:opened"}"#,
            br#"{"id":"xyz:sent"}"#,
            br#"{"id":"9f3c5b7d1e2a4c68","type":"message_bounced"}"#,
        ] {
            ledger.event(json);
        }
        assert_eq!(ledger.outstanding(), 0);
    }
}
