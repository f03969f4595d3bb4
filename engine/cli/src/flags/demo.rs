//! `cartwheel demo`.

use cartwheel_core::time::{Millis, parse_rfc3339};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What to play.
#[derive(Debug, Args)]
pub struct DemoFlags {
    /// What carries the records.
    #[arg(long, value_enum, default_value_t)]
    pub broker: DemoBroker,

    /// Plays by the journeys, facts, templates, policy and brand of this folder instead of those that ship.
    #[arg(long, value_name = "DIR")]
    pub shop: Option<PathBuf>,

    /// Ends with the recap.
    #[arg(long)]
    pub exit: bool,

    /// Another number tells of other people.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,

    /// How much faster than life the past is played. Decisions do not depend on it.
    #[arg(long, value_name = "TIMES", default_value_t = 1440.0, value_parser = at_least_one)]
    pub speed: f64,

    /// The console's port on this machine; 0 takes a free one [default: 9464, or a free one where that is taken]
    #[arg(long)]
    pub port: Option<u16>,

    /// When the story begins; the same beginning and seed tell the same story [default: --hours ago, at midnight, 6, 12 or 18 o'clock UTC]
    #[arg(long, value_name = "RFC 3339", value_parser = instant)]
    pub start: Option<Millis>,

    /// How much of the past the recap tells of.
    #[arg(long, default_value_t = 72, value_parser = clap::value_parser!(u32).range(1..=240))]
    pub hours: u32,

    /// Customers after three days.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    pub customers: u32,

    /// Visits to the shop in a day.
    #[arg(long, default_value_t = 4_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub visits: u32,
}

/// A broker for the demo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DemoBroker {
    /// librdkafka's mock cluster in this process: needs nothing, holds 5 MiB a partition.
    #[default]
    Mock,
    /// Apache Kafka on this machine, started for the demo; needs a JDK and Maven.
    Kafka,
}

impl DemoBroker {
    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mock => "librdkafka's mock cluster, in this process",
            Self::Kafka => "Apache Kafka, on this machine",
        }
    }
}

fn at_least_one(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|speed: &f64| speed.is_finite() && *speed >= 1.0)
        .ok_or_else(|| "a number of at least 1".to_owned())
}

fn instant(text: &str) -> Result<Millis, String> {
    parse_rfc3339(text).ok_or_else(|| "an instant such as 2026-01-01T06:00:00Z".to_owned())
}
