//! Layouts that were seen before. A producer writes the same fields in the same order, record after record: what lies between the
//! values is compared, and only the values are looked at.
//!
//! The layouts of the records that the one pass has read are kept as a tree of pieces: some bytes that must be there, then a value.
//! Values that always have the same length, such as ids, are compared with the bytes around them: they are no pieces of their own until one of another
//! length is seen. A record that fits differs from one that was validated in nothing but plain strings and plain numbers, so it is valid JSON as well.
//! The leaf that it reaches knows where the fields stand in relation to the pieces, and what the type means, which is part of the layout; the
//! time is read as it is passed over. Where nothing fits, the one pass reads the record. `tests` compare the two.

mod leaf;
mod lengths;
mod part;
mod parts;
mod piece;

use super::block::{PART, Tail};
use super::profile::MAX_VALUE;
use super::scan::Quick;
use super::top::{Extent, Top};
use leaf::{Begins, Leaf};
use lengths::Lengths;
use parts::Parts;
use piece::{Piece, Times, Value};

/// Most pieces kept. They should stay in the nearest cache.
const MAX_PIECES: usize = 1_000;
/// Most records that are tried. Where each has a layout of its own, learning would never pay.
const MAX_TRIES: u32 = 2_000;
/// Longest record that is learned, in bytes; the shortest is a part.
const MAX_TEXT: usize = 8 * 1024;
/// Most pieces that may stand in the same place, such as types: they are tried one after the other.
const MAX_OTHERS: usize = 64;
/// Once nothing more is learned, one in so many records is looked at all the same.
const SELDOM: u32 = 64;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Layouts {
    first: Option<Box<Piece>>,
    pieces: usize,
    leaves: Vec<Leaf>,
    tries: u32,
    lengths: Lengths,
    times: Times,
    begins: Begins,
}

impl Layouts {
    /// Fills `top` if the record has a layout that was learned, else it leaves it alone.
    pub fn read<'a>(&mut self, bytes: &'a [u8], top: &mut Top) -> Option<Quick<'a>> {
        let tail = Tail::of(bytes)?;
        let (mut rest, mut ascii) = (bytes, true);
        self.times.time = None;
        let mut piece = self.first.as_deref()?;
        let leaf = loop {
            piece = piece.that_stands(rest, &tail)?;
            let behind = match piece.behind(rest, &tail, &mut self.times, &mut ascii) {
                Some(behind) => behind,
                None => {
                    let (other, behind) =
                        piece.behind_other(rest, &tail, &mut self.times, &mut ascii)?;
                    piece = other;
                    behind
                }
            };
            self.begins.0[usize::from(piece.number)] = (bytes.len() - rest.len()) as u32;
            if let Value::End(leaf) = piece.value {
                break leaf;
            }
            rest = behind;
            piece = piece.next.as_deref()?;
        };
        let text = if ascii {
            // SAFETY: ASCII is UTF-8: the literals are (`learn`), and so was every value.
            unsafe { std::str::from_utf8_unchecked(bytes) }
        } else {
            std::str::from_utf8(bytes).ok()?
        };
        let leaf = self.leaves.get(usize::from(leaf))?;
        for field in &leaf.fields {
            let (start, end) = (field.start.within(&self.begins), field.end.within(&self.begins));
            top.put(field.place, Extent { start, end });
        }
        top.items = leaf.items;
        let whole = Extent::new(0, bytes.len());
        let odd = leaf.odd.filter(|_| bytes.len() <= MAX_VALUE);
        Some(Quick { text, whole, time: self.times.time, meaning: Some(leaf.meaning), odd })
    }

    /// Learns the layout of a record that the one pass has read.
    pub fn learn(&mut self, text: &str, whole: Extent) {
        let fits = (PART..=MAX_TEXT).contains(&text.len()) && whole == Extent::new(0, text.len());
        if !fits {
            return;
        }
        self.tries = self.tries.saturating_add(1);
        let full = self.pieces >= MAX_PIECES || self.tries >= MAX_TRIES;
        // It may be a record of a layout that is known, but for a value's length.
        if full && !self.tries.is_multiple_of(SELDOM) {
            return;
        }
        self.lengths.changed = false;
        let fits = Parts::of(text, &mut self.lengths).is_some();
        if std::mem::take(&mut self.lengths.changed) {
            self.forget();
        }
        // Now that its lengths are known.
        if fits
            && self.tries < MAX_TRIES
            && let Some((pieces, leaf)) = Parts::of(text, &mut self.lengths)
            && self.pieces + pieces.len() <= MAX_PIECES
        {
            self.enter(pieces, &leaf);
        }
    }

    /// What is known of lengths no longer holds: every layout is learned anew.
    fn forget(&mut self) {
        self.first = None;
        self.leaves.clear();
        (self.pieces, self.tries) = (0, 0);
    }

    fn enter(&mut self, pieces: Vec<Piece>, leaf: &Leaf) {
        let mut list = &mut self.first;
        for mut piece in pieces {
            let mut others = 0;
            while list.as_ref().is_some_and(|here| !here.same(&piece)) {
                others += 1;
                let Some(here) = list else { return };
                list = &mut here.other;
            }
            if list.is_none() {
                if others >= MAX_OTHERS {
                    return;
                }
                if let Value::End(number) = &mut piece.value {
                    *number = self.leaves.len() as u16;
                    self.leaves.push(leaf.clone());
                }
                self.pieces += 1;
            }
            list = &mut list.get_or_insert_with(|| Box::new(piece)).next;
        }
    }
}

#[cfg(test)]
mod tests;
