//! `cartwheel catalogue`, `broadcast`, `control`: records that every partition gets.

use super::AdminFlags;
use cartwheel_core::time::{Millis, Span, parse_rfc3339};
use cartwheel_streams::record::scalar;
use clap::{ArgGroup, Args, Subcommand};
use serde_json::Value;
use std::path::PathBuf;

pub(super) const CATALOGUE: &str = "\
A line of FILE.jsonl is a JSON object, FILE.csv has the fields' names in its first line; `-` reads lines of JSON from standard input.
  id            which product it is; needed
  price         a decimal number, at most 4 digits behind the point; \"20.5\"
  currency      three letters of ISO 4217
  stock         a whole number
  supply_days   for how many days one of them lasts
  category      a text
  badges        a list of texts; in a table between semicolons: new; sale
  review_score  a number
and fields of the shop's own: a text, a number, true, false, or a list of these. In a table say which: weight:number, vegan:boolean, sizes:list.
A field that is not given stays as it was; null removes it (in a table the cell null; an empty cell says nothing).
A table is written as RFC 4180 has it: a value with a comma, a quote or an end of the line in it stands between quotes, a quote in it is written twice, and
behind the quote that closes it stands a comma or the end of the line. A row has at most 16 lines. A quote that is not closed is told where it opens.

Examples:
  cartwheel catalogue products.jsonl --dry-run        is every line right?
  cartwheel catalogue products.csv
  echo '{\"id\":\"p1\",\"stock\":0}' | cartwheel catalogue -
  cartwheel catalogue products.jsonl --time 2026-01-01T03:00:00Z     as of then
  cartwheel catalogue --resume                        finishes what was cut off, and writes nothing new

What shards do with it: engine/docs/streams.md";

pub(super) const BROADCAST: &str = "\
Examples:
  cartwheel broadcast spring_sale --dry-run           who would hear of it?
  cartwheel broadcast spring_sale
  cartwheel broadcast spring_sale --with share=20 --with code=SPRING
  cartwheel broadcast spring_sale --id spring_sale_2027      once more, within 30 days
  cartwheel broadcast --resume                        finishes what was cut off, and writes nothing new

Journeys begin by it whose trigger says `broadcast: spring_sale`, for all whom their `who` names; `cartwheel inspect` shows how many
customers each shard has reached as long as there are others. A name by which no journey of the running engine begins is refused. What it means exactly stands in engine/docs/semantics.md, \"Broadcasts\".";

pub(super) const CONTROL: &str = "\
Examples:
  cartwheel control pause win_back --dry-run          how many are in it?
  cartwheel control pause win_back
  cartwheel control resume win_back                   what was due meanwhile is sent if it is at most max_defer late
  cartwheel control resume win_back --missed-within 0s    nothing that was due meanwhile is sent
  cartwheel control stop win_back                     all who are in it leave it; resume lets it begin anew
  cartwheel control winner win_back offer gift        from now on all who come to the split `offer` take the arm `gift`
  cartwheel control winner win_back offer --none      its lots decide again
  cartwheel control finish                            finishes what was cut off, and writes nothing new

The command waits until every partition has it. `cartwheel inspect` shows what is paused or stopped on which shard; what it means
exactly stands in engine/docs/semantics.md, \"Control\".";

const RESUME: &str = "\
Examples:
  cartwheel control resume win_back                       what was due meanwhile is sent if it is at most max_defer late
  cartwheel control resume win_back --missed-within 0s    nothing that was due meanwhile is sent";

/// Clap would set the arm before what it is of.
const WINNER_USAGE: &str = "cartwheel control winner [OPTIONS] <JOURNEY> <SPLIT> <ARM|--none>";

const WINNER: &str = "\
Examples:
  cartwheel control winner win_back offer gift      from now on all who come to the split `offer` take the arm `gift`
  cartwheel control winner win_back offer --none    its lots decide again";

