//! The command line.

use crate::flat::Flat;
use crate::flat::step::Step;
use crate::latency::flags::Latency;
use crate::peers::flags::{Peers, SmallestHeap};
use crate::recovery::flags::Recovery;
use crate::storm::flags::Storm;
use crate::timers::Timers;
use cartwheel_core::time::Span;
use cartwheel_workload::{Profile, Skew};
use clap::builder::PossibleValue;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// What warms up a broker of our own unless another number is given.
pub(crate) const WARM_UP: u64 = 1_000_000;

/// Writes a topic of events for many customers and measures what reads it.
#[derive(Debug, Parser)]
#[command(name = "loadtest", version, max_term_width = 100)]
pub struct Flags {
    /// How results are written to standard output.
    #[arg(long, global = true, value_enum, default_value_t)]
    pub output: Output,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// A table.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measures consuming, decoding and the full engine on one topic of a real broker, and compares the engine with the reference model.
    Run(Run),
    /// Measures shards in this process, without a broker, over events encoded beforehand.
    ///
    /// Checkpoints are the engine's: into RocksDB in the temporary folder, every 10 s or when much has been written since, each written on a
    /// thread beside its shard's. A row ends when the last event has been applied and the last checkpoint that was begun is stored;
    /// what changed since that one began is not stored, and the report says how much that is.
    ///
    /// CPU-s/million counts every thread of the process over that time (several shards share it by their events), so events/s, which is by the
    /// clock, may be the work of more cores than there are shards: what one core does is events a CPU-second, 1,000,000 / (CPU-s/million).
    Engine(Engine),
    /// Measures how long a partition is without an owner: when an engine is killed with -9 and started again, and when one is stopped beside another.
    HandOver(HandOver),
    /// Measures how long it takes from an event to the broker's append of the message that it causes, at a steady rate, in an open loop.
    ///
    /// Latency runs from the instant at which an event was meant to be written, however late it was written, so a stall is felt by all that would have
    /// come in it. The engine is a process of its own and writes its checkpoints every 10 s. Of each sign-up one message leaves at once and one by a
    /// timer; if one of them does not come, or comes twice, the run is void. HdrHistogram; the broker's times are whole milliseconds, of which the end counts.
    Latency(Latency),
    /// Compares what the engine takes of the processors over TLS with a login and over plain connections, in turn, on one broker.
    Secure(Secure),
    /// Writes events to a topic.
    Produce(Produce),
    /// Does one job on Cartwheel, Flink and Kafka Streams in turn, over one topic of a real broker, and compares what each sends with the reference model.
    ///
    /// The job is `--profile peers` under loadtest/peers; benches/METHOD.md says what is equal between the systems and what is not. Needs a JDK
    /// of 17 or later, and Maven, which fetches the peers once.
    Peers(Peers),
    /// Looks for the smallest heap at which a peer loses less than a tenth of its speed: that of the first run, with 4 GiB.
    SmallestHeap(SmallestHeap),
    /// Measures many timers that are due at once: how long it takes until the broker has all their messages.
    ///
    /// One timer of one customer each, on a real broker and the real engine: as many customers sign up and fill carts, an hour before the
    /// deadlines by the times of their events; then real time makes all due. The figure runs from the first deadline (the engine's margin of 500 ms is in
    /// it) to the broker's own time of the last message. Every customer must have exactly one message, due when it should be, and of a sample
    /// all of it must be as the reference model has it: else the run is void, and the status not 0.
    ///
    /// 10,000,000 timers need some 15 GB in the temporary folder (10 of it the broker's) and 8 GB of memory. --timers 20000 tries it in a quarter of a minute.
    Storm(Storm),
    /// Measures the timer wheel at its full size, in this process: memory, nanoseconds to arm and to fire, the longest tick.
    ///
    /// 100,000,000 timers need some 3 GB of memory. A timer that does not fire when it should, or not once, makes the run void.
    Timers(Timers),
    /// Measures how long an engine with many customers needs behind kill -9: until its first correct message, and until it has caught up.
    ///
    /// Both run from the moment before the new process is executed, to the broker's own time of a record: of the first message that events behind the
    /// kill lead to, in any partition, if it is the one that the reference model has; and of the messages that the last event of every partition
    /// leads to.
    ///
    /// 10,000,000 customers need some 10 GB in the temporary folder and 8 GB of memory. --customers 20000 --replayed 20000 --backlog 10000 tries it.
    Recovery(Recovery),
    /// Measures whether an event costs the same however many customers there are, and however many journeys do not want it; and the memory of a customer.
    ///
    /// Each step fills a shard in a process of its own, without a broker, as the peers' job does, and then measures turns over encoded events by
    /// the processor time of the shard's thread, without checkpoints. Memory is that of the whole process behind the last checkpoint.
    ///
    /// A step for whose customers there is no memory, by what a customer of the step before took, is left out and named. 50,000,000 customers
    /// need as much again in the temporary folder, and a quarter of an hour.
    Flat(Flat),
    /// One step of `flat`, as a JSON object; what `flat` starts.
    #[command(hide = true)]
    FlatStep(Step),
    /// Reads the events topic of a setup and prints a row; what `run` starts for its first two rows.
    #[command(hide = true)]
    Consume(Consume),
}

