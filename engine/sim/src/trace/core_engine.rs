//! The core in a shard without a broker, as in production but for the log and the disk.

use super::engine::{Consequence, Suppression, TraceEngine};
use cartwheel_core::command::Command;
use cartwheel_core::event::{OddField, Record};
use cartwheel_core::id::CommandId;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::{Dead, DeadReason, Kind, Mode, Sample, Suppression as Published};
use cartwheel_core::time::Millis;
use cartwheel_shard::checkpoint::memory::MemoryStore;
use cartwheel_shard::{Lone, Outgoing, Settings, ShardError};
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::Arc;

/// The shard as a trace sees it.
pub struct CoreEngine {
    lone: Lone<MemoryStore>,
    /// The greatest record time so far.
    newest: Millis,
    out: Vec<Consequence>,
    commands: HashMap<CommandId, Command>,
    renderer: Renderer,
}

/// What a message shows, as one text, or why it cannot be written.
pub type Renderer = Arc<dyn Fn(&Command) -> Result<String, String>>;

/// The data of the command instead of a message.
fn data(command: &Command) -> Result<String, String> {
    Ok(command.data.to_string())
}

impl CoreEngine {
    /// An engine that knows nobody.
    pub fn new(plan: Arc<Plan>) -> Result<Self, ShardError> {
        Self::rendering(plan, Arc::new(data))
    }

    /// The same; what messages show is what the renderer makes of them.
    pub fn rendering(plan: Arc<Plan>, renderer: Renderer) -> Result<Self, ShardError> {
        let mut lone = Lone::open(&plan, Settings::without_clock(), MemoryStore::default())?;
        lone.keep();
        let (newest, out, commands) = (Millis::MIN, Vec::new(), HashMap::new());
        Ok(Self { lone, newest, out, commands, renderer })
    }

    /// Takes over what has come out. What a profile says comes before what journeys make of it.
    fn settle(&mut self) -> Result<(), ShardError> {
        for record in self.lone.take_published() {
            if record.kind == Kind::Command {
                let command: Command = read(&record)?;
                self.commands.insert(command.command_id, command);
            }
            self.out.extend(told(&record)?);
        }
        let decisions = self.lone.take_decisions()?;
        self.out.extend(decisions.into_iter().map(Consequence::Decision));
        Ok(())
    }
}

impl TraceEngine for CoreEngine {
    fn record(&mut self, time: Millis, value: &[u8]) -> Result<(), ShardError> {
        let offset = self.lone.shard().next_offset();
        let record = Record { offset, time, key: None, value };
        // What timers decide comes before all that the record says.
        self.lone.fire_before(&record)?;
        self.settle()?;
        let before = self.lone.shard().counters().degraded;
        self.lone.record(&record)?;
        let after = self.lone.shard().counters().degraded;
        self.newest = self.newest.max(time);
        let at = self.newest;
        let odd = OddField::ALL
            .into_iter()
            .filter(|field| after[*field as usize] > before[*field as usize]);
        self.out.extend(odd.map(|field| Consequence::Degraded { at, field }));
        self.settle()
    }

    fn clock(&mut self, now: Millis) -> Result<(), ShardError> {
        self.lone.clock(now)?;
        self.settle()
    }

    fn advance(&mut self, now: Millis) -> Result<(), ShardError> {
        self.lone.advance(now)?;
        self.settle()
    }

    fn mode(&mut self, mode: Mode) -> Result<(), ShardError> {
        self.lone.switch(mode)
    }

    fn message(&mut self, command: CommandId) -> Option<Result<String, String>> {
        self.commands.get(&command).map(|command| (self.renderer)(command))
    }

    fn consequences(&mut self) -> Vec<Consequence> {
        std::mem::take(&mut self.out)
    }
}

/// What a published record says beside the decisions. Its key is the customer.
fn told(record: &Outgoing) -> Result<Option<Consequence>, ShardError> {
    Ok(match record.kind {
        Kind::Suppression => {
            let Published { channel, reason, active, at, .. } = read(record)?;
            let customer = String::from_utf8_lossy(&record.key).into_owned();
            let told = Suppression { at, customer, channel, reason, active };
            Some(Consequence::Suppression(told))
        }
        Kind::Dead => {
            let Dead { reason, detail, .. } = read(record)?;
            match reason {
                DeadReason::Poison(reason) => Some(Consequence::Dead { reason, detail }),
                // A copy: not every such event has one, and each is told by its fields.
                DeadReason::Applied(Sample::Degraded) => None,
            }
        }
        Kind::Leader | Kind::Turn | Kind::Command | Kind::Event => None,
    })
}

/// A lone shard's records stand at the offsets of their sequence numbers.
fn read<T: DeserializeOwned>(record: &Outgoing) -> Result<T, ShardError> {
    let bad = |error: serde_json::Error| ShardError::BadLog {
        offset: record.seq as i64,
        why: error.to_string(),
    };
    serde_json::from_slice(&record.value).map_err(bad)
}
