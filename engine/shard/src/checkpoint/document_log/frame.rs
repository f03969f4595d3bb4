//! A chunk of the journal as it stands in a file: a header, how long each of its windows is, and the windows, each packed by itself. Whoever reads an entry
//! unpacks the window in which it stands, a third of a microsecond, and seldom a second one.
//!
//! Header: the chunk's place (u64), its bytes (u32), a hash of both and of the lengths (u32), LE. Lengths: a u16 a window. What stands in a window
//! has hashes of its own, one an entry.

use super::super::pieces::{Packer, unpack};
use cartwheel_core::customer::DocumentEntry;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Bytes of a window, but for the last. Twice as many would make the log a tenth shorter and take twice as long to read.
const WINDOW: usize = 1 << 10;
const HEADER: usize = 16;
/// Bytes of a window's length.
const LENGTH: usize = 2;

/// A frame in a file.
#[derive(Debug)]
pub struct Frame {
    /// Where it begins in the file.
    pub begin: u64,
    /// Bytes of the chunk.
    bytes: usize,
    /// Where each window begins, counted from the first, and where the last one ends: who reads one need not add up what stands before it.
    begins: Box<[u32]>,
}

impl Frame {
    /// Appends the frame of a chunk, which will stand in the file at `begin`.
    pub fn write(
        place: u64,
        chunk: &[u8],
        begin: u64,
        packer: &mut Packer,
        out: &mut Vec<u8>,
    ) -> Self {
        let start = out.len();
        let count = chunk.len().div_ceil(WINDOW);
        out.resize(start + HEADER + count * LENGTH, 0);
        let lengths: Box<[u16]> =
            chunk.chunks(WINDOW).map(|window| packer.pack(window, out) as u16).collect();
        let (header, rest) = out[start..].split_at_mut(HEADER);
        for (at, length) in rest.chunks_exact_mut(LENGTH).zip(&lengths) {
            at.copy_from_slice(&length.to_le_bytes());
        }
        let hash = hash_of(place, chunk.len() as u32, &rest[..count * LENGTH]);
        header[..8].copy_from_slice(&place.to_le_bytes());
        header[8..12].copy_from_slice(&(chunk.len() as u32).to_le_bytes());
        header[12..].copy_from_slice(&hash.to_le_bytes());
        Self { begin, bytes: chunk.len(), begins: begins(&lengths) }
    }

    /// The frame that begins there in a file, and the place of its chunk; none where it is not whole, or not what was written.
    pub fn find(file: &File, begin: u64) -> io::Result<Option<(u64, Self)>> {
        let Some(header) = read_exact(file, begin, HEADER)? else { return Ok(None) };
        let (Some((place, rest)), Some((_, hash))) =
            (header.split_first_chunk(), header.split_last_chunk())
        else {
            return Ok(None);
        };
        let (place, hash) = (u64::from_le_bytes(*place), u32::from_le_bytes(*hash));
        let Some(bytes) = rest.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)) else {
            return Ok(None);
        };
        let table = (bytes as usize).div_ceil(WINDOW) * LENGTH;
        if begin + (HEADER + table) as u64 > file.metadata()?.len() {
            return Ok(None);
        }
        let Some(table) = read_exact(file, begin + HEADER as u64, table)? else { return Ok(None) };
        if hash != hash_of(place, bytes, &table) {
            return Ok(None);
        }
        let lengths: Vec<u16> =
            table.as_chunks().0.iter().map(|length| u16::from_le_bytes(*length)).collect();
        let frame = Self { begin, bytes: bytes as usize, begins: begins(&lengths) };
        Ok((frame.end() <= file.metadata()?.len()).then_some((place, frame)))
    }

    /// Where it ends in the file.
    pub fn end(&self) -> u64 {
        self.offset(self.begins.len() - 1)
    }

    /// Where a window begins in the file.
    fn offset(&self, window: usize) -> u64 {
        let table = LENGTH * (self.begins.len() - 1);
        self.begin + (HEADER + table) as u64 + u64::from(self.begins[window])
    }

    /// Reads the entry that stands there in the chunk into `room`, which is empty; what follows it may stand behind it. Where the chunk ends before it does, or
    /// what is there is no entry, so does `room`.
    pub fn read(&self, file: &File, at: usize, room: &mut Vec<u8>) -> io::Result<()> {
        if at >= self.bytes {
            return Ok(());
        }
        let first = at / WINDOW;
        self.unpack(file, first..first + 1, room)?;
        room.drain(..at % WINDOW);
        // Entries stand at multiples of 16 bytes: no window ends within a header.
        let end = DocumentEntry::length(room).map_or(at, |length| at + length);
        let windows = end.min(self.bytes).div_ceil(WINDOW);
        if windows > first + 1 {
            self.unpack(file, first + 1..windows, room)?;
        }
        Ok(())
    }

    /// Appends windows.
    fn unpack(&self, file: &File, windows: Range<usize>, room: &mut Vec<u8>) -> io::Result<()> {
        let begin = self.offset(windows.start);
        let bytes = (self.offset(windows.end) - begin) as usize;
        let begins = &self.begins[windows.start..=windows.end];
        let damaged = || {
            let what = format!("the windows at byte {begin} are not what was written");
            io::Error::new(ErrorKind::InvalidData, what)
        };
        let stored = read_exact(file, begin, bytes)?.ok_or_else(damaged)?;
        let mut rest = &stored[..];
        for (window, ends) in windows.zip(begins.windows(2)) {
            let (own, others) = rest.split_at((ends[1] - ends[0]) as usize);
            let whole = WINDOW.min(self.bytes - window * WINDOW);
            unpack(own, whole, room).ok_or_else(damaged)?;
            rest = others;
        }
        Ok(())
    }
}

fn begins(lengths: &[u16]) -> Box<[u32]> {
    let mut end = 0;
    let ends = lengths.iter().map(|length| {
        end += u32::from(*length);
        end
    });
    std::iter::once(0).chain(ends).collect()
}

fn hash_of(place: u64, bytes: u32, table: &[u8]) -> u32 {
    xxh3_64_with_seed(table, place.rotate_left(20) ^ u64::from(bytes)) as u32
}

/// So many bytes; none where the file ends before.
fn read_exact(file: &File, at: u64, bytes: usize) -> io::Result<Option<Vec<u8>>> {
    let mut read = vec![0; bytes];
    match file.read_exact_at(&mut read, at) {
        Ok(()) => Ok(Some(read)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}
