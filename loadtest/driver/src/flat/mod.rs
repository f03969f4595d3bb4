//! `loadtest flat`: whether an event costs the same however many customers there are, and however many journeys do not want it; and what a customer takes of
//! the memory, all in.
//!
//! Every step is a process of its own: it fills one shard with customers ([`crate::fill`]) over RocksDB, as the engine does, says what memory that took, and then
//! measures turns over events encoded beforehand, by the processor time of their thread alone and without a checkpoint ([`step`]). A machine that is faster in
//! one minute than in the next makes neighbours differ: `--rounds` goes over all steps again, and medians are compared.

pub mod step;

use crate::report::{head, table, thousands};
use crate::{Error, elsewhere, process};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use step::{Measured, Step};

/// `loadtest flat`.
#[derive(Clone, Debug, Args)]
pub struct Flat {
    /// Numbers of customers, a step each; the first is what the others are compared with.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "1000000,2000000,5000000,10000000,20000000,50000000",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub customers: Vec<u32>,
    /// Numbers of journeys beside the configuration's that want none of the events, a step each, at the first number of customers; the first is what the
    /// others are compared with.
    #[arg(long, value_delimiter = ',', default_value = "1,200")]
    pub journeys: Vec<u16>,
    /// Events that are measured in each step.
    #[arg(long, default_value_t = 1_500_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub events: u64,
    /// Events a customer before them. With four, and the peers' job, about one customer in ten has a live run.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(2..))]
    pub events_each: u32,
    /// Records in a turn.
    #[arg(long, default_value_t = 8_192, value_parser = clap::value_parser!(u32).range(1..))]
    pub batch: u32,
    /// How often all steps are measured; of several the medians count.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// The folder with cartwheel.yaml and journeys.
    #[arg(long, default_value = "loadtest/peers")]
    pub config_dir: PathBuf,
}

impl Flat {
    /// The steps of a round: customers, then journeys.
    fn steps(&self) -> (Vec<Step>, Vec<Step>) {
        let of = |customers, journeys| Step {
            customers,
            journeys,
            events: self.events,
            events_each: self.events_each,
            batch: self.batch,
            config_dir: self.config_dir.clone(),
        };
        let first = self.customers.first().copied().unwrap_or(1);
        let customers = self.customers.iter().map(|&customers| of(customers, 0)).collect();
        let journeys = self.journeys.iter().map(|&journeys| of(first, journeys)).collect();
        (customers, journeys)
    }
}

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The command, as it was given.
    pub command: String,
    /// A row for each number of customers.
    pub customers: Vec<Row>,
    /// A row for each number of journeys.
    pub journeys: Vec<Row>,
    /// Which steps were left out, and why, a sentence each.
    pub left_out: Vec<String>,
}

/// A step: the round with the median cost.
#[derive(Debug, Serialize)]
pub struct Row {
    /// That round.
    #[serde(flatten)]
    pub measured: Measured,
    /// Nanoseconds of processor time an event, of each round.
    pub rounds: Vec<f64>,
    /// The same of the median, as a multiple of the first row's.
    pub ratio: f64,
}

/// Measures. A step that knows fewer customers than it should is void.
pub fn run(flags: &Flat) -> Result<Report, Error> {
    let (customers, journeys) = flags.steps();
    let steps: Vec<&Step> = customers.iter().chain(&journeys).collect();
    let mut measured: Vec<Vec<Measured>> = steps.iter().map(|_| Vec::new()).collect();
    let mut left_out = Vec::new();
    let mut each = 0.0;
    for round in 1..=flags.rounds {
        for (step, of) in steps.iter().zip(&mut measured) {
            if let Some(why) = no_room(step, each, process::available()?) {
                eprintln!("{why}");
                left_out.push(why);
                continue;
            }
            eprintln!("round {round} of {}: {}", flags.rounds, step.says());
            let found: Measured = elsewhere::answer("a step", &step.words())?;
            each = found.peak_rss_each();
            of.push(found);
        }
    }
    let journeys = rows(measured.split_off(customers.len()));
    let command = crate::report::command();
    Ok(Report { command, customers: rows(measured), journeys, left_out })
}

/// Why a step is not taken: its customers would not find room, if each took `each` bytes, as at the step before; the system would end the process.
fn no_room(step: &Step, each: f64, available: u64) -> Option<String> {
    let needed = each * f64::from(step.customers);
    let gib = |bytes: f64| bytes / f64::from(1 << 30);
    (needed > available as f64).then(|| {
        format!(
            "left out: {}, at {each:.0} B each {:.1} GiB, of which {:.1} are there",
            step.says(),
            gib(needed),
            gib(available as f64)
        )
    })
}

