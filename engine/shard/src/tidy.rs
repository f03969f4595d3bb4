//! Keeps chains of documents short, and with them the log: a customer's entries are put together when there are many of them, and when they lie far back, so
//! that whatever is before all of them can be let go. What is known of the customer stays the same.

use crate::checkpoint::{Store, StoreError, entries, fold};
use crate::shard::Shard;
use cartwheel_core::customer::{
    Chain, Customer, Document, LOG_BEGIN, LOG_SPAN, MAX_CONTENT, begin_of, segment_of,
};

/// Entries that are put together. Each costs a read when they are, and whenever a message shows something.
const MANY: u8 = 8;
/// The log may grow so long while the customers are gone through once more.
const LONG: u64 = LOG_SPAN / 4 * 3;
/// Beyond this places cannot be told apart any more.
const FULL: u64 = LOG_SPAN - (2 << 30);
/// Customers looked at before a turn, and where the log has grown long.
const PACE: u32 = 64;
const FAST: u32 = 4_096;

/// How far that has come.
pub(crate) struct Tidy {
    /// Slots of customers that have many entries, or had.
    pub long: Vec<u32>,
    /// Nothing that is wanted lies before this place.
    pub begin: u64,
    /// The length of the log at which the customers are gone through.
    trigger: u64,
    sweep: Option<Sweep>,
}

/// Customers are being gone through, for what lies before a segment.
struct Sweep {
    next: u32,
    segment: u64,
}

impl Tidy {
    /// Of a log that begins there, and is left alone while it is this short.
    pub fn new(begin: u64, short: u64) -> Self {
        Self { long: Vec::new(), begin: begin.max(LOG_BEGIN), trigger: short, sweep: None }
    }
}

/// Whether the customer's entries have become many.
#[inline]
pub(crate) fn is_long(customer: &Customer) -> bool {
    customer.cold.links() >= MANY
}

impl<S: Store> Shard<S> {
    /// Notes a customer whose entries have become many ([`is_long`]).
    #[cold]
    pub(crate) fn note_long(&mut self, slot: u32) {
        self.tidy.long.push(slot);
    }

    /// What is to be done between two turns: nothing may refer to a moment of the present one.
    pub(crate) fn tidy(&mut self) -> Result<(), StoreError> {
        for slot in std::mem::take(&mut self.tidy.long) {
            if is_long(self.table.get(slot)) {
                self.put_together(slot)?;
            }
        }
        self.sweep()
    }

    /// A few customers more.
    fn sweep(&mut self) -> Result<(), StoreError> {
        let end = self.effects.journal.end();
        let length = end - self.tidy.begin;
        if length > FULL {
            return Err(StoreError::Failed {
                path: "documents".into(),
                message: format!(
                    "the documents of this shard's {} customers take more than {} GiB; give the topics more partitions",
                    self.table.len(),
                    FULL >> 30
                ),
            });
        }
        if self.tidy.sweep.is_none() && length >= self.tidy.trigger {
            self.tidy.sweep = Some(Sweep { next: 0, segment: segment_of(end) });
        }
        let Some(Sweep { next, segment }) = self.tidy.sweep else { return Ok(()) };
        let last = self.table.len() as u32;
        let until = next.saturating_add(if length >= LONG { FAST } else { PACE }).min(last);
        for slot in next..until {
            let oldest = self.table.get(slot).cold.oldest_segment(self.effects.journal.end());
            if oldest.is_some_and(|oldest| oldest < segment) {
                self.put_together(slot)?;
            }
        }
        if until < last {
            self.tidy.sweep = Some(Sweep { next: until, segment });
            return Ok(());
        }
        self.tidy.sweep = None;
        self.tidy.begin = self.tidy.begin.max(begin_of(segment));
        // Twice what there is: half of it may be wanted.
        let left = self.effects.journal.end() - self.tidy.begin;
        self.tidy.trigger = (2 * left).clamp(self.settings.short_log.min(LONG), LONG);
        Ok(())
    }

    /// Puts a customer's entries together, as new ones.
    fn put_together(&mut self, slot: u32) -> Result<(), StoreError> {
        let mut reading = std::mem::take(&mut self.reading);
        self.read(self.table.get(slot).cold, |_, _| true, &mut reading)?;
        let stored = &reading.stored;
        let folded = fold(stored.entries());
        let mut chain = Chain::default();
        let journal = &mut self.effects.journal;
        if folded.len() <= MAX_CONTENT {
            journal.append(&mut chain, Document::Folded, &folded);
        } else if entries(&folded).all(|(_, content)| content.len() <= MAX_CONTENT) {
            entries(&folded).for_each(|(document, content)| {
                journal.append(&mut chain, document, content);
            });
        } else {
            // What many events added may be longer than an entry is allowed to be; what each added is not.
            stored.entries().for_each(|(document, content)| {
                journal.append(&mut chain, document, content);
            });
        }
        chain.put_together();
        self.reading = reading;
        let customer = self.table.get_mut(slot);
        customer.cold = chain;
        if !std::mem::replace(&mut customer.dirty, true) {
            self.table.changed(slot);
        }
        Ok(())
    }
}