/// Which products to write.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").args(["file", "resume"]).required(true)))]
pub struct CatalogueFlags {
    /// A file of products, .jsonl or .csv; `-`: lines of JSON from standard input.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// As of when this is so, RFC 3339; default: now. What a field was told as of a later time stays.
    #[arg(long, value_name = "TIME", value_parser = instant, conflicts_with = "resume")]
    pub time: Option<Millis>,

    /// Reads the file and says what is wrong with it; contacts nothing and writes nothing.
    #[arg(long, conflicts_with_all = ["resume", "anew", "from"])]
    pub dry_run: bool,

    /// At most so many products a second, so that events of customers do not wait behind a long file.
    #[arg(long, value_name = "PER_SECOND", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,

    /// How to go on.
    #[command(flatten)]
    pub going_on: GoingOn,
}

/// What to tell everybody.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").args(["name", "resume"]).required(true)))]
pub struct BroadcastFlags {
    /// Its name: letters, digits and `_`.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,

    /// A field that it carries: a number, true, false, else a text; may be repeated.
    #[arg(long, value_name = "FIELD=VALUE", value_parser = field, conflicts_with = "resume")]
    pub with: Vec<(String, Value)>,

    /// Which one it is; default: its name. One that was written within 30 days is not written again, and with another content it is an error.
    #[arg(long, value_name = "ID", conflicts_with = "resume")]
    pub id: Option<String>,

    /// Writes it although no journey begins by it, or nobody can tell.
    #[arg(long, conflicts_with = "resume")]
    pub unheard: bool,

    /// Says what would be written, which journeys would begin by it and for how many it would be judged; writes nothing.
    #[arg(long, conflicts_with_all = ["resume", "anew", "from"])]
    pub dry_run: bool,

    /// Which engine to ask for its journeys; where none answers, those of the configuration here are looked at.
    #[command(flatten)]
    pub admin: AdminFlags,

    /// How to go on.
    #[command(flatten)]
    pub going_on: GoingOn,
}

/// What to do with a journey.
#[derive(Debug, Subcommand)]
pub enum ControlCommand {
    /// Nobody enters, and what is due in its runs waits, until it is resumed.
    #[command(after_help = "Example:\n  cartwheel control pause win_back")]
    Pause(JourneyFlags),
    /// Ends a pause or a stop.
    #[command(after_help = RESUME)]
    Resume(ResumeFlags),
    /// Ends all its runs; nobody enters until it is resumed.
    #[command(after_help = "Example:\n  cartwheel control stop win_back")]
    Stop(JourneyFlags),
    /// Names the arm of a split that all take from now on.
    #[command(override_usage = WINNER_USAGE, after_help = WINNER)]
    Winner(WinnerFlags),
    /// Finishes what was cut off, and writes nothing new.
    #[command(after_help = "Example:\n  cartwheel control finish")]
    Finish(AgainFlags),
}

/// How it is looked at before it is written.
#[derive(Debug, Args)]
pub struct LookFlags {
    /// Says what would be written and how many are concerned; writes nothing.
    #[arg(long, conflicts_with_all = ["anew", "from"])]
    pub dry_run: bool,

    /// Which engine to ask whether there is such a journey; the configuration here is looked at as well.
    #[command(flatten)]
    pub admin: AdminFlags,
}

/// Which journey.
#[derive(Debug, Args)]
pub struct JourneyFlags {
    /// Its name.
    pub journey: String,

    /// Whether to look alone.
    #[command(flatten)]
    pub look: LookFlags,

    /// How to go on where the stream cannot.
    #[command(flatten)]
    pub again: AgainFlags,
}

/// Which journey, and what becomes of what has waited.
#[derive(Debug, Args)]
pub struct ResumeFlags {
    /// Which.
    #[command(flatten)]
    pub of: JourneyFlags,

    /// What was due longer ago than this is not sent: the window closes, the run goes on with what comes later. Default: max_defer of the policy.
    #[arg(long, value_name = "DURATION", value_parser = span)]
    pub missed_within: Option<String>,
}

