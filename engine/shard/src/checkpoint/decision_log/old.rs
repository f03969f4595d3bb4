//! Segments of decisions up to version 8 of the store: entries (customer id, length, hash, packed decision) as they were decided. One that is full ends with an index: of each entry the lowest
//! 64 bits of the customer id and where it stands, sorted, then how many there are, how long the entries are, and a mark. Nothing is added to them.

use super::super::segments::Segments;
use super::{End, absent, index_of};
use cartwheel_core::id::CustomerId;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// An entry's header: the customer's id (u128), the length (u32), and a hash of both and of the decision (u32), LE.
const ENTRY: usize = 24;
/// An entry of an index: lowest 64 bits of the customer id, position (u32), both LE.
const INDEXED: usize = 12;
/// Of its footer.
const MARK: [u8; 8] = *b"cwdecide";
/// Read at once of an entry: longer ones are read again.
const MOST: u64 = 512;

/// See the module.
#[derive(Clone)]
pub struct OldDecisions(Segments);

impl OldDecisions {
    /// Those in this folder.
    pub fn open(folder: &Path) -> io::Result<Self> {
        Ok(Self(Segments::open(folder, 16, ".decisions")?))
    }

    /// Whether this segment is there.
    pub fn has(&self, segment: u64) -> bool {
        self.0.path(segment).exists()
    }

    /// The numbers of those before the end, oldest first, and their sizes.
    pub fn sizes(&self, end: End) -> io::Result<Vec<(u64, u64)>> {
        let size = |number| Ok((number, self.0.path(number).metadata()?.len()));
        let numbers = self.0.numbers()?.into_iter().filter(|number| *number < end.segment);
        numbers.map(size).collect()
    }

    /// What stands behind the end is of no checkpoint, and goes.
    pub fn cut(&self, end: End) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(self.0.path(end.segment))?;
        let length = file.metadata()?.len();
        file.set_len(end.bytes.min(length))
    }

    /// Deletes these, as far as they are there.
    pub fn delete(&self, numbers: impl IntoIterator<Item = u64>) -> io::Result<()> {
        self.0.delete(numbers)
    }

    /// A customer's newest decisions in a segment, of which so many bytes count, newest first.
    pub fn newest(
        &self,
        segment: u64,
        bytes: Option<u64>,
        customer: CustomerId,
        limit: usize,
    ) -> io::Result<Vec<Vec<u8>>> {
        let Some(file) = absent(File::open(self.0.path(segment)))? else { return Ok(Vec::new()) };
        let index = if bytes.is_none() { Index::of(&file)? } else { None };
        match index {
            Some(index) => index.newest(customer, limit),
            None => Ok(read_through(&file, bytes, customer)?.into_iter().rev().collect()),
        }
    }
}

/// A customer's decisions in the first so many bytes of a segment, or as far as they are sound, oldest first.
fn read_through(file: &File, bytes: Option<u64>, customer: CustomerId) -> io::Result<Vec<Vec<u8>>> {
    let length = file.metadata()?.len();
    let mut entries = vec![0; bytes.unwrap_or(length).min(length) as usize];
    file.read_exact_at(&mut entries, 0)?;
    let (mut at, mut found) = (0, Vec::new());
    while let Some((of, packed)) = entry_at(&entries, at) {
        at += ENTRY + packed.len();
        if of == customer {
            found.push(packed.to_vec());
        }
    }
    let is_whole = bytes.is_none_or(|bytes| bytes > length) || at == entries.len();
    if is_whole { Ok(found) } else { Err(damaged(at as u64)) }
}

/// The entry that stands there: whose, and the decision; none where it is not whole, or not what was written.
fn entry_at(piece: &[u8], at: usize) -> Option<(CustomerId, &[u8])> {
    let (customer, rest) = piece.get(at..)?.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (hash, rest) = rest.split_first_chunk()?;
    let packed = rest.get(..u32::from_le_bytes(*length) as usize)?;
    let customer = CustomerId(u128::from_le_bytes(*customer));
    let seed = customer.0 as u64 ^ packed.len() as u64;
    let is_sound = u32::from_le_bytes(*hash) == xxh3_64_with_seed(packed, seed) as u32;
    is_sound.then_some((customer, packed))
}

fn damaged(at: u64) -> io::Error {
    let what = format!("the decision at byte {at} of a segment is not what was written");
    io::Error::new(ErrorKind::InvalidData, what)
}

/// The index of a full segment.
struct Index<'f> {
    file: &'f File,
    /// Where it begins, which is where the entries end.
    begin: u64,
    count: u64,
}

impl<'f> Index<'f> {
    /// None of a segment that is not full.
    fn of(file: &'f File) -> io::Result<Option<Self>> {
        let found = index_of(file, MARK, INDEXED)?;
        Ok(found.map(|(begin, count)| Self { file, begin, count }))
    }

    fn entry(&self, place: u64) -> io::Result<(u64, u32)> {
        let mut entry = [0; INDEXED];
        self.file.read_exact_at(&mut entry, self.begin + place * INDEXED as u64)?;
        let [a, b, c, d, e, f, g, h, at @ ..] = entry;
        Ok((u64::from_le_bytes([a, b, c, d, e, f, g, h]), u32::from_le_bytes(at)))
    }

    /// A customer's newest decisions, newest first.
    fn newest(&self, customer: CustomerId, limit: usize) -> io::Result<Vec<Vec<u8>>> {
        let wanted = customer.0 as u64;
        // Behind the customer's last entry.
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.entry(middle)?.0 <= wanted { low = middle + 1 } else { high = middle }
        }
        let mut found = Vec::new();
        while low > 0 && found.len() < limit {
            low -= 1;
            let (of, at) = self.entry(low)?;
            if of != wanted {
                break;
            }
            found.extend(self.decision(u64::from(at), customer)?);
        }
        Ok(found)
    }

    /// The decision that stands there, if it is the customer's: the lowest bits of two ids may be the same.
    fn decision(&self, at: u64, customer: CustomerId) -> io::Result<Option<Vec<u8>>> {
        let room = self.begin.saturating_sub(at);
        let read = |bytes: u64| -> io::Result<Vec<u8>> {
            let mut entry = vec![0; bytes.min(room) as usize];
            self.file.read_exact_at(&mut entry, at)?;
            Ok(entry)
        };
        let mut entry = read(MOST)?;
        if let Some(length) = length_at(&entry)
            && length > MOST
        {
            entry = read(length)?;
        }
        let (of, packed) = entry_at(&entry, 0).ok_or_else(|| damaged(at))?;
        Ok((of == customer).then(|| packed.to_vec()))
    }
}

/// The length of the entry whose header is given.
fn length_at(entry: &[u8]) -> Option<u64> {
    let length = entry.get(16..20)?.try_into().ok()?;
    Some(ENTRY as u64 + u64::from(u32::from_le_bytes(length)))
}
