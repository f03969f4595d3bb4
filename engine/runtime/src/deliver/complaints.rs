//! What goes wrong many times a second is said every few seconds.

use cartwheel_kafka::Error;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Between two complaints about one matter.
const EVERY: Duration = Duration::from_secs(10);

/// Who complained last, and when.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    last: BTreeMap<&'static str, Instant>,
}

impl Complaints {
    /// Whether it is time to say something about this matter.
    pub fn due(&mut self, matter: &'static str) -> bool {
        let now = Instant::now();
        let due = self.last.get(matter).is_none_or(|last| now.duration_since(*last) >= EVERY);
        if due {
            self.last.insert(matter, now);
        }
        due
    }

    /// Says what failed: at debug what passes by itself, at warn what a person must mend.
    pub fn kafka(&mut self, doing: &'static str, error: &Error) {
        if error.is_transient() {
            tracing::debug!(%error, doing, "delivery");
        } else if self.due(doing) {
            tracing::warn!(%error, doing, "delivery: this does not pass by itself");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_matter_is_said_and_not_again_at_once() {
        let mut complaints = Complaints::default();
        assert!(complaints.due("a") && complaints.due("b"));
        assert!(!complaints.due("a") && !complaints.due("b"));
    }
}
