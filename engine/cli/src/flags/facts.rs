//! `cartwheel facts`.

use super::AdminFlags;
use super::streams::instant;
use cartwheel_core::time::Millis;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to do with facts.
#[derive(Debug, Subcommand)]
pub enum FactsCommand {
    /// Reads past events in, for facts that have not seen them.
    ///
    /// A fact counts from the moment at which it comes into force. What happened before is in the shop's own files: with this command it counts as well,
    /// each event at its own time, for the facts that are named and for nothing else. It is no news: no journey begins, moves or ends by it, no profile or
    /// consent changes, and nothing is sent because of it. What follows from the facts by time (a moment that is still to come) comes.
    ///
    /// Every line is read before anything is written; a line that is wrong is told with its place and a remedy, and then nothing is written. Whoever is cut
    /// off, or does not know whether it was done, runs the same command again: a history counts once. It is the same one if its events, in their order, and the
    /// facts are the same; events that are added to a file make another one of it, which would count as a whole. So a file with events that were read in
    /// before for one of the facts is refused (a sample of 256 events of each history is kept): bring new events in a file of their own.
    /// A running engine is asked whether it has these facts. A shard remembers 1,024 histories and takes no more: what happens from now on belongs into the
    /// events topic.
    #[command(after_long_help = BACKFILL)]
    Backfill(BackfillFlags),
}

const BACKFILL: &str = "\
A line of FILE is an event, as the events topic has them, with its `time`:
  {\"type\":\"order_placed\",\"customer\":\"c1\",\"time\":\"2025-11-03T17:20:00Z\",\"order\":{\"id\":\"o17\",\"total\":49.9}}

Step by step:
  1. add the fact to facts.yaml, and put it into force: cartwheel publish
  2. cartwheel facts backfill --facts spend_12m --before 2026-03-01T09:00:00Z orders.jsonl
     --before is the time of step 1: what came later, the engine has counted itself
  3. when every shard has read it (cartwheel inspect), publish the journeys that read the fact; until then their conditions know half of it

Examples:
  cartwheel facts backfill --facts orders,spend_12m --before 2026-03-01T09:00:00Z --dry-run orders.jsonl refunds.jsonl
  gunzip -c past.jsonl.gz | cartwheel facts backfill --facts points --before 2026-03-01T09:00:00Z -
  cartwheel facts backfill --facts orders --before 2026-03-01T09:00:00Z --again since_the_key orders.jsonl
                                           the fact has become another one, and has forgotten the history: once more

An event that arrived late, about the time of step 1, may be in the file and have been counted: a fact with a `key` counts it once all the same.
What exactly it means: engine/docs/semantics.md, \"Past events\".";

/// Which events, for which facts.
#[derive(Debug, Args)]
pub struct BackfillFlags {
    /// Files of events, a JSON object a line; `-`: from standard input. Several are one history, in this order.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// The facts for which they count, as facts.yaml names them; also customer.orders, customer.lifetime_value, customer.days_since_order.
    #[arg(long, value_name = "FACT,...", value_delimiter = ',', required = true)]
    pub facts: Vec<String>,

    /// Events that happened then or later are left out: since when the engine counts these facts itself, RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = instant, required = true)]
    pub before: Millis,

    /// Counts a history once more that was read in before, or events of it: WORD tells this time from others. With the same word it is the same time.
    #[arg(long, value_name = "WORD")]
    pub again: Option<String>,

    /// At most so many events a second, so that events of today do not wait behind a long history.
    #[arg(long, value_name = "PER_SECOND", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,

    /// Reads the files and says what is wrong with them; contacts nothing and writes nothing, so that it does not know what was read in before.
    #[arg(long)]
    pub dry_run: bool,

    /// Which engine to ask whether it has these facts, and room for a history.
    #[command(flatten)]
    pub admin: AdminFlags,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::{Command, Flags};
    use clap::Parser;

    #[test]
    fn a_history_needs_facts_and_an_end() {
        let read = |args: &[&str]| {
            Flags::try_parse_from(["cartwheel", "facts", "backfill"].iter().chain(args))
                .map(|flags| flags.command)
        };
        let end = "2026-03-01T09:00:00Z";
        for wrong in [
            &[][..],
            &["past.jsonl"],
            &["--facts", "orders", "past.jsonl"],
            &["--before", end, "past.jsonl"],
            &["--facts", "orders", "--before", end],
            &["--facts", "orders", "--before", "yesterday", "past.jsonl"],
            &["--facts", "orders", "--before", end, "--rate", "0", "past.jsonl"],
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
        let right = ["--facts", "orders,net", "--before", end, "a.jsonl", "-"];
        match read(&right).unwrap() {
            Command::Facts(FactsCommand::Backfill(flags)) => {
                assert_eq!(flags.facts, ["orders", "net"]);
                assert_eq!(flags.before, 1_772_355_600_000);
                assert_eq!(flags.files, [PathBuf::from("a.jsonl"), PathBuf::from("-")]);
            }
            other => panic!("{other:?}"),
        }
    }
}
