//! Asks for end offsets several times within the life of a check, on a thread of its own: a slow answer must not hold up the pump.

use super::complaints::Complaints;
use super::report::Report;
use crate::clock::Clock;
use cartwheel_core::time::Millis;
use cartwheel_kafka::{Offsets, Topics};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long one answer may take.
const ASK: Duration = Duration::from_secs(2);

/// What the thread works with.
pub(super) struct Asker {
    pub offsets: Offsets,
    pub topics: Topics,
    pub clock: Arc<dyn Clock>,
    pub reports: Sender<Report>,
    /// The sends partitions to ask for; the pump keeps it.
    pub partitions: Arc<Mutex<BTreeSet<i32>>>,
    pub suppressions: Vec<i32>,
    pub every: Duration,
}

impl Asker {
    /// Asks until `closed` is.
    pub fn run(self, closed: &Receiver<()>) {
        let mut complaints = Complaints::default();
        loop {
            for partition in &self.suppressions {
                let found = self.ask(&self.topics.suppressions, *partition, &mut complaints);
                self.tell(found.map(|(end, asked)| Report::SuppressionEnd {
                    partition: *partition,
                    end,
                    asked,
                }));
            }
            let ours = self.partitions.lock().unwrap_or_else(PoisonError::into_inner).clone();
            for partition in ours {
                let found = self.ask(&self.topics.sends, partition, &mut complaints);
                self.tell(found.map(|(end, asked)| Report::End { partition, end, asked }));
            }
            if closed.recv_timeout(self.every) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }

    /// The end offset, and the moment before it was asked for. Without one calls wait.
    fn ask(
        &self,
        topic: &str,
        partition: i32,
        complaints: &mut Complaints,
    ) -> Option<(i64, Millis)> {
        let asked = Millis::try_from(self.clock.monotonic().as_millis()).unwrap_or(Millis::MAX);
        match self.offsets.end(topic, partition, ASK) {
            Ok(end) => Some((end, asked)),
            Err(error) => {
                complaints.kafka("asking for end offsets", &error);
                None
            }
        }
    }

    fn tell(&self, report: Option<Report>) {
        report.into_iter().for_each(|report| drop(self.reports.send(report)));
    }
}
