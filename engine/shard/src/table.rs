//! The slot table: all customers of the shard in memory, found by id.

use crate::index::{Index, IndexKey, Tag};
use cartwheel_core::customer::Customer;
use cartwheel_core::id::CustomerId;
use cartwheel_core::room::touched;
use std::hint::black_box;

/// log2 of the slots of a block.
const BLOCK_BITS: u32 = 12;
const BLOCK: usize = 1 << BLOCK_BITS;

/// Customers in slots that never move; slot numbers are what the wheel and the dirty list hold. Blocks of slots are added one by
/// one: growing copies nothing but the index.
pub struct Table {
    blocks: Vec<Vec<Customer>>,
    len: u32,
    index: Index,
    /// The upper half of the id stands beside the slot, so that next to nobody has to be looked at to order them.
    dirty: Vec<(u64, u32)>,
}

impl Table {
    /// With memory for so many customers, rounded up to blocks, touched already (see [`crate::Opened::make_room`]), found by this key.
    pub fn with_room(key: IndexKey, customers: usize) -> Self {
        let blocks = (0..customers.div_ceil(BLOCK))
            .map(|_| touched(Customer::new(CustomerId(0)), BLOCK))
            .collect();
        Self { blocks, len: 0, index: Index::with_room(key, customers), dirty: Vec::new() }
    }

    /// Number of customers.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// The slot of a customer.
    pub fn find(&self, id: CustomerId) -> Option<u32> {
        self.index.slots(self.index.tag(id)).find(|slot| self.get(*slot).id == id)
    }

    /// What the index has the customer under. The index is touched where a lookup begins.
    pub fn look(&self, id: CustomerId) -> Tag {
        let tag = self.index.tag(id);
        black_box(self.index.look(tag));
        tag
    }

    /// The slot which is most likely the customer's, without looking at the customer; none if there is no such customer.
    pub fn guess(&self, tag: Tag) -> Option<u32> {
        self.index.slots(tag).next()
    }

    /// Adds a customer that is not there yet.
    pub fn add(&mut self, customer: Customer) -> u32 {
        let slot = self.len;
        let block = (slot >> BLOCK_BITS) as usize;
        if block == self.blocks.len() {
            self.blocks.push(Vec::with_capacity(BLOCK));
        }
        self.index.insert(customer.id, slot);
        self.blocks[block].push(customer);
        self.len += 1;
        slot
    }

    /// The customer in a slot.
    pub fn get(&self, slot: u32) -> &Customer {
        &self.blocks[(slot >> BLOCK_BITS) as usize][slot as usize & (BLOCK - 1)]
    }

    /// The customer in a slot, to change it; whoever changes it calls [`Table::changed`] afterwards.
    pub fn get_mut(&mut self, slot: u32) -> &mut Customer {
        &mut self.blocks[(slot >> BLOCK_BITS) as usize][slot as usize & (BLOCK - 1)]
    }

    /// Notes that a customer that was clean has been changed.
    pub fn changed(&mut self, slot: u32) {
        self.dirty.push(((self.get(slot).id.0 >> 64) as u64, slot));
    }

    /// Customers changed since the last call, in order of their ids. Whoever writes them says that they are clean again.
    pub fn take_dirty(&mut self) -> Vec<u32> {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable_by(|(a, one), (b, other)| {
            a.cmp(b).then_with(|| self.get(*one).id.cmp(&self.get(*other).id))
        });
        dirty.into_iter().map(|(_, slot)| slot).collect()
    }

    /// Number of customers to be written at the next checkpoint.
    pub fn dirty(&self) -> usize {
        self.dirty.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_are_found_whether_there_was_room_for_them_or_not() {
        let key = IndexKey::random();
        for mut table in [Table::with_room(key, 0), Table::with_room(key, BLOCK + 1)] {
            // Over the end of the prepared blocks.
            let ids = || (1..=3 * BLOCK as u128).map(|n| CustomerId((n << 64) | (n * 7)));
            ids()
                .enumerate()
                .for_each(|(place, id)| assert_eq!(table.add(Customer::new(id)), place as u32));
            assert_eq!((table.len(), table.blocks.len()), (3 * BLOCK, 3));
            ids()
                .enumerate()
                .for_each(|(place, id)| assert_eq!(table.find(id), Some(place as u32)));
            assert_eq!(table.find(CustomerId(9)), None);
        }
    }
}