/// The events.
#[derive(Clone, Debug, Args)]
pub struct Events {
    /// What the stream is like. `peers` is the job by which engines are compared, and has defaults of its own: 20000000 events in 7d, and, where there is a
    /// configuration, loadtest/peers.
    #[arg(long, default_value = "shop")]
    pub profile: Stream,
    /// How many events.
    #[arg(long, default_value = "5000000", default_value_if("profile", "peers", "20000000"))]
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
    #[arg(long, default_value = "24h", default_value_if("profile", "peers", "7d"), value_parser = Span::parse)]
    pub span: Span,
    /// The share of events that are sign-ups whose welcome message leaves at once (`shop`; of `peers` it is fixed: about ten messages for a hundred events).
    #[arg(long, default_value_t = 0.01)]
    pub sends: f64,
}

impl Events {
    /// Fewer of the same kind. Of the peers' job each customer has as many as before; the shop's stay, most of them unseen.
    pub fn shortened(&self, events: u64) -> Self {
        let customers = match self.profile.0 {
            Profile::Shop => self.customers,
            Profile::Peers => {
                let share = u128::from(self.customers) * u128::from(events)
                    / u128::from(self.events.max(1));
                u32::try_from(share).unwrap_or(u32::MAX).max(1)
            }
        };
        Self { events, customers, ..self.clone() }
    }
}

/// What an engine decides by.
#[derive(Clone, Debug, Args)]
pub struct ConfigDir {
    /// The folder with cartwheel.yaml and journeys. The default has two of the journeys that ship, by which figures of all times compare.
    #[arg(
        long,
        default_value = "loadtest/config",
        default_value_if("profile", "peers", "loadtest/peers")
    )]
    pub config_dir: PathBuf,
}

/// The engine that is measured, and what it decides by.
#[derive(Clone, Debug, Args)]
pub struct Cartwheel {
    /// The cartwheel binary [default: the one beside this one].
    #[arg(long)]
    pub engine: Option<PathBuf>,
    /// What it decides by.
    #[command(flatten)]
    pub config: ConfigDir,
}

/// A [`Profile`], as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream(pub Profile);

impl ValueEnum for Stream {
    fn value_variants<'a>() -> &'a [Self] {
        &[Stream(Profile::Shop), Stream(Profile::Peers)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self.0 {
            Profile::Shop => "shop",
            Profile::Peers => "peers",
        }))
    }
}

/// `loadtest run`.
#[derive(Debug, Args)]
pub struct Run {
    /// The events.
    #[command(flatten)]
    pub events: Events,
    /// Partitions of the topics, and so shards.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(i32).range(1..=1_000))]
    pub partitions: i32,
    /// What is measured.
    #[command(flatten)]
    pub cartwheel: Cartwheel,
    /// A running broker, host:port; the topics that are made there stay [default: a broker of its own].
    #[arg(long)]
    pub bootstrap: Option<String>,
    /// Events that the full engine reads before anything is measured, from topics of their own [default: 1000000; with --bootstrap: 0].
    ///
    /// A broker that has just been started is still being compiled by its Java machine, which takes processor time from whatever is
    /// measured beside it. So the engine runs once before the measured rows, exactly as it is measured later but over these events, and
    /// what it did is thrown away. 0 leaves that out. A broker given with --bootstrap is taken to be warm.
    #[arg(long, value_name = "EVENTS")]
    pub warm_up: Option<u64>,
    /// The engine's setting `engine.expected_customers`: it takes the memory for them before its first event, as in production one does that
    /// has been running for a while, or has loaded its checkpoint [default: as many as --customers]. 0: memory is taken as they come,
    /// during the measured row.
    #[arg(long, value_name = "CUSTOMERS")]
    pub expected_customers: Option<u32>,
    /// Compares the engine's commands with the reference model's.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, default_value_t = true, default_missing_value = "true")]
    pub verify: bool,
    /// Keeps the working folder: configuration, checkpoints, logs, the broker's data.
    #[arg(long)]
    pub keep: bool,
}

impl Run {
    /// Customers that the engine takes memory for before its first event.
    pub fn expected_customers(&self) -> u32 {
        self.expected_customers.unwrap_or(self.events.customers)
    }

    /// Events to warm the broker up with: those given, or, for a broker that has just been started, enough.
    pub fn warm_up(&self) -> u64 {
        self.warm_up.unwrap_or(if self.bootstrap.is_some() { 0 } else { WARM_UP })
    }
}

