//! The command lines of `loadtest peers` and `loadtest smallest-heap`.

use super::system::System;
use crate::flags::{Events, Stream, WARM_UP, skew};
use cartwheel_core::time::Span;
use cartwheel_workload::{Profile, Skew};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// A peer's heap unless another one is given.
const HEAP: &str = "3g";

/// What `loadtest peers` and `loadtest smallest-heap` have in common.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// How many events.
    #[arg(long, default_value_t = 20_000_000)]
    pub events: u64,
    /// How many customers.
    #[arg(long, default_value_t = 1_000_000)]
    pub customers: u32,
    /// How unevenly events fall on customers: uniform, or zipf:THETA.
    #[arg(long, default_value = "uniform", value_parser = skew)]
    pub skew: Skew,
    /// The same seed gives the same events, but for their times.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Synthetic time from the first event to the last, which happens now.
    #[arg(long, default_value = "7d", value_parser = Span::parse)]
    pub span: Span,
    /// Partitions of the topics; of Cartwheel shards, of Flink slots, of Kafka Streams threads.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(i32).range(1..=64))]
    pub partitions: i32,
    /// Events of another topic over which a peer runs first, in the same Java machine, and Cartwheel once for the broker: nothing of it is measured.
    #[arg(long, value_name = "EVENTS", default_value_t = WARM_UP)]
    pub warm_up: u64,
    /// The cartwheel binary [default: the one beside this one].
    #[arg(long)]
    pub engine: Option<PathBuf>,
    /// The folder with the peers' sources.
    #[arg(long, default_value = "benches/peers")]
    pub peers_dir: PathBuf,
    /// The folder with Cartwheel's configuration of the job.
    #[arg(long, default_value = "loadtest/peers")]
    pub config_dir: PathBuf,
    /// Keeps the working folder: configuration, state, logs, the broker's data.
    #[arg(long)]
    pub keep: bool,
}

impl Common {
    /// The events of the job.
    pub fn stream(&self) -> Events {
        Events {
            profile: Stream(Profile::Peers),
            events: self.events,
            customers: self.customers,
            skew: self.skew,
            seed: self.seed,
            span: self.span,
            sends: 0.0,
        }
    }
}

/// `loadtest peers`.
#[derive(Debug, Args)]
pub struct Peers {
    /// The events, and where everything is.
    #[command(flatten)]
    pub common: Common,
    /// How often each system runs: one behind the other, so many times.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub pairs: u32,
    /// Which systems, in their order in a round.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = System::ALL)]
    pub systems: Vec<System>,
    /// A peer's Java heap, as `flink-heap=2g`; may stand there several times [default: 3g].
    #[arg(long, value_name = "SYSTEM=SIZE", value_parser = heap)]
    pub heap: Vec<(System, String)>,
    /// Writes the table into this file, between its markers, if all ran and nothing differs.
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
}

impl Peers {
    /// The heap of a peer.
    pub fn heap_of(&self, system: System) -> &str {
        let given = self.heap.iter().rev().find(|(of, _)| *of == system);
        given.map_or(HEAP, |(_, size)| size)
    }
}

/// `loadtest smallest-heap`.
#[derive(Debug, Args)]
pub struct SmallestHeap {
    /// The events, and where everything is.
    #[command(flatten)]
    pub common: Common,
    /// Which peer.
    #[arg(long, value_enum)]
    pub system: System,
}

fn heap(text: &str) -> Result<(System, String), String> {
    let wrong = || "write a peer and its heap, such as flink-heap=2g".to_owned();
    let (name, size) = text.split_once('=').ok_or_else(wrong)?;
    let digits = size.trim_end_matches(['k', 'm', 'g']);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    Ok((System::from_str(name, false)?, size.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::{Command, Flags};
    use clap::Parser;

    #[test]
    fn each_peer_has_its_heap() {
        let words = ["loadtest", "peers", "--heap", "flink-heap=1g", "--heap", "flink-heap=1500m"];
        let Ok(Command::Peers(peers)) = Flags::try_parse_from(words).map(|flags| flags.command)
        else {
            panic!("the words are right");
        };
        assert_eq!(peers.systems, System::ALL);
        assert_eq!(peers.heap_of(System::FlinkHeap), "1500m");
        assert_eq!(peers.heap_of(System::FlinkRocksdb), HEAP);
        for wrong in ["flink-heap", "flink-heap=g", "flink-heap=1g -version", "spark=1g"] {
            assert!(
                Flags::try_parse_from(["loadtest", "peers", "--heap", wrong]).is_err(),
                "{wrong}"
            );
        }
    }
}
