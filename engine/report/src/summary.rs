//! What a report tells: rates beside counts, and what a holdout says.

use crate::averages::Averages;
use crate::counts::{Counts, Runs};
use crate::report::{Passages, Report};
use crate::splits::{SplitSummary, splits};
use crate::statistics::{Interval, Proportion, difference};
use serde::Serialize;

/// Everything, journey by journey, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// The journeys of which something was counted.
    pub journeys: Vec<JourneySummary>,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Messages of which it is not counted what became of them.
    pub forgotten: u64,
}

/// A journey.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JourneySummary {
    /// Its name.
    pub journey: String,
    /// Runs that entered.
    pub entered: u64,
    /// All its messages.
    #[serde(flatten)]
    pub counts: Counts,
    /// Runs that reached their goal, credited to a message, of those that entered: of a journey about abandoned carts the carts recovered.
    pub recovery_rate: Option<f64>,
    /// Revenue of a message sent.
    pub revenue_per_recipient: Option<f64>,
    /// Its messages by step and arm.
    pub steps: Vec<StepSummary>,
    /// Its splits, and how sure one can be of an arm.
    pub splits: Vec<SplitSummary>,
    /// What the holdout says; none where nobody was held out.
    pub lift: Option<Lift>,
    /// What such journeys come to elsewhere.
    pub averages: Option<Averages>,
}

/// The messages of a step, in one arm of a split.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepSummary {
    /// Its name; none of goals that are credited to a message that was not the run's latest.
    pub step: Option<String>,
    /// `SPLIT:ARM`.
    pub variant: Option<String>,
    /// Its messages.
    #[serde(flatten)]
    pub counts: Counts,
    /// Revenue of a message sent.
    pub revenue_per_recipient: Option<f64>,
}

/// Runs whose first message was sent beside runs whose first message was kept back: by intention to treat, with the same time on both sides. One that left
/// early without its goal did not reach it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Lift {
    /// Whose marketing was sent.
    pub treated: Runs,
    /// Whose marketing was kept back.
    pub held_out: Runs,
    /// Goals of a treated run, less those of a held-out one.
    pub difference: f64,
    /// In which that lies with 95 %.
    pub interval: Interval,
    /// The difference, of the rate without messages; none where that is 0.
    pub relative: Option<f64>,
    /// Revenue of a treated run, less that of a held-out one.
    pub revenue_per_run: f64,
}

impl Lift {
    /// None where one side has no run.
    pub fn of(treated: Runs, held_out: Runs) -> Option<Self> {
        let proportion = |runs: Runs| Proportion { hits: runs.converted, of: runs.runs };
        let (with, without) = (proportion(treated), proportion(held_out));
        let (rate, base) = (with.rate()?, without.rate()?);
        let revenue = |runs: Runs| runs.revenue / runs.runs as f64;
        Some(Self {
            treated,
            held_out,
            difference: rate - base,
            interval: difference(with, without)?,
            relative: (base > 0.0).then(|| rate / base - 1.0),
            revenue_per_run: revenue(treated) - revenue(held_out),
        })
    }
}

fn per(amount: f64, of: u64) -> Option<f64> {
    (of > 0).then(|| amount / of as f64)
}

impl Report {
    /// What was counted so far; of one journey alone where it is named.
    pub fn summary(&self, journey: Option<&str>) -> Summary {
        let mut names: Vec<&str> = self.journeys.keys().map(String::as_str).collect();
        names.extend(self.rows().map(|(row, _)| row.journey.as_str()));
        names.sort_unstable();
        names.dedup();
        names.retain(|name| journey.is_none_or(|wanted| wanted == *name));
        Summary {
            journeys: names.into_iter().map(|name| self.journey(name)).collect(),
            unreadable: self.unreadable(),
            forgotten: self.forgotten(),
        }
    }

    fn journey(&self, name: &str) -> JourneySummary {
        let Passages { entered, treated, held_out } =
            self.journeys.get(name).copied().unwrap_or_default();
        let rows = self.rows().filter(|(row, _)| row.journey == name);
        let steps: Vec<StepSummary> = rows
            .map(|(row, counts)| StepSummary {
                step: row.step.clone(),
                variant: row.variant.clone(),
                counts: *counts,
                revenue_per_recipient: per(counts.revenue, counts.sent),
            })
            .collect();
        let counts = steps.iter().fold(Counts::default(), |all, step| all.and(&step.counts));
        JourneySummary {
            journey: name.to_owned(),
            entered,
            counts,
            recovery_rate: per(counts.converted as f64, entered),
            revenue_per_recipient: per(counts.revenue, counts.sent),
            splits: splits(&steps),
            steps,
            lift: Lift::of(treated, held_out),
            averages: Averages::of(name),
        }
    }
}