/// Which arm of which split.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("which").args(["arm", "none"]).required(true)))]
pub struct WinnerFlags {
    /// The journey.
    pub journey: String,

    /// The split's name.
    pub split: String,

    /// The arm's name.
    pub arm: Option<String>,

    /// No arm: the lots decide again.
    #[arg(long)]
    pub none: bool,

    /// Whether to look alone.
    #[command(flatten)]
    pub look: LookFlags,

    /// How to go on where the stream cannot.
    #[command(flatten)]
    pub again: AgainFlags,
}

/// How to go on.
#[derive(Debug, Args)]
pub struct GoingOn {
    /// Finishes what was cut off, and writes nothing new.
    #[arg(long)]
    pub resume: bool,

    /// The same with the rest.
    #[command(flatten)]
    pub again: AgainFlags,
}

/// What is done beside going on where the last one ended.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct AgainFlags {
    /// Copies again from this sequence on, where a shard says that it lacks one; what it has already it drops.
    #[arg(long, value_name = "SEQUENCE", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "anew")]
    pub from: Option<u64>,

    /// Begins the stream anew, with sequence 1 of a new epoch. What was not finished where the stream cannot go on is left out.
    #[arg(long)]
    pub anew: bool,
}

/// The shards read it themselves.
fn span(text: &str) -> Result<String, String> {
    let read = Span::parse(text).map(|_| text.to_owned());
    read.map_err(|_| "write a duration such as 6h or 2d".into())
}

pub(super) fn instant(text: &str) -> Result<Millis, String> {
    parse_rfc3339(text).ok_or_else(|| "write a time such as 2026-01-01T10:00:00Z".into())
}

fn field(text: &str) -> Result<(String, Value), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), scalar(value))),
        _ => Err("write FIELD=VALUE, such as share=20".into()),
    }
}

#[cfg(test)]
mod tests {
    use crate::flags::Flags;
    use clap::Parser;

    #[test]
    fn what_is_written_must_be_named_and_is_named_once() {
        let read = |args: &[&str]| Flags::try_parse_from(["cartwheel"].iter().chain(args)).is_ok();
        for right in [
            &["catalogue", "a.csv"][..],
            &["catalogue", "-", "--time", "2026-01-01T10:00:00Z", "--rate", "50"],
            &["catalogue", "--resume", "--from", "7"],
            &["catalogue", "a.csv", "--anew"],
            &["broadcast", "sale", "--with", "a=1", "--with", "b=x"],
            &["broadcast", "--resume"],
            &["broadcast", "sale", "--dry-run", "--admin", "http://a:1"],
            &["control", "pause", "welcome", "--dry-run"],
            &["control", "pause", "welcome"],
            &["control", "finish", "--anew"],
            &["control", "resume", "welcome", "--missed-within", "6h"],
            &["control", "winner", "welcome", "offer", "gift"],
            &["control", "winner", "welcome", "offer", "--none"],
        ] {
            assert!(read(right), "{right:?}");
        }
        for wrong in [
            &["catalogue"][..],
            &["catalogue", "a.csv", "--resume"],
            &["catalogue", "a.csv", "--time", "soon"],
            &["catalogue", "a.csv", "--dry-run", "--anew"],
            &["catalogue", "--resume", "--from", "0"],
            &["catalogue", "--resume", "--from", "1", "--anew"],
            &["broadcast", "sale", "--with", "a"],
            &["broadcast", "--resume", "--dry-run"],
            &["broadcast", "sale", "--anew", "--dry-run"],
            &["control", "pause", "welcome", "--dry-run", "--anew"],
            &["control", "pause"],
            &["control", "resume", "welcome", "--missed-within", "1 day"],
            &["control", "winner", "welcome", "offer"],
            &["control", "winner", "welcome", "offer", "gift", "--none"],
        ] {
            assert!(!read(wrong), "{wrong:?}");
        }
    }
}
