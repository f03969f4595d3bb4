//! What a whole layout says of a record, once the record's pieces are found.

use crate::event::odd::OddFields;
use crate::event::top::Place;
use crate::event::vocabulary::Meaning;

/// Where each of a record's pieces begins, to be written over by the next record. Any `u8` is a place in it: no look needs a check.
#[derive(Clone, Debug)]
pub struct Begins(pub Box<[u32; 256]>);

impl Default for Begins {
    fn default() -> Self {
        Self(Box::new([0; 256]))
    }
}

/// What a whole layout says.
#[derive(Clone, Debug)]
pub struct Leaf {
    pub fields: Box<[Field]>,
    /// Elements of `cart.items`.
    pub items: u32,
    pub meaning: Meaning,
    /// The odd fields of the profile: a matter of their types, in a record so short that no field is too long. None where a longer one was learned.
    pub odd: Option<OddFields>,
}

/// Where a field stands.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub place: Place,
    pub start: Spot,
    pub end: Spot,
}

/// A position in a record: so many bytes behind the beginning of a piece.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    pub piece: u8,
    pub offset: u8,
}

impl Spot {
    /// The position in the record whose pieces begin there.
    #[inline]
    pub fn within(self, begins: &Begins) -> u32 {
        begins.0[usize::from(self.piece)] + u32::from(self.offset)
    }
}
