//! The naive reference model: a trace about a rule holds of both programs.

use super::engine::{Consequence, Suppression, TraceEngine};
use crate::reference::{Outcome, Reference};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::Mode;
use cartwheel_core::time::Millis;
use serde_json::Value;
use std::sync::Arc;

/// The reference as a trace sees it.
pub struct ReferenceEngine {
    reference: Reference,
    records: i64,
    out: Vec<Consequence>,
}

impl ReferenceEngine {
    /// An engine that knows nobody.
    pub fn new(plan: Arc<Plan>) -> Self {
        Self { reference: Reference::new(plan), records: 0, out: Vec::new() }
    }
}

impl TraceEngine for ReferenceEngine {
    fn record(&mut self, time: Millis, value: &[u8]) {
        let mut out = Vec::new();
        self.reference.record(self.records, time, value, &mut out);
        self.records += 1;
        self.out.extend(out.into_iter().filter_map(|outcome| match outcome {
            Outcome::Decision(decision) => Some(Consequence::Decision(decision)),
            Outcome::Command(_) => None,
            // The record that told it is the one at hand.
            Outcome::Suppression(told) => Some(Consequence::Suppression(Suppression {
                at: told.at,
                customer: customer(value),
                channel: told.channel,
                reason: told.reason,
                active: told.active,
            })),
            Outcome::Dead { reason, .. } => {
                Some(Consequence::Dead { reason, detail: String::new() })
            }
        }));
    }

    fn clock(&mut self, now: Millis) {
        let mut out = Vec::new();
        self.reference.clock(now, None, &mut out);
        self.out.extend(out.into_iter().filter_map(|outcome| match outcome {
            Outcome::Decision(decision) => Some(Consequence::Decision(decision)),
            _ => None,
        }));
    }

    fn mode(&mut self, mode: Mode) {
        self.reference.mode(mode);
    }

    fn next_deadline(&self) -> Option<Millis> {
        self.reference.next_deadline()
    }

    fn consequences(&mut self) -> Vec<Consequence> {
        std::mem::take(&mut self.out)
    }
}

fn customer(value: &[u8]) -> String {
    let event: Value = serde_json::from_slice(value).unwrap_or_default();
    event["customer"].as_str().unwrap_or_default().to_owned()
}
