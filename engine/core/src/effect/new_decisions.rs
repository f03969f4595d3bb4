//! Decisions since the last checkpoint, packed, one behind the other, until the decision log takes them. Nobody needs one of a customer to decide, so none hangs
//! on a customer: whoever asks for somebody's goes through them.

use crate::customer::Chunks;
use crate::id::CustomerId;

/// The customer's id (u128) and the length (u32), LE.
const HEADER: usize = 20;

/// See the module.
#[derive(Default)]
pub struct NewDecisions(Chunks);

impl NewDecisions {
    /// With memory for so many bytes, rounded up to chunks, touched already.
    pub fn with_room(bytes: usize) -> Self {
        Self(Chunks::with_room(bytes))
    }

    /// Appends a customer's.
    pub fn append(&mut self, customer: CustomerId, packed: &[u8]) {
        self.append_by(customer, packed.len(), |out| out.extend_from_slice(packed));
    }

    /// Appends a customer's that `pack` puts behind what it is given, in `most` bytes at most: where it stays, since to be copied costs a decision half as much
    /// as to be packed. The decision.
    #[inline]
    pub fn append_by(
        &mut self,
        customer: CustomerId,
        most: usize,
        pack: impl FnOnce(&mut Vec<u8>),
    ) -> &[u8] {
        let (_, chunk) = self.0.room_for(HEADER + most);
        let start = chunk.len();
        chunk.extend_from_slice(&[0; HEADER]);
        pack(chunk);
        let (header, packed) = chunk[start..].split_at_mut(HEADER);
        header[..16].copy_from_slice(&customer.0.to_le_bytes());
        header[16..].copy_from_slice(&(packed.len() as u32).to_le_bytes());
        packed
    }

    /// Bytes in use, rounded up to chunks.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in pieces of whole entries, in order.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.0.used()
    }

    /// Those of a customer, oldest first.
    pub fn of(&self, customer: CustomerId) -> impl Iterator<Item = &[u8]> {
        let all = self.pieces().flat_map(decisions_in);
        all.filter(move |found| found.customer == customer).map(|found| found.packed)
    }

    /// Those so far, which leaves the unused memory behind.
    #[must_use]
    pub fn take(&mut self) -> Self {
        Self(self.0.take())
    }

    /// Takes over the memory of those that nobody needs any more.
    pub fn reuse(&mut self, old: Self) {
        self.0.reuse(old.0);
    }
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedDecision<'a> {
    /// Whose it is.
    pub customer: CustomerId,
    /// See [`super::pack`].
    pub packed: &'a [u8],
}

/// Those in a piece of whole entries, in order; up to the first that is not whole.
pub fn decisions_in(mut piece: &[u8]) -> impl Iterator<Item = PackedDecision<'_>> {
    std::iter::from_fn(move || {
        let (customer, rest) = piece.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (packed, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        piece = rest;
        Some(PackedDecision { customer: CustomerId(u128::from_le_bytes(*customer)), packed })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_customer_has_its_own_in_order() {
        let (ana, ben) = (CustomerId(1), CustomerId(u128::MAX));
        let mut new = NewDecisions::with_room(1);
        let big = vec![7; 700_000];
        for packed in [&b"a"[..], &big, b"", &big] {
            new.append(ana, packed);
        }
        new.append(ben, b"b");
        assert_eq!(new.of(ana).collect::<Vec<_>>(), [&b"a"[..], &big, b"", &big]);
        assert_eq!(new.of(ben).collect::<Vec<_>>(), [b"b"]);
        assert_eq!((new.of(CustomerId(2)).count(), new.pieces().count()), (0, 2));
        let taken = new.take();
        assert!(new.is_empty() && taken.of(ana).count() == 4);
        new.reuse(taken);
        new.append(ben, b"c");
        assert_eq!(new.pieces().flat_map(decisions_in).count(), 1);
    }

    #[test]
    fn what_is_not_whole_is_not_read() {
        let mut new = NewDecisions::default();
        new.append(CustomerId(5), b"abc");
        let piece = new.pieces().next().unwrap().to_vec();
        for cut in 0..piece.len() {
            assert_eq!(decisions_in(&piece[..cut]).count(), 0);
        }
        let found = decisions_in(&piece).next().unwrap();
        assert_eq!((found.customer, found.packed), (CustomerId(5), &b"abc"[..]));
    }
}
