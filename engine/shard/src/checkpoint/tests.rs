//! The stored position is bincode's fixed-width form, whichever crate writes it: bincode itself is asked.

use super::*;
use bincode::config::{Configuration, Fixint, LittleEndian, legacy};
use bincode::{Decode, Encode};
use proptest::prelude::*;

/// bincode 1's own form, which version 2 calls legacy: little-endian, every integer in its full width.
const FORM: Configuration<LittleEndian, Fixint> = legacy();

/// [`Meta`] once more, field by field, with bincode's derive.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
struct Position {
    next_offset: i64,
    seq: u64,
    sends_offset: i64,
    leader: i64,
    now: i64,
    seen: i64,
    behind: bool,
    config: u128,
    semantics: u32,
    chain: u128,
    last_input: u64,
    partitions: i32,
    sample_hour: i64,
    sampled: u64,
    partitioner: Option<u8>,
    streams: Vec<u8>,
    product_names: Vec<u8>,
    pools: Vec<u8>,
    documents_begin: u64,
    documents_end: u64,
}

impl Position {
    fn meta(self) -> Meta {
        let Self { next_offset, seq, sends_offset, leader, now, seen, .. } = self;
        let Self { behind, config, semantics, chain, last_input, partitions, .. } = self;
        let Self { sample_hour, sampled, partitioner, streams, product_names, pools, .. } = self;
        let Self { documents_begin, documents_end, .. } = self;
        Meta {
            next_offset,
            seq,
            sends_offset,
            leader,
            now,
            seen,
            behind,
            config,
            semantics,
            chain,
            last_input,
            partitions,
            sample_hour,
            sampled,
            partitioner,
            streams,
            product_names,
            pools,
            documents_begin,
            documents_end,
        }
    }

    /// As bincode writes it, behind our header.
    fn bytes(&self) -> Vec<u8> {
        let body = bincode::encode_to_vec(self, FORM).unwrap();
        [META_HEADER.to_vec(), body].concat()
    }

    /// As bincode reads it; nothing may be left over.
    fn read(bytes: &[u8]) -> Option<Self> {
        let body = bytes.strip_prefix(&META_HEADER[..])?;
        let (position, length) = bincode::decode_from_slice(body, FORM).ok()?;
        (length == body.len()).then_some(position)
    }
}

const EXAMPLE: Position = Position {
    next_offset: 0x0102_0304_0506_0708,
    seq: 9,
    sends_offset: -1,
    leader: 10,
    now: 1_767_261_600_123,
    seen: i64::MIN,
    behind: true,
    config: 0x1112_1314_1516_1718_191a_1b1c_1d1e_1f20,
    semantics: 0x2122_2324,
    chain: u128::MAX - 1,
    last_input: u64::MAX,
    partitions: -2,
    sample_hour: 0x3132_3334_3536_3738,
    sampled: 0x4142_4344_4546_4748,
    partitioner: Some(2),
    streams: Vec::new(),
    product_names: Vec::new(),
    pools: Vec::new(),
    documents_begin: 0x5152_5354_5556_5758,
    documents_end: 0x6162_6364_6566_6768,
};

/// The same of a store that has no log of documents.
fn without_log() -> Position {
    Position { documents_begin: 0, documents_end: 0, ..EXAMPLE }
}

/// Lists without anything, as they are stored: of streams, products and coupons.
const NOTHING_SHARED: [u8; 24] = [0; 24];

/// The form itself: a header, then 115 bytes (114 without a partitioner), field behind field, then three lists of bytes and two places.
#[test]
fn a_position_keeps_its_bytes() {
    let golden = [
        "4d09",
        "0807060504030201",
        "0900000000000000",
        "ffffffffffffffff",
        "0a00000000000000",
        "7bf9ff789b010000",
        "0000000000000080",
        "01",
        "201f1e1d1c1b1a191817161514131211",
        "24232221",
        "feffffffffffffffffffffffffffffff",
        "ffffffffffffffff",
        "feffffff",
        "3837363534333231",
        "4847464544434241",
        "0102",
        "0000000000000000",
        "0000000000000000",
        "0000000000000000",
        "5857565554535251",
        "6867666564636261",
    ];
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(&EXAMPLE.clone().meta().encode().unwrap()), golden.concat());
    assert_eq!(hex(&EXAMPLE.bytes()), golden.concat());
}

