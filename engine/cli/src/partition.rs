//! Reading a partition to the end that it had when somebody asked.

use cartwheel_kafka::{Batch, Error, RecordRef, Source};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// Records read at once.
const BATCH: usize = 1_024;
/// One poll waits so long.
const POLL: Duration = Duration::from_millis(500);

/// Hands every record before `end` to `each`, until it breaks off. A broker that says nothing for `patience` is an error.
pub fn read(
    mut source: Source,
    end: i64,
    patience: Duration,
    each: &mut impl FnMut(RecordRef<'_>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Error> {
    let mut batch = Batch::new(BATCH);
    let (mut position, mut progress) = (source.position(), Instant::now());
    while source.position() < end {
        match source.poll(&mut batch, POLL) {
            Ok(()) => {}
            Err(error) if error.is_transient() && progress.elapsed() < patience => continue,
            Err(error) => return Err(error),
        }
        for record in batch.iter().filter(|record| record.offset() < end) {
            if each(record).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        if source.position() > position {
            (position, progress) = (source.position(), Instant::now());
        } else if progress.elapsed() >= patience {
            let doing =
                format!("reading {}/{} at offset {position}", source.topic(), source.partition());
            return Err(Error::Transient { doing, reason: "the broker sends nothing".into() });
        }
    }
    Ok(ControlFlow::Continue(()))
}
