//! Where a producer puts a key: which partition, and so which shard, a customer belongs to.

use crate::closed::closed;
use schemars::JsonSchema;

closed! {
    /// How the producers of the events topic choose a key's partition.
    #[derive(JsonSchema)]
    Partitioner {
        /// Java's clients, franz-go, kafkajs from version 2; librdkafka's `murmur2_random`.
        Murmur2 = 0 "murmur2",
        /// librdkafka's default, `consistent_random`, and so that of the clients built on it.
        Crc32 = 1 "crc32",
        /// Sarama's default; librdkafka's `fnv1a_random`.
        Fnv1a = 2 "fnv1a",
    }
}

impl Partitioner {
    /// The partition of a non-empty key on a topic with `partitions` partitions, which must be positive; 0 or less gives 0.
    pub fn partition_of(self, key: &[u8], partitions: i32) -> i32 {
        let Some(count) = u32::try_from(partitions).ok().filter(|count| *count > 0) else {
            return 0;
        };
        let hash = match self {
            Self::Murmur2 => murmur2(key) & 0x7fff_ffff,
            Self::Crc32 => crc32fast::hash(key),
            // As a signed number, of which Sarama takes the absolute value.
            Self::Fnv1a => fnv1a(key).cast_signed().unsigned_abs(),
        };
        (hash % count).cast_signed()
    }
}

/// `org.apache.kafka.common.utils.Utils.murmur2`: MurmurHash2, 32 bits, Kafka's seed.
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c_u32 ^ data.len() as u32;
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !rest.is_empty() {
        let mut last = [0; 4];
        last[..rest.len()].copy_from_slice(rest);
        hash = (hash ^ u32::from_le_bytes(last)).wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

/// FNV-1a, 32 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>).
fn fnv1a(data: &[u8]) -> u32 {
    let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    data.iter().fold(0x811c_9dc5, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of Kafka's own `UtilsTest.testMurmur2`.
    #[test]
    fn hashes_as_java_does() {
        for (text, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()) as i32, hash, "{text}");
        }
    }

    /// Published vectors: CRC-32's check value, and FNV-1a of its authors' page.
    #[test]
    fn hashes_as_the_others_do() {
        assert_eq!(crc32fast::hash(b"123456789"), 0xcbf4_3926);
        assert_eq!(
            [fnv1a(b""), fnv1a(b"a"), fnv1a(b"foobar")],
            [0x811c_9dc5, 0xe40c_292c, 0xbf9c_f968]
        );
    }

    #[test]
    fn a_partition_is_in_range() {
        for partitioner in Partitioner::ALL {
            for partitions in [-1, 0, 1, 2, 7] {
                for key in 0..100_u32 {
                    let partition = partitioner.partition_of(&key.to_le_bytes(), partitions);
                    assert!((0..partitions.max(1)).contains(&partition), "{partitions}");
                }
            }
        }
    }
}
