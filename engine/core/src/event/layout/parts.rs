//! Divides a record into the pieces of its layout.

use super::leaf::{Field, Leaf, Spot};
use super::lengths::Lengths;
use super::part::Byte;
use super::piece::{LITERAL, Piece, Value};
use crate::event::odd::OddFields;
use crate::event::profile::{MAX_VALUE, odd_fields};
use crate::event::raw::{Raw, array_elements, object_entries};
use crate::event::top::{Extent, Place};
use crate::event::vocabulary::{Known, Meaning, Subject, Type};
use std::ops::Range;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Records with more pieces are not learned: their lists are seldom as long again.
pub const MAX_RECORD: usize = 80;

/// What of a record is divided so far.
pub struct Parts<'a> {
    text: &'a str,
    /// Which values always have the same length.
    lengths: &'a mut Lengths,
    /// Where the next literal begins.
    from: usize,
    /// Where in it values stand that always have the same length, and of what bytes they are.
    within: Vec<(Range<usize>, Byte)>,
    /// With where each begins.
    pieces: Vec<(usize, Piece)>,
    /// With where each begins and ends.
    fields: Vec<(Place, usize, usize)>,
    items: u32,
    meaning: Meaning,
    odd: OddFields,
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

impl<'a> Parts<'a> {
    /// The pieces of a record that the one pass has read, and what they lead to; none where there are too many, or what no layout expresses.
    pub fn of(text: &'a str, lengths: &'a mut Lengths) -> Option<(Vec<Piece>, Leaf)> {
        let mut parts = Self {
            text,
            lengths,
            from: 0,
            within: Vec::new(),
            pieces: Vec::new(),
            fields: Vec::new(),
            items: 0,
            meaning: Meaning::None,
            odd: OddFields::default(),
            fits: true,
        };
        parts.walk(Raw(text), None, Inside::Top, 0);
        parts.piece(text.len(), Value::End(0));
        (parts.fits && parts.pieces.len() <= MAX_RECORD).then(|| parts.into_layout())
    }

    fn into_layout(self) -> (Vec<Piece>, Leaf) {
        // The last piece that begins before it: a field begins and ends in a literal, or with a value.
        let spot = |at: usize| {
            let piece = self.pieces.partition_point(|(from, _)| *from <= at) - 1;
            Spot { piece: piece as u8, offset: (at - self.pieces[piece].0) as u8 }
        };
        let field =
            |(place, start, end): &_| Field { place: *place, start: spot(*start), end: spot(*end) };
        let fields = self.fields.iter().map(field).collect();
        let odd = (self.text.len() <= MAX_VALUE).then_some(self.odd);
        let leaf = Leaf { fields, items: self.items, meaning: self.meaning, odd };
        (self.pieces.into_iter().map(|(_, piece)| piece).collect(), leaf)
    }

    /// `path` stands for the names on the way to the value.
    fn walk(&mut self, raw: Raw<'_>, place: Option<Place>, inside: Inside, path: u64) {
        self.fits &= self.pieces.len() <= MAX_RECORD;
        if !self.fits {
            return;
        }
        let Extent { start, end } = Extent::of(raw, self.text);
        let (start, end) = (start as usize, end as usize);
        if place == Some(Place::subject(Subject::Profile)) && raw.is_object() {
            self.odd = odd_fields(raw);
        }
        match raw.0.as_bytes().first() {
            // The type says what else is there. It begins a piece: so pieces that stand in the same place differ in their first part.
            Some(b'"') if place == Some(Place::TYPE) => {
                self.meaning = raw.plain_string().map_or(Meaning::None, Meaning::of);
                self.piece(start + 1, Value::None);
            }
            Some(b'"') => self.text(start + 1..end - 1, text_at(place), path),
            Some(b'-' | b'0'..=b'9') => self.number(start..end, number_at(place), path),
            Some(b'{') => self.object(raw, inside, path),
            Some(b'[') => {
                let elements = array_elements(raw)
                    .map(|element| self.walk(element, None, Inside::Other, path))
                    .count();
                if place == Some(Place::known(Known::CartItems)) {
                    self.items = elements as u32;
                }
            }
            Some(b't' | b'f') => {}
            // Null counts as absent.
            _ => return,
        }
        self.fields.extend(place.map(|place| (place, start, end)));
    }

    fn text(&mut self, inside: Range<usize>, value: Value, path: u64) {
        let text = &self.text.as_bytes()[inside.clone()];
        if value == Value::Text && self.lengths.of_text(path, text) {
            return self.within.push((inside, Byte::OfText));
        }
        self.piece(inside.start, value);
        self.from = inside.end;
    }

    fn number(&mut self, number: Range<usize>, value: Value, path: u64) {
        let text = &self.text.as_bytes()[number.clone()];
        if value == Value::Number && self.lengths.of_number(path, text) {
            return self.within.push((number, Byte::Digit));
        }
        self.piece(number.start, value);
        self.from = number.end;
    }

    fn object(&mut self, raw: Raw<'_>, inside: Inside, path: u64) {
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
            let path = xxh3_64_with_seed(name.as_bytes(), path);
            names.push(name);
            self.walk(value, place, within, path);
        }
    }

    /// The literal up to `start`, in pieces, the last of which has the value.
    fn piece(&mut self, start: usize, value: Value) {
        let literal = &self.text.as_bytes()[self.from..start];
        self.fits &= literal.is_ascii();
        let mut bytes: Vec<_> = literal.iter().map(|byte| Byte::Itself(*byte)).collect();
        for (inside, of) in self.within.drain(..) {
            bytes[inside.start - self.from..inside.end - self.from].fill(of);
        }
        // The last part is shorter than the others: so no piece with a value is the beginning of a longer literal.
        let last = bytes.len() / LITERAL;
        for number in 0..=last {
            let begin = number * LITERAL;
            let bytes = &bytes[begin..bytes.len().min(begin + LITERAL)];
            let value = if number == last { value } else { Value::None };
            let piece = Piece::new(self.pieces.len(), bytes, value);
            self.pieces.push((self.from + begin, piece));
        }
        self.from = start;
    }
}

fn text_at(place: Option<Place>) -> Value {
    match place.and_then(Place::needed) {
        Some(Type::Number) => Value::NumberText,
        _ if place == Some(Place::TIME) => Value::Time,
        _ => Value::Text,
    }
}

fn number_at(place: Option<Place>) -> Value {
    match place.and_then(Place::needed) {
        Some(Type::Id) => Value::Integer,
        _ => Value::Number,
    }
}
