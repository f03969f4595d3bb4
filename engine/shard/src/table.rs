//! The slot table: all customers of the shard in memory, found by id.

use cartwheel_core::customer::Customer;
use cartwheel_core::id::CustomerId;
use hashbrown::HashTable;

/// Customers in slots that never move; slot numbers are what the wheel and the dirty list hold.
#[derive(Default)]
pub struct Table {
    slots: Vec<Customer>,
    index: HashTable<u32>,
    dirty: Vec<u32>,
}

/// The id is already a hash.
fn hash(id: CustomerId) -> u64 {
    id.0 as u64
}

impl Table {
    /// Number of customers.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// The slot of a customer.
    pub fn find(&self, id: CustomerId) -> Option<u32> {
        let slots = &self.slots;
        self.index.find(hash(id), |slot| slots[*slot as usize].id == id).copied()
    }

    /// Adds a customer that is not there yet.
    pub fn add(&mut self, customer: Customer) -> u32 {
        let slot = self.slots.len() as u32;
        let id = customer.id;
        self.slots.push(customer);
        let slots = &self.slots;
        self.index.insert_unique(hash(id), slot, |slot| hash(slots[*slot as usize].id));
        slot
    }

    /// The customer in a slot.
    pub fn get(&self, slot: u32) -> &Customer {
        &self.slots[slot as usize]
    }

    /// The customer in a slot, to change it; whoever changes it calls [`Table::changed`] afterwards.
    pub fn get_mut(&mut self, slot: u32) -> &mut Customer {
        &mut self.slots[slot as usize]
    }

    /// Notes that a customer that was clean has been changed.
    pub fn changed(&mut self, slot: u32, was_dirty: bool) {
        if !was_dirty && self.slots[slot as usize].dirty {
            self.dirty.push(slot);
        }
    }

    /// Customers changed since the last call, which are clean from now on; in order of their ids.
    pub fn take_dirty(&mut self) -> Vec<u32> {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable_by_key(|slot| self.slots[*slot as usize].id);
        for slot in &dirty {
            self.slots[*slot as usize].dirty = false;
        }
        dirty
    }

    /// Number of customers to be written at the next checkpoint.
    pub fn dirty(&self) -> usize {
        self.dirty.len()
    }
}
