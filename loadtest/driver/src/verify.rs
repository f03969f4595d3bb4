//! The reference model, re-executed under the turn records that the engine wrote, must make the same commands.
//!
//! A turn record fixes what the log of events does not: how far the turn went, the clock at its end, the mode, and how many timers
//! fired. Under it the outcome is determined, so commands are compared turn by turn, in order.

use crate::Error;
use crate::sends::{AcceptedTurn, Fact, Log};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::{Counts, Mode};
use cartwheel_core::time::Millis;
use cartwheel_kafka::{Batch, KafkaConfig, Source, Start};
use cartwheel_sim::reference::{Effect, Reference};
use indicatif::ProgressBar;
use std::sync::Arc;
use std::time::Duration;

/// How long the broker may take to answer a question.
const ASK: Duration = Duration::from_secs(10);
/// How long a reader waits for a record before it looks at its position again.
const WAIT: Duration = Duration::from_millis(100);

/// Re-executes a partition. Returns the number of commands that were compared, or the first difference as [`Error::Differs`].
pub fn partition(
    kafka: &KafkaConfig,
    plan: &Arc<Plan>,
    partition: i32,
    log: &Log,
    bar: &ProgressBar,
) -> Result<u64, Error> {
    let mut source = Source::open(kafka, &kafka.topics().events, partition, Start::Beginning)?;
    let end = source.end_offset(ASK)?;
    let mut batch = Batch::new(8_192);
    let placed = |error| match error {
        Error::Differs(what) => Error::Differs(format!("partition {partition}: {what}")),
        other => other,
    };
    let mut check = Check::new(plan, &log.turns);
    while source.position() < end {
        match source.poll(&mut batch, WAIT) {
            Err(error) if !error.is_transient() => return Err(error.into()),
            _ => {}
        }
        for record in batch.iter() {
            check
                .record(record.offset(), record.timestamp_ms(), record.value().unwrap_or_default())
                .map_err(placed)?;
        }
        bar.inc(batch.len() as u64);
    }
    check.finish(end).map_err(placed)
}

/// The reference on its way through a log of turns.
pub struct Check<'a> {
    reference: Reference,
    config: String,
    turns: std::slice::Iter<'a, AcceptedTurn>,
    turn: Option<&'a AcceptedTurn>,
    mode: Mode,
    /// The reference's count of fired timers at the last turn's end.
    fired: u64,
    out: Vec<Effect>,
    compared: u64,
}

impl<'a> Check<'a> {
    /// Begins before the first event.
    pub fn new(plan: &Arc<Plan>, turns: &'a [AcceptedTurn]) -> Self {
        let mut turns = turns.iter();
        let turn = turns.next();
        let config = format!("{:032x}", plan.hash);
        Self {
            reference: Reference::new(Arc::clone(plan)),
            config,
            turns,
            turn,
            mode: Mode::Live,
            fired: 0,
            out: Vec::new(),
            compared: 0,
        }
    }

    /// The next record of the events partition.
    pub fn record(&mut self, offset: i64, time: Millis, value: &[u8]) -> Result<(), Error> {
        while let Some(turn) = self.turn.filter(|turn| turn.turn.next_offset <= offset) {
            self.end(turn)?;
        }
        let time = match self.turn.and_then(|turn| turn.turn.counts(offset)) {
            None => time,
            Some(Counts::At(time)) => time,
            Some(Counts::Not(_)) => return Ok(()),
        };
        self.reference.record(offset, time, value, &mut self.out);
        Ok(())
    }

    /// After the last record, `end` the partition's end offset: the number of commands that were compared.
    pub fn finish(mut self, end: i64) -> Result<u64, Error> {
        while let Some(turn) = self.turn.filter(|turn| turn.turn.next_offset <= end) {
            self.end(turn)?;
        }
        if let Some(turn) = self.turn {
            return Err(Error::Differs(format!(
                "a turn ends at offset {}, behind the last event {end}",
                turn.turn.next_offset
            )));
        }
        // Events behind the last turn record decided nothing in the engine.
        match commands(&mut self.out).first() {
            None => Ok(self.compared),
            Some(fact) => Err(Error::Differs(format!(
                "behind the last turn the reference also sends {fact:?}"
            ))),
        }
    }

    /// The end of a turn: mode, clock and timers; then the comparison.
    fn end(&mut self, accepted: &AcceptedTurn) -> Result<(), Error> {
        let AcceptedTurn { offset, turn, commands: actual, have, .. } = accepted;
        if turn.config != self.config {
            return Err(Error::Differs(format!(
                "the turn at offset {offset} was decided under configuration {}, not {}",
                turn.config, self.config
            )));
        }
        if turn.follow != *have {
            return Err(Error::Differs(format!(
                "the turn at offset {offset} says that {} records follow; {have} do",
                turn.follow
            )));
        }
        if turn.mode != self.mode {
            self.mode = turn.mode;
            self.reference.mode(turn.mode);
        }
        let already = self.reference.fired() - self.fired;
        self.reference.clock(turn.now, Some(turn.fired.saturating_sub(already)), &mut self.out);
        let fired = self.reference.fired() - self.fired;
        self.fired = self.reference.fired();
        compare(*offset, &commands(&mut self.out), actual)?;
        if fired != turn.fired {
            return Err(Error::Differs(format!(
                "in the turn at offset {offset} {} timers fired, in the reference {fired}",
                turn.fired
            )));
        }
        self.compared += actual.len() as u64;
        self.turn = self.turns.next();
        Ok(())
    }
}

/// Takes the commands out of what was decided.
fn commands(out: &mut Vec<Effect>) -> Vec<Fact> {
    let command = |outcome| match outcome {
        Effect::Command(command) => Some(command.into()),
        _ => None,
    };
    out.drain(..).filter_map(command).collect()
}

fn compare(offset: i64, expected: &[Fact], actual: &[Fact]) -> Result<(), Error> {
    if expected == actual {
        return Ok(());
    }
    let place = expected.iter().zip(actual).position(|(expected, actual)| expected != actual);
    let place = place.unwrap_or(expected.len().min(actual.len()));
    let show =
        |facts: &[Fact]| facts.get(place).map_or("nothing".into(), |fact| format!("{fact:?}"));
    Err(Error::Differs(format!(
        "turn at offset {offset}, command {place}:\n  reference: {}\n  engine:    {}",
        show(expected),
        show(actual)
    )))
}
