//! Reads the dead-letter topic from its start to the end that it has now.

use super::Letter;
use cartwheel_kafka::{Batch, Error, KafkaConfig, Offsets, Source, Start};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Letters read at once.
const BATCH: usize = 256;
/// One poll waits so long.
const POLL: Duration = Duration::from_millis(500);

/// Hands every letter to `each`, partition by partition, until it breaks off. A broker that says nothing for `patience` is an error.
pub fn read(kafka: &KafkaConfig, patience: Duration, mut each: impl FnMut(Letter) -> ControlFlow<()>) -> Result<(), Error> {
    let topic = kafka.topics().dlq;
    let offsets = Arc::new(Offsets::new(kafka)?);
    let range = |partition| Ok((partition, offsets.range(&topic, partition, patience)?));
    // All ends first: what is replayed meanwhile and dies again is not read again.
    let ranges: Vec<_> = (0..offsets.partitions(&topic, patience)?).map(range).collect::<Result<_, Error>>()?;
    for (partition, (start, end)) in ranges {
        if start < end {
            let source = Source::open_with(kafka, Arc::clone(&offsets), &topic, partition, Start::Offset(start))?;
            if read_one(source, end, patience, &mut each)?.is_break() {
                break;
            }
        }
    }
    Ok(())
}

fn read_one(
    mut source: Source,
    end: i64,
    patience: Duration,
    each: &mut impl FnMut(Letter) -> ControlFlow<()>,
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
            if each(Letter::of(record.to_owned())).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        if source.position() > position {
            (position, progress) = (source.position(), Instant::now());
        } else if progress.elapsed() >= patience {
            let doing = format!("reading {}/{} at offset {position}", source.topic(), source.partition());
            return Err(Error::Transient { doing, reason: "the broker sends nothing".into() });
        }
    }
    Ok(ControlFlow::Continue(()))
}
