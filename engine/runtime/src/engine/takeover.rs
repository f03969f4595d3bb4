//! Taking over a partition: open the checkpoint, check that both logs still hold what it needs, append a leader record, read the log back
//! up to it, and lead. The rules are `protocol.md`, "Owners" and "Checkpoints and recovery".

use super::context::{Context, Control, Stop};
use super::failure::Failure;
use super::options::Begin;
use cartwheel_core::sends::{Headers, Kind, Leader};
use cartwheel_kafka::{Batch, Message, SendsProducer, Source, Start};
use cartwheel_shard::checkpoint::{Meta, Store};
use cartwheel_shard::{AcceptedLog, Identity, Opened, Shard};
use std::sync::Arc;
use std::time::Duration;

/// How long a question to the broker may take.
const ASK: Duration = Duration::from_secs(10);
/// How long the leader record may take to be acknowledged.
const APPEND: Duration = Duration::from_secs(30);
/// Records of the sends partition in one read.
const READ_BATCH: usize = 4_096;

/// Under which membership of the group a shard leads.
#[derive(Clone, Debug)]
pub(super) struct Membership {
    pub generation: i64,
    pub member: String,
}

/// A shard that leads, with its readers and its appender.
pub(super) struct Led<S> {
    pub shard: Shard<S>,
    pub producer: SendsProducer,
    /// The events partition, from where the shard wants it.
    pub events: Source,
    /// Our own sends partition, behind what has been read.
    pub sends: Source,
    /// Records of the sends partition behind our leader record that were read already.
    pub later: Vec<(i64, Headers, Option<i64>)>,
}

/// Takes over `partition`; none if the thread was told to stop meanwhile.
pub(super) fn take_over<S: Store>(
    context: &Context<S>,
    partition: i32,
    membership: &Membership,
    control: &Control,
) -> Result<Option<Led<S>>, Failure> {
    // First, since it connects in the background. librdkafka asks for the id of an idempotent producer a millisecond after it was made, and
    // again only half a second later, where no connection was up by then.
    let producer = SendsProducer::open(&context.kafka, &context.topics.sends, partition)?;
    let identity = Identity {
        events_topic: context.topics.events.clone(),
        partition,
        partitions: context.layout.partitions,
    };
    let mut opened =
        Opened::open(identity, context.settings.shard.clone(), (context.open)(partition)?)?;
    let ends = Ends::ask(context, partition)?;
    ends.check(context, partition, opened.checkpoint())?;
    opened.make_room(share(context.settings.expected_customers, context.layout.partitions));

    let epoch = append_leader(context, partition, membership)?;
    tracing::info!(partition, epoch, generation = membership.generation, "leading");

    let Some((log, sends, later)) =
        read_log(context, partition, opened.checkpoint(), epoch, control)?
    else {
        return Ok(None);
    };
    context.configurations.require(&log.configurations())?;
    let begin = match context.settings.begin {
        Begin::Earliest => ends.events.0,
        Begin::Latest => ends.events.1,
    };
    let shard =
        opened.lead(epoch, log, begin, &context.plan, &|hash| context.configurations.get(hash))?;
    let events = open_events(context, partition, &shard)?;
    Ok(Some(Led { shard, producer, events, sends, later }))
}

/// Customers of one of so many partitions, and a twentieth more, since keys do not fall evenly.
fn share(customers: u32, partitions: i32) -> usize {
    let even = customers.div_ceil(partitions.unsigned_abs().max(1)) as usize;
    even + even / 20
}

/// Appends our leader record: its offset. The shards' common producer mostly has its connection and its id already. On any error the record
/// may still be in the log or get there: then whoever leads takes over again.
fn append_leader<S>(
    context: &Context<S>,
    partition: i32,
    membership: &Membership,
) -> Result<i64, Failure> {
    let (topic, value) = (&context.topics.sends, leader_record(membership));
    let doing = format!("appending a leader record to {topic}/{partition}");
    Ok(context
        .producer
        .send_within(Message::leader(topic, partition, &value), APPEND, &doing)?
        .offset)
}

fn leader_record(membership: &Membership) -> Vec<u8> {
    let mut nonce = [0; 16];
    // Without randomness the nonce is zero; the record's offset still tells it from every other one.
    let _ = aws_lc_rs::rand::fill(&mut nonce);
    let leader = Leader {
        nonce: hex::encode(nonce),
        generation: membership.generation,
        member: membership.member.clone(),
    };
    // Two strings and a number always serialise.
    serde_json::to_vec(&leader).unwrap_or_default()
}

/// First and end offsets of both logs before we lead.
struct Ends {
    events: (i64, i64),
    sends: (i64, i64),
}

