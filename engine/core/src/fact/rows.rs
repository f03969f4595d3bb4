//! Some times with what belongs to each, in one piece of memory. A row takes a word for its time and one for each of what a fact has: which
//! those are the fact's definition says, so that no row keeps what none of them needs.

use crate::time::Millis;
use thin_vec::ThinVec;

/// Which words a row has beside its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// What it is known by.
    pub key: bool,
    /// How much.
    pub amount: bool,
    /// Whose.
    pub group: bool,
}

/// One row; what its shape does not have is 0. They stand in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// When.
    pub at: Millis,
    /// Hash of what it is known by; 0 without.
    pub key: u64,
    /// Hash of whose it is; 0 without.
    pub group: u64,
    /// How much, in ten-thousandths.
    pub amount: i64,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows(ThinVec<u64>);

impl Shape {
    /// Words of a row.
    pub const fn width(self) -> usize {
        1 + self.key as usize + self.amount as usize + self.group as usize
    }

    fn row(self, words: &[u64]) -> Row {
        let mut words = words.iter().copied();
        let mut next = |there: bool| if there { words.next().unwrap_or(0) } else { 0 };
        let at = next(true).cast_signed();
        Row {
            at,
            key: next(self.key),
            group: next(self.group),
            amount: next(self.amount).cast_signed(),
        }
    }
}

impl Rows {
    /// The rows, earliest first.
    pub fn iter(&self, shape: Shape) -> impl DoubleEndedIterator<Item = Row> + ExactSizeIterator {
        self.0.chunks_exact(shape.width()).map(move |words| shape.row(words))
    }

    /// How many.
    pub fn len(&self, shape: Shape) -> usize {
        self.0.len() / shape.width()
    }

    /// Puts a row into its place, which it tells.
    pub fn insert(&mut self, shape: Shape, row: Row) -> usize {
        let place = self.iter(shape).take_while(|other| *other < row).count();
        let words = [
            (true, row.at.cast_unsigned()),
            (shape.key, row.key),
            (shape.group, row.group),
            (shape.amount, row.amount.cast_unsigned()),
        ];
        self.0.reserve_exact(shape.width());
        self.0.extend(words.into_iter().filter(|(there, _)| *there).map(|(_, word)| word));
        self.0[place * shape.width()..].rotate_right(shape.width());
        place
    }

    /// Takes a row out. With the last one their memory is given back.
    pub fn remove(&mut self, shape: Shape, place: usize) {
        self.0[place * shape.width()..].rotate_left(shape.width());
        self.0.truncate(self.0.len() - shape.width());
        if self.0.is_empty() {
            self.0 = ThinVec::new();
        }
    }

    /// The words, to be stored.
    pub fn words(&self) -> &[u64] {
        &self.0
    }

    /// Words that were stored.
    pub fn from_words(words: ThinVec<u64>) -> Self {
        Self(words)
    }

    /// Bytes of so many rows, with what stands before them.
    pub const fn bytes(shape: Shape, rows: usize) -> usize {
        16 + 8 * shape.width() * rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_order_and_keep_what_their_shape_has() {
        let shape = Shape { key: true, amount: false, group: true };
        let mut rows = Rows::default();
        let row = |at, key, group| Row { at, key, group, amount: 0 };
        for one in [row(5, 1, 2), row(-3, 9, 9), row(5, 0, 7), row(4, 4, 4)] {
            rows.insert(shape, Row { amount: 8, ..one });
        }
        let all: Vec<Row> = rows.iter(shape).collect();
        assert_eq!(all, [row(-3, 9, 9), row(4, 4, 4), row(5, 0, 7), row(5, 1, 2)]);
        assert_eq!((rows.len(shape), rows.words().len()), (4, 12));
        rows.remove(shape, 1);
        assert_eq!(rows.iter(shape).map(|row| row.at).collect::<Vec<_>>(), [-3, 5, 5]);
        (0..3).for_each(|_| rows.remove(shape, 0));
        assert_eq!(rows, Rows::default());
    }
}
