//! `cartwheel inspect`: the shards of a running engine.

use super::asked;
use crate::edits::short;
use crate::failure::Failure;
use crate::flags::{AdminFlags, Flags, Output};
use crate::show::table::table;
use cartwheel_core::time::format_rfc3339;
use cartwheel_runtime::admin::view::{
    HaltedView, PoolView, ShardView, StreamView, WalkView, WinnerView,
};
use cartwheel_runtime::metrics::labels::Closed;
use std::io::Write;

const HEADINGS: [&str; 13] = [
    "shard#",
    "state",
    "mode",
    "behind#",
    "lag#",
    "shard time",
    "customers#",
    "runs#",
    "timers#",
    "due#",
    "checkpoint#",
    "restarts#",
    "configuration",
];

/// Asks the running engine; prints a table, or the API's answer.
pub fn run(flags: &Flags, admin: &AdminFlags) -> Result<(), Failure> {
    let shards: Vec<ShardView> = asked(flags, admin)?.get(&["shards"], &[])?;
    let text = match flags.output {
        Output::Json => {
            serde_json::to_string(&shards).map_err(|error| Failure::Io(error.into()))? + "\n"
        }
        Output::Text if shards.is_empty() => {
            "No shard runs here yet: the engine is still joining, or others have every partition.\n"
                .into()
        }
        Output::Text => {
            let rows: Vec<_> = shards.iter().map(row).collect();
            let table = table(&HEADINGS, &rows) + &streams(&shards);
            table + &walks(&shards) + &halted(&shards) + &winners(&shards) + &coupons(&shards)
        }
    };
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

fn row(shard: &ShardView) -> Vec<String> {
    vec![
        shard.shard.to_string(),
        shard.state.name().to_owned(),
        format!("{:?}", shard.mode).to_lowercase(),
        format!("{:.1} s", shard.lag_seconds),
        shard.lag_records.to_string(),
        shard.now.map_or_else(|| "-".into(), format_rfc3339),
        shard.customers.to_string(),
        shard.runs.to_string(),
        shard.timers.to_string(),
        shard.timers_due.to_string(),
        format!("{:.0} s", shard.checkpoint_age_seconds),
        shard.restarts.to_string(),
        shard.configuration.as_deref().map_or_else(|| "-".into(), short),
    ]
}

/// The codes of coupons that each shard has; nothing where there is no pool.
fn coupons(shards: &[ShardView]) -> String {
    let of_shard = |shard: &ShardView| {
        let row = |pool: &PoolView| {
            let PoolView { pool, left, given } = pool;
            vec![shard.shard.to_string(), pool.clone(), left.to_string(), given.to_string()]
        };
        shard.coupons.iter().map(row).collect::<Vec<_>>()
    };
    let rows: Vec<Vec<String>> = shards.iter().flat_map(of_shard).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("\n{}", table(&["shard#", "coupons", "left#", "given#"], &rows))
}

/// How far each shard has applied what every partition gets; nothing where there is no such record.
fn streams(shards: &[ShardView]) -> String {
    let of_shard = |shard: &ShardView| {
        let row = |stream: &StreamView| {
            vec![
                shard.shard.to_string(),
                stream.stream.clone(),
                stream.epoch.clone(),
                stream.applied.to_string(),
                stream.stopped.clone().unwrap_or_else(|| "-".into()),
            ]
        };
        shard.streams.iter().map(row).collect::<Vec<_>>()
    };
    let headings = ["shard#", "stream", "epoch", "applied#", "stands still because"];
    listed(&headings, shards.iter().flat_map(of_shard).collect())
}

/// The broadcasts that not everybody has heard of yet.
fn walks(shards: &[ShardView]) -> String {
    let of_shard = |shard: &ShardView| {
        let WalkView { name, reached, left } = shard.broadcast.clone()?;
        Some(vec![shard.shard.to_string(), name, reached.to_string(), left.to_string()])
    };
    let headings = ["shard#", "broadcast", "reached#", "left#"];
    listed(&headings, shards.iter().filter_map(of_shard).collect())
}

/// Which journeys are paused or stopped on which shard.
fn halted(shards: &[ShardView]) -> String {
    let of_shard = |shard: &ShardView| {
        let row = |of: &HaltedView| {
            let (journey, standing) = (of.journey.clone(), of.standing.name().to_owned());
            vec![shard.shard.to_string(), journey, standing, format_rfc3339(of.since)]
        };
        shard.halted.iter().map(row).collect::<Vec<_>>()
    };
    let headings = ["shard#", "journey", "is", "since"];
    listed(&headings, shards.iter().flat_map(of_shard).collect())
}

/// Which arms have won.
fn winners(shards: &[ShardView]) -> String {
    let of_shard = |shard: &ShardView| {
        let row = |of: &WinnerView| {
            vec![shard.shard.to_string(), of.journey.clone(), of.split.clone(), of.arm.clone()]
        };
        shard.winners.iter().map(row).collect::<Vec<_>>()
    };
    let headings = ["shard#", "journey", "split", "winner"];
    listed(&headings, shards.iter().flat_map(of_shard).collect())
}

/// A table behind an empty line; nothing without rows.
fn listed<const N: usize>(headings: &[&str; N], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    format!("\n{}", table(headings, &rows))
}
