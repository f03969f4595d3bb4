//! The command line, as clap reads it. The help texts are the manual: each command shows how it is used.

mod demo;
mod coupons;
mod dlq;
mod facts;
mod publish;
mod report;
mod shop;
mod streams;
pub mod trace;

pub use coupons::{CouponsCommand, LoadFlags};
pub use demo::{DemoBroker, DemoFlags};
pub use dlq::{DlqCommand, ListFlags, ReplayFlags};
pub use facts::{BackfillFlags, FactsCommand};
pub use publish::PublishFlags;
pub use report::ReportFlags;
pub use shop::{GraphFlags, NewFlags, RenderFlags, ShownPart};
pub use streams::{
    AgainFlags, BroadcastFlags, CatalogueFlags, ControlCommand, LookFlags, ResumeFlags,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

/// Turns a retailer's event stream into the right message at the right moment.
///
/// Configuration is read from a folder: `cartwheel.yaml`, `facts.yaml`, `events.yaml`, `journeys/*.yaml` with `*.trace` tests beside them,
/// and `templates/`. A key is overridden by `CARTWHEEL__SECTION__KEY` in the environment, and that by `--set section.key=value`.
#[derive(Debug, Parser)]
#[command(name = "cartwheel", version, max_term_width = 100, after_long_help = EXAMPLES)]
pub struct Flags {
    /// The folder with cartwheel.yaml, journeys and templates.
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        default_value = "config",
        env = "CARTWHEEL_CONFIG_DIR"
    )]
    pub config_dir: PathBuf,

    /// Overrides one key of the configuration; may be repeated.
    #[arg(long, global = true, value_name = "SECTION.KEY=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,

    /// How log lines are written to standard error.
    #[arg(long, global = true, value_name = "FORMAT", value_enum)]
    pub log_format: Option<LogFormat>,

    /// How results are written to standard output.
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t)]
    pub output: Output,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  cartwheel new my-shop                    a small shop to begin with
  cartwheel check                          is everything in config/ right?
  cartwheel check shop/config              the same for another folder
  cartwheel test                           do the journeys do what their traces say?
  cartwheel graph JOURNEY                  a drawing of a journey
  cartwheel render TEMPLATE                what a message looks like
  cartwheel run                            reads events, decides, writes send commands
  cartwheel deliver                        hands the send commands to providers
  cartwheel publish                        puts an edited configuration into force in the running engine
  cartwheel explain CUSTOMER               what was decided about somebody, and why
  cartwheel inspect                        how the shards of the running engine are
  cartwheel report --since 30d             what messages came to, and against the holdouts
  cartwheel coupons load POOL codes.txt    codes that messages give, one for each run
  cartwheel catalogue products.csv         prices, stock and the like, to every shard
  cartwheel facts backfill --help          past events, for facts that have not seen them
  cartwheel dlq list                       what could not be applied or delivered, and why
  cartwheel config print                   the configuration in force, and where each value comes from
  CARTWHEEL__ENGINE__MARGIN=1s cartwheel config print

Exit codes:
  0 done   64 wrong use   65 wrong journeys or traces   69 a service is unavailable
  74 input or output failed   75 try again later   78 wrong configuration";

/// What a person can ask for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the engine: reads the shop's events, decides, and writes send commands.
    ///
    /// Takes its share of the partitions of the events topic; start more processes (each with a data directory of its own) to share
    /// them. SIGTERM ends it in order: every shard finishes its turn, writes a checkpoint, and the partitions go to the others. A second
    /// signal ends it at once; nothing is lost then either, the next start replays the log. SIGHUP reads journeys, policy and tokens anew: checked first,
    /// and on an error everything stays as it was. A journey that is gone then is named in the log, and its runs exit.
    #[command(after_long_help = "\
Examples:
  cartwheel run                            with config/ and the broker that it names
  cartwheel run --create-topics            makes topics that are missing
  cartwheel --set kafka.bootstrap=broker:9092 --log-format json run

While it runs (the address is admin.listen):
  http://127.0.0.1:9464/                   the console
  curl http://127.0.0.1:9464/readyz        is it ready?
  cartwheel explain CUSTOMER               why did a customer get a message, or none?")]
    Run(RunFlags),

    /// Delivers: hands the engine's send commands to providers, and answers links in messages: to unsubscribe, and answers to what they ask.
    ///
    /// Which provider serves a channel stands in providers.route. Every command is tried until it is accepted, refused or too late; what
    /// came of it goes back to the events topic, and what cannot be delivered to the dead-letter topic. SIGTERM waits for calls under way.
    /// SIGHUP reads templates, brand, credentials, the keys of unsubscribe links and tokens anew: checked first, and on an error everything stays as it was.
    #[command(after_long_help = "\
