//! The systems that do the job.

use clap::ValueEnum;
use serde::Serialize;
use std::fmt;

/// A system with where it keeps its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// Cartwheel.
    Cartwheel,
    /// Flink, state as objects on the Java heap.
    FlinkHeap,
    /// Flink, state in RocksDB.
    FlinkRocksdb,
    /// Kafka Streams, state in RocksDB.
    KafkaStreams,
}

impl System {
    /// All, in the order of a round.
    pub const ALL: [System; 4] =
        [System::Cartwheel, System::FlinkHeap, System::FlinkRocksdb, System::KafkaStreams];

    /// As the table calls it.
    pub const fn title(self) -> &'static str {
        match self {
            System::Cartwheel => "Cartwheel",
            System::FlinkHeap => "Flink 2.2, heap state",
            System::FlinkRocksdb => "Flink 2.2, RocksDB state",
            System::KafkaStreams => "Kafka Streams 4.1, RocksDB state",
        }
    }

    /// The module of benches/peers with its main class, and the flags that choose its state; none of Cartwheel.
    pub(super) const fn peer(
        self,
    ) -> Option<(&'static str, &'static str, &'static [&'static str])> {
        const FLINK: (&str, &str) = ("flink", "cartwheel.peers.flink.FlinkPeer");
        match self {
            System::Cartwheel => None,
            System::FlinkHeap => Some((FLINK.0, FLINK.1, &["--state", "hashmap"])),
            System::FlinkRocksdb => Some((FLINK.0, FLINK.1, &["--state", "rocksdb"])),
            System::KafkaStreams => Some((
                "kafka-streams",
                "cartwheel.peers.streams.StreamsPeer",
                &["--state", "rocksdb"],
            )),
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_possible_value() {
            Some(value) => out.write_str(value.get_name()),
            None => Ok(()),
        }
    }
}
