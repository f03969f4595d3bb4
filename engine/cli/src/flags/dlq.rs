//! `cartwheel dlq`.

use crate::letters::UNKNOWN;
use cartwheel_delivery::dead::reasons;
use cartwheel_sim::trace::suggest;
use clap::{ArgGroup, Args, Subcommand};

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub enum DlqCommand {
    /// Lists the newest dead letters, the newest last: place, time, reason, where it came from, calls made, what exactly.
    #[command(after_long_help = "\
Examples:
  cartwheel dlq list                       the newest 100
  cartwheel dlq list --reason not_json --payload
  cartwheel dlq list --limit 100000 --output json | jq -r .reason | sort | uniq -c")]
    List(ListFlags),

    /// Writes events back to the events topic, with their keys; the letters stay where they are.
    ///
    /// For events that could not be applied and can be now: after an upgrade, or a wider limit. Nothing remembers what was written back: say
    /// which letters are meant. The output ends with the --from that goes on behind them. An event that the engine knows already (by its id,
    /// among a customer's newest eight) changes nothing; one that it has forgotten is applied again. Letters of commands that could not be
    /// delivered are passed over: a late or refused message is not sent again.
    #[command(after_long_help = "\
Examples:
  cartwheel dlq replay --all --dry-run     what would be written?
  cartwheel dlq replay --reason too_large
  cartwheel dlq replay --from 0:42,3:7     these and what follows them, in each partition
  cartwheel dlq replay --offset 0:42 --offset 3:7")]
    Replay(ReplayFlags),
}

/// Which letters to show.
#[derive(Debug, Args)]
pub struct ListFlags {
    /// At most so many, the newest.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,

    /// With this reason alone.
    #[arg(long, value_name = "REASON", value_parser = reason)]
    pub reason: Option<String>,

    /// Shows key and content too: they may name persons.
    #[arg(long)]
    pub payload: bool,
}

/// Which letters to write back.
#[derive(Debug, Default, Args)]
#[command(group(ArgGroup::new("which").args(["all", "reason", "from", "offset"]).required(true).multiple(true)))]
pub struct ReplayFlags {
    /// Every event of the dead-letter topic.
    #[arg(long, conflicts_with_all = ["from", "offset"])]
    pub all: bool,

    /// With this reason alone.
    #[arg(long, value_name = "REASON", value_parser = reason)]
    pub reason: Option<String>,

    /// From this place of each partition on; a partition that is not named, from its beginning.
    #[arg(long, value_name = "PARTITION:OFFSET,...", value_parser = place, value_delimiter = ',', conflicts_with = "offset")]
    pub from: Vec<(i32, i64)>,

    /// The letter at this place of the dead-letter topic, as `list` shows it; may be repeated.
    #[arg(long, value_name = "PARTITION:OFFSET", value_parser = place)]
    pub offset: Vec<(i32, i64)>,

    /// Only counts.
    #[arg(long)]
    pub dry_run: bool,
}

fn place(text: &str) -> Result<(i32, i64), String> {
    let read = text
        .split_once(':')
        .and_then(|(partition, offset)| Some((partition.parse().ok()?, offset.parse().ok()?)));
    read.filter(|(partition, offset)| *partition >= 0 && *offset >= 0)
        .ok_or_else(|| "write PARTITION:OFFSET, such as 0:42".into())
}

/// A reason that a letter can have. Of another there is none: nothing would be found, and nothing said.
fn reason(text: &str) -> Result<String, String> {
    let known: Vec<&str> = reasons().into_iter().chain([UNKNOWN]).collect();
    if known.contains(&text) {
        return Ok(text.to_owned());
    }
    let nearest = suggest::nearest(text, known.iter().copied());
    let meant = nearest.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    Err(format!("{meant}a dead letter has one of these reasons: {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::{Command, Flags};
    use clap::Parser;

    #[test]
    fn a_place_is_partition_and_offset() {
        assert_eq!(place("3:42"), Ok((3, 42)));
        for text in ["42", "a:1", "1:", "-1:3", "1:-3"] {
            assert!(place(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_reason_is_one_that_letters_have() {
        for known in ["not_json", "degraded", "quarantined", "bad_record", "unknown"] {
            assert_eq!(reason(known), Ok(known.to_owned()));
        }
        let slip = reason("not_jsn").unwrap_err();
        assert!(slip.starts_with("did you mean `not_json`? "), "{slip}");
        let nonsense = reason("nonsense").unwrap_err();
        assert!(nonsense.contains("one of these reasons: not_json, too_large, "), "{nonsense}");
        assert!(reason("").is_err() && reason("NOT_JSON").is_err());
        let list = ["cartwheel", "dlq", "list", "--reason", "nonsense"];
        assert!(Flags::try_parse_from(list).is_err());
    }

    #[test]
    fn a_replay_says_what_is_meant() {
        let read = |args: &[&str]| {
            Flags::try_parse_from(["cartwheel", "dlq", "replay"].iter().chain(args))
                .map(|flags| flags.command)
        };
        for wrong in [
            &[][..],
            &["--dry-run"],
            &["--all", "--from", "0:1"],
            &["--all", "--offset", "0:1"],
            &["--reason", "nonsense"],
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
        for right in [
            &["--all"][..],
            &["--reason", "too_large"],
            &["--all", "--reason", "not_json"],
            &["--offset", "0:1", "--dry-run"],
        ] {
            assert!(read(right).is_ok(), "{right:?}");
        }
        match read(&["--from", "0:42,3:7", "--reason", "unknown"]).unwrap() {
            Command::Dlq(DlqCommand::Replay(flags)) => assert_eq!(flags.from, [(0, 42), (3, 7)]),
            other => panic!("{other:?}"),
        }
    }
}