Examples:
  (umask 077; openssl rand -hex 32 > unsubscribe.key)   the key that signs links in messages; keep it
  cartwheel --set inbound.unsubscribe_secrets_file=unsubscribe.key deliver

While it runs (the address is admin.deliver_listen):
  curl http://127.0.0.1:9466/readyz        is it ready?
  curl http://127.0.0.1:9466/metrics")]
    Deliver,

    /// Explains a customer: what was decided about them, why, by which values, and what comes next.
    ///
    /// Asks the running engine. Times are in the customer's zone. With --output json, one decision a line. With --journey also how they stand to it
    /// now, whether or not they ever entered it: what it begins with, and what its conditions come to.
    #[command(after_long_help = "\
Examples:
  cartwheel explain c0001234567
  cartwheel explain c0001234567 --journey cart_abandonment
  cartwheel explain c0001234567 --output json | jq -r '[.at, .decision, .reason] | @tsv'
  cartwheel explain c0001234567 --admin http://engine-2:9464 --token-file token")]
    Explain(ExplainFlags),

    /// Shows the shards of a running engine: state, how far behind, timers, runs, age of the checkpoint, the configuration by which each decides.
    #[command(after_long_help = "\
Examples:
  cartwheel inspect
  cartwheel inspect --output json | jq '.[] | select(.state != \"running\")'")]
    Inspect(AdminFlags),

    /// Puts what stands in the configuration folder into force in the engine that runs there, if it is right.
    ///
    /// Checks everything as `check` does; a fault changes nothing. Says what becomes of windows and runs, has the engine read the folder anew (SIGHUP to the
    /// process that has the data directory), and waits until every shard decides by it: each of them puts it into force by a recorded turn. Is to be
    /// called where the engine runs, with the flags and environment that the engine has. Then the delivery worker is to read its templates anew (SIGHUP).
    /// Where engines run elsewhere, tell them yourself, and wait for them with --wait-only. Settings such as engine.margin are read at a start only: those that
    /// differ from what the engine was started with are named, with both values (secrets are not compared), and wait for the next start.
    #[command(after_long_help = publish::EXAMPLES)]
    Publish(PublishFlags),

    /// What messages came to: by journey, step and arm, and against the holdouts.
    ///
    /// Reads the log of decisions and the receipts among the events, from the broker, to the end that they have now; no engine is asked. A message counts
    /// where it lies in the time asked for, with whatever became of it until now; a run, and its goal, where its first message does.
    /// Lift compares runs whose first message was sent with runs whose first message a holdout kept back (intention to treat): did they reach the goal
    /// within its time, counted from that message? A run that left early without it did not. The interval holds the true difference with 95 %, if
    /// customers come once. A journey without a holdout has no lift.
    #[command(after_long_help = report::EXAMPLES)]
    Report(ReportFlags),

    /// Writes products to every partition: what shards know of prices, stock and the like.
    ///
    /// Every line is read before anything is written; a line that is wrong is told with its place and a remedy. Each product then goes through a journal,
    /// which numbers it, to every partition of the events topic, and is written again until all have acknowledged it. Whoever is cut off (kill -9, a lost
    /// broker) loses nothing: the next one finishes what the journal has, and says so. Writing the same file twice changes nothing.
    #[command(after_long_help = streams::CATALOGUE)]
    Catalogue(CatalogueFlags),

    /// Tells every partition something, such as that a sale begins.
    ///
    /// It goes through a journal, which numbers it, to every partition of the events topic, and is written again until all have acknowledged it. One that
    /// was written within 30 days, by its id, is not written again: whoever does not know whether it was written may say it once more.
    #[command(after_long_help = streams::BROADCAST)]
    Broadcast(BroadcastFlags),

    /// Pauses, resumes or stops a journey on every shard.
    ///
    /// It goes through a journal, which numbers it, to every partition of the events topic, and is written again until all have acknowledged it.
    #[command(subcommand, after_long_help = streams::CONTROL)]
    Control(ControlCommand),

    /// Loads codes of coupons into a pool.
    ///
    /// Every line of the file is looked at before anything is written. The codes go through the journal of `control` to every partition of the events
    /// topic; each shard takes those that are its own, so that no two of them give the same one. More that is loaded later is given behind it; a code
    /// that a pool has had is dropped, so a file may be loaded once more where nobody knows whether it was.
    #[command(subcommand, after_long_help = coupons::EXAMPLES)]
    Coupons(CouponsCommand),

    /// What is remembered of customers: reads past events in.
    #[command(subcommand)]
    Facts(FactsCommand),

    /// Dead letters: what could not be applied or delivered, and why; events can be written back.
    #[command(subcommand)]
    Dlq(DlqCommand),

    /// Shows everything at work: a shop, its mails and the console, in one process, in about three minutes.
    ///
    /// The story begins three days in the past, is played 1,440 times as fast as life, arrives in the present and goes on in real time.
    /// Mails go to a mail server of the demo's own; nothing leaves this machine. Uses the shipped configuration, whatever --config-dir says, unless --shop names another.
    #[command(after_long_help = "\
