//! The runs side by side, as a table of Markdown.

use super::figures::{Figures, median};
use super::system::System;
use crate::Error;
use crate::report::thousands;
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;

/// Where the table stands in a file.
const BEGIN: &str = "<!-- peers: begin -->";
const END: &str = "<!-- peers: end -->";

/// All runs.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The command, as it was given.
    pub command: String,
    /// Processors that this process may use.
    pub processors: usize,
    /// Whether this is an optimised build; figures of others mean nothing.
    pub optimised: bool,
    /// Messages that each run had to send.
    pub messages: u64,
    /// The systems in their order in a round, each with its Java heap; Cartwheel has none.
    pub systems: Vec<(System, Option<String>)>,
    /// In the order in which they ran: round after round.
    pub runs: Vec<Figures>,
}

impl Comparison {
    /// What the first run that differs did otherwise.
    pub fn difference(&self) -> Option<String> {
        let differs =
            |run: &Figures| run.difference.as_ref().map(|how| format!("{}: {how}", run.system));
        self.runs.iter().find_map(differs)
    }

    /// The runs of a system whose messages are the reference's.
    fn runs(&self, system: System) -> impl Iterator<Item = &Figures> {
        self.runs.iter().filter(move |run| run.system == system && run.difference.is_none())
    }

    /// The median, over rounds, of how many times as many events Cartwheel reads in the same round; none without both.
    pub fn advantage(&self, system: System) -> Option<f64> {
        let rate = |round: &[Figures], of: System| {
            let valid = |run: &&Figures| run.system == of && run.difference.is_none();
            round.iter().find(valid).map(Figures::rate)
        };
        let rounds = self.runs.chunks(self.systems.len().max(1));
        let ratios: Vec<f64> = rounds
            .filter_map(|round| Some(rate(round, System::Cartwheel)? / rate(round, system)?))
            .collect();
        (!ratios.is_empty()).then(|| median(ratios))
    }

    /// The table, and what must be known to read it.
    pub fn text(&self) -> String {
        let mut out = format!("`{}`, {} processors", self.command, self.processors);
        if !self.optimised {
            out.push_str("; no optimised build: the figures mean nothing");
        }
        let _ = write!(
            out,
            "\n\nMedians, in brackets the least and the greatest. Each run sent the same {} messages as the reference model.\n\n",
            thousands(self.messages)
        );
        out.push_str(
            "| | events/s | Cartwheel is faster by | CPU-s per million events | with the broker | peak RSS, MiB | heap | written an event, B | by the broker, B | runs |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        );
        for (system, heap) in &self.systems {
            self.row(&mut out, *system, heap.as_deref().unwrap_or(""));
        }
        for run in self.runs.iter().filter(|run| run.difference.is_some()) {
            let how = run.difference.as_deref().unwrap_or_default();
            let _ = writeln!(out, "\nVOID, {} differs from the reference model: {how}", run.system);
        }
        out
    }

    fn row(&self, out: &mut String, system: System, heap: &str) {
        let of = |figure: fn(&Figures) -> f64| self.runs(system).map(figure).collect::<Vec<_>>();
        let advantage = match system {
            System::Cartwheel => None,
            System::FlinkHeap | System::FlinkRocksdb | System::KafkaStreams => {
                self.advantage(system)
            }
        };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {heap} | {:.0} | {:.0} | {} |",
            system.title(),
            spread(of(Figures::rate), |value| thousands(value as u64)),
            advantage.map_or(String::new(), |times| format!("{times:.2}x")),
            spread(of(Figures::cpu), |value| format!("{value:.2}")),
            spread(of(Figures::cpu_with_broker), |value| format!("{value:.2}")),
            spread(of(|run| run.peak_rss as f64), |value| format!(
                "{:.0}",
                value / f64::from(1 << 20)
            )),
            median(of(Figures::written_per_event)),
            median(of(Figures::broker_written_per_event)),
            self.runs(system).count(),
        );
    }

    /// Writes the table into the file, in place of what stands between its markers.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let shown = path.display().to_string();
        let old = std::fs::read_to_string(path).map_err(Error::io(shown.clone()))?;
        let new = between(&old, &self.text()).ok_or_else(|| {
            Error::Config(format!("{shown} has no lines {BEGIN} and, behind it, {END}"))
        })?;
        std::fs::write(path, new).map_err(Error::io(shown))
    }
}

fn spread(values: Vec<f64>, show: impl Fn(f64) -> String) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match values.len() {
        0 => "-".into(),
        1 => show(least),
        _ => format!("{} ({}-{})", show(median(values)), show(least), show(greatest)),
    }
}

/// `old` with `text` between the markers; none where they are not there.
fn between(old: &str, text: &str) -> Option<String> {
    let (before, rest) = old.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", text.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(system: System, seconds: f64) -> Figures {
        Figures {
            system,
            events: 1_000_000,
            messages: Some(7),
            difference: None,
            seconds,
            cpu_seconds: 2.0,
            broker_cpu_seconds: 1.0,
            peak_rss: 10 << 20,
            written: 3_000_000,
            broker_written: 5_000_000,
        }
    }

    fn comparison() -> Comparison {
        let (own, peer) = (System::Cartwheel, System::FlinkHeap);
        Comparison {
            command: "loadtest peers".into(),
            processors: 2,
            optimised: true,
            messages: 7,
            systems: vec![(own, None), (peer, Some("2g".into()))],
            runs: vec![
                run(own, 1.0),
                run(peer, 2.0),
                run(own, 2.0),
                run(peer, 8.0),
                run(own, 1.0),
                run(peer, 3.0),
            ],
        }
    }

    #[test]
    fn ratios_are_of_runs_of_one_round() {
        assert_eq!(comparison().advantage(System::FlinkHeap), Some(3.0));
        assert_eq!(comparison().advantage(System::KafkaStreams), None);
        let text = comparison().text();
        let row = "| Flink 2.2, heap state | 333,333 (125,000-500,000) | 3.00x | 2.00 (2.00-2.00) | 3.00 (3.00-3.00) | 10 (10-10) | 2g | 3 | 5 | 3 |";
        assert!(text.contains(row), "{text}");
    }

    #[test]
    fn a_run_that_differs_is_void() {
        let mut comparison = comparison();
        comparison.runs[1].difference = Some("one is missing".into());
        assert_eq!(comparison.difference().unwrap(), "flink-heap: one is missing");
        assert!(comparison.text().contains("VOID"));
        assert_eq!(comparison.runs(System::FlinkHeap).count(), 2);
        assert_eq!(comparison.advantage(System::FlinkHeap), Some(3.5));
    }

    #[test]
    fn the_table_stands_between_its_markers() {
        let old = format!("# Peers\n\n{BEGIN}\nold\n{END}\n\nmore\n");
        assert_eq!(
            between(&old, "new\n").unwrap(),
            format!("# Peers\n\n{BEGIN}\n\nnew\n\n{END}\n\nmore\n")
        );
        assert_eq!(between("# Peers\n", "new"), None);
    }
}