/// A row a step, compared with the first.
fn rows(steps: Vec<Vec<Measured>>) -> Vec<Row> {
    let row = |mut rounds: Vec<Measured>| {
        let each = rounds.iter().map(|round| round.ns).collect();
        rounds.sort_by(|one, other| one.ns.total_cmp(&other.ns));
        let measured = rounds.swap_remove(rounds.len() / 2);
        Row { measured, rounds: each, ratio: 1.0 }
    };
    let mut rows: Vec<Row> =
        steps.into_iter().filter(|rounds| !rounds.is_empty()).map(row).collect();
    let first = rows.first().map_or(1.0, |row| row.measured.ns);
    rows.iter_mut().for_each(|row| row.ratio = row.measured.ns / first.max(f64::MIN_POSITIVE));
    rows
}

impl Report {
    /// As tables for people.
    pub fn text(&self) -> String {
        let mut out = head(&self.command);
        lines(&mut out, "customers", &self.customers, |row| thousands(row.customers.into()));
        out += "the bars: cost within 20 %; <= 128 B of RSS a customer at 50,000,000 customers with one live run in ten\n";
        if !self.journeys.is_empty() {
            out.push('\n');
            lines(&mut out, "other journeys", &self.journeys, |row| row.journeys.to_string());
            out += "the bar: cost within 10 %\n";
        }
        self.left_out.iter().for_each(|sentence| out += &format!("{sentence}\n"));
        out
    }
}

fn lines(out: &mut String, what: &str, rows: &[Row], name: impl Fn(&Measured) -> String) {
    let titles =
        ["CPU ns/event", "ratio", "RSS B/customer", "peak", "live runs", "messages/100 events"];
    let mut lines = vec![
        [what, titles[0], titles[1], titles[2], titles[3], titles[4], titles[5]].map(str::to_owned),
    ];
    for Row { measured, ratio, .. } in rows {
        lines.push([
            name(measured),
            format!("{:.0}", measured.ns),
            format!("{ratio:.2}"),
            format!("{:.0}", measured.rss_each()),
            format!("{:.0}", measured.peak_rss_each()),
            format!("{:.1} %", measured.live_share() * 100.0),
            format!("{:.2}", measured.commands as f64 * 100.0 / measured.events as f64),
        ]);
    }
    table(out, &lines);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(customers: u32, ns: f64) -> Measured {
        Measured {
            customers,
            journeys: 0,
            events: 100,
            cpu_seconds: 0.0,
            ns,
            commands: 3,
            rss: 12_800,
            peak_rss: 25_600,
            live_runs: u64::from(customers) / 10,
        }
    }

    #[test]
    fn medians_are_compared_with_the_first_row() {
        let steps = vec![
            vec![measured(100, 500.0), measured(100, 900.0), measured(100, 400.0)],
            vec![measured(200, 600.0), measured(200, 100.0), measured(200, 610.0)],
        ];
        let report = Report {
            command: "loadtest flat".into(),
            customers: rows(steps),
            journeys: Vec::new(),
            left_out: vec!["left out: some".into()],
        };
        assert_eq!(report.customers[0].ratio, 1.0);
        assert_eq!(
            (report.customers[1].ratio, &*report.customers[1].rounds),
            (1.2, &[600.0, 100.0, 610.0][..])
        );
        let text = report.text();
        assert!(
            text.ends_with("left out: some\n")
                && text.contains("1.20")
                && text.contains("10.0 %")
                && text.contains("128"),
            "{text}"
        );
    }

    #[test]
    fn journeys_are_tried_at_the_first_number_of_customers() {
        let flags = Flat {
            customers: vec![5, 7],
            journeys: vec![1, 200],
            events: 10,
            events_each: 2,
            batch: 3,
            rounds: 1,
            config_dir: "c".into(),
        };
        let (customers, journeys) = flags.steps();
        let of = |steps: &[Step]| -> Vec<_> {
            steps.iter().map(|step| (step.customers, step.journeys)).collect()
        };
        assert_eq!(no_room(&customers[1], 10.0, 70), None);
        let why = no_room(&customers[1], f64::from(1 << 30), 1 << 30).unwrap();
        assert_eq!(
            why,
            "left out: 7 customers, at 1073741824 B each 7.0 GiB, of which 1.0 are there"
        );
        assert_eq!((of(&customers), of(&journeys)), (vec![(5, 0), (7, 0)], vec![(5, 1), (5, 200)]));
    }
}
