//! `cartwheel dlq`.

use clap::{Args, Subcommand};

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub enum DlqCommand {
    /// Lists dead letters, oldest first in each partition: place, time, reason, where it came from, calls made, what exactly.
    #[command(after_long_help = "\
Examples:
  cartwheel dlq list
  cartwheel dlq list --reason not_json --payload
  cartwheel dlq list --output json | jq -r .reason | sort | uniq -c")]
    List(ListFlags),

    /// Writes events back to the events topic, with their keys; the letters stay where they are.
    ///
    /// For events that could not be applied and can be now: after an upgrade, or a wider limit. An event that the engine knows already (by
    /// its id) changes nothing. Letters of commands that could not be delivered are passed over: a late or refused message is not sent again.
    #[command(after_long_help = "\
Examples:
  cartwheel dlq replay --dry-run           what would be written?
  cartwheel dlq replay --reason too_large
  cartwheel dlq replay --offset 0:42 --offset 3:7")]
    Replay(ReplayFlags),
}

/// Which letters to show.
#[derive(Debug, Args)]
pub struct ListFlags {
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,

    /// With this reason alone.
    #[arg(long, value_name = "REASON")]
    pub reason: Option<String>,

    /// Shows key and content too: they may name persons.
    #[arg(long)]
    pub payload: bool,
}

/// Which letters to write back; without any, all events.
#[derive(Debug, Args)]
pub struct ReplayFlags {
    /// With this reason alone.
    #[arg(long, value_name = "REASON")]
    pub reason: Option<String>,

    /// The letter at this place of the dead-letter topic, as `list` shows it; may be repeated.
    #[arg(long, value_name = "PARTITION:OFFSET", value_parser = place)]
    pub offset: Vec<(i32, i64)>,

    /// Only counts.
    #[arg(long)]
    pub dry_run: bool,
}

fn place(text: &str) -> Result<(i32, i64), String> {
    let read = text.split_once(':').and_then(|(partition, offset)| Some((partition.parse().ok()?, offset.parse().ok()?)));
    read.filter(|(partition, offset)| *partition >= 0 && *offset >= 0).ok_or_else(|| "write PARTITION:OFFSET, such as 0:42".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_partition_and_offset() {
        assert_eq!(place("3:42"), Ok((3, 42)));
        for text in ["42", "a:1", "1:", "-1:3", "1:-3"] {
            assert!(place(text).is_err(), "{text}");
        }
    }
}
