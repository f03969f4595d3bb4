//! What is told of a run: a table for people, one object for programs.

use super::histogram::Row;
use super::plot::Curve;
use super::tally::Second;
use super::watch::Used;
use crate::report::{Verification, command, compared, processors, table, thousands};
use serde::Serialize;
use std::fmt::Write;

/// A driver that was later than this with an event may have measured itself.
const FELL_BEHIND_MS: f64 = 10.0;

/// What a rebalance cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rebalance {
    /// What happened.
    pub what: String,
    /// When it began, in seconds since the first that is measured.
    pub from_seconds: f64,
    /// When it was over and what had come meanwhile had been worked off.
    pub until_seconds: f64,
    /// Milliseconds from its beginning until each partition had an owner again. Where an engine joins, its own start is in it.
    pub led_ms: f64,
    /// Latencies, milliseconds, of all that was on its way meanwhile. None of it is in the other rows.
    pub rows: Vec<Row>,
}

/// A result.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The command, as it was given.
    pub command: String,
    /// Processors that this process may use.
    pub processors: usize,
    /// Whether this is an optimised build; figures of others mean nothing.
    pub optimised: bool,
    /// Events a second.
    pub rate: u64,
    /// Events a second while they were written as fast as the broker took them, until the engine had read them.
    pub filled_at: f64,
    /// Seconds that were measured.
    pub seconds: u32,
    /// Seconds before those, in no figure.
    pub warm_up: u32,
    /// Customers.
    pub customers: u32,
    /// Sign-ups in the whole run, each of which asks for one message at once and one by a timer.
    pub sign_ups: u64,
    /// Why nothing of this counts; none if all messages came, each once.
    pub void: Option<String>,
    /// Latencies of usual work, milliseconds.
    pub rows: Vec<Row>,
    /// How much later than meant the driver handed events over, milliseconds; in the latencies.
    pub slip: Row,
    /// What rebalances cost.
    pub rebalance: Vec<Rebalance>,
    /// When checkpoints were stored, of each shard, in seconds since the first that is measured; some 0.3 s inexact.
    pub checkpoints: Vec<f64>,
    /// The most events that had not been read at a time within the measured seconds, of shards that had an owner, as the engines know it; inexact by what is
    /// written in half a second.
    pub most_lag: u64,
    /// What each process took of the machine.
    pub processors_used: Vec<Used>,
    /// Latencies of each second.
    pub by_second: Vec<Second>,
    /// None without a comparison.
    pub verification: Option<Verification>,
    /// What is drawn by percentile.
    #[serde(skip)]
    pub(super) curves: Vec<Curve>,
}

impl Report {
    /// What is drawn by percentile.
    pub(super) fn curves(&self) -> &[Curve] {
        &self.curves
    }

    /// What is drawn over time: the middle of each second, and its latencies.
    pub(super) fn seconds_curves(&self) -> Vec<Curve> {
        let curve = |name: &str, of: &dyn Fn(&Second) -> Option<f64>| Curve {
            name: name.to_owned(),
            points: self
                .by_second
                .iter()
                .filter_map(|second| Some((second.at as f64 + 0.5, of(second)?)))
                .collect(),
        };
        vec![
            curve("p50", &|second| second.p50),
            curve("p99", &|second| second.p99),
            curve("max", &|second| second.max),
        ]
    }

    /// The table and what else is to be said.
    pub fn text(&self) -> String {
        let mut out = format!("{}   ({} processors)\n\n", self.command, self.processors);
        if !self.optimised {
            out.push_str("This is not an optimised build: the figures mean nothing.\n\n");
        }
        if let Some(void) = &self.void {
            let _ = writeln!(out, "VOID, no figure counts: {void}\n");
        }
        let _ = writeln!(
            out,
            "{} events/s for {} s over {} customers (as fast as possible: {} events/s)\n",
            thousands(self.rate),
            self.seconds,
            thousands(self.customers.into()),
            thousands(self.filled_at as u64)
        );
        rows(&mut out, "latency, ms", &self.rows);
        for gap in &self.rebalance {
            let _ = writeln!(
                out,
                "\n{} at {:.1} s: each partition had an owner after {:.0} ms, all was worked off after {:.0} ms; on its way meanwhile, and in no other row:",
                gap.what,
                gap.from_seconds,
                gap.led_ms,
                (gap.until_seconds - gap.from_seconds) * 1_000.0
            );
            rows(&mut out, "latency, ms", &gap.rows);
        }
        out.push('\n');
        rows(&mut out, "the driver, ms", std::slice::from_ref(&self.slip));
        if let Some(late) = self.slip.max.filter(|ms| *ms > FELL_BEHIND_MS) {
            let _ = writeln!(
                out,
                "THE DRIVER FELL BEHIND its schedule, by {late:.0} ms at most: latencies of that size may be its own."
            );
        }
        self.put_circumstances(&mut out);
        out
    }

