//! Levels: where somebody stands, and what follows from it. Whoever compiles the conditions of the lines judges them.

use super::facts::{Fact, Facts, State};
use super::ladder::Ladder;
use super::layout::Layout;
use super::reading::Reading;
use crate::time::{Millis, NEVER};
use crate::value::ValueRef;

/// Where somebody stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many lines are below.
    pub rank: u8,
    /// The first instant at which that may be another, though nothing happens; [`NEVER`] without one.
    pub until: Millis,
}

impl Facts {
    /// Where the customer stands; none before the level has been judged.
    pub fn standing(&self, number: u16) -> Option<Standing> {
        self.get(number).and_then(State::standing)
    }

    /// Where the customer stands from now on.
    pub fn stand(&mut self, number: u16, Standing { rank, until }: Standing) {
        self.put(Fact { number, state: State::Level { rank, until } });
    }

    /// The levels that have been judged, the last first: they stand behind all other facts.
    pub fn standings(&self) -> impl Iterator<Item = (u16, Standing)> {
        let standing = |fact: &Fact| Some((fact.number, fact.state.standing()?));
        self.iter().rev().map_while(standing)
    }

    /// The first instant at which a level may be another, though nothing happens; [`NEVER`] without one.
    pub fn turns(&self) -> Millis {
        self.standings().map(|(_, standing)| standing.until).min().unwrap_or(NEVER)
    }

    /// What a condition reads of a level at time `t`.
    pub(super) fn read_level<'f>(
        &'f self,
        (layout, ladder): (&'f Layout, &'f Ladder),
        (reading, rank): (Reading, u8),
        t: Millis,
    ) -> ValueRef<'f> {
        let next = rank.checked_add(1).and_then(|rank| ladder.line(rank));
        match reading {
            Reading::Name => ladder.name(rank),
            Reading::Rank => ValueRef::Number(f64::from(rank)),
            Reading::Next => next.map_or(ValueRef::Null, |line| ValueRef::Text(&line.name)),
            Reading::ToNext => {
                let least = next.and_then(|line| line.least).zip(ladder.distance.as_ref());
                let Some((least, distance)) = least else { return ValueRef::Null };
                match self.read(layout, distance.number, Reading::Number, t) {
                    ValueRef::Number(there) => ValueRef::Number((least - there).max(0.0)),
                    _ => ValueRef::Null,
                }
            }
            Reading::Number
            | Reading::DaysSince
            | Reading::At
            | Reading::Age
            | Reading::Kept(_)
            | Reading::Size
            | Reading::Top
            | Reading::Balance
            | Reading::Debt
            | Reading::Expiring(_)
            | Reading::NextExpiry
            | Reading::Expiry => ValueRef::Null,
        }
    }
}

impl State {
    fn standing(&self) -> Option<Standing> {
        match *self {
            State::Level { rank, until } => Some(Standing { rank, until }),
            State::Count(_)
            | State::Sum(_)
            | State::Last(_)
            | State::Tally(_)
            | State::Set(_)
            | State::Ledger(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Count, Definition, Distance, Kind, Line};

    fn layout() -> Layout {
        let line = |name: &str, least| Line { name: name.into(), when: "true".into(), least };
        let lines = vec![line("gold", Some(10.0)), line("silver", Some(4.0)), line("none", None)];
        let distance = Some(Distance { name: "orders".into(), number: 3 });
        let tier = Ladder { lines, distance, is_segment: false };
        let own =
            vec![Definition::level("a_tier", tier), Definition::plain("orders", "x", Kind::Count)];
        Layout::new(own, None)
    }

    #[test]
    fn levels_stand_behind_other_facts_and_say_how_far_the_next_line_is() {
        let layout = layout();
        let mut facts = Facts::default();
        let read = |facts: &Facts, reading| facts.read(&layout, 4, reading, 0).to_value().to_json();
        assert_eq!(read(&facts, Reading::Name), serde_json::Value::Null, "not judged");
        facts.stand(4, Standing { rank: 1, until: 7 });
        facts.put(Fact { number: 3, state: State::Count(Count(6)) });
        let all = [Reading::Name, Reading::Rank, Reading::Next, Reading::ToNext];
        assert_eq!(
            all.map(|of| read(&facts, of).to_string()),
            ["\"silver\"", "1", "\"gold\"", "4"]
        );
        assert_eq!((facts.turns(), facts.standings().count()), (7, 1));
        facts.put(Fact { number: 3, state: State::Count(Count(60)) });
        assert_eq!(read(&facts, Reading::ToNext).to_string(), "0", "another condition is missing");
        facts.stand(4, Standing { rank: 2, until: NEVER });
        assert_eq!(
            [Reading::Next, Reading::ToNext].map(|of| read(&facts, of).to_string()),
            ["null"; 2]
        );
        assert_eq!((facts.turns(), facts.standing(3)), (NEVER, None));
    }
}