Examples:
  cartwheel demo                           until Ctrl-C
  cartwheel demo --exit                    ends with the recap
  cartwheel demo --shop my-shop/config     the same people, your journeys
  cartwheel demo --broker kafka --exit     the same story on Apache Kafka: the same recap")]
    Demo(DemoFlags),

    /// Makes a folder for a shop: a small configuration that works, of journeys that ship.
    ///
    /// DIR/config gets the journeys with their traces and templates, the facts and events that they need, and the policy; nothing else. What is there can be changed,
    /// thinned out or added to: nothing of it is read by anything but this folder's commands. DIR must not be there, or be empty.
    #[command(after_long_help = "\
Examples:
  cartwheel new my-shop
  cartwheel new my-shop --journeys welcome,win_back
  cd my-shop && cartwheel check && cartwheel test")]
    New(NewFlags),

    /// Renders a template for somebody, as delivery would: subject and text, or the HTML.
    ///
    /// FILE is YAML or JSON and says what is known: `customer`, `profile`, `cart`, `order`, `checkout`, `product`, as events bring them, and `variant`.
    /// Without it that is customer.yaml of the configuration folder, else somebody who is built in. What `check` would say of the template is said as well, and which of the
    /// fields that it reads are nowhere in FILE.
    #[command(after_long_help = "\
Examples:
  cartwheel render cart_reminder
  cartwheel render cart_reminder --customer ana.yaml --channel sms
  cartwheel render cart_reminder --part html > cart_reminder.html
  cartwheel render cart_reminder --output json | jq -r .parts.subject")]
    Render(RenderFlags),

    /// Draws a journey: a Mermaid flowchart of what begins it, its steps, and what ends it.
    ///
    /// Taken from the configuration folder; no engine is asked. With --output json, the graph that the console shows.
    #[command(after_long_help = "\
Examples:
  cartwheel graph cart_abandonment
  cartwheel graph cart_abandonment > cart_abandonment.mmd")]
    Graph(GraphFlags),

    /// Checks configuration, journeys, traces and templates, and says where something is wrong.
    ///
    /// Reads the whole folder and reports all problems at once, each with file, line and a remedy. Nothing is contacted.
    #[command(after_long_help = "\
Examples:
  cartwheel check
  cartwheel check shop/config --output json | jq .problems")]
    Check(CheckFlags),

    /// Runs the traces beside the journeys in virtual time.
    ///
    /// A trace is a readable timeline: what happens, and what must be decided. Weeks pass in milliseconds; nothing is
    /// contacted and nothing is sent. Where a scenario fails, its timeline shows what was expected (-) and what was not (+).
    #[command(after_long_help = trace::HELP)]
    Test(TestFlags),

    /// Shows the configuration in force, the JSON Schema of cartwheel.yaml, or the reference of all files.
    #[command(subcommand)]
    Config(ConfigCommand),

    /// Prints a completion script for a shell.
    #[command(after_long_help = "\
Examples:
  cartwheel completions bash > /etc/bash_completion.d/cartwheel
  cartwheel completions zsh > ~/.zfunc/_cartwheel")]
    Completions {
        /// The shell.
        shell: Shell,
    },

    /// Writes the manual pages into a folder.
    #[command(after_long_help = "\
Examples:
  cartwheel man target/man && man -l target/man/cartwheel.1")]
    Man {
        /// The folder; it is made if it is not there.
        dir: PathBuf,
    },
}

