//! `cartwheel report`.

use cartwheel_core::time::{Millis, Span, parse_instant};
use clap::Args;

pub const EXAMPLES: &str = "\
Examples:
  cartwheel report                                   everything that the topics still have
  cartwheel report --since 30d
  cartwheel report --from 2026-01-01 --to 2026-02-01 --journey cart_abandonment
  cartwheel report --since 7d --output json | jq '.journeys[] | {journey, sent, lift}'

Of a split there is a line an arm. `best with` is the probability that a recipient of the arm reaches the goal more often than one of any other arm that
writes; recipients are the messages of that of the arm's steps that has sent most. `cartwheel control winner` names the arm that all take from then on.";

/// Of what.
#[derive(Debug, Args)]
pub struct ReportFlags {
    /// From this instant on: a day (its midnight in UTC) or RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub from: Option<Millis>,

    /// Until before this instant.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub to: Option<Millis>,

    /// From so long ago on.
    #[arg(long, value_name = "DURATION", value_parser = span, conflicts_with = "from")]
    pub since: Option<Span>,

    /// This journey alone.
    #[arg(long, value_name = "JOURNEY")]
    pub journey: Option<String>,

    /// The same as --output json.
    #[arg(long)]
    pub json: bool,
}

fn instant(text: &str) -> Result<Millis, String> {
    parse_instant(text)
        .ok_or_else(|| "write a day such as 2026-01-01, or 2026-01-01T06:00:00Z".to_owned())
}

pub(super) fn span(text: &str) -> Result<Span, String> {
    Span::parse(text).map_err(|_| "write a duration such as 30d or 12h".to_owned())
}

#[cfg(test)]
mod tests {
    use crate::flags::{Command, Flags};
    use clap::Parser;

    #[test]
    fn a_time_is_a_day_or_an_instant_or_so_long_ago() {
        let read = |args: &[&str]| {
            Flags::try_parse_from(["cartwheel", "report"].iter().chain(args))
                .map(|flags| flags.command)
        };
        match read(&["--from", "2026-01-01", "--to", "2026-01-01T01:00:00Z"]).unwrap() {
            Command::Report(flags) => {
                assert_eq!(flags.to.unwrap() - flags.from.unwrap(), 3_600_000);
            }
            other => panic!("{other:?}"),
        }
        assert!(read(&["--since", "30d", "--journey", "welcome"]).is_ok());
        for wrong in [
            &["--since", "30d", "--from", "2026-01-01"][..],
            &["--from", "monday"],
            &["--since", "soon"],
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