/// What is not a position: cut short, too long, a truth that is neither 0 nor 1, another version.
#[test]
fn both_refuse_the_same() {
    let bytes = EXAMPLE.bytes();
    let with = |place: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[place] = byte;
        bytes
    };
    let longer = [&bytes[..], &[0]].concat();
    for wrong in [bytes[..bytes.len() - 1].to_vec(), longer, with(50, 2), with(1, 3), Vec::new()] {
        assert!(Meta::decode(&wrong).is_err(), "{wrong:?}");
        assert_eq!(Position::read(&wrong), None, "{wrong:?}");
    }
}

/// The example as an older version had it, without what it did not know.
fn older(version: u8, unknown: usize) -> Vec<u8> {
    let mut bytes = without_log().bytes();
    bytes.truncate(bytes.len() - NO_LOG.len() - unknown);
    bytes[1] = version;
    bytes
}

/// Version 7 had no log of documents, version 6 no coupons, version 5 no streams and products either.
#[test]
fn a_position_of_versions_5_to_7_is_read() {
    for (version, unknown) in [(7, 0), (6, NO_POOLS.len()), (5, NOTHING_SHARED.len())] {
        let bytes = older(version, unknown);
        assert_eq!(Meta::decode(&bytes).unwrap(), without_log().meta(), "{version}");
    }
}

/// Version 8 says the same: what differs are the files of the logs.
#[test]
fn a_position_of_version_8_is_read() {
    let mut bytes = EXAMPLE.bytes();
    bytes[1] = 8;
    assert_eq!(Meta::decode(&bytes).unwrap(), EXAMPLE.meta());
}

/// Version 4 is the same without the partitioner, too.
#[test]
fn a_position_of_version_4_is_read() {
    let now = Position { partitioner: None, ..without_log() };
    let mut bytes = now.bytes();
    bytes.truncate(bytes.len() - NO_LOG.len() - NOTHING_SHARED.len());
    assert_eq!(bytes.pop(), Some(0));
    bytes[1] = 4;
    assert_eq!(Meta::decode(&bytes).unwrap(), now.meta());
}

fn positions() -> impl Strategy<Value = Position> {
    (
        any::<[i64; 6]>(),
        any::<[u64; 5]>(),
        any::<[u128; 2]>(),
        any::<(bool, u32, i32, Option<u8>)>(),
        any::<[Vec<u8>; 3]>(),
    )
        .prop_map(
            |(signed, unsigned, hashes, (behind, semantics, partitions, partitioner), shared)| {
                let [streams, product_names, pools] = shared;
                let [next_offset, sends_offset, leader, now, seen, sample_hour] = signed;
                let [seq, last_input, sampled, documents_begin, documents_end] = unsigned;
                let [config, chain] = hashes;
                Position {
                    next_offset,
                    seq,
                    sends_offset,
                    leader,
                    now,
                    seen,
                    behind,
                    config,
                    semantics,
                    chain,
                    last_input,
                    partitions,
                    sample_hour,
                    sampled,
                    partitioner,
                    streams,
                    product_names,
                    pools,
                    documents_begin,
                    documents_end,
                }
            },
        )
}

proptest! {
    #[test]
    fn bincode_reads_what_we_write_and_we_read_what_bincode_writes(position in positions()) {
        let (meta, theirs) = (position.clone().meta(), position.bytes());
        let ours = meta.encode().unwrap();
        prop_assert_eq!(Position::read(&ours), Some(position));
        prop_assert_eq!(Meta::decode(&theirs).unwrap(), meta);
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn of_any_bytes_both_read_the_same_or_nothing(bytes in prop::collection::vec(any::<u8>(), 112..=117), truth in 0..4_u8) {
        // The lists are empty: bincode would make room for as much as any bytes say.
        let mut bytes = [&META_HEADER[..], &bytes, &NOTHING_SHARED, &NO_LOG].concat();
        bytes[50] = truth;
        prop_assert_eq!(Meta::decode(&bytes).ok(), Position::read(&bytes).map(Position::meta));
    }
}