    fn put_circumstances(&self, out: &mut String) {
        let inside =
            self.checkpoints.iter().filter(|at| (0.0..=f64::from(self.seconds)).contains(*at));
        let _ = writeln!(
            out,
            "\ncheckpoints stored inside: {}; most events not yet read by an owner: {}; sign-ups: {}, and {}",
            inside.count(),
            thousands(self.most_lag),
            thousands(self.sign_ups),
            if self.void.is_none() { "each got its two messages once" } else { "see above" }
        );
        let used = |used: &Used| format!("{} {:.2}", used.name, used.processors);
        let used: Vec<_> = self.processors_used.iter().map(used).collect();
        let _ = writeln!(out, "processors used: {}, of {}", used.join(", "), self.processors);
        out.push_str(&compared(self.verification.as_ref()));
        let _ = writeln!(
            out,
            "Open loop: latency runs from the instant at which an event was meant to be written, however late it was, to the broker's append of its message. The\n\
             broker tells whole milliseconds, of which the end counts: a figure is up to 1 ms too high and never too low (from the event's append to its\n\
             message's: 1 ms either way). A timer runs from its due time; it fires with the events that come, and where none do, by engine.margin (500 ms unless\n\
             set) later. {} s of warm-up and all before are in no figure.",
            self.warm_up
        );
    }
}

fn rows(out: &mut String, what: &str, rows: &[Row]) {
    let head = [what, "count", "p50", "p90", "p99", "p99.9", "p99.99", "max"];
    let mut lines = vec![head.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    table(out, &lines);
}

impl Report {
    /// An empty report of this process's command.
    pub(super) fn begin(rate: u64, filled_at: f64, slip: Row) -> Self {
        Self {
            command: command(),
            processors: processors(),
            optimised: !cfg!(debug_assertions),
            rate,
            filled_at,
            seconds: 0,
            warm_up: 0,
            customers: 0,
            sign_ups: 0,
            void: None,
            rows: Vec::new(),
            slip,
            rebalance: Vec::new(),
            checkpoints: Vec::new(),
            most_lag: 0,
            processors_used: Vec::new(),
            by_second: Vec::new(),
            verification: None,
            curves: Vec::new(),
        }
    }
}

/// A report as of a run of three seconds.
#[cfg(test)]
pub(super) fn sample() -> Report {
    use super::histogram::Distribution;
    let mut all = Distribution::default();
    (1..=2_000).for_each(|sample| all.add(sample * 10));
    let second =
        |at| Second { at, count: 10, p50: Some(2.0), p99: Some(9.0 + at as f64), max: Some(20.0) };
    Report {
        seconds: 3,
        warm_up: 1,
        customers: 1_000,
        sign_ups: 2_100,
        rows: vec![all.row("event to its message")],
        rebalance: vec![Rebalance {
            what: "a second engine joins".into(),
            from_seconds: 1.0,
            until_seconds: 1.5,
            led_ms: 400.0,
            rows: vec![all.row("event to its message")],
        }],
        checkpoints: vec![-3.0, 0.7, 2.1],
        most_lag: 17,
        processors_used: vec![Used { name: "engine".into(), processors: 0.625 }],
        by_second: (0..3).map(second).collect(),
        curves: vec![Curve { name: "event to its message".into(), points: all.curve() }],
        ..Report::begin(1_000, 2_000.0, all.row("events handed over late by"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_it_is_worth() {
        let report = sample();
        let text = report.text();
        for said in [
            "1,000 events/s for 3 s over 1,000 customers",
            "a second engine joins at 1.0 s: each partition had an owner after 400 ms, all was worked off after 500 ms",
            "checkpoints stored inside: 2; most events not yet read by an owner: 17",
            "each got its two messages once",
            "THE DRIVER FELL BEHIND",
            "processors used: engine 0.62, of ",
            "1 s of warm-up",
        ] {
            assert!(text.contains(said), "{said} in {text}");
        }
        assert!(!text.contains("VOID"));
        let void = Report { void: Some("1 messages at once did not come".into()), ..report };
        assert!(void.text().contains("VOID, no figure counts: 1 messages"));
        let json = serde_json::to_value(&void).unwrap();
        assert_eq!(
            (&json["rows"][0]["count"], &json["rows"][0]["p9999"]),
            (&2_000.into(), &serde_json::Value::Null)
        );
        assert_eq!(
            (json["rebalance"][0]["led_ms"].as_f64(), json["by_second"][2]["p99"].as_f64()),
            (Some(400.0), Some(11.0))
        );
    }
}