/// How to run.
#[derive(Debug, Args)]
pub struct RunFlags {
    /// Makes topics that are missing, with the partitions of an events topic that is there, else engine.partitions.
    #[arg(long)]
    pub create_topics: bool,
}

/// Which engine to ask.
#[derive(Clone, Debug, Args)]
pub struct AdminFlags {
    /// The admin address of the engine, such as http://127.0.0.1:9464; default: admin.listen of the configuration.
    #[arg(long, value_name = "URL", env = "CARTWHEEL_ADMIN")]
    pub admin: Option<String>,

    /// A file with the bearer token; default: the variable CARTWHEEL_ADMIN_TOKEN.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

/// Whom to explain.
#[derive(Debug, Args)]
pub struct ExplainFlags {
    /// The customer, as events name them.
    pub customer: String,

    /// This journey alone.
    #[arg(long, value_name = "JOURNEY")]
    pub journey: Option<String>,

    /// Which engine to ask.
    #[command(flatten)]
    pub admin: AdminFlags,
}

/// What to check.
#[derive(Debug, Args)]
pub struct CheckFlags {
    /// The configuration folder; instead of --config-dir.
    pub dir: Option<PathBuf>,
    /// Says as well what the facts of a customer take in memory.
    #[arg(long)]
    pub memory: bool,
    /// Says as well what becomes of windows and runs when this configuration comes into force in place of that one, and which settings wait for a start: the admin address of an engine, such
    /// as http://127.0.0.1:9464 (with how many there are; once for each engine), or another configuration folder.
    #[arg(long, value_name = "URL|DIR")]
    pub against: Vec<String>,
    /// A file with the bearer token for --against URL; default: the variable CARTWHEEL_ADMIN_TOKEN.
    #[arg(long, value_name = "FILE", requires = "against")]
    pub token_file: Option<PathBuf>,
}

/// What to test.
#[derive(Debug, Args)]
pub struct TestFlags {
    /// The configuration folder; instead of --config-dir.
    pub dir: Option<PathBuf>,

    /// Says which steps, arms, fallbacks, exits, outcomes of waits, refusals and goals no trace has taken; with a share, fails where a journey has less.
    #[arg(long, value_name = "PERCENT", num_args = 0..=1, require_equals = true, default_missing_value = "0",
        value_parser = clap::value_parser!(u8).range(0..=100))]
    pub coverage: Option<u8>,
}

/// What to show of the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Prints every key with its value and where the value comes from. Passwords, tokens and keys are hidden, those in addresses too.
    #[command(after_long_help = "\
Examples:
  cartwheel config print
  cartwheel --set engine.margin=1s config print --output json")]
    Print {
        /// Shows passwords, tokens and keys.
        #[arg(long, conflicts_with = "redacted")]
        show_secrets: bool,
        /// Hides them, as happens without it.
        #[arg(long, hide = true)]
        redacted: bool,
    },
    /// Prints the JSON Schema of cartwheel.yaml, for editors.
    #[command(after_long_help = "\
Examples:
  cartwheel config schema > config/schema/cartwheel.json")]
    Schema,
    /// Prints the reference of journeys, facts, events and policy: every key, as Markdown.
    #[command(after_long_help = "\
Examples:
  cartwheel config reference > config/journeys/REFERENCE.md")]
    Reference,
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One object a line.
    Json,
    /// For people.
    Text,
}

impl LogFormat {
    /// The name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Text => "text",
        }
    }
}

impl Flags {
    /// What the command line overrides in the configuration, as path and value.
    pub fn overrides(&self) -> Vec<(String, String)> {
        let format =
            self.log_format.map(|format| ("log.format".to_owned(), format.name().to_owned()));
        self.set.iter().cloned().chain(format).collect()
    }
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.into(), value.into())),
        _ => Err("write SECTION.KEY=VALUE, such as engine.margin=1s".into()),
    }
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
    fn flags_become_overrides() {
        let flags = Flags::try_parse_from([
            "cartwheel",
            "--set",
            "a.b=c=d",
            "--log-format",
            "text",
            "config",
            "schema",
        ])
        .unwrap();
        assert_eq!(
            flags.overrides(),
            [("a.b".into(), "c=d".into()), ("log.format".into(), "text".into())]
        );
        assert!(Flags::try_parse_from(["cartwheel", "--set", "=d", "config", "schema"]).is_err());
    }
}
