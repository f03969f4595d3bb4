//! `cartwheel report`: what messages came to.

use super::origins;
use crate::failure::{Failure, Fault};
use crate::flags::{Flags, Output, ReportFlags};
use crate::reported::{read, text};
use crate::settings::Loaded;
use crate::wire::engine::duration;
use crate::wire::refusal;
use cartwheel_core::time::Millis;
use cartwheel_report::Period;
use cartwheel_runtime::clock::{Clock, SystemClock};
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
    let summary = counted.summary(report.journey.as_deref());
    let told = match (report.json, flags.output) {
        (true, _) | (false, Output::Json) => {
            serde_json::to_string_pretty(&summary).map_err(std::io::Error::from)? + "\n"
        }
        (false, Output::Text) => text(&summary),
    };
    Ok(std::io::stdout().write_all(told.as_bytes())?)
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
