//! `loadtest secure`: what TLS and a login cost the engine. The same work over a plain listener and over a protected one of the same broker, in turn.

use crate::Error;
use crate::engine::{binary, wall};
use crate::flags::{Secure, WARM_UP};
use crate::report::Row;
use crate::run::{full_engine, prepare};
use crate::setup::Changes;
use cartwheel_broker::{Broker, Options as BrokerOptions};
use std::path::Path;

/// What was measured: a row a run, in the order of the runs.
#[derive(Debug, Default, serde::Serialize)]
pub struct Report {
    /// Over the plain listener.
    pub plain: Vec<Row>,
    /// Over TLS with SCRAM-SHA-256.
    pub protected: Vec<Row>,
}

impl Report {
    /// How many times the CPU of plain connections protected ones take, by the medians.
    pub fn ratio(&self) -> f64 {
        median(&self.protected) / median(&self.plain).max(f64::MIN_POSITIVE)
    }

    /// As lines for people.
    pub fn text(&self) -> String {
        let line = |what: &str, rows: &[Row]| {
            let each = |figure: &dyn Fn(&Row) -> String| {
                rows.iter().map(figure).collect::<Vec<_>>().join(" / ")
            };
            let cpu = each(&|row| format!("{:.3}", per_million(row)));
            let rate = each(&|row| format!("{:.0}", row.events as f64 / row.seconds.max(1e-9)));
            format!("{what}: {cpu} CPU-s per million events, {rate} events/s\n")
        };
        format!(
            "{}{}TLS with SCRAM takes {:.2} times the engine's CPU of plain connections (medians)\n",
            line("plain", &self.plain),
            line("TLS, SCRAM-SHA-256", &self.protected),
            self.ratio()
        )
    }
}

fn per_million(row: &Row) -> f64 {
    row.cpu_seconds * 1e6 / (row.events as f64).max(1.0)
}

/// Of CPU seconds per million events.
fn median(rows: &[Row]) -> f64 {
    let mut figures: Vec<_> = rows.iter().map(per_million).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Measures.
pub fn run(flags: &Secure) -> Result<Report, Error> {
    let binary = binary(flags.cartwheel.engine.as_deref())?;
    let work = tempfile::Builder::new()
        .prefix("cartwheel-secure-")
        .tempdir()
        .map_err(Error::io("temporary directory"))?;
    eprintln!("starting a broker");
    let broker = Broker::start(BrokerOptions { secure: true, ..BrokerOptions::default() })?;
    let stage = Stage { flags, binary: &binary, work: work.path(), broker: &broker };
    eprintln!("warming the broker up");
    let events = flags.events.events.min(WARM_UP);
    stage.row("warm-up-plain", events, false)?;
    stage.row("warm-up-protected", events, true)?;
    let mut report = Report::default();
    for pair in 0..flags.pairs {
        // The one that comes first changes, so that what drifts is shared.
        for protected in [pair % 2 == 1, pair % 2 == 0] {
            let row = stage.row(&format!("{pair}-{protected}"), flags.events.events, protected)?;
            if protected { &mut report.protected } else { &mut report.plain }.push(row);
        }
    }
    Ok(report)
}

struct Stage<'a> {
    flags: &'a Secure,
    binary: &'a Path,
    work: &'a Path,
    broker: &'a Broker,
}

impl Stage<'_> {
    /// An engine from its start until it has applied topics of its own.
    fn row(&self, name: &str, events: u64, protected: bool) -> Result<Row, Error> {
        let folder = self.work.join(name);
        let events = self.flags.events.shortened(events);
        let changes = Changes {
            bootstrap: self.broker.bootstrap(),
            namespace: format!("secure-{}-{name}", wall()),
            partitions: self.flags.partitions,
            expected_customers: events.customers,
        };
        let setup = prepare(
            &self.flags.cartwheel.config.config_dir,
            &events,
            &folder.join("config"),
            &changes,
        )?;
        if protected {
            let secured = self.broker.secured();
            setup.protect(secured.ok_or_else(|| Error::Config("no protected listener".into()))?)?;
        }
        let (mut row, _) = full_engine(&setup, self.binary, &folder, self.flags.partitions)?;
        row.name = if protected { "TLS, SCRAM-SHA-256" } else { "plain" }.into();
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(cpu_seconds: &[f64]) -> Vec<Row> {
        let row = |cpu_seconds: &f64| Row {
            name: "x".into(),
            events: 2_000_000,
            seconds: 2.0,
            cpu_seconds: *cpu_seconds,
            peak_rss: 0,
            written: None,
            lag: 0,
        };
        cpu_seconds.iter().map(row).collect()
    }

    #[test]
    fn the_ratio_is_that_of_the_medians() {
        let report = Report { plain: rows(&[9.0, 2.0, 1.0]), protected: rows(&[3.0, 1.0, 8.0]) };
        assert!((report.ratio() - 1.5).abs() < 1e-9);
        let text = report.text();
        assert!(text.contains("plain: 4.500 / 1.000 / 0.500 CPU-s per million events"), "{text}");
        assert!(text.contains("takes 1.50 times"), "{text}");
    }
}
