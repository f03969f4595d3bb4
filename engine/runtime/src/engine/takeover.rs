//! Taking over a partition: open the checkpoint, check that both logs still hold what it needs, append a leader record, read the log back
//! up to it, and lead. What is refused is decided by `cartwheel_shard::owner`.

use super::context::{Context, Control, Stop};
use super::failure::Failure;
use super::options::Begin;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::Leader;
use cartwheel_kafka::{Batch, Message, SendsProducer, Source, Start};
use cartwheel_shard::checkpoint::Store;
use cartwheel_shard::owner::{Ends, Logs, Owner, OwnerSettings, Reading};
use cartwheel_shard::{Identity, Opened};
use std::ops::Range;
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

/// An owner that leads, with its readers and its appender.
pub(super) struct Led<S> {
    pub owner: Owner<S>,
    pub producer: SendsProducer,
    /// The events partition, from where the shard wants it.
    pub events: Source,
    /// Our own sends partition, behind what has been read.
    pub sends: Source,
}

/// Takes over `partition`; none if the thread was told to stop meanwhile.
pub(super) fn take_over<S: Store>(
    context: &Context<S>,
    partition: i32,
    plan: &Arc<Plan>,
    membership: &Membership,
    control: &Control,
) -> Result<Option<Led<S>>, Failure> {
    // First, since it connects in the background. librdkafka asks for the id of an idempotent producer a millisecond after it was made, and
    // again only half a second later, where no connection was up by then.
    let producer = SendsProducer::open(&context.kafka, &context.topics.sends, partition)?;
    let mut opened = open(context, partition)?;
    let ends = Ends {
        events: range(context, &context.topics.events, partition)?,
        sends: range(context, &context.topics.sends, partition)?,
        partitions: [
            context.offsets.partitions(&context.topics.events, ASK)?,
            context.offsets.partitions(&context.topics.sends, ASK)?,
        ],
    };
    let logs = logs(context, partition);
    logs.check(&ends, opened.checkpoint())?;
    opened.make_room(share(context.settings.expected_customers, context.layout.partitions));

    let epoch = append_leader(context, partition, membership)?;
    tracing::info!(partition, epoch, generation = membership.generation, "leading");

    let reading = Reading::new(opened.checkpoint().cloned(), epoch);
    let Some((reading, sends)) = read_log(context, partition, reading, control)? else {
        return Ok(None);
    };
    context.configurations.require(&reading.configurations())?;
    let begin = match context.settings.begin {
        Begin::Earliest => ends.events.start,
        Begin::Latest => ends.events.end,
    };
    let owner = Owner::lead(
        opened,
        reading,
        begin,
        plan,
        &|hash| context.configurations.get(hash),
        owner_settings(context),
    )?;
    let events = open_events(context, &logs, &owner)?;
    Ok(Some(Led { owner, producer, events, sends }))
}

fn open<S: Store>(context: &Context<S>, partition: i32) -> Result<Opened<S>, Failure> {
    let identity = Identity {
        events_topic: context.topics.events.clone(),
        partition,
        partitions: context.layout.partitions,
        partitioner: context.kafka.partitioner,
    };
    Ok(Opened::open(identity, context.settings.shard.clone(), (context.open)(partition)?)?)
}

fn logs<S>(context: &Context<S>, partition: i32) -> Logs {
    Logs {
        events: context.topics.events.clone(),
        sends: context.topics.sends.clone(),
        partition,
        partitions: context.layout.partitions,
    }
}

fn owner_settings<S>(context: &Context<S>) -> OwnerSettings {
    let settings = &context.settings;
    OwnerSettings {
        margin: settings.margin,
        checkpoint_interval: settings.checkpoint_interval,
        max_in_flight: settings.max_in_flight,
        tick: settings.tick,
        near: settings.max_batch,
        sends_retention: context.layout.sends_retention_ms,
    }
}

/// First and end offsets of a log.
fn range<S>(context: &Context<S>, topic: &str, partition: i32) -> Result<Range<i64>, Failure> {
    let (start, end) = context.offsets.range(topic, partition, ASK)?;
    Ok(start..end)
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

/// Reads the sends partition up to and including our leader record; none if the thread was told to stop.
fn read_log<S>(
    context: &Context<S>,
    partition: i32,
    mut reading: Reading,
    control: &Control,
) -> Result<Option<(Reading, Source)>, Failure> {
    let start = reading.begin().map_or(Start::Beginning, Start::Offset);
    let sends = read_sends(context, partition, start, control, |batch, position| {
        for record in batch.iter() {
            if let Some(headers) = record.sends_headers() {
                reading.record(record.offset(), headers, record.value().unwrap_or_default())?;
            }
        }
        Ok(!reading.is_done(position))
    })?;
    Ok(sends.map(|sends| (reading, sends)))
}

/// Reads our sends partition from `start` on and hands over batch by batch, each with the position behind it, as long as `take` wants more. Gives the
/// reader as it stands then; none if the thread was told to stop.
pub(super) fn read_sends<S>(
    context: &Context<S>,
    partition: i32,
    start: Start,
    control: &Control,
    mut take: impl FnMut(&Batch, i64) -> Result<bool, Failure>,
) -> Result<Option<Source>, Failure> {
    let mut sends = Source::open_direct(
        &context.kafka,
        Arc::clone(&context.offsets),
        &context.topics.sends,
        partition,
        start,
    )?;
    let mut batch = Batch::new(READ_BATCH);
    while control.told() == Stop::No {
        match sends.poll(&mut batch, Duration::from_millis(100)) {
            Ok(()) => {}
            Err(error) if error.is_transient() => {
                tracing::debug!(partition, %error, "reading the log")
            }
            Err(error) => return Err(error.into()),
        }
        if !take(&batch, sends.position())? {
            return Ok(Some(sends));
        }
    }
    Ok(None)
}

/// Opens the events partition where the shard wants it, and refuses if it is not there.
fn open_events<S: Store>(
    context: &Context<S>,
    logs: &Logs,
    owner: &Owner<S>,
) -> Result<Source, Failure> {
    let (topic, partition) = (&logs.events, logs.partition);
    let begin = logs.begin(owner.shard(), range(context, topic, partition)?)?;
    let (offsets, start) = (Arc::clone(&context.offsets), Start::Offset(begin));
    Ok(Source::open_direct(&context.kafka, offsets, topic, partition, start)?)
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
