//! What a shard remembers of what people have said of journeys: by their names, whether or not the configuration in force has them.

use super::order::{Order, Winner};
use crate::closed::closed;
use crate::time::Millis;
use compact_str::CompactString;
use std::collections::BTreeMap;

/// Most journeys that do not run, and most splits with a winner, that are remembered. A configuration has fewer.
pub const MAX_REMEMBERED: usize = 1_024;

closed! {
    /// Whether a journey runs. The numbers are stored: never renumber.
    Standing {
        /// It does.
        Runs = 0 "runs",
        /// Nothing begins, and nothing goes on.
        Paused = 1 "paused",
        /// All has ended, and nothing begins.
        Stopped = 2 "stopped",
    }
}

/// A journey's name, and a split's.
pub(super) type Split = (CompactString, CompactString);

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Control {
    /// Journeys that do not run, and since when.
    pub(super) halted: BTreeMap<CompactString, (Standing, Millis)>,
    /// The arms that have won.
    pub(super) winners: BTreeMap<Split, CompactString>,
}

impl Control {
    /// Takes note of an order that was given at `at`; false where there is no room for it.
    pub fn take(&mut self, order: &Order, at: Millis) -> bool {
        match order {
            Order::Pause(journey) => self.halt(journey, Standing::Paused, at),
            Order::Stop(journey) => self.halt(journey, Standing::Stopped, at),
            Order::Resume { journey, .. } => {
                self.halted.remove(journey);
                true
            }
            Order::Winner(winner) => self.win(winner),
        }
    }

    fn halt(&mut self, journey: &CompactString, standing: Standing, at: Millis) -> bool {
        let known = self.halted.get(journey).map(|(known, _)| *known);
        // The same once more says nothing new.
        if known == Some(standing) {
            return true;
        }
        let room = known.is_some() || self.halted.len() < MAX_REMEMBERED;
        if room {
            self.halted.insert(journey.clone(), (standing, at));
        }
        room
    }

    fn win(&mut self, winner: &Winner) -> bool {
        let split = (winner.journey.clone(), winner.split.clone());
        let Some(arm) = &winner.arm else {
            self.winners.remove(&split);
            return true;
        };
        let room = self.winners.len() < MAX_REMEMBERED || self.winners.contains_key(&split);
        if room {
            self.winners.insert(split, arm.clone());
        }
        room
    }

    /// Nearly always all do.
    #[inline]
    pub fn lets_all_run(&self) -> bool {
        self.halted.is_empty()
    }

    /// Whether the journey of this name runs.
    pub fn standing(&self, journey: &str) -> Standing {
        self.halted.get(journey).map_or(Standing::Runs, |(standing, _)| *standing)
    }

    /// The arm that has won a split of the journey.
    pub fn winner(&self, journey: &str, split: &str) -> Option<&str> {
        if self.winners.is_empty() {
            return None;
        }
        self.winners.get(&(journey.into(), split.into())).map(CompactString::as_str)
    }

    /// The journeys that do not run, in order of names, and since when.
    pub fn halted(&self) -> impl Iterator<Item = (&str, Standing, Millis)> {
        self.halted.iter().map(|(name, (standing, since))| (name.as_str(), *standing, *since))
    }

    /// Journey, split and arm of each winner, in order of names.
    pub fn winners(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let all = self.winners.iter();
        all.map(|((journey, split), arm)| (journey.as_str(), split.as_str(), arm.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_counts() {
        let mut control = Control::default();
        let resume = Order::Resume { journey: "a".into(), missed_within: None };
        for (order, at, standing, since) in [
            (Order::Pause("a".into()), 1, Standing::Paused, Some(1)),
            (Order::Pause("a".into()), 2, Standing::Paused, Some(1)),
            (Order::Stop("a".into()), 3, Standing::Stopped, Some(3)),
            (Order::Pause("a".into()), 4, Standing::Paused, Some(4)),
            (resume.clone(), 5, Standing::Runs, None),
            (resume, 6, Standing::Runs, None),
        ] {
            assert!(control.take(&order, at));
            assert_eq!((control.standing("a"), control.standing("b")), (standing, Standing::Runs));
            assert_eq!(control.halted().next().map(|(_, _, since)| since), since);
        }
    }

    #[test]
    fn an_arm_wins_until_the_lots_decide_again() {
        let mut control = Control::default();
        let winner = |arm: Option<&str>| {
            let arm = arm.map(CompactString::from);
            Order::Winner(Winner { journey: "a".into(), split: "s".into(), arm })
        };
        assert!(control.take(&winner(Some("x")), 0) && control.take(&winner(Some("y")), 0));
        assert_eq!((control.winner("a", "s"), control.winner("a", "t")), (Some("y"), None));
        assert!(control.take(&winner(None), 0));
        assert_eq!(control, Control::default());
    }

    #[test]
    fn there_is_room_for_so_many() {
        let mut control = Control::default();
        for number in 0..MAX_REMEMBERED {
            assert!(control.take(&Order::Pause(format!("j{number}").into()), 0));
        }
        assert!(!control.take(&Order::Stop("one more".into()), 0));
        assert!(control.take(&Order::Stop("j7".into()), 0));
    }
}
