//! Both topics, partition by partition: first what was decided, then what became of it.

use crate::partition;
use cartwheel_core::sends::{Acceptance, Reader};
use cartwheel_kafka::{Error, KafkaConfig, Offsets, RecordRef, Source, Start};
use cartwheel_report::{Period, Report};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Between two lines that say how far reading has come.
const PROGRESS: Duration = Duration::from_secs(5);

/// The report of a period, from the topics as they are now. `tell` is told now and then how far that is. A broker that says nothing for `patience` is
/// an error.
pub fn read(
    kafka: &KafkaConfig,
    patience: Duration,
    period: Period,
    tell: &mut impl FnMut(&str),
) -> Result<Report, Error> {
    let topics = kafka.topics();
    let offsets = Arc::new(Offsets::new(kafka)?);
    let mut report = Report::new(period);
    let mut progress = Progress { last: Instant::now(), tell };
    for number in 0..offsets.partitions(&topics.sends, patience)? {
        let (start, end) = offsets.range(&topics.sends, number, patience)?;
        let mut reader = match start {
            0 => Reader::at_start(),
            _ => Reader::without_position(),
        };
        let mut decided = |record: RecordRef<'_>| {
            progress.told(&topics.sends, &record, (start, end));
            if let Some(headers) = record.sends_headers()
                && reader.read(record.offset(), headers) == Acceptance::Accepted
            {
                report.decided(headers.kind, record.value().unwrap_or_default());
            }
            ControlFlow::Continue(())
        };
        let open = |topic: &str, start| {
            let from = Start::Offset(start);
            Source::open_with(kafka, Arc::clone(&offsets), topic, number, from)
        };
        if start < end {
            let _ = partition::read(open(&topics.sends, start)?, end, patience, &mut decided)?;
        }
        let (start, end) = offsets.range(&topics.events, number, patience)?;
        let mut happened = |record: RecordRef<'_>| {
            progress.told(&topics.events, &record, (start, end));
            // A receipt does not come before its message.
            if record.timestamp_ms() < 0 || record.timestamp_ms() >= period.from {
                report.event(record.value().unwrap_or_default());
            }
            ControlFlow::Continue(())
        };
        if start < end {
            let _ = partition::read(open(&topics.events, start)?, end, patience, &mut happened)?;
        }
        report.next_partition();
    }
    Ok(report)
}

/// How far reading has come.
struct Progress<'t, T> {
    last: Instant,
    tell: &'t mut T,
}

impl<T: FnMut(&str)> Progress<'_, T> {
    fn told(&mut self, topic: &str, record: &RecordRef<'_>, (start, end): (i64, i64)) {
        if self.last.elapsed() < PROGRESS {
            return;
        }
        self.last = Instant::now();
        let share = (record.offset() - start) * 100 / (end - start).max(1);
        (self.tell)(&format!("reading {topic}/{}: {share} %", record.partition()));
    }
}
