//! A block of decisions in a segment: those of some customers, one customer behind the other, packed together.
//!
//! Header ([`HEADER`] bytes, LE): the lowest 64 bits of the first and of the last customer's id, the bytes of the content, the bytes that it takes packed
//! (u32 each), a hash of all this and of what stands there (u32). The content: of each customer the id (u128), how many decisions, and of each of them its length (numbers as
//! in `cartwheel_core::compact`) and itself, oldest first.

use super::super::pieces::{Packer, unpack};
use cartwheel_core::compact::{Bytes, Writer};
use cartwheel_core::effect::PackedDecision;
use cartwheel_core::id::CustomerId;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Bytes of a block's header.
pub const HEADER: usize = 28;
/// A block's content ends at the customer that reaches this many bytes.
const FULL: usize = 16 << 10;
/// A customer's decisions in one block, bytes, at most, unless it is one alone.
const MOST: usize = 64 << 10;

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where it begins in the segment.
    pub at: u64,
    first: u64,
    last: u64,
    bytes: u32,
    packed: u32,
    hash: u32,
}

impl Block {
    /// Reads a header.
    pub fn read(at: u64, header: &[u8; HEADER]) -> Self {
        let [f0, f1, f2, f3, f4, f5, f6, f7, l0, l1, l2, l3, l4, l5, l6, l7, rest @ ..] = *header;
        let [b0, b1, b2, b3, p0, p1, p2, p3, h0, h1, h2, h3] = rest;
        Self {
            at,
            first: u64::from_le_bytes([f0, f1, f2, f3, f4, f5, f6, f7]),
            last: u64::from_le_bytes([l0, l1, l2, l3, l4, l5, l6, l7]),
            bytes: u32::from_le_bytes([b0, b1, b2, b3]),
            packed: u32::from_le_bytes([p0, p1, p2, p3]),
            hash: u32::from_le_bytes([h0, h1, h2, h3]),
        }
    }

    /// The header.
    pub fn header(&self) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(&self.first.to_le_bytes());
        header[8..16].copy_from_slice(&self.last.to_le_bytes());
        header[16..20].copy_from_slice(&self.bytes.to_le_bytes());
        header[20..24].copy_from_slice(&self.packed.to_le_bytes());
        header[24..].copy_from_slice(&self.hash.to_le_bytes());
        header
    }

    /// Where it ends in the segment.
    pub fn end(&self) -> u64 {
        self.at + HEADER as u64 + u64::from(self.packed)
    }

    /// Whether the customer may be in it.
    pub fn may_have(&self, customer: CustomerId) -> bool {
        (self.first..=self.last).contains(&(customer.0 as u64))
    }

    fn hash(&self, stored: &[u8]) -> u32 {
        let of = self.first ^ self.last.rotate_left(32) ^ u64::from(self.bytes);
        xxh3_64_with_seed(stored, of) as u32
    }

    /// A customer's decisions in it, oldest first.
    pub fn decisions(&self, file: &File, customer: CustomerId) -> io::Result<Vec<Vec<u8>>> {
        let mut stored = vec![0; self.packed as usize];
        file.read_exact_at(&mut stored, self.at + HEADER as u64)?;
        let mut content = Vec::new();
        let read = (self.hash == self.hash(&stored))
            .then(|| unpack(&stored, self.bytes as usize, &mut content))
            .flatten()
            .and_then(|()| of_customer(&content, customer));
        read.ok_or_else(|| damaged(self.at))
    }
}

/// What stands there in a segment is no block.
pub fn damaged(at: u64) -> io::Error {
    let what = format!("the decisions at byte {at} of a segment are not what was written");
    io::Error::new(ErrorKind::InvalidData, what)
}

/// None of what is no content of a block.
fn of_customer(content: &[u8], customer: CustomerId) -> Option<Vec<Vec<u8>>> {
    let (mut rest, mut found) = (Bytes(content), Vec::new());
    while !rest.0.is_empty() {
        let is_own = u128::from_le_bytes(rest.array()?) == customer.0;
        for _ in 0..rest.number()? {
            let length = rest.small()?;
            let (packed, others) = rest.0.split_at_checked(length)?;
            rest.0 = others;
            if is_own {
                found.push(packed.to_vec());
            }
        }
    }
    Some(found)
}

/// Makes blocks.
#[derive(Default)]
pub struct Blocks {
    packer: Packer,
    content: Vec<u8>,
    /// Of the content's customers, the first and the last.
    keys: Option<(u64, u64)>,
    /// Packed blocks, one behind the other.
    out: Vec<u8>,
}

impl Blocks {
    /// Appends a customer's decisions, oldest first; customers come in order of the lowest 64 bits of their ids.
    pub fn add(&mut self, customer: CustomerId, decisions: &[PackedDecision<'_>]) {
        let mut rest = decisions;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|decision| {
                bytes += decision.packed.len();
                bytes <= MOST
            });
            let (own, others) = rest.split_at(fits.count().max(1));
            self.put(customer, own);
            rest = others;
        }
    }

    fn put(&mut self, customer: CustomerId, decisions: &[PackedDecision<'_>]) {
        let key = customer.0 as u64;
        let first = self.keys.map_or(key, |(first, _)| first);
        self.keys = Some((first, key));
        self.content.extend_from_slice(&customer.0.to_le_bytes());
        put_number(decisions.len(), &mut self.content);
        for decision in decisions {
            put_number(decision.packed.len(), &mut self.content);
            self.content.extend_from_slice(decision.packed);
        }
        if self.content.len() >= FULL {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some((first, last)) = self.keys.take() else { return };
        let start = self.out.len();
        self.out.resize(start + HEADER, 0);
        let packed = self.packer.pack(&self.content, &mut self.out);
        let bytes = self.content.len() as u32;
        let block = Block { at: 0, first, last, bytes, packed: packed as u32, hash: 0 };
        let hash = block.hash(&self.out[start + HEADER..]);
        self.out[start..start + HEADER].copy_from_slice(&Block { hash, ..block }.header());
        self.content.clear();
    }

    /// Bytes of whole blocks so far.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// The blocks so far, the last one closed; it begins with none again.
    pub fn take(&mut self) -> Vec<u8> {
        self.close();
        std::mem::take(&mut self.out)
    }
}

fn put_number(number: usize, out: &mut Vec<u8>) {
    let mut writer = Writer::new(out);
    writer.number(number as u64);
    writer.flush();
}
