//! What the engine decided: the accepted turns of a sends partition with their commands.

use crate::Error;
use cartwheel_core::channel::Channel;
use cartwheel_core::command::Command;
use cartwheel_core::id::CommandId;
use cartwheel_core::sends::{Acceptance, Kind, Reader, Turn};
use cartwheel_core::time::Millis;
use cartwheel_kafka::{Batch, KafkaConfig, RecordRef, Source, Start};
use cartwheel_sim::reference::ExpectedCommand;
use std::time::Duration;

/// How long the broker may take to answer a question.
const ASK: Duration = Duration::from_secs(10);
/// How long a reader waits for a record before it looks at its position again.
const WAIT: Duration = Duration::from_millis(100);

/// What a command is compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its id.
    pub command_id: CommandId,
    /// The customer string.
    pub customer: String,
    /// The journey's name.
    pub journey: String,
    /// The step's name.
    pub step: String,
    /// The medium.
    pub channel: Channel,
    /// When the gate said yes.
    pub decided_at: Millis,
    /// When the step was first reached.
    pub due_at: Millis,
    /// Worthless after this.
    pub not_after: Millis,
    /// The address.
    pub to: String,
}

impl From<Command> for Fact {
    fn from(command: Command) -> Self {
        let Command {
            command_id,
            customer,
            journey,
            step,
            channel,
            decided_at,
            due_at,
            not_after,
            to,
            ..
        } = command;
        Self { command_id, customer, journey, step, channel, decided_at, due_at, not_after, to }
    }
}

impl From<ExpectedCommand> for Fact {
    fn from(command: ExpectedCommand) -> Self {
        let ExpectedCommand {
            command_id,
            customer,
            journey,
            step,
            channel,
            decided_at,
            due_at,
            not_after,
            to,
            ..
        } = command;
        Self { command_id, customer, journey, step, channel, decided_at, due_at, not_after, to }
    }
}

/// An accepted turn.
#[derive(Clone, Debug, PartialEq)]
pub struct AcceptedTurn {
    /// Offset of its turn record.
    pub offset: i64,
    /// The record's time, epoch milliseconds: when the engine made it, or, if the topic says so, when the broker appended it.
    pub at: Millis,
    /// The turn record.
    pub turn: Turn,
    /// The commands that follow it, in order.
    pub commands: Vec<Fact>,
    /// The accepted records that follow it, of every kind.
    pub have: u32,
}

/// The accepted part of one sends partition.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// In order.
    pub turns: Vec<AcceptedTurn>,
    /// Records that the reader's rule passed over.
    pub rejected: u64,
}

impl Log {
    /// Commands in all turns.
    pub fn commands(&self) -> u64 {
        self.turns.iter().map(|turn| turn.commands.len() as u64).sum()
    }

    /// When the engine first recorded that every event before `end` had been applied.
    pub fn reached(&self, end: i64) -> Option<Millis> {
        self.turns.iter().find(|turn| turn.turn.next_offset >= end).map(|turn| turn.at)
    }

    /// When the owner of the shard began: its first record, before it read any event.
    pub fn began(&self) -> Option<Millis> {
        self.turns.first().map(|turn| turn.at)
    }
}

/// Reads a sends partition from its beginning to its present end, by the reader's rule.
pub fn read(kafka: &KafkaConfig, partition: i32) -> Result<Log, Error> {
    read_commands(kafka, partition, |turn, _, value| {
        turn.commands.push(command_of(value)?);
        Ok(())
    })
}

/// As [`read`], but `take` gets the text of each command with its turn and its record's time, and keeps what it wants. What it cannot read it says.
pub fn read_commands(
    kafka: &KafkaConfig,
    partition: i32,
    mut take: impl FnMut(&mut AcceptedTurn, Millis, &[u8]) -> Result<(), String>,
) -> Result<Log, Error> {
    let mut log = Log::default();
    log.rejected = accepted(kafka, partition, |kind, record| log.take(kind, record, &mut take))?;
    Ok(log)
}

/// Every command of a sends partition, from its beginning to its present end, with the time of its record.
pub fn commands(
    kafka: &KafkaConfig,
    partition: i32,
    mut take: impl FnMut(Fact, Millis),
) -> Result<(), Error> {
    accepted(kafka, partition, |kind, record| {
        if kind == Kind::Command {
            let command = command_of(record.value().unwrap_or_default());
            take(command.map_err(|why| bad(record, why))?, record.timestamp_ms());
        }
        Ok(())
    })?;
    Ok(())
}

/// What a command is compared by, of its text.
fn command_of(value: &[u8]) -> Result<Fact, String> {
    let command: Command = serde_json::from_slice(value).map_err(|error| error.to_string())?;
    Ok(command.into())
}

/// The records of a sends partition that the reader's rule accepts, leader records aside, from its beginning to its present end. Returns how many it passed over.
fn accepted(
    kafka: &KafkaConfig,
    partition: i32,
    mut take: impl FnMut(Kind, RecordRef<'_>) -> Result<(), Error>,
) -> Result<u64, Error> {
    let (mut reader, mut rejected) = (Reader::at_start(), 0);
    each(kafka, &kafka.topics().sends, partition, |record| {
        let headers =
            record.sends_headers().ok_or_else(|| bad(record, "the headers are missing".into()))?;
        match reader.read(record.offset(), headers) {
            Acceptance::Leader => Ok(()),
            Acceptance::Rejected => {
                rejected += 1;
                Ok(())
            }
            Acceptance::Accepted => take(headers.kind, record),
        }
    })?;
    Ok(rejected)
}

fn bad(record: RecordRef<'_>, why: String) -> Error {
    Error::BadRecord { partition: record.partition(), offset: record.offset(), why }
}

/// Every record of a partition, from its beginning to its present end.
pub fn each(
    kafka: &KafkaConfig,
    topic: &str,
    partition: i32,
    mut take: impl FnMut(RecordRef<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut source = Source::open(kafka, topic, partition, Start::Beginning)?;
    let end = source.end_offset(ASK)?;
    let mut batch = Batch::new(4_096);
    while source.position() < end {
        match source.poll(&mut batch, WAIT) {
            Err(error) if !error.is_transient() => return Err(error.into()),
            _ => {}
        }
        batch.iter().try_for_each(&mut take)?;
    }
    Ok(())
}

impl Log {
    fn take(
        &mut self,
        kind: Kind,
        record: RecordRef<'_>,
        command: &mut impl FnMut(&mut AcceptedTurn, Millis, &[u8]) -> Result<(), String>,
    ) -> Result<(), Error> {
        let value = record.value().unwrap_or_default();
        if kind == Kind::Turn {
            let turn =
                serde_json::from_slice(value).map_err(|error| bad(record, error.to_string()))?;
            self.turns.push(AcceptedTurn {
                offset: record.offset(),
                at: record.timestamp_ms(),
                turn,
                commands: Vec::new(),
                have: 0,
            });
            return Ok(());
        }
        let Some(turn) = self.turns.last_mut() else {
            return Err(bad(record, "no turn record comes before it".into()));
        };
        turn.have += 1;
        if kind == Kind::Command {
            command(turn, record.timestamp_ms(), value).map_err(|why| bad(record, why))?;
        }
        Ok(())
    }
}
