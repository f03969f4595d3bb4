//! The peers' job on an engine that a command has to itself.

use crate::Error;
use crate::engine::wall;
use crate::run::make_topics;
use crate::setup::{Changes, Setup};
use cartwheel_broker::{Broker, Options as BrokerOptions};
use clap::Args;
use std::path::{Path, PathBuf};

/// The engine that is measured, and what it does.
#[derive(Clone, Debug, Args)]
pub struct PeersJob {
    /// Partitions of the topics, and so shards.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(i32).range(1..=1_000))]
    pub partitions: i32,
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

impl PeersJob {
    /// A broker with the topics of this command, and the setup of an engine that will know so many customers.
    pub(crate) fn stage(
        &self,
        command: &str,
        expected_customers: u32,
        work: &Path,
    ) -> Result<(Broker, Setup), Error> {
        eprintln!("starting a broker");
        let dir = self.keep.then(|| work.join("broker"));
        let broker = Broker::start(BrokerOptions { dir, ..BrokerOptions::default() })?;
        let changes = Changes {
            bootstrap: broker.bootstrap(),
            namespace: format!("{command}-{}", wall()),
            partitions: self.partitions,
            expected_customers,
        };
        let setup = Setup::write(&self.config_dir, &work.join("config"), &changes)?;
        make_topics(&setup, self.partitions)?;
        Ok((broker, setup))
    }
}
