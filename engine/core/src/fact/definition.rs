//! What a fact is: which events it is made of, what it takes from them, and how much of it is kept.

use super::book::Book;
use super::feed::Feed;
use super::ladder::Ladder;
use super::path::Path;
use super::rows::Shape;
use crate::time::Millis;
use compact_str::CompactString;

/// Most elements of an event's list that a fact looks at.
pub const MAX_ITEMS: usize = 64;

/// One fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its name.
    pub name: CompactString,
    /// What it folds.
    pub kind: Kind,
    /// What adds to it.
    pub adds: Feed,
    /// What takes away from it again.
    pub takes: Option<Takes>,
    /// Counted apart for each value of this.
    pub by: Option<Path>,
    /// How much of it is kept, and for how long.
    pub bounds: Bounds,
}

/// What a fact folds.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// How many.
    Count,
    /// How much of a number in the event.
    Sum(Amount),
    /// When last, and some fields of the event that was it.
    Last(Vec<Path>),
    /// Which keys there are.
    Set,
    /// What has been earned, spent and expired.
    Ledger(Book),
    /// Which of some lines holds: no event adds to it.
    Level(Ladder),
}

/// What takes a contribution back, or an element out.
#[derive(Clone, Debug, PartialEq)]
pub struct Takes {
    /// The events.
    pub feed: Feed,
    /// How much of it; none for all.
    pub amount: Option<Amount>,
    /// What a partial one is known by.
    pub id: Option<Path>,
}

/// A sum of money, or any number.
#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    /// The number.
    pub path: Path,
    /// Where the event may name the currency.
    pub currency: Vec<Path>,
}

/// How much of a fact is kept, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// What is older by this does not count.
    pub over: Option<Millis>,
    /// Contributions that stay open, of each key of `by`.
    pub up_to: usize,
    /// Keys of `by`, or elements of a set.
    pub keys: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { over: None, up_to: 64, keys: 16 }
    }
}

/// What an event of some type does to a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It adds to it.
    Adds,
    /// It takes away.
    Takes,
    /// It is entered into a ledger as this line of its book says.
    Line(u8),
}

impl Definition {
    /// A fact without anything that has to be remembered of single events.
    pub fn plain(name: &str, on: &str, kind: Kind) -> Self {
        let adds = Feed { on: vec![on.into()], ..Feed::default() };
        let bounds = Bounds::default();
        Self { name: name.into(), kind, adds, takes: None, by: None, bounds }
    }

    /// A level, which is made of other facts and not of events.
    pub fn level(name: &str, ladder: Ladder) -> Self {
        Self { adds: Feed::default(), ..Self::plain(name, "", Kind::Level(ladder)) }
    }

    /// What it is made of, if it is a level.
    pub fn ladder(&self) -> Option<&Ladder> {
        match &self.kind {
            Kind::Level(ladder) => Some(ladder),
            Kind::Count | Kind::Sum(_) | Kind::Last(_) | Kind::Set | Kind::Ledger(_) => None,
        }
    }

    /// The lines of its book, if it is a ledger.
    pub fn book(&self) -> Option<&Book> {
        match &self.kind {
            Kind::Ledger(book) => Some(book),
            Kind::Count | Kind::Sum(_) | Kind::Last(_) | Kind::Set | Kind::Level(_) => None,
        }
    }

    /// What events may do to it.
    pub fn roles(&self) -> impl Iterator<Item = Role> {
        let lines = self.book().map_or(0, |book| book.lines.len());
        let lines = (0..lines).filter_map(|line| u8::try_from(line).ok().map(Role::Line));
        [Role::Adds, Role::Takes].into_iter().chain(lines)
    }

    /// Whether it keeps nothing of single events: one number is enough.
    pub fn is_plain(&self) -> bool {
        let kept = match &self.kind {
            Kind::Count | Kind::Sum(_) => self.adds.key.is_some(),
            // The newest is the newest, whatever its key.
            Kind::Last(keep) => !keep.is_empty(),
            Kind::Set | Kind::Ledger(_) => true,
            Kind::Level(_) => false,
        };
        !kept && self.takes.is_none() && self.by.is_none() && self.bounds.over.is_none()
    }

    /// Whether what no longer stays open still counts.
    pub fn folds(&self) -> bool {
        match self.kind {
            Kind::Count | Kind::Sum(_) => self.bounds.over.is_none(),
            Kind::Last(_) | Kind::Set | Kind::Ledger(_) | Kind::Level(_) => false,
        }
    }

    /// What is kept of a contribution.
    pub fn shape(&self) -> Shape {
        let amount = matches!(self.kind, Kind::Sum(_));
        let key = self.adds.key.is_some() && (self.takes.is_some() || !self.is_last());
        Shape { key, amount, group: self.by.is_some() }
    }

    /// Contributions that stay open, of each key of `by`.
    pub fn open(&self) -> usize {
        // Where nothing is taken away the newest is enough.
        if self.is_last() && self.takes.is_none() { 1 } else { self.bounds.up_to }
    }

    /// Whether it is about the newest event alone.
    pub fn is_last(&self) -> bool {
        matches!(self.kind, Kind::Last(_))
    }

    /// What is kept of a mark that takes something away: its id stands in the place of the group.
    pub fn mark_shape(&self) -> Shape {
        let partial = self.takes.as_ref().is_some_and(|takes| takes.amount.is_some());
        Shape { key: true, amount: partial, group: partial }
    }

    /// The fields that are kept of the last event.
    pub fn keep(&self) -> &[Path] {
        match &self.kind {
            Kind::Last(keep) => keep,
            Kind::Count | Kind::Sum(_) | Kind::Set | Kind::Ledger(_) | Kind::Level(_) => &[],
        }
    }

    /// What events in this role are read for.
    pub fn feed(&self, role: Role) -> Option<&Feed> {
        match role {
            Role::Adds => Some(&self.adds),
            Role::Takes => self.takes.as_ref().map(|takes| &takes.feed),
            Role::Line(number) => Some(&self.book()?.line(number)?.feed),
        }
    }

    /// Whether a state that was kept under the other one may go on under this one: it is made of the same of the same events. Bounds may
    /// differ; but what had a window has forgotten what would count without one. A ledger goes on in any case, unless it begins or ceases to expire: what is
    /// entered has its amount, whatever the lines say now.
    pub fn continues(&self, other: &Self) -> bool {
        let same = |bounds| Self { bounds, ..other.clone() };
        let are_ledgers = self.book().is_some() && other.book().is_some();
        (are_ledgers && self.name == other.name || *self == same(self.bounds))
            && self.bounds.over.is_some() == other.bounds.over.is_some()
    }
}
