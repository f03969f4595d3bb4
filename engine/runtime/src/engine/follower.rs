//! Follows our own sends partition: what has been appended there, by us or by others, record by record.
//!
//! The log is a sequence of offsets. An acknowledgement that says that our records stand directly behind what has been read says what the log has
//! there, since we know what we sent: they count as read, and are not fetched (ADR 21). One that stands further behind leaves a gap, in which may be a later leader: then everything is
//! read, as it is where appends go through librdkafka, and now and then where nothing is appended.

use cartwheel_core::sends::Headers;
use cartwheel_kafka::{Acknowledged, Batch, Error, Source};
use cartwheel_shard::owner::SendsRecord;
use std::time::Duration;

/// Records in one read.
const READ: usize = 2_048;
/// How often is looked whether somebody else has appended, while nothing of ours is under way.
const LOOK: Duration = Duration::from_millis(100);

/// See the module.
pub(super) struct Follower {
    sends: Source,
    batch: Batch,
    /// Every record before is known to be in the log.
    known: i64,
    /// When the log was read last, or ours was acknowledged (monotonic).
    looked: Duration,
}

impl Follower {
    /// Behind what `sends` has read.
    pub(super) fn new(sends: Source) -> Self {
        let known = sends.position();
        Self { sends, batch: Batch::new(READ), known, looked: Duration::ZERO }
    }

    /// Takes note of an acknowledgement and hands over its records, if they stand directly behind what has been read.
    pub(super) fn acknowledged<E>(
        &mut self,
        acknowledged: &Acknowledged,
        mono: Duration,
        mut take: impl FnMut(SendsRecord) -> Result<(), E>,
    ) -> Result<(), E> {
        let position = self.sends.position();
        let Some(base) = acknowledged.base else {
            self.known = self.known.max(position + 1); // somewhere behind
            return Ok(());
        };
        let behind = base + acknowledged.headers.len() as i64;
        self.known = self.known.max(behind);
        if base != position || !self.sends.pass_to(behind) {
            return Ok(());
        }
        self.looked = mono;
        let record = |(offset, headers): (i64, &Headers)| SendsRecord::new(offset, *headers, b"");
        (base..).zip(&acknowledged.headers).map(record).try_for_each(&mut take)
    }

    /// Whether the log is to be read now: it has more than is known, or has not been looked at for a while. `waits` says that acknowledgements are awaited.
    pub(super) fn is_due(&self, waits: bool, mono: Duration) -> bool {
        let is_behind = self.sends.position() < self.known;
        is_behind || !self.sends.is_direct() || !waits && mono.saturating_sub(self.looked) >= LOOK
    }

    /// Reads what is there, waiting up to `wait` for something, and hands it over.
    pub(super) fn read<E: From<Error>>(
        &mut self,
        wait: Duration,
        mono: Duration,
        mut take: impl FnMut(SendsRecord) -> Result<(), E>,
    ) -> Result<(), E> {
        self.looked = mono;
        match self.sends.poll(&mut self.batch, wait) {
            Ok(()) => {}
            Err(error) if error.is_transient() => {
                tracing::debug!(partition = self.sends.partition(), %error, "reading back");
            }
            Err(error) => return Err(error.into()),
        }
        for record in self.batch.iter() {
            if let Some(headers) = record.sends_headers() {
                let value = record.value().unwrap_or_default();
                take(SendsRecord::new(record.offset(), headers, value))?;
            }
        }
        self.batch.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
