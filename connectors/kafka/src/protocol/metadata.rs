//! Where a partition is: Metadata, version 12. It says the topic's id (KIP-516), which a topic made anew under the same name does not have, and the leader's epoch (KIP-320), which
//! every election raises.

use super::wire::{Reader, compact_length, compact_text, no_tags};
use super::{Api, Request, Trouble};
use std::fmt;

/// What a topic is besides its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TopicId(pub [u8; 16]);

impl TopicId {
    /// A topic that has none, on a broker that keeps none.
    pub(super) const NONE: Self = Self([0; 16]);
}

impl fmt::Debug for TopicId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// What the cluster says of a partition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    pub id: TopicId,
    /// Partitions of the topic.
    pub partitions: i32,
    /// None while there is none.
    pub leader: Option<Leader>,
}

/// The broker that leads a partition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Leader {
    /// As it advertises itself.
    pub host: String,
    pub port: u16,
    pub epoch: i32,
}

/// Asks for one topic, which is not made by asking.
pub(crate) fn ask_topic(topic: &str) -> Request {
    Request::new(Api::Metadata, |out| {
        compact_length(out, 1);
        out.extend(TopicId::NONE.0); // asked by its name
        compact_text(out, topic);
        no_tags(out);
        out.extend([0, 0]); // neither made, nor with what we may do
        no_tags(out);
    })
}

/// Reads the answer. A topic that is not there, or may not be seen, is a [`Trouble::Code`].
pub(crate) fn place(
    reader: &mut Reader<'_>,
    topic: &str,
    partition: i32,
) -> Result<Place, Trouble> {
    let (code, place) = read(reader, topic, partition).ok_or(Trouble::Unreadable)?;
    match code {
        0 if place.id == TopicId::NONE => Err(Trouble::Old),
        0 => Ok(place),
        code => Err(Trouble::Code(code)),
    }
}

fn read(reader: &mut Reader<'_>, topic: &str, partition: i32) -> Option<(i16, Place)> {
    let _throttled_ms = reader.i32()?;
    let mut brokers = Vec::new();
    for _ in 0..reader.count()? {
        let (node, host, port) = (reader.i32()?, reader.compact_text()??, reader.i32()?);
        let _rack = reader.compact_text()?;
        reader.tags()?;
        brokers.push((node, host, u16::try_from(port).ok()?));
    }
    let _cluster = reader.compact_text()?;
    let _controller = reader.i32()?;
    for _ in 0..reader.count()? {
        let code = reader.i16()?;
        let name = reader.compact_text()?;
        let id = TopicId(reader.array()?);
        let _internal = reader.u8()?;
        let (mut partitions, mut leader) = (0, None);
        for _ in 0..reader.count()? {
            let (index, node, epoch) = led(reader)?;
            partitions += 1;
            if index == partition {
                leader = brokers
                    .iter()
                    .find(|(found, ..)| *found == node)
                    .map(|(_, host, port)| Leader { host: (*host).to_owned(), port: *port, epoch });
            }
        }
        let _allowed = reader.i32()?;
        reader.tags()?;
        if name == Some(topic) {
            return Some((code, Place { id, partitions, leader }));
        }
    }
    None
}

/// Number, leader and leader's epoch of the next partition.
fn led(reader: &mut Reader<'_>) -> Option<(i32, i32, i32)> {
    // That there is no leader is said by its number too.
    let _code = reader.i16()?;
    let found = (reader.i32()?, reader.i32()?, reader.i32()?);
    // Replicas, those in sync, those off line.
    for _ in 0..3 {
        let numbers = reader.count()?;
        reader.skip(numbers.checked_mul(4)?)?;
    }
    reader.tags()?;
    Some(found)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) const ID: TopicId = TopicId(*b"0123456789abcdef");

    /// The answer of a cluster of brokers 1 and 2, in which 2 leads partition 1 of two.
    pub(crate) fn answer(code: i16, id: TopicId, leader: i32, epoch: i32) -> Vec<u8> {
        answer_of([("broker-1", 9091), ("broker-2", 9092)], code, id, leader, epoch)
    }

    /// The same of brokers 1 and 2 at these addresses.
    pub(crate) fn answer_of(
        brokers: [(&str, u16); 2],
        code: i16,
        id: TopicId,
        leader: i32,
        epoch: i32,
    ) -> Vec<u8> {
        let mut out = vec![0; 4];
        compact_length(&mut out, 2);
        for (node, (host, port)) in (1_i32..).zip(brokers) {
            out.extend(node.to_be_bytes());
            compact_text(&mut out, host);
            out.extend(i32::from(port).to_be_bytes());
            out.push(0); // no rack
            no_tags(&mut out);
        }
        compact_text(&mut out, "cluster");
        out.extend(1_i32.to_be_bytes());
        compact_length(&mut out, 1);
        out.extend(code.to_be_bytes());
        compact_text(&mut out, "events");
        out.extend(id.0);
        out.push(0);
        compact_length(&mut out, 2);
        for (index, leader) in [(0_i32, 1_i32), (1, leader)] {
            out.extend([0, 0]);
            out.extend(index.to_be_bytes());
            out.extend(leader.to_be_bytes());
            out.extend(epoch.to_be_bytes());
            for nodes in [2, 1, 0] {
                compact_length(&mut out, nodes);
                (0..nodes as i32).for_each(|node| out.extend(node.to_be_bytes()));
            }
            no_tags(&mut out);
        }
        out.extend(i32::MIN.to_be_bytes());
        no_tags(&mut out);
        no_tags(&mut out);
        out
    }

    fn find(bytes: &[u8], topic: &str) -> Result<Place, Trouble> {
        place(&mut Reader { bytes, at: 0 }, topic, 1)
    }

    #[test]
    fn the_leader_is_found_and_an_answer_cut_anywhere_is_unreadable() {
        let bytes = answer(0, ID, 2, 5);
        let leader = Some(Leader { host: "broker-2".to_owned(), port: 9092, epoch: 5 });
        assert_eq!(find(&bytes, "events"), Ok(Place { id: ID, partitions: 2, leader }));
        assert_eq!(find(&bytes, "others"), Err(Trouble::Unreadable), "not what was asked for");
        // Behind the topic's own tags there is nothing that counts.
        for cut in 0..bytes.len() - 1 {
            assert_eq!(find(&bytes[..cut], "events"), Err(Trouble::Unreadable), "{cut}");
        }
    }

    #[test]
    fn a_partition_may_have_no_leader_and_a_topic_may_not_be_there() {
        let found = find(&answer(0, ID, -1, 5), "events").unwrap();
        assert_eq!((found.partitions, found.leader), (2, None));
        assert_eq!(find(&answer(3, TopicId::NONE, 2, 5), "events"), Err(Trouble::Code(3)));
        assert_eq!(find(&answer(0, TopicId::NONE, 2, 5), "events"), Err(Trouble::Old), "no ids");
    }
}
