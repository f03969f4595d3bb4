//! The only now(). Everything below the runtime is told the time.

use cartwheel_core::time::Millis;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Wall time. May jump, as clocks of machines do; shard time never falls all the same.
    fn wall(&self) -> Millis;

    /// Real time since some fixed moment of this process; never falls.
    fn monotonic(&self) -> Duration;

    /// How much faster than real time [`Clock::wall`] runs now: 1 except in the demo.
    fn speed(&self) -> f64 {
        1.0
    }
}

fn system_wall() -> Millis {
    let signed = |span: Duration| Millis::try_from(span.as_millis()).unwrap_or(Millis::MAX);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => signed(since),
        Err(before) => -signed(before.duration()),
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> Millis {
        system_wall()
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// The demo's clock: starts in the past, runs faster until it has arrived at the present, then is the machine's clock.
/// It never shows a time in the future.
#[derive(Clone, Copy, Debug)]
pub struct ScaledClock {
    start: Instant,
    from: Millis,
    factor: f64,
}

impl ScaledClock {
    /// Starts now, showing the present less `back` ms, and runs `factor` (at least 1) times as fast as real time.
    pub fn starting_back(back: Millis, factor: f64) -> Self {
        Self {
            start: Instant::now(),
            from: system_wall().saturating_sub(back),
            factor: factor.max(1.0),
        }
    }

    fn scaled(&self) -> Millis {
        shown(self.from, self.factor, self.start.elapsed())
    }
}

fn shown(from: Millis, factor: f64, elapsed: Duration) -> Millis {
    from.saturating_add((elapsed.as_secs_f64() * 1_000.0 * factor) as Millis)
}

impl Clock for ScaledClock {
    fn wall(&self) -> Millis {
        self.scaled().min(system_wall())
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn speed(&self) -> f64 {
        if self.scaled() < system_wall() { self.factor } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scaled_clock_runs_by_its_factor() {
        assert_eq!(shown(1_000, 1_440.0, Duration::from_millis(500)), 1_000 + 720_000);
    }

    #[test]
    fn a_scaled_clock_never_shows_the_future() {
        let past = ScaledClock::starting_back(3 * cartwheel_core::time::DAY, 1_440.0);
        assert!(past.wall() < system_wall() - 2 * cartwheel_core::time::DAY);
        assert_eq!(past.speed(), 1_440.0);
        let arrived = ScaledClock::starting_back(-5_000, 1_440.0);
        assert!(arrived.wall() <= system_wall());
        assert_eq!(arrived.speed(), 1.0);
    }
}
