//! How far a log has been read, and up to which moment that reading speaks.
//!
//! An end offset requested at `r` and later reached proves that everything appended before `r` has been read.

use cartwheel_core::time::Millis;
use std::collections::VecDeque;

/// End offsets waiting to be reached; the oldest is kept, since it is reached first, and the newest replaces the last.
const WAITING: usize = 16;

/// The reading position in one partition and what it proves.
#[derive(Clone, Debug)]
pub struct Horizon {
    next: i64,
    waiting: VecDeque<(i64, Millis)>,
    proven: Option<Millis>,
}

impl Horizon {
    /// A reader that begins at `next`, with nothing proven.
    pub const fn at(next: i64) -> Self {
        Self { next, waiting: VecDeque::new(), proven: None }
    }

    /// The offset that is read next.
    pub const fn next(&self) -> i64 {
        self.next
    }

    /// Everything before `next` has been read.
    pub fn advance(&mut self, next: i64) {
        self.next = self.next.max(next);
        self.settle();
    }

    /// The log ended at `end` (the next offset to be written) when it was asked for at `requested_at` or later (monotonic).
    pub fn end_seen(&mut self, end: i64, requested_at: Millis) {
        if self.waiting.len() == WAITING {
            self.waiting.pop_back();
        }
        self.waiting.push_back((end, requested_at));
        self.settle();
    }

    /// The latest moment such that everything appended before it has been read.
    pub const fn proven(&self) -> Option<Millis> {
        self.proven
    }

    fn settle(&mut self) {
        while let Some(&(end, requested_at)) = self.waiting.front() {
            if end > self.next {
                return;
            }
            self.proven = self.proven.max(Some(requested_at));
            self.waiting.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_proves_its_request_once_reached() {
        let mut horizon = Horizon::at(5);
        assert_eq!(horizon.proven(), None);
        horizon.end_seen(5, 100);
        assert_eq!(horizon.proven(), Some(100), "an empty rest is read at once");
        horizon.end_seen(8, 200);
        horizon.end_seen(9, 300);
        horizon.advance(7);
        assert_eq!(horizon.proven(), Some(100));
        horizon.advance(8);
        assert_eq!(horizon.proven(), Some(200));
        horizon.advance(9);
        assert_eq!(horizon.proven(), Some(300));
        horizon.end_seen(2, 250);
        assert_eq!(horizon.proven(), Some(300), "an answer that comes late takes nothing back");
    }

    #[test]
    fn a_reader_that_lags_keeps_its_oldest_questions() {
        let mut horizon = Horizon::at(0);
        for at in 0..100 {
            horizon.end_seen(10 + at, at);
        }
        assert!(horizon.waiting.len() <= WAITING);
        horizon.advance(12);
        assert_eq!(horizon.proven(), Some(2));
        horizon.advance(109);
        assert_eq!(horizon.proven(), Some(99));
    }
}
