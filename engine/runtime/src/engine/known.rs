//! How many partitions the namespace has, as whoever started first has stated it in the compacted topic of configurations. With another number
//! customers' keys fall elsewhere: a shard with a checkpoint would notice, a new one begins with customers whom another shard knows.

use super::topics::EngineError;
use crate::producer::Producer;
use cartwheel_kafka::{Compacted, Error, KafkaConfig, Message};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The key; a configuration's is a hash.
const KEY: &[u8] = b"partitions";

/// The value: JSON.
#[derive(Debug, Serialize, Deserialize)]
struct Stated {
    partitions: i32,
}

/// Refuses where the namespace was of another number of partitions; states this one where nothing is stated. Blocks.
pub(super) fn agree(
    kafka: &KafkaConfig,
    producer: &Producer,
    partitions: i32,
    timeout: Duration,
) -> Result<(), EngineError> {
    let topics = kafka.topics();
    let all = Compacted::read_all(kafka, &topics.configs, timeout)?;
    let stated = all.get(KEY).map(Vec::as_slice);
    let is_stated = judge(stated, partitions, &topics.configs)
        .map_err(|problem| EngineError::Topic { topic: topics.events, problem })?;
    if is_stated {
        return Ok(());
    }
    let doing = "stating the number of partitions";
    let value = serde_json::to_vec(&Stated { partitions })
        .map_err(|error| Error::Transient { doing: doing.into(), reason: error.to_string() })?;
    let (topic, key, value) = (topics.configs.as_str(), Some(KEY), Some(value.as_slice()));
    let message = Message { topic, key, value, ..Message::default() };
    producer.send_within(message, timeout, doing)?;
    Ok(())
}

/// Whether this number is stated already. Errors: another is, or what is stated cannot be read.
fn judge(stated: Option<&[u8]>, is: i32, configs: &str) -> Result<bool, String> {
    let Some(stated) = stated else { return Ok(false) };
    let Ok(Stated { partitions: was }) = serde_json::from_slice(stated) else {
        return Err(format!(
            "what {configs} says of the number of partitions cannot be read: a later version wrote it, or it is damaged"
        ));
    };
    if was == is {
        return Ok(true);
    }
    Err(format!(
        "has {is} partitions, and the namespace began with {was}: customers have moved between shards. \
         Go back to {was}, or begin with a new namespace (where nothing was decided yet, delete {configs} and start again)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_keeps_its_number_of_partitions() {
        let judge = |stated, is| judge(stated, is, "c");
        assert_eq!(judge(None, 8), Ok(false), "whoever is first states it");
        let stated = serde_json::to_vec(&Stated { partitions: 8 }).unwrap();
        assert_eq!(stated, br#"{"partitions":8}"#);
        assert_eq!(judge(Some(&stated), 8), Ok(true));
        let more = judge(Some(&stated), 16).unwrap_err();
        assert!(more.starts_with("has 16 partitions, and the namespace began with 8: "), "{more}");
        assert!(judge(Some(b"8"), 8).unwrap_err().contains("cannot be read"));
        // A later version may say more.
        assert_eq!(judge(Some(br#"{"partitions":8,"more":1}"#), 8), Ok(true));
    }
}
