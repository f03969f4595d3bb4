//! What was measured of one run.

use super::system::System;
use serde::Serialize;

/// One run of one system.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Which.
    pub system: System,
    /// Events that it read.
    pub events: u64,
    /// Messages that it sent and that were compared, if they are equal; else none.
    pub messages: Option<u64>,
    /// The first difference from the reference.
    pub difference: Option<String>,
    /// Seconds from its first event to its last message.
    pub seconds: f64,
    /// CPU seconds of its process in that time.
    pub cpu_seconds: f64,
    /// The same of the broker.
    pub broker_cpu_seconds: f64,
    /// Greatest resident memory, bytes.
    pub peak_rss: u64,
    /// Bytes that its process wrote to storage.
    pub written: u64,
    /// Bytes that the broker wrote to storage in the meantime: messages, and what the system keeps there.
    pub broker_written: u64,
}

impl Figures {
    /// Events a second.
    pub fn rate(&self) -> f64 {
        self.events as f64 / self.seconds.max(1e-9)
    }

    /// CPU seconds for a million events.
    pub fn cpu(&self) -> f64 {
        per_event(self.cpu_seconds * 1e6, self.events)
    }

    /// The same with the broker's.
    pub fn cpu_with_broker(&self) -> f64 {
        per_event((self.cpu_seconds + self.broker_cpu_seconds) * 1e6, self.events)
    }

    /// Bytes written for an event.
    pub fn written_per_event(&self) -> f64 {
        per_event(self.written as f64, self.events)
    }

    /// The same by the broker.
    pub fn broker_written_per_event(&self) -> f64 {
        per_event(self.broker_written as f64, self.events)
    }
}

fn per_event(amount: f64, events: u64) -> f64 {
    amount / events.max(1) as f64
}

/// The median; of an even number the mean of the two in the middle; 0 of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0]), 2.5);
        assert_eq!(median(Vec::new()), 0.0);
    }
}
