//! Layouts that were seen before. A producer writes the same fields in the same order, record after record: what lies between the
//! values is compared, and only the values are looked at.
//!
//! The layouts of the records that the one pass has read are kept as a tree of pieces: some bytes that must be there, then a value.
//! A record that fits differs from one that was validated in nothing but plain strings and plain numbers, so it is valid JSON as well,
//! and its fields stand where the tree says. Where nothing fits, the one pass reads the record. `tests` compare the two.

use super::block::plain_string;
use super::raw::{Raw, array_elements, object_entries};
use super::scan::plain_number;
use super::top::{Extent, Place, Top};
use super::vocabulary::{Known, Subject, Type};

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
/// Longest literal of a piece; a longer one is divided.
const LITERAL: usize = 16;
/// Longer integers may be beyond 64 bits.
const MAX_INTEGER: usize = 18;
/// Behind the last piece of a list.
const NONE: u32 = u32::MAX;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Layouts {
    pieces: Vec<Piece>,
    marks: Vec<Mark>,
    tries: u32,
}

/// Some bytes and the value behind them.
#[derive(Clone, Debug)]
struct Piece {
    /// The bytes, in two words, and a mask of them.
    literal: [u64; 2],
    mask: [u64; 2],
    len: u8,
    value: Value,
    /// Where the value belongs, if the product reads it.
    place: Option<Place>,
    /// Its marks: the first, and how many.
    marks: (u32, u8),
    /// What follows this piece.
    next: u32,
    /// What else may stand here.
    other: u32,
}

