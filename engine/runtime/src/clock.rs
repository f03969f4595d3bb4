//! The only now(). Everything below the runtime is told the time.

mod steady;

pub use steady::{Jumps, Reading};

use cartwheel_core::time::{Millis, SECOND};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use steady::Steady;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Wall time. Where the machine's clock jumps it goes on as it was, until the jump is believed ([`Clock::read`]).
    fn wall(&self) -> Millis;

    /// Real time since some fixed moment of this process; never falls.
    fn monotonic(&self) -> Duration;

    /// How much faster than real time [`Clock::wall`] runs now: 1 except in the demo.
    fn speed(&self) -> f64 {
        1.0
    }

    /// Wall time, and whether the machine's clock is believed. A clock that is moved by hand is.
    fn read(&self) -> Reading {
        let wall = self.wall();
        Reading { wall, latest: wall, held: false, jumps: Jumps::default() }
    }
}

fn system_wall() -> Millis {
    let signed = |span: Duration| Millis::try_from(span.as_millis()).unwrap_or(Millis::MAX);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => signed(since),
        Err(before) => -signed(before.duration()),
    }
}

/// The machine's clock, without its jumps.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
    steady: Mutex<Steady>,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { start: Instant::now(), steady: Mutex::default() }
    }
}

impl SystemClock {
    /// The time that has passed, that during which the machine slept included, where the system tells.
    fn passed(&self) -> Duration {
        #[cfg(target_os = "linux")]
        {
            let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
            let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
            if let (Ok(seconds), Ok(nanos)) = (seconds, nanos) {
                return Duration::new(seconds, nanos);
            }
        }
        self.start.elapsed()
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> Millis {
        self.read().wall
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn read(&self) -> Reading {
        let mut steady = self.steady.lock().unwrap_or_else(PoisonError::into_inner);
        // Read together, under the lock: threads that read at one time must not see each other's times out of order.
        let (reading, jump) = steady.read(self.passed(), system_wall());
        drop(steady);
        if let Some(by) = jump {
            tracing::error!(
                seconds = by / SECOND,
                "the machine's clock has jumped: nothing is sent and nothing expires until it comes back or its new time has stood for a while"
            );
        }
        reading
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_clock_is_believed_from_the_start() {
        let clock = SystemClock::default();
        let before = system_wall();
        let reading = clock.read();
        assert!(!reading.held && reading.wall >= before && reading.latest >= reading.wall);
        assert_eq!((reading.jumps, clock.speed()), (Jumps::default(), 1.0));
        assert!(clock.wall() >= reading.wall);
    }
}
