//! The command line of `loadtest recovery`.

use crate::job::PeersJob;
use clap::Args;

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
    /// How often it is killed.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// The engine and what it does.
    #[command(flatten)]
    pub job: PeersJob,
}
