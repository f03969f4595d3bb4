//! The demo's clock: it stands still while a step of the story is worked off, then jumps to the end of the next step.

use cartwheel_core::time::Millis;
use cartwheel_runtime::clock::Clock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A clock that is moved by hand. Story, engine and delivery read the same one, so that what they decide does not depend on how
/// fast the machine is.
#[derive(Debug)]
pub struct StepClock {
    wall: AtomicI64,
    /// The bits of a float.
    speed: AtomicU64,
    start: Instant,
}

impl StepClock {
    /// Shows `wall` (epoch milliseconds) and says that it runs `speed` times as fast as real time.
    pub fn new(wall: Millis, speed: f64) -> Self {
        Self {
            wall: AtomicI64::new(wall),
            speed: AtomicU64::new(speed.to_bits()),
            start: Instant::now(),
        }
    }

    /// Jumps to `wall`; never back.
    pub fn advance(&self, wall: Millis) {
        self.wall.fetch_max(wall, Ordering::SeqCst);
    }

    /// How fast it is moved from now on.
    pub fn set_speed(&self, speed: f64) {
        self.speed.store(speed.to_bits(), Ordering::Relaxed);
    }
}

impl Clock for StepClock {
    fn wall(&self) -> Millis {
        self.wall.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn speed(&self) -> f64 {
        f64::from_bits(self.speed.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_goes_back() {
        let clock = StepClock::new(100, 1_440.0);
        clock.advance(300);
        clock.advance(200);
        clock.set_speed(1.0);
        assert_eq!((clock.wall(), clock.speed()), (300, 1.0));
    }
}
