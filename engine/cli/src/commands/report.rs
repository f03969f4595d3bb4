//! `cartwheel report`: what messages came to.

use super::origins;
use crate::failure::{Failure, Fault};
use crate::flags::{Flags, Output, ReportFlags};
use crate::journeys;
use crate::reported::{read, text};
use crate::settings::Loaded;
use crate::wire::engine::duration;
use crate::wire::refusal;
use cartwheel_core::time::Millis;
use cartwheel_report::Period;
use cartwheel_runtime::clock::{Clock, SystemClock};
use cartwheel_sim::trace::suggest;
use std::collections::BTreeSet;
use std::io::Write;
use std::time::Duration;

/// A broker that is there answers sooner.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads both topics, and tells.
pub fn run(flags: &Flags, report: &ReportFlags) -> Result<(), Failure> {
    let period = period(report, SystemClock::default().wall())?;
    let loaded = Loaded::read(&origins(flags, &flags.config_dir))?;
    let kafka = &loaded.settings.kafka;
    let patience = duration(loaded.settings.engine.start_timeout).min(PATIENCE);
    eprintln!("connecting to {} (at most {} s)", kafka.bootstrap, patience.as_secs().max(1));
    let counted = read(kafka, patience, period, &mut |told| eprintln!("{told}"));
    let counted = counted.map_err(|error| refusal::kafka(&error, &loaded))?;
    if let Some(journey) = &report.journey {
        let all = counted.summary(None);
        is_known(journey, all.journeys.iter().map(|of| of.journey.as_str()), &loaded)?;
    }
    let summary = counted.summary(report.journey.as_deref());
    let told = match (report.json, flags.output) {
        (true, _) | (false, Output::Json) => {
            serde_json::to_string_pretty(&summary).map_err(std::io::Error::from)? + "\n"
        }
        (false, Output::Text) => text(&summary),
    };
    Ok(std::io::stdout().write_all(told.as_bytes())?)
}

/// One of which something was counted, or that stands in the configuration. Where that does not load nobody can tell.
fn is_known<'c>(
    journey: &str,
    counted: impl Iterator<Item = &'c str>,
    loaded: &Loaded,
) -> Result<(), Failure> {
    let mut known: BTreeSet<String> = counted.map(ToOwned::to_owned).collect();
    if known.contains(journey) {
        return Ok(());
    }
    let Ok(compiled) = journeys::compile(loaded) else {
        eprintln!(
            "warning: nothing was counted of a journey `{journey}`, and the configuration here does not load (`cartwheel check`), so nobody looks whether there is one"
        );
        return Ok(());
    };
    known.extend(compiled.plan.journeys.iter().map(|journey| journey.name.to_string()));
    if known.contains(journey) {
        return Ok(());
    }
    let message = format!("there is no journey `{journey}`, and nothing was counted of one");
    let help = suggest::help(journey, known.iter().map(String::as_str));
    Err(Failure::Data(vec![Fault::new(message, Some(help))]))
}

/// What the flags ask for.
fn period(flags: &ReportFlags, now: Millis) -> Result<Period, Failure> {
    let since = flags.since.map(|span| now.saturating_sub(span.millis()));
    let from = flags.from.or(since).unwrap_or(Period::ALWAYS.from);
    let to = flags.to.unwrap_or(Period::ALWAYS.to);
    if from >= to {
        let help = Some("--from is the first instant, --to the first one behind".to_owned());
        return Err(Failure::config(Fault::new("the time asked for is empty", help)));
    }
    Ok(Period { from, to })
}
