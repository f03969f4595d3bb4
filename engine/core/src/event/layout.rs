//! Layouts that were seen before. A producer writes the same fields in the same order, record after record: what lies between the
//! values is compared, and only the values are looked at.
//!
//! The layouts of the records that the one pass has read are kept as a tree of pieces: some bytes that must be there, then a value.
//! A record that fits differs from one that was validated in nothing but plain strings and plain numbers, so it is valid JSON as well,
//! and its fields stand where the tree says. What follows from the type, which is part of the layout, is known with the layout; the time is
//! read as it is passed over. Where nothing fits, the one pass reads the record. `tests` compare the two.

mod parts;
mod piece;

use super::scan::Quick;
use super::top::{Extent, Place, Top};
use parts::{Part, Parts};
use piece::{NONE, Piece, Value};

/// Most pieces kept. They should stay in the nearest cache.
const MAX_PIECES: usize = 1_000;
/// Records with more pieces are not learned: their lists are seldom as long again.
const MAX_RECORD: usize = 80;
/// Most records that are tried. Where each has a layout of its own, learning would never pay.
const MAX_TRIES: u32 = 2_000;
/// Longest record that is learned, in bytes.
const MAX_TEXT: usize = 8 * 1024;
/// Most pieces that may stand in the same place, such as types: they are tried one after the other.
const MAX_OTHERS: usize = 64;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Layouts {
    pieces: Vec<Piece>,
    marks: Vec<Mark>,
    tries: u32,
}

/// The beginning or the end of a value that is part of the layout: an object, an array, the type.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mark {
    place: Place,
    end: bool,
    /// Bytes behind the beginning of the literal.
    offset: u8,
}

impl Layouts {
    /// Fills `top` if the record has a layout that was learned. Else `top` is spoiled.
    pub fn read<'a>(&self, bytes: &'a [u8], top: &mut Top) -> Option<Quick<'a>> {
        let (mut at, mut next, mut ascii, mut time) = (0, 0, true, None);
        let meaning = loop {
            let piece = self.pieces.get(next as usize)?;
            let Some(start) = piece.behind_literal(bytes, at) else {
                next = piece.other;
                continue;
            };
            let Some(end) = piece.value.end(bytes, start, &mut ascii, &mut time) else {
                next = piece.other;
                continue;
            };
            for mark in self.marks_of(piece) {
                let place = top.place(mark.place);
                let to = (at + usize::from(mark.offset)) as u32;
                if mark.end { place.end = to } else { place.start = to }
            }
            if let Some(place) = piece.place {
                let quote = piece.value.quote();
                *top.place(place) = Extent::new(start - quote, end + quote);
            }
            if let Value::End { items, meaning } = piece.value {
                top.items = items;
                break meaning;
            }
            (at, next) = (end, piece.next);
        };
        let text = if ascii {
            // SAFETY: ASCII is UTF-8: the literals are (`learn`), and so was every value.
            unsafe { std::str::from_utf8_unchecked(bytes) }
        } else {
            std::str::from_utf8(bytes).ok()?
        };
        Some(Quick { text, whole: Extent::new(0, bytes.len()), time, meaning: Some(meaning) })
    }

    #[inline]
    fn marks_of(&self, piece: &Piece) -> &[Mark] {
        let (first, count) = piece.marks;
        if count == 0 {
            return &[]; // as most have
        }
        self.marks.get(first as usize..first as usize + usize::from(count)).unwrap_or_default()
    }

    /// Learns the layout of a record that the one pass has read.
    pub fn learn(&mut self, text: &str, whole: Extent) {
        let full = self.pieces.len() >= MAX_PIECES || self.tries >= MAX_TRIES;
        if full || text.len() > MAX_TEXT || whole != Extent::new(0, text.len()) {
            return;
        }
        self.tries += 1;
        if let Some(parts) = Parts::of(text)
            && self.pieces.len() + parts.len() <= MAX_PIECES
        {
            self.enter(parts);
        }
    }

    fn enter(&mut self, parts: Vec<Part>) {
        let mut list = None;
        for Part { mut piece, marks, .. } in parts {
            let mut at = match list {
                None if self.pieces.is_empty() => NONE,
                None => 0,
                Some(before) => self.pieces[before as usize].next,
            };
            let (mut last, mut others) = (None, 0);
            while let Some(here) = self.pieces.get(at as usize).filter(|here| !here.same(&piece)) {
                last = Some(at);
                others += 1;
                at = here.other;
            }
            if others >= MAX_OTHERS && at == NONE {
                return;
            }
            if at == NONE {
                at = self.pieces.len() as u32;
                piece.marks = (self.marks.len() as u32, marks.len() as u8);
                self.marks.extend(marks);
                self.pieces.push(piece);
                match (last, list) {
                    (Some(last), _) => self.pieces[last as usize].other = at,
                    (None, Some(before)) => self.pieces[before as usize].next = at,
                    (None, None) => {}
                }
            }
            list = Some(at);
        }
    }
}

#[cfg(test)]
mod tests;
