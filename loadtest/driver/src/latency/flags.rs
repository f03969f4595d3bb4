//! The command line of `loadtest latency`.

use crate::flags::skew;
use cartwheel_workload::Skew;
use clap::Args;
use std::path::PathBuf;

/// `loadtest latency`.
#[derive(Clone, Debug, Args)]
pub struct Latency {
    /// Events a second [default: half of what the engine kept up with while --fill was written].
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub rate: Option<u64>,
    /// Seconds that are measured.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub seconds: u32,
    /// Seconds at the same rate before those, in no figure.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(..=86_400))]
    pub warm_up: u32,
    /// Events that are written before, as fast as the broker takes them, while the engine reads: customers are known then, the broker is warm,
    /// and it is known what engine, broker and driver together can do on this machine.
    #[arg(long, value_name = "EVENTS", default_value_t = 3_000_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000_000))]
    pub fill: u64,
    /// How many customers.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub customers: u32,
    /// How unevenly events fall on customers: uniform, or zipf:THETA.
    #[arg(long, default_value = "uniform", value_parser = skew)]
    pub skew: Skew,
    /// The same seed gives the same events, but for their times.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The share of events that are sign-ups which get a message at once; each of these gets a second one from a timer, two seconds later.
    #[arg(long, default_value_t = 0.01, value_parser = share)]
    pub sends: f64,
    /// Milliseconds that the driver's producer waits for a fuller batch. They count: latency begins before them.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0.5, value_parser = linger)]
    pub linger: f64,
    /// Partitions of the topics, and so shards.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(i32).range(1..=1_000))]
    pub partitions: i32,
    /// A second engine joins after a third of the measured seconds and leaves after another: what was on its way meanwhile is reported apart. Needs two partitions.
    #[arg(long)]
    pub rebalance: bool,
    /// Writes latency-by-percentile.svg and latency-over-time.svg into this folder.
    #[arg(long, value_name = "DIR")]
    pub plots: Option<PathBuf>,
    /// Compares the engine's commands with the reference model's, too. That each message came, and came once, is checked in any case.
    #[arg(long, action = clap::ArgAction::Set, num_args = 0..=1, default_value_t = true, default_missing_value = "true")]
    pub verify: bool,
    /// The cartwheel binary [default: the one beside this one].
    #[arg(long)]
    pub engine: Option<PathBuf>,
    /// The folder with cartwheel.yaml and journeys: `welcome` sends at once upon a sign-up, `check_in` after a short wait.
    #[arg(long, default_value = "loadtest/latency")]
    pub config_dir: PathBuf,
    /// Keeps the working folder: configuration, checkpoints, logs, the broker's data.
    #[arg(long)]
    pub keep: bool,
}

impl Latency {
    /// Seconds for which events are written at the rate.
    pub fn paced_seconds(&self) -> u64 {
        u64::from(self.warm_up) + u64::from(self.seconds)
    }

    /// The flags, or what is wrong between them.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.rebalance && self.partitions < 2 {
            return Err("--rebalance needs two partitions: with --partitions 1 a second engine would get none".into());
        }
        self.rate.map_or(Ok(()), |rate| self.check_customers(rate))
    }

    /// An error where there are fewer customers than must sign up at this rate.
    pub(super) fn check_customers(&self, rate: u64) -> Result<(), String> {
        let events = self.fill + rate * self.paced_seconds();
        // One in ten of those who sign up does not consent; some room for rounding.
        let needed = (events as f64 * self.sends * 1.12).ceil() as u64 + 1;
        if needed <= u64::from(self.customers) {
            return Ok(());
        }
        Err(format!(
            "{events} events have some {needed} sign-ups, and there are --customers {}: raise it to that, or lower --sends, --rate or --seconds",
            self.customers
        ))
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if share > 0.0 && share <= 0.5 => Ok(share),
        _ => {
            Err("write a share above 0, 0.5 at most, such as 0.01 for one event in a hundred"
                .into())
        }
    }
}

fn linger(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(ms) if (0.0..=1_000.0).contains(&ms) => Ok(ms),
        _ => Err("write milliseconds, 0 to 1000, such as 0.5".into()),
    }
}

#[cfg(test)]
mod tests {
    use crate::flags::{Command, Flags};
    use clap::Parser;

    fn read(more: &[&str]) -> Result<super::Latency, String> {
        let words = ["loadtest", "latency"].iter().chain(more);
        match Flags::try_parse_from(words).map_err(|error| error.to_string())?.command {
            Command::Latency(latency) => latency.check().map(|()| latency),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn flags_that_do_not_go_together_are_refused() {
        let flags = read(&[]).unwrap();
        assert_eq!((flags.rate, flags.paced_seconds(), flags.verify), (None, 70, true));
        assert!(read(&["--rate", "100000"]).is_ok());
        let few = read(&["--rate", "100000", "--customers", "1000"]).unwrap_err();
        assert!(few.contains("10000000 events") && few.contains("--customers 1000"), "{few}");
        assert!(read(&["--rebalance"]).is_ok());
        assert!(
            read(&["--rebalance", "--partitions", "1"]).unwrap_err().contains("two partitions")
        );
        assert!(read(&["--sends", "0"]).unwrap_err().contains("0.01"));
        assert!(read(&["--seconds", "0"]).is_err());
        assert!(read(&["--linger", "-1"]).is_err() && read(&["--linger=nan"]).is_err());
    }
}
