//! Codes of coupons, in the events topic before anything else is.

use cartwheel_core::coupon::Share;
use cartwheel_core::time::Millis;
use cartwheel_kafka::{EventsProducer, KafkaConfig, Message};
use cartwheel_streams::coupons::loads;
use cartwheel_streams::{Entry, Epoch, Stream};

/// Brings each partition so many codes of the pool, as of `at`: only its own, so that the reference model, which has a whole shop for a shard, has the same.
pub fn bring(kafka: &KafkaConfig, pool: &str, (partitions, each): (i32, usize), at: Millis) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (epoch, topic) = (Epoch::begin(at, 0, None), kafka.topics().events);
    runtime.block_on(async {
        let producer = EventsProducer::new(kafka).expect("a producer");
        for partition in 0..partitions {
            let share = Share::of(partition, partitions);
            let codes = (0..).map(|number| format!("{pool}-{number}"));
            let own: Vec<String> = codes.filter(|code| share.has(code)).take(each).collect();
            let own: Vec<&str> = own.iter().map(String::as_str).collect();
            for (sequence, content) in (1..).zip(&loads(pool, &own)) {
                let record = Entry::new(Stream::Control, at, content).copy(&epoch, sequence);
                let message = Message {
                    topic: &topic,
                    partition: Some(partition),
                    key: Some(b""),
                    value: Some(&record),
                    timestamp_ms: Some(at),
                    ..Message::default()
                };
                producer.send(message).await.expect("an acknowledgement");
            }
        }
    });
}
