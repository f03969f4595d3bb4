//! When to try again after a connection was lost.

use std::time::{Duration, Instant};

/// Before another try, and at most: as librdkafka's `reconnect.backoff.ms` and `reconnect.backoff.max.ms`.
const LEAST: Duration = Duration::from_millis(50);
const MOST: Duration = Duration::from_secs(2);

/// When the next try is due, and how long it was to wait. None since something went well.
#[derive(Debug, Default)]
pub(super) struct Again(Option<(Instant, Duration)>);

impl Again {
    /// Something went wrong: the next try waits, twice as long as the one before.
    pub(super) fn later(&mut self) {
        let pause = self.0.map_or(LEAST, |(_, pause)| (pause * 2).min(MOST));
        self.0 = Some((Instant::now() + pause, pause));
    }

    /// Something went well, or is another matter now.
    pub(super) fn clear(&mut self) {
        self.0 = None;
    }

    /// Waits until it is time to try again, but not beyond `until`: whether it is.
    pub(super) fn wait(&self, until: Instant) -> bool {
        let Some((at, _)) = self.0 else { return true };
        std::thread::sleep(at.min(until).saturating_duration_since(Instant::now()));
        at <= until
    }
}
