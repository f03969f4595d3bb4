//! Reads the dead-letter topic to the end that it has now: from its start, from given places, or the newest alone.

use super::Letter;
use crate::partition;
use cartwheel_kafka::{Error, KafkaConfig, Offsets, RecordRef, Source, Start};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

/// Where reading begins in each partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// At these places; in other partitions at the start.
    Places(BTreeMap<i32, i64>),
    /// So many offsets before the end.
    Newest(usize),
}

impl Since {
    fn of(&self, partition: i32, start: i64, end: i64) -> i64 {
        let wanted = match self {
            Self::Places(places) => places.get(&partition).copied().unwrap_or(start),
            Self::Newest(count) => end.saturating_sub(i64::try_from(*count).unwrap_or(i64::MAX)),
        };
        wanted.max(start)
    }
}

/// Hands every letter to `each`, partition by partition, until it breaks off. A broker that says nothing for `patience` is an error. How many
/// partitions there are.
pub fn read(
    kafka: &KafkaConfig,
    patience: Duration,
    since: &Since,
    mut each: impl FnMut(Letter) -> ControlFlow<()>,
) -> Result<i32, Error> {
    let topic = kafka.topics().dlq;
    let offsets = Arc::new(Offsets::new(kafka)?);
    let range = |partition| Ok((partition, offsets.range(&topic, partition, patience)?));
    // All ends first: what is replayed meanwhile and dies again is not read again.
    let partitions = offsets.partitions(&topic, patience)?;
    let ranges: Vec<_> = (0..partitions).map(range).collect::<Result<_, Error>>()?;
    for (number, (start, end)) in ranges {
        let start = since.of(number, start, end);
        if start < end {
            let source = Source::open_with(
                kafka,
                Arc::clone(&offsets),
                &topic,
                number,
                Start::Offset(start),
            )?;
            let mut each = |record: RecordRef<'_>| each(Letter::of(record.to_owned()));
            if partition::read(source, end, patience, &mut each)?.is_break() {
                break;
            }
        }
    }
    Ok(partitions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_begins_inside_of_the_partition() {
        let places = Since::Places(BTreeMap::from([(1, 42), (2, 3)]));
        assert_eq!([0, 1, 2].map(|partition| places.of(partition, 5, 50)), [5, 42, 5]);
        assert_eq!(
            [10, 100, usize::MAX].map(|count| Since::Newest(count).of(0, 5, 50)),
            [40, 5, 5]
        );
    }
}
