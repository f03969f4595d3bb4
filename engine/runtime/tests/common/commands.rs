//! An independent reader of the sends topic.

use crate::common::{PARTITIONS, until};
use cartwheel_core::command::Command;
use cartwheel_core::sends::{Acceptance, Headers, Kind, Reader};
use cartwheel_kafka::{Batch, KafkaConfig, Source, Start};
use std::time::Duration;

/// Reads by the reader's rule.
pub struct Commands {
    partitions: Vec<(Source, Reader)>,
    /// Customers of the accepted commands, in the order in which they were read.
    pub customers: Vec<String>,
    pub leaders: usize,
}

impl Commands {
    pub fn open(kafka: &KafkaConfig) -> Self {
        let open = |partition| {
            (
                Source::open(kafka, &kafka.topics().sends, partition, Start::Beginning).unwrap(),
                Reader::at_start(),
            )
        };
        Self { partitions: (0..PARTITIONS).map(open).collect(), customers: Vec::new(), leaders: 0 }
    }

    pub fn read(&mut self) {
        let mut batch = Batch::new(100);
        for (source, reader) in &mut self.partitions {
            match source.poll(&mut batch, Duration::from_millis(10)) {
                Ok(()) => {}
                Err(error) => assert!(error.is_transient(), "{error}"),
            }
            for record in batch.iter() {
                let headers: Headers = record.sends_headers().expect("only our records are here");
                match reader.read(record.offset(), headers) {
                    Acceptance::Leader => self.leaders += 1,
                    Acceptance::Accepted if headers.kind == Kind::Command => {
                        let command: Command =
                            serde_json::from_slice(record.value().unwrap()).unwrap();
                        self.customers.push(command.customer);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Waits for so many commands in all; their customers, sorted.
    pub fn wait(&mut self, count: usize) -> Vec<String> {
        until("commands", || {
            self.read();
            self.customers.len() >= count
        });
        let mut all = self.customers.clone();
        all.sort();
        all
    }
}