/// What follows a literal.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    /// More of the literal.
    None,
    /// The inside of a string.
    Text,
    Number,
    Integer,
    /// The inside of a string that is a number.
    NumberText,
    /// The end of the record, with so many elements in `cart.items`.
    End(u32),
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
    /// Fills `top` if the record has a layout that was learned; the text, and where in it the object stands. Else `top` is spoiled.
    pub fn read<'a>(&self, bytes: &'a [u8], top: &mut Top) -> Option<(&'a str, Extent)> {
        let (mut at, mut next, mut ascii) = (0, 0, true);
        loop {
            let piece = self.pieces.get(next as usize)?;
            let Some((start, end)) = piece.value_at(bytes, at, &mut ascii) else {
                next = piece.other;
                continue;
            };
            for mark in self.marks_of(piece) {
                let place = top.place(mark.place);
                let to = (at + usize::from(mark.offset)) as u32;
                if mark.end { place.end = to } else { place.start = to }
            }
            if let Some(place) = piece.place {
                let quote = usize::from(matches!(piece.value, Value::Text | Value::NumberText));
                *top.place(place) = Extent::new(start - quote, end + quote);
            }
            if let Value::End(items) = piece.value {
                top.items = items;
                break;
            }
            (at, next) = (end, piece.next);
        }
        let text = if ascii {
            // SAFETY: ASCII is UTF-8: the literals are (`learn`), and so was every value.
            unsafe { std::str::from_utf8_unchecked(bytes) }
        } else {
            std::str::from_utf8(bytes).ok()?
        };
        Some((text, Extent::new(0, bytes.len())))
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
        let mut parts =
            Parts { text, from: 0, marks: Vec::new(), items: 0, pieces: Vec::new(), fits: true };
        parts.walk(Raw(text), None, Inside::Top);
        parts.piece(text.len(), Value::End(parts.items), None);
        if parts.fits
            && parts.pieces.len() <= MAX_RECORD
            && self.pieces.len() + parts.pieces.len() <= MAX_PIECES
        {
            self.enter(parts.pieces);
        }
    }

    fn enter(&mut self, pieces: Vec<(Piece, Vec<Mark>)>) {
        let mut list = None;
        for (mut piece, marks) in pieces {
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

impl Piece {
    fn same(&self, other: &Self) -> bool {
        (self.literal, self.len, self.value, self.place)
            == (other.literal, other.len, other.value, other.place)
    }

    /// Where the value behind the literal begins and ends, if both stand there.
    #[inline]
    fn value_at(&self, bytes: &[u8], at: usize, ascii: &mut bool) -> Option<(usize, usize)> {
        let start = at + usize::from(self.len);
        let rest = bytes.get(at..)?;
        let here = rest.first_chunk::<LITERAL>().map_or_else(|| padded(rest), words);
        let fits = (here[0] ^ self.literal[0]) & self.mask[0]
            | (here[1] ^ self.literal[1]) & self.mask[1]
            == 0;
        if !fits {
            return None;
        }
        let end = match self.value {
            Value::None => start,
            Value::Text => plain_string(bytes, start, ascii)?,
            // The quotation mark behind that of a string is the beginning of what follows.
            Value::Number | Value::NumberText => plain_number(bytes, start)?,
            Value::Integer => {
                plain_number(bytes, start).filter(|end| is_integer(bytes, start, *end))?
            }
            Value::End(_) => (start == bytes.len()).then_some(start)?,
        };
        Some((start, end))
    }
}

#[inline]
fn words(literal: &[u8; LITERAL]) -> [u64; 2] {
    let all = u128::from_le_bytes(*literal);
    [all as u64, (all >> 64) as u64]
}

/// Of less than a literal's bytes. Zeros, which no literal has, are behind them.
#[cold]
fn padded(bytes: &[u8]) -> [u64; 2] {
    let mut literal = [0; LITERAL];
    literal[..bytes.len()].copy_from_slice(bytes);
    words(&literal)
}

fn is_integer(bytes: &[u8], start: usize, end: usize) -> bool {
    end - start <= MAX_INTEGER && !bytes[start..end].contains(&b'.')
}

/// Divides a record into pieces.
struct Parts<'a> {
    text: &'a str,
    /// Where the next literal begins.
    from: usize,
    /// Of the next literal: the position in the record.
    marks: Vec<(Place, bool, usize)>,
    items: u32,
    pieces: Vec<(Piece, Vec<Mark>)>,
    /// False: something cannot be learned.
    fits: bool,
}

/// What an object is.
#[derive(Clone, Copy)]
enum Inside {
    Top,
    Subject(Subject),
    Other,
}

impl Parts<'_> {
    fn walk(&mut self, raw: Raw<'_>, place: Option<Place>, inside: Inside) {
        self.fits &= self.pieces.len() <= MAX_RECORD;
        if !self.fits {
            return;
        }
        let Extent { start, end } = Extent::of(raw, self.text);
        let (start, end) = (start as usize, end as usize);
        let needed = place.and_then(Place::needed);
        match raw.0.as_bytes().first() {
            // The type says what else is there.
            Some(b'"') if place == Some(Place::TYPE) => self.mark(place, start, end),
            Some(b'"') => {
                let number = needed == Some(Type::Number);
                self.piece(start + 1, if number { Value::NumberText } else { Value::Text }, place);
                self.from = end - 1;
            }
            Some(b'-' | b'0'..=b'9') => {
                let integer = needed == Some(Type::Id);
                self.piece(start, if integer { Value::Integer } else { Value::Number }, place);
                self.from = end;
            }
            Some(b'{') => {
                self.object(raw, inside);
                self.mark(place, start, end);
            }
            Some(b'[') => {
                let elements = array_elements(raw)
                    .map(|element| self.walk(element, None, Inside::Other))
                    .count();
                if place == Some(Place::known(Known::CartItems)) {
                    self.items = elements as u32;
                }
                self.mark(place, start, end);
            }
            // Null counts as absent.
            Some(b't' | b'f') => self.mark(place, start, end),
            _ => {}
        }
    }

    fn object(&mut self, raw: Raw<'_>, inside: Inside) {
        let mut names = Vec::new();
        for (name, value) in object_entries(raw) {
            // Of repeated names the last counts: that is not a matter of the layout alone.
            self.fits &= names.len() < MAX_RECORD && !names.contains(&name);
            if !self.fits {
                return;
            }
            let subject = Subject::parse(name.as_bytes());
            let (place, within) = match inside {
                Inside::Top => {
                    let place =
                        subject.map(Place::subject).or_else(|| Place::named(name.as_bytes()));
                    (place, subject.map_or(Inside::Other, Inside::Subject))
                }
                Inside::Subject(subject) => {
                    (Known::of(subject, name.as_bytes()).map(Place::known), Inside::Other)
                }
                Inside::Other => (None, Inside::Other),
            };
            names.push(name);
            self.walk(value, place, within);
        }
    }

    fn mark(&mut self, place: Option<Place>, start: usize, end: usize) {
        let Some(place) = place else { return };
        // The beginning may lie in a piece that is done.
        let done = self.pieces.iter_mut().zip(0..).find(|((piece, _), _)| {
            piece.marks.0 as usize <= start
                && start < piece.marks.0 as usize + usize::from(piece.len)
        });
        match done {
            Some(((piece, marks), _)) => marks.push(Mark {
                place,
                end: false,
                offset: (start - piece.marks.0 as usize) as u8,
            }),
            None => self.marks.push((place, false, start)),
        }
        self.marks.push((place, true, end));
    }

    /// The literal up to `start`, in pieces, the last of which has the value.
    fn piece(&mut self, start: usize, value: Value, place: Option<Place>) {
        let literal = &self.text.as_bytes()[self.from..start];
        // The last part is shorter than the others: so no piece with a value is the beginning of a longer literal.
        let last = literal.len() / LITERAL;
        for number in 0..=last {
            let begin = number * LITERAL;
            let part = &literal[begin..literal.len().min(begin + LITERAL)];
            let (from, last) = (self.from + begin, number == last);
            self.fits &= part.is_ascii();
            // A mark stands in the piece that has the byte before it, where it is an end.
            let marks = self.marks.iter().filter(|(_, end, at)| {
                let byte = at - usize::from(*end);
                from <= byte && byte < from + part.len()
            });
            let marks = marks
                .map(|(place, end, at)| Mark {
                    place: *place,
                    end: *end,
                    offset: (at - from) as u8,
                })
                .collect();
            self.pieces.push((
                Piece {
                    literal: padded(part),
                    mask: padded(&[0xff; LITERAL][..part.len()]),
                    len: part.len() as u8,
                    value: if last { value } else { Value::None },
                    place: place.filter(|_| last),
                    // Until it is entered: where it begins in the record.
                    marks: (from as u32, 0),
                    next: NONE,
                    other: NONE,
                },
                marks,
            ));
        }
        self.marks.clear();
        self.from = start;
    }
}

#[cfg(test)]
mod tests;
