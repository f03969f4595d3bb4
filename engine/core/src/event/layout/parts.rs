//! Divides a record into the pieces of its layout.

use super::leaf::{Field, Leaf, Spot};
use super::piece::{LITERAL, Piece, Value};
use crate::event::raw::{Raw, array_elements, object_entries};
use crate::event::top::{Extent, Place};
use crate::event::vocabulary::{Known, Meaning, Subject, Type};

/// Records with more pieces are not learned: their lists are seldom as long again.
pub const MAX_RECORD: usize = 80;

/// What of a record is divided so far.
pub struct Parts<'a> {
    text: &'a str,
    /// Where the next literal begins.
    from: usize,
    /// With where each begins.
    pieces: Vec<(usize, Piece)>,
    /// With where each begins and ends.
    fields: Vec<(Place, usize, usize)>,
    items: u32,
    meaning: Meaning,
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
    /// Those of a record that the one pass has read; none where there are too many, or what no layout expresses.
    pub fn of(text: &'a str) -> Option<Self> {
        let mut parts = Self {
            text,
            from: 0,
            pieces: Vec::new(),
            fields: Vec::new(),
            items: 0,
            meaning: Meaning::None,
            fits: true,
        };
        parts.walk(Raw(text), None, Inside::Top);
        parts.piece(text.len(), Value::End(0));
        (parts.fits && parts.pieces.len() <= MAX_RECORD).then_some(parts)
    }

    /// How many pieces there are.
    pub fn count(&self) -> usize {
        self.pieces.len()
    }

    /// The pieces and what they lead to.
    pub fn into_layout(self) -> (impl Iterator<Item = Piece>, Leaf) {
        // The last piece that begins before it: a field begins and ends in a literal, or with a value.
        let spot = |at: usize| {
            let piece = self.pieces.partition_point(|(from, _)| *from <= at) - 1;
            Spot { piece: piece as u8, offset: (at - self.pieces[piece].0) as u8 }
        };
        let field =
            |(place, start, end): &_| Field { place: *place, start: spot(*start), end: spot(*end) };
        let fields = self.fields.iter().map(field).collect();
        let leaf = Leaf { fields, items: self.items, meaning: self.meaning };
        (self.pieces.into_iter().map(|(_, piece)| piece), leaf)
    }

    fn walk(&mut self, raw: Raw<'_>, place: Option<Place>, inside: Inside) {
        self.fits &= self.pieces.len() <= MAX_RECORD;
        if !self.fits {
            return;
        }
        let Extent { start, end } = Extent::of(raw, self.text);
        let (start, end) = (start as usize, end as usize);
        match raw.0.as_bytes().first() {
            // The type says what else is there.
            Some(b'"') if place == Some(Place::TYPE) => {
                self.meaning = raw.plain_string().map_or(Meaning::None, Meaning::of);
            }
            Some(b'"') => {
                self.piece(start + 1, text_at(place));
                self.from = end - 1;
            }
            Some(b'-' | b'0'..=b'9') => {
                self.piece(start, number_at(place));
                self.from = end;
            }
            Some(b'{') => self.object(raw, inside),
            Some(b'[') => {
                let elements = array_elements(raw)
                    .map(|element| self.walk(element, None, Inside::Other))
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

    /// The literal up to `start`, in pieces, the last of which has the value.
    fn piece(&mut self, start: usize, value: Value) {
        let literal = &self.text.as_bytes()[self.from..start];
        self.fits &= literal.is_ascii();
        // The last part is shorter than the others: so no piece with a value is the beginning of a longer literal.
        let last = literal.len() / LITERAL;
        for number in 0..=last {
            let begin = number * LITERAL;
            let bytes = &literal[begin..literal.len().min(begin + LITERAL)];
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