/// `loadtest engine`.
#[derive(Debug, Args)]
pub struct Engine {
    /// The events.
    #[command(flatten)]
    pub events: Events,
    /// Shards, each on a thread of its own.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=256))]
    pub shards: i32,
    /// Records in a turn.
    #[arg(long, default_value_t = 8_192, value_parser = clap::value_parser!(u32).range(1..))]
    pub batch: u32,
    /// Customers that the shards take memory for before they start, together [default: as many as --customers; 0: as they come].
    #[arg(long, value_name = "CUSTOMERS")]
    pub expected_customers: Option<u32>,
    /// What it decides by.
    #[command(flatten)]
    pub config: ConfigDir,
}

impl Engine {
    /// Customers that the shards take memory for before they start.
    pub fn expected_customers(&self) -> u32 {
        self.expected_customers.unwrap_or(self.events.customers)
    }
}

/// `loadtest hand-over`.
#[derive(Debug, Args)]
pub struct HandOver {
    /// The events that are written before each round, and so have to be replayed or read in it.
    #[command(flatten)]
    pub events: Events,
    /// Partitions of the topics.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(i32).range(2..=1_000))]
    pub partitions: i32,
    /// How often each is measured.
    #[arg(long, default_value_t = 5)]
    pub rounds: u32,
    /// What is measured.
    #[command(flatten)]
    pub cartwheel: Cartwheel,
}

/// `loadtest secure`.
#[derive(Debug, Args)]
pub struct Secure {
    /// The events, which each engine has to itself.
    #[command(flatten)]
    pub events: Events,
    /// Partitions of the topics.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(i32).range(1..=1_000))]
    pub partitions: i32,
    /// How often each is measured.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub pairs: u32,
    /// What is measured.
    #[command(flatten)]
    pub cartwheel: Cartwheel,
}

/// `loadtest produce`.
#[derive(Debug, Args)]
pub struct Produce {
    /// The events.
    #[command(flatten)]
    pub events: Events,
    /// The broker, host:port.
    #[arg(long)]
    pub bootstrap: String,
    /// The topic; it must be there.
    #[arg(long)]
    pub topic: String,
}

/// `loadtest consume`.
#[derive(Debug, Args)]
pub struct Consume {
    /// The folder with the generated configuration.
    #[arg(long)]
    pub setup: PathBuf,
    /// Decodes the events and reads the fields that the journeys want.
    #[arg(long)]
    pub decode: bool,
}

pub(crate) fn skew(text: &str) -> Result<Skew, String> {
    if text == "uniform" {
        return Ok(Skew::Uniform);
    }
    let theta = text.strip_prefix("zipf:").and_then(|theta| theta.parse().ok());
    theta.map(Skew::Zipf).ok_or_else(|| "write uniform, or zipf:THETA such as zipf:0.99".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Flags::command().debug_assert();
    }

    #[test]
    fn options_read() {
        let run =
            |more: &[&str]| match Flags::try_parse_from(["loadtest", "run"].iter().chain(more))
                .map(|flags| flags.command)
            {
                Ok(Command::Run(run)) => run,
                other => panic!("{other:?}"),
            };
        assert!(run(&[]).verify && run(&["--verify"]).verify && !run(&["--verify=false"]).verify);
        assert_eq!(run(&["--skew", "zipf:0.99"]).events.skew, Skew::Zipf(0.99));
        assert_eq!((run(&[]).warm_up(), run(&["--warm-up", "0"]).warm_up()), (WARM_UP, 0));
        assert_eq!(
            (
                run(&["--customers", "9"]).expected_customers(),
                run(&["--expected-customers", "0"]).expected_customers()
            ),
            (9, 0)
        );
        let elsewhere = ["--bootstrap", "127.0.0.1:9092", "--warm-up", "7"];
        assert_eq!((run(&elsewhere[..2]).warm_up(), run(&elsewhere).warm_up()), (0, 7));
        assert_eq!(run(&["--span", "1h30m"]).events.span, Span(5_400_000));
        let peers = run(&["--profile", "peers"]);
        assert_eq!((peers.events.events, peers.events.span), (20_000_000, Span(604_800_000)));
        assert_eq!(peers.cartwheel.config.config_dir, PathBuf::from("loadtest/peers"));
        assert_eq!(run(&["--profile", "peers", "--events", "9"]).events.events, 9);
        let few = |events: &Events| (events.shortened(100).events, events.shortened(100).customers);
        assert_eq!((few(&peers.events), few(&run(&[]).events)), ((100, 5), (100, 1_000_000)));
        assert_eq!((run(&[]).events.events, run(&[]).events.span), (5_000_000, Span(86_400_000)));
        assert!(Flags::try_parse_from(["loadtest", "run", "--skew", "some"]).is_err());
        assert!(Flags::try_parse_from(["loadtest", "run", "--partitions", "0"]).is_err());
    }
}
