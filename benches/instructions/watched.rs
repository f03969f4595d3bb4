//! Records of products: one for which many wait, and many for which nobody does.

use cartwheel_benches::BATCH;
use cartwheel_benches::watchers::{product, waiting, wished};
use cartwheel_core::event::Record;
use cartwheel_core::time::Millis;
use cartwheel_shard::checkpoint::memory::MemoryStore;
use cartwheel_shard::{Lone, Settings};

/// 2026-03-02T10:00:00Z.
const NOW: Millis = 1_772_445_600_000;

/// A shard, and what comes next.
pub struct Told {
    lone: Lone<MemoryStore>,
    next: Vec<String>,
}

impl Told {
    /// Everybody of a batch waits for a product that is sold out; next so many pieces come in.
    pub fn restocked(stock: u64) -> Self {
        let wishes = (0..BATCH as u64).map(wished);
        Self::after(wishes.chain([product(1, "p", 0)]), vec![product(2, "p", stock)])
    }

    /// A batch of records of products comes next for which nobody waits; each has been known.
    pub fn unwatched() -> Self {
        let records = |from: u64| {
            (0..BATCH as u64).map(move |number| {
                product(from + number, &format!("q{number}"), (from + number) % 3)
            })
        };
        Self::after(records(1), records(1 + BATCH as u64).collect())
    }

    fn after(before: impl Iterator<Item = String>, next: Vec<String>) -> Self {
        let lone = Lone::open(&waiting(), Settings::without_clock(), MemoryStore::default());
        let mut told = Self { lone: lone.expect("a shard opens"), next: before.collect() };
        told.apply();
        Self { next, ..told }
    }

    /// Applies what comes next.
    pub fn apply(&mut self) {
        let first = self.lone.shard().next_offset();
        let record = |(offset, text)| {
            let text: &String = text;
            Record { offset, time: NOW, key: None, value: text.as_bytes() }
        };
        let records: Vec<Record<'_>> = (first..).zip(&self.next).map(record).collect();
        self.lone.apply(&records).expect("a turn");
    }
}
