//! The naive reference model: a trace about a rule holds of both programs.

use super::engine::{Consequence, Suppression, TraceEngine};
use crate::reference::{Effect, Reference};
use cartwheel_core::event::OddField;
use cartwheel_core::id::CommandId;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::{DeadReason, Mode, Sample};
use cartwheel_core::time::Millis;
use cartwheel_shard::ShardError;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// The reference as a trace sees it.
pub struct ReferenceEngine {
    reference: Reference,
    records: i64,
    /// The greatest record time so far.
    newest: Millis,
    out: Vec<Consequence>,
    /// What each command's message may show.
    data: HashMap<CommandId, String>,
}

impl ReferenceEngine {
    /// An engine that knows nobody.
    pub fn new(plan: Arc<Plan>) -> Self {
        let reference = Reference::new(plan);
        Self { reference, records: 0, newest: Millis::MIN, out: Vec::new(), data: HashMap::new() }
    }
}

impl ReferenceEngine {
    fn note_data(&mut self, out: &[Effect]) {
        for effect in out {
            if let Effect::Command(command) = effect {
                self.data.insert(command.command_id, command.data.to_string());
            }
        }
    }
}

impl TraceEngine for ReferenceEngine {
    fn record(&mut self, time: Millis, value: &[u8]) -> Result<(), ShardError> {
        let mut out = Vec::new();
        let before = self.reference.degraded().clone();
        self.reference.record(self.records, time, value, &mut out);
        self.records += 1;
        self.newest = self.newest.max(time);
        let (at, after) = (self.newest, self.reference.degraded());
        let odd = OddField::ALL
            .into_iter()
            .filter(|field| after.get(field.name()) > before.get(field.name()));
        self.out.extend(odd.map(|field| Consequence::Degraded { at, field }));
        self.note_data(&out);
        self.out.extend(out.into_iter().filter_map(|outcome| match outcome {
            Effect::Decision(decision) => Some(Consequence::Decision(decision)),
            Effect::Command(_) | Effect::HeldOut(_) | Effect::Converted(_) => None,
            // The record that told it is the one at hand.
            Effect::Suppression(told) => Some(Consequence::Suppression(Suppression {
                at: told.at,
                customer: customer(value),
                channel: told.channel,
                reason: told.reason,
                active: told.active,
            })),
            Effect::Dead { reason, .. } => match reason {
                DeadReason::Poison(reason) => {
                    Some(Consequence::Dead { reason, detail: String::new() })
                }
                DeadReason::Applied(Sample::Degraded) => None,
            },
        }));
        Ok(())
    }

    fn clock(&mut self, now: Millis) -> Result<(), ShardError> {
        let mut out = Vec::new();
        self.reference.clock(now.max(self.newest), None, &mut out);
        self.note_data(&out);
        self.out.extend(out.into_iter().filter_map(|outcome| match outcome {
            Effect::Decision(decision) => Some(Consequence::Decision(decision)),
            _ => None,
        }));
        Ok(())
    }

    fn advance(&mut self, now: Millis) -> Result<(), ShardError> {
        while let Some(deadline) = self.reference.next_deadline().filter(|at| *at <= now) {
            self.clock(deadline)?;
        }
        Ok(())
    }

    fn mode(&mut self, mode: Mode) -> Result<(), ShardError> {
        self.reference.mode(mode);
        Ok(())
    }

    fn message(&mut self, command: CommandId) -> Option<Result<String, String>> {
        self.data.get(&command).cloned().map(Ok)
    }

    fn consequences(&mut self) -> Vec<Consequence> {
        std::mem::take(&mut self.out)
    }
}

fn customer(value: &[u8]) -> String {
    let event: Value = serde_json::from_slice(value).unwrap_or_default();
    event["customer"].as_str().unwrap_or_default().to_owned()
}
