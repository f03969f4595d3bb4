//! `loadtest timers`: what the shards' timer wheel costs at its full size, in this process.
//!
//! The wheel is the shards' own (`cartwheel_core::timer::Wheel`), used as a shard does: an entry is armed by `insert`; time comes in steps, and in each
//! what is due is taken out one by one, after the wheel has been asked whether there is anything and which slots come next. What an entry leads to (its
//! customer, a turn, a message) is no part of it: `loadtest storm` has that.

mod measured;

use crate::Error;
use crate::report::{head, thousands};
use cartwheel_core::time::Span;
use clap::Args;
use measured::{Measured, measure};
use serde::Serialize;

/// `loadtest timers`.
#[derive(Clone, Debug, Args)]
pub struct Timers {
    /// How many timers are pending at once.
    #[arg(long, default_value_t = 100_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub pending: u32,
    /// Over how long a time they are spread evenly, in no order.
    #[arg(long, default_value = "90d", value_parser = Span::parse)]
    pub span: Span,
    /// How far time goes at once: what is due by then fires, and that is a tick. (A shard that waits for nothing but time looks every 50 ms;
    /// longer steps have more timers in a tick.)
    #[arg(long, default_value = "1s", value_parser = Span::parse)]
    pub step: Span,
    /// How many timers are due within one second, in a wheel of their own afterwards; 0 leaves that out.
    #[arg(long, default_value_t = 10_000_000)]
    pub bucket: u32,
}

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The command, as it was given.
    pub command: String,
    /// Timers spread over the span.
    pub spread: Measured,
    /// All timers in one second; none if that was left out.
    pub bucket: Option<Measured>,
}

/// Measures. A timer that does not fire when it should makes the run void.
pub fn run(flags: &Timers) -> Result<Report, Error> {
    let (span, step) = (flags.span.0, flags.step.0);
    if span < 1 || step < 1 {
        return Err(Error::Config("--span and --step must be 1 ms at least".into()));
    }
    let spread = measure("timers over the whole span", flags.pending, span, step)?;
    let bucket = match flags.bucket {
        0 => None,
        timers => Some(measure("timers of one second", timers, SECOND, SECOND)?),
    };
    Ok(Report { command: crate::report::command(), spread, bucket })
}

/// Less than the 1.024 s of a bucket of the wheel, and begun where one begins.
const SECOND: i64 = 1_000;

impl Report {
    /// As lines for people.
    pub fn text(&self) -> String {
        let mut out = head(&self.command);
        out += &lines("spread evenly", &self.spread);
        out += &format!(
            "the bar: <= 16 B of RSS a timer, arm <= 20 ns, fire <= 30 ns; its longest tick is reported\n{}",
            self.bucket
                .as_ref()
                .map(|bucket| lines("\nwithin one second", bucket))
                .unwrap_or_default()
        );
        out
    }
}

fn lines(what: &str, measured: &Measured) -> String {
    format!(
        "{what}: {} timers\n  memory: {:.1} B of RSS each, {:.1} B at the peak\n  arm: {:.1} ns each\n  fire: {:.1} ns each\n  longest tick: {:.1} ms, in which {} timers fired\n",
        thousands(measured.timers.into()),
        measured.bytes(),
        measured.peak_bytes(),
        measured.arm_ns,
        measured.fire_ns,
        measured.longest_ms,
        thousands(measured.longest_timers)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_wheel_is_measured() {
        let flags =
            Timers { pending: 20_000, span: Span(86_400_000), step: Span(60_000), bucket: 5_000 };
        let report = run(&flags).unwrap();
        let bucket = report.bucket.as_ref().unwrap();
        assert_eq!((report.spread.timers, bucket.timers), (20_000, 5_000));
        assert_eq!(bucket.longest_timers, 5_000, "one tick has them all");
        assert!(report.spread.longest_timers < 1_000);
        assert!(report.text().contains("within one second: 5,000 timers"));
        assert!(run(&Timers { step: Span(0), ..flags }).is_err());
    }
}
