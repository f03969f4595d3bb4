//! The command line of `loadtest recovery`.

use clap::Args;
use std::path::PathBuf;

/// `loadtest recovery`.
#[derive(Clone, Debug, Args)]
pub struct Recovery {
    /// How many customers the checkpoint has.
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub customers: u32,
    /// Events a customer in it.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(2..))]
    pub events_each: u32,
    /// Events behind the checkpoint that the engine has applied when it is killed: they are replayed. No other checkpoint is taken before.
    #[arg(long, default_value_t = 500_000)]
    pub replayed: u64,
    /// Events that come while it is dead: it has to catch up with them.
    #[arg(long, default_value_t = 200_000)]
    pub backlog: u64,
    /// Partitions of the topics, and so shards.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(i32).range(1..=1_000))]
    pub partitions: i32,
    /// How often it is killed.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// The cartwheel binary [default: the one beside this one].
    #[arg(long)]
    pub engine: Option<PathBuf>,
    /// The folder with the configuration of the peers' job, whose message leaves an hour behind the cart.
    #[arg(long, default_value = "loadtest/peers")]
    pub config_dir: PathBuf,
    /// Keeps the working folder: configuration, checkpoints, logs, the broker's data.
    #[arg(long)]
    pub keep: bool,
}