impl Ends {
    fn ask<S>(context: &Context<S>, partition: i32) -> Result<Self, Failure> {
        Ok(Self {
            events: context.offsets.range(&context.topics.events, partition, ASK)?,
            sends: context.offsets.range(&context.topics.sends, partition, ASK)?,
        })
    }

    /// Refuses where a log no longer holds, or does not yet hold, what the checkpoint says.
    fn check<S>(
        &self,
        context: &Context<S>,
        partition: i32,
        checkpoint: Option<&Meta>,
    ) -> Result<(), Failure> {
        let passed = |topic: &str, wanted, start| Failure::RetentionPassed {
            topic: topic.to_owned(),
            partition,
            wanted,
            start,
        };
        let wanted = checkpoint.map_or(0, |meta| meta.sends_offset);
        if self.sends.0 > wanted {
            return Err(passed(&context.topics.sends, wanted, self.sends.0));
        }
        let Some(meta) = checkpoint else { return Ok(()) };
        if meta.partitions != context.layout.partitions {
            let (was, is) = (meta.partitions, context.layout.partitions);
            return Err(Failure::PartitionsChanged {
                topic: context.topics.events.clone(),
                partition,
                was,
                is,
            });
        }
        if meta.sends_offset >= self.sends.1 {
            let topic = context.topics.sends.clone();
            return Err(Failure::DiskAhead {
                topic,
                partition,
                checkpoint: meta.sends_offset,
                end: self.sends.1,
            });
        }
        if self.events.0 > meta.next_offset {
            return Err(passed(&context.topics.events, meta.next_offset, self.events.0));
        }
        Ok(())
    }
}

type ReadLog = (AcceptedLog, Source, Vec<(i64, Headers, Option<i64>)>);

/// Reads the sends partition up to and including our leader record.
fn read_log<S>(
    context: &Context<S>,
    partition: i32,
    checkpoint: Option<&Meta>,
    epoch: i64,
    control: &Control,
) -> Result<Option<ReadLog>, Failure> {
    let mut log = AcceptedLog::new(checkpoint.cloned());
    let start = log.begin().map_or(Start::Beginning, Start::Offset);
    let mut sends = Source::open_with(
        &context.kafka,
        Arc::clone(&context.offsets),
        &context.topics.sends,
        partition,
        start,
    )?;
    let mut batch = Batch::new(READ_BATCH);
    let mut later = Vec::new();
    while sends.position() <= epoch {
        if control.told() != Stop::No {
            return Ok(None);
        }
        match sends.poll(&mut batch, Duration::from_millis(100)) {
            Ok(()) => {}
            Err(error) if error.is_transient() => {
                tracing::debug!(partition, %error, "reading the log")
            }
            Err(error) => return Err(error.into()),
        }
        for record in batch.iter() {
            let (offset, Some(headers)) = (record.offset(), record.sends_headers()) else {
                continue;
            };
            let value = record.value().unwrap_or_default();
            if offset <= epoch {
                log.push(offset, headers, value)?;
            } else {
                let generation =
                    (headers.kind == Kind::Leader).then(|| generation_of(value)).flatten();
                later.push((offset, headers, generation));
            }
        }
    }
    Ok(Some((log, sends, later)))
}

/// The generation in a leader record's value.
pub(super) fn generation_of(value: &[u8]) -> Option<i64> {
    serde_json::from_slice::<Leader>(value).ok().map(|leader| leader.generation)
}

/// Opens the events partition where the shard wants it, and refuses if it is not there.
fn open_events<S: Store>(
    context: &Context<S>,
    partition: i32,
    shard: &Shard<S>,
) -> Result<Source, Failure> {
    let topic = &context.topics.events;
    let (start, end) = context.offsets.range(topic, partition, ASK)?;
    if start > shard.next_offset() {
        return Err(Failure::RetentionPassed {
            topic: topic.clone(),
            partition,
            wanted: shard.next_offset(),
            start,
        });
    }
    let wanted = shard.replay_until().unwrap_or(0).max(shard.next_offset());
    if wanted > end {
        return Err(Failure::EventsMissing { topic: topic.clone(), partition, wanted, end });
    }
    // The record before the next one is only compared; where retention has passed just that one, it is not missed.
    let from = Start::Offset(shard.wanted_offset().max(start));
    Ok(Source::open_direct(&context.kafka, Arc::clone(&context.offsets), topic, partition, from)?)
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_of_customers_are_rounded_up_and_have_slack() {
        assert_eq!(
            [share(0, 8), share(1, 8), share(1_000, 1), share(1_000_001, 2)],
            [0, 1, 1_050, 525_001]
        );
    }
}
