//! When abandonment windows close (`docs/semantics.md`, "Applying an event", 5c): what moves them, and what has nobody else to mean.

use super::context::Context;
use super::journeys::Occasion;
use crate::customer::{Place, Use};
use crate::journey::plan::{Journey, JourneyInterest};
use crate::time::{Millis, Span};

impl Context<'_> {
    /// What moves windows is remembered: the trigger event of a window may come later.
    #[inline]
    pub(super) fn move_windows(&mut self, occasion: &Occasion<'_>, interest: &JourneyInterest) {
        if interest.moves {
            self.move_window(occasion, interest);
        }
    }

    #[inline(never)]
    fn move_window(&mut self, occasion: &Occasion<'_>, interest: &JourneyInterest) {
        let (index, time) = (interest.journey, occasion.time);
        let journey = self.journey(index);
        let Some(quiet_for) = journey.quiet_for else { return };
        let key = self.key_of(occasion.event, interest);
        let window = match key {
            Some(key) => self.windows(index).find(|place| self.customer.runs[*place].key == key),
            None => self.only_window(index),
        };
        if let Some(window) = window.and_then(|place| self.customer.runs.get_mut(place)) {
            window.deadline = window.deadline.max(time.at + quiet_for.millis());
        }
        let id = key.map_or(journey.moved, |key| journey.moved.with_key(key));
        let expired = time.seen.saturating_sub(self.core.longest_window);
        self.customer.latest.note(id, time.at, expired);
    }

    /// The places of the journey's windows.
    pub(super) fn windows(&self, index: u16) -> impl Iterator<Item = usize> {
        let runs = self.customer.runs.iter().enumerate();
        let windows =
            runs.filter(move |(_, run)| run.journey == index && run.place == Place::Window);
        windows.map(|(place, _)| place)
    }

    /// The place of the journey's window, if there is one and no other: what has no key can only mean that.
    pub(super) fn only_window(&self, index: u16) -> Option<usize> {
        let mut windows = self.windows(index);
        windows.next().filter(|_| windows.next().is_none())
    }

    /// When the window of a key whose newest trigger event is `at` closes: counted from what has moved it since, which may have come first.
    /// A move without a key is none of a window that is not alone.
    pub(super) fn closes(&self, journey: &Journey, key: u64, at: Millis, alone: bool) -> Millis {
        let ids = [Some(journey.moved.with_key(key)), alone.then_some(journey.moved)];
        let moved = self.customer.latest.newest(Use::Moves, ids.into_iter().flatten());
        let quiet_for = journey.quiet_for.map_or(0, Span::millis);
        at.max(moved.unwrap_or(at)) + quiet_for
    }

    /// The journey's window at `place` closes by what it has, and has not, to share with others.
    pub(super) fn close_anew(&mut self, place: Option<usize>, alone: bool) {
        let Some(run) = place.and_then(|place| self.customer.runs.get(place)) else { return };
        let journey = self.journey(run.journey);
        if journey.quiet_for.is_none() {
            return; // it waits for an instant of its own
        }
        let deadline = self.closes(journey, run.key, run.newest, alone);
        if let Some(run) = place.and_then(|place| self.customer.runs.get_mut(place)) {
            run.deadline = deadline;
        }
    }

    /// An event has ended a window of the journey: where one is left, it is alone.
    pub(super) fn leave_alone(&mut self, index: u16) {
        if self.journey(index).key.is_some() {
            self.close_anew(self.only_window(index), true);
        }
    }
}
