//! One wheel, armed and fired.

use crate::Error;
use crate::process::Process;
use crate::progress::begin;
use cartwheel_core::time::Millis;
use cartwheel_core::timer::Wheel;
use serde::Serialize;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// When time begins: where a bucket of the wheel does.
const START: Millis = 1_772_445_600_000 >> 10 << 10;
/// Timers between two looks of the progress.
const STRIDE: u32 = 1 << 20;

/// See the module.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// How many timers.
    pub timers: u32,
    /// Resident memory that arming them took, bytes.
    pub rss: u64,
    /// The same at its peak.
    pub peak_rss: u64,
    /// Nanoseconds to arm one.
    pub arm_ns: f64,
    /// Nanoseconds to fire one, with all that passing time costs.
    pub fire_ns: f64,
    /// The longest step of time, ms.
    pub longest_ms: f64,
    /// How many timers fired in it.
    pub longest_timers: u64,
}

impl Measured {
    /// Bytes of resident memory for a timer.
    pub fn bytes(&self) -> f64 {
        self.rss as f64 / f64::from(self.timers)
    }

    /// The same at the peak.
    pub fn peak_bytes(&self) -> f64 {
        self.peak_rss as f64 / f64::from(self.timers)
    }
}

/// When a timer is due: evenly over the span, neighbours far apart.
fn deadline(number: u32, span: Millis) -> Millis {
    let scattered = u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let passed = (u128::from(scattered) * u128::from(span.unsigned_abs())) >> 64;
    START + passed as Millis
}

/// Arms so many timers over `span` and fires them in steps of time.
pub(super) fn measure(
    what: &str,
    timers: u32,
    span: Millis,
    step: Millis,
) -> Result<Measured, Error> {
    let mut wheel = present();
    Process::Own.reset_peak()?;
    let before = Process::Own.rss()?;
    let arm = arm(&mut wheel, what, timers, span);
    let rss = Process::Own.rss()?.saturating_sub(before);
    let peak_rss = Process::Own.peak_rss()?.saturating_sub(before);
    let mut fired = Fired::default();
    let bar = begin(&format!("firing {what}"), timers.into());
    let began = Instant::now();
    let mut now = START;
    while now < START + span {
        now += step;
        fired.tick(&mut wheel, now, span);
        if fired.count - bar.position() >= u64::from(STRIDE) {
            bar.set_position(fired.count);
        }
    }
    let fire = began.elapsed();
    bar.finish_and_clear();
    fired.check(timers)?;
    let each = |all: Duration| all.as_nanos() as f64 / f64::from(timers);
    Ok(Measured {
        timers,
        rss,
        peak_rss,
        arm_ns: each(arm),
        fire_ns: each(fire),
        longest_ms: fired.longest.0.as_secs_f64() * 1e3,
        longest_timers: fired.longest.1,
    })
}

/// A wheel that has been brought to the present.
fn present() -> Wheel {
    let mut wheel = Wheel::new();
    wheel.insert(START - 2_000, 0);
    wheel.pop(START - 1_500);
    wheel
}

/// How long it takes to arm them all.
fn arm(wheel: &mut Wheel, what: &str, timers: u32, span: Millis) -> Duration {
    let bar = begin(&format!("arming {what}"), timers.into());
    let began = Instant::now();
    for first in (0..timers).step_by(STRIDE as usize) {
        for number in first..timers.min(first.saturating_add(STRIDE)) {
            wheel.insert(deadline(number, span), number);
        }
        bar.set_position(first.into());
    }
    let took = began.elapsed();
    bar.finish_and_clear();
    took
}

/// What has fired.
#[derive(Default)]
struct Fired {
    count: u64,
    /// Of their slots.
    sum: u64,
    /// The first that was not when it should be.
    wrong: Option<(u32, Millis)>,
    last: Millis,
    longest: (Duration, u64),
}

impl Fired {
    /// Fires what is due by `now`, as a shard does.
    fn tick(&mut self, wheel: &mut Wheel, now: Millis, span: Millis) {
        if wheel.nothing_before() > now {
            return;
        }
        let (began, before) = (Instant::now(), self.count);
        loop {
            for slot in wheel.upcoming() {
                black_box(slot);
            }
            let Some((at, slot)) = wheel.pop(now) else { break };
            if at < self.last || at != deadline(slot, span) {
                self.wrong = self.wrong.or(Some((slot, at)));
            }
            self.last = at;
            self.count += 1;
            self.sum += u64::from(slot);
        }
        self.longest = self.longest.max((began.elapsed(), self.count - before));
    }

    /// Each must have fired once, at its deadline, in order.
    fn check(&self, timers: u32) -> Result<(), Error> {
        if let Some((slot, at)) = self.wrong {
            return Err(Error::Void(format!(
                "timer {slot} fired at {at}, out of order or not its time"
            )));
        }
        let all = u64::from(timers);
        if (self.count, self.sum) != (all, all * (all - 1) / 2) {
            return Err(Error::Void(format!(
                "{} of {timers} timers fired, or not each once",
                self.count
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_spread_evenly() {
        let span = 90 * 86_400_000;
        let mut tenths = [0; 10];
        for number in 0..10_000 {
            tenths[usize::try_from((deadline(number, span) - START) * 10 / span).unwrap()] += 1;
        }
        assert!(tenths.iter().all(|count| (950..1_050).contains(count)), "{tenths:?}");
    }

    #[test]
    fn what_fires_twice_or_never_makes_a_run_void() {
        let span = 60_000;
        let mut fired = Fired::default();
        let mut wheel = present();
        (0..3).for_each(|number| wheel.insert(deadline(number, span), number));
        fired.tick(&mut wheel, START + span, span);
        assert!(fired.check(3).is_ok());
        assert!(fired.check(4).unwrap_err().to_string().contains("3 of 4"));
        wheel.insert(deadline(1, span) + 1, 1);
        fired.tick(&mut wheel, START + 2 * span, span);
        assert!(fired.check(3).unwrap_err().to_string().contains("timer 1"));
    }
}
