//! Looks at the engines from outside while they run: when they finished checkpoints, and how far they fell behind.

use super::schedule::{Micros, SECOND, now};
use crate::engine::{Samples, wall};
use crate::overview::{Overview, ask};
use crate::process::Process;
use serde::Serialize;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Between two looks. Engines publish their figures a few times a second.
const LOOK: Duration = Duration::from_millis(100);
/// A commit that lies further behind the one before is another one; less is the inexactness of an age that is published now and then.
const ANOTHER: Micros = SECOND;

/// What a process took of the machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Used {
    /// Which.
    pub name: String,
    /// Processors, on average over the measured seconds.
    pub processors: f64,
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// When checkpoints were stored, of all shards; some 300 ms inexact.
    pub(super) checkpoints: Vec<Micros>,
    /// When how many records had not been read.
    pub(super) lag: Vec<(Micros, u64)>,
    /// Processor time of each process.
    used: Vec<(&'static str, Samples)>,
    /// By engine and shard: when its newest checkpoint was stored, as far as is known.
    newest: HashMap<(usize, i32), Micros>,
}

/// Looks until it is told to stop. An engine that does not answer is not there, or not yet.
pub(super) fn watch(
    engines: &[SocketAddr],
    processes: &[(&'static str, Process)],
    stop: &AtomicBool,
) -> Seen {
    let used = processes.iter().map(|(name, _)| (*name, Samples::default())).collect();
    let mut seen = Seen { used, ..Seen::default() };
    while !stop.load(Ordering::Relaxed) {
        let mut lag = None;
        for (engine, admin) in engines.iter().enumerate() {
            if let Ok(overview) = ask(*admin) {
                *lag.get_or_insert(0) += seen.take(engine, &overview, now());
            }
        }
        for ((_, samples), (_, process)) in seen.used.iter_mut().zip(processes) {
            // One that has ended uses nothing more.
            if let Ok(seconds) = process.cpu_seconds() {
                samples.push(wall(), seconds);
            }
        }
        seen.lag.extend(lag.map(|lag| (now(), lag)));
        std::thread::sleep(LOOK);
    }
    seen.checkpoints.sort_unstable();
    seen
}

impl Seen {
    /// What an engine says at a time; returns how many records it has not read.
    fn take(&mut self, engine: usize, overview: &Overview, at: Micros) -> u64 {
        let mut lag = 0;
        for shard in overview.shards.iter().filter(|shard| shard.state == "running") {
            lag += shard.lag_records;
            let stored = at - (shard.checkpoint_age_seconds * SECOND as f64) as Micros;
            // Before the first checkpoint the age is that of its ownership: a beginning, and no checkpoint.
            let newest = self.newest.entry((engine, shard.shard)).or_insert(stored);
            if stored - *newest > ANOTHER {
                self.checkpoints.push(stored);
                *newest = stored;
            }
        }
        lag
    }

    /// How many processors each process used on average within a span.
    pub(super) fn processors_used(&self, span: &Range<Micros>) -> Vec<Used> {
        let seconds = (span.end - span.start) as f64 / SECOND as f64;
        let used = |(name, samples): &(&str, Samples)| Used {
            name: (*name).to_owned(),
            processors: samples.cpu_between(span.start / 1_000, span.end / 1_000) / seconds,
        };
        self.used.iter().map(used).collect()
    }

    /// The most records that had not been read within a span.
    pub(super) fn most_lag(&self, span: &Range<Micros>) -> u64 {
        let within = self.lag.iter().filter(|(at, _)| span.contains(at));
        within.map(|(_, lag)| *lag).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overview::{Shard, Totals};

    fn says(age: f64, lag_records: u64) -> Overview {
        let shard = Shard {
            shard: 0,
            state: "running".into(),
            next_offset: 0,
            in_flight: 0,
            lag_records,
            checkpoint_age_seconds: age,
        };
        Overview { shards: vec![shard], totals: Totals::default() }
    }

    #[test]
    fn a_checkpoint_is_seen_where_its_age_begins_anew() {
        let (mut seen, at) = (Seen::default(), 100 * SECOND);
        // Taken over 4 s ago; published late; then a checkpoint, and the same shard elsewhere.
        assert_eq!(seen.take(0, &says(4.0, 7), at), 7);
        seen.take(0, &says(4.0, 7), at + SECOND / 4);
        seen.take(0, &says(0.5, 7), at + SECOND);
        seen.take(0, &says(1.5, 7), at + 2 * SECOND);
        seen.take(1, &says(0.0, 7), at + 3 * SECOND);
        assert_eq!(seen.checkpoints, [at + SECOND / 2]);
    }

    #[test]
    fn processors_are_those_of_the_span() {
        let mut samples = Samples::default();
        [(1_000, 4.0), (2_000, 5.0), (4_000, 8.0), (9_000, 9.0)]
            .iter()
            .for_each(|(at, seconds)| samples.push(*at, *seconds));
        let seen = Seen { used: vec![("engine", samples)], ..Seen::default() };
        let used = seen.processors_used(&(2 * SECOND..4 * SECOND));
        assert_eq!((used[0].name.as_str(), used[0].processors), ("engine", 1.5));
    }

    #[test]
    fn the_most_lag_is_that_of_the_span() {
        let seen = Seen { lag: vec![(10, 900), (20, 5), (30, 7), (40, 800)], ..Seen::default() };
        assert_eq!((seen.most_lag(&(15..35)), seen.most_lag(&(50..60))), (7, 0));
    }
}
