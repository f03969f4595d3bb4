//! The files of the log of documents: a file for 256 MiB of it, named by its number, of frames ([`frame`]), one for each chunk of the journal, in order of
//! their places (`cartwheel_core::customer::Journal`). An entry's place is for good: it is one in the journal, and the frames say where in the file that
//! is. Nobody writes them again: a checkpoint adds what is new, and deletes files in which nothing is wanted any more.
//!
//! A checkpoint makes what it adds durable before the store names its end. What stands behind the end is of a checkpoint that did not come to be, and gives
//! way to the next one.
//!
//! Stores of before have files of their own ([`old`]), in which every entry stands at its place. They are read until nothing in them is wanted.

mod frame;
mod old;

use super::StoreError;
use super::pieces::Packer;
use super::segments::Segments;
use cartwheel_core::customer::{CHUNK, LOG_BEGIN, begin_of, segment_of};
use frame::Frame;
use old::OldDocuments;
use std::collections::{BTreeMap, btree_map};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// See the module. Clones are handles of the same log: one reads while another adds.
#[derive(Clone)]
pub struct DocumentLog {
    segments: Segments,
    state: Arc<RwLock<State>>,
    old: OldDocuments,
}

#[derive(Default)]
struct State {
    files: BTreeMap<u64, Arc<File>>,
    /// By the places of their chunks.
    frames: BTreeMap<u64, Arc<Frame>>,
}

impl DocumentLog {
    /// The log in this folder, which is made if need be, as of a checkpoint that names this end.
    pub fn open(folder: &Path, end: u64) -> Result<Self, StoreError> {
        let open = || -> io::Result<Self> {
            let segments = Segments::open(folder, 8, ".frames")?;
            let (mut state, old) = (State::default(), OldDocuments::open(folder)?);
            for number in segments.numbers()? {
                let file = Arc::new(open(&segments, number)?);
                let until = end.min(begin_of(number + 1));
                let mut reached = None;
                let mut at = 0;
                while let Some((place, frame)) = Frame::find(&file, at)? {
                    at = frame.end();
                    reached = Some(place + CHUNK as u64);
                    state.frames.insert(place, Arc::new(frame));
                }
                // Chunks follow each other. Where an older store's file has the segment's beginning there may be none that is of a checkpoint.
                let wanted = until > begin_of(number).max(LOG_BEGIN)
                    && !(reached.is_none() && old.has(number));
                if wanted && reached.is_none_or(|reached| reached < until) {
                    let what = format!("segment {number:x} is damaged at byte {at}");
                    return Err(io::Error::new(ErrorKind::InvalidData, what));
                }
                state.files.insert(number, file);
            }
            Ok(Self { segments, state: Arc::new(RwLock::new(state)), old })
        };
        open().map_err(|error| StoreError::failed(folder, &error))
    }

    /// Adds chunks of the journal, each of which stands at its place, in order, and makes them durable. What stands at their places or behind gives way.
    /// Returns how many bytes were written.
    pub fn add(
        &self,
        chunks: impl Iterator<Item = (u64, impl AsRef<[u8]>)>,
    ) -> Result<u64, StoreError> {
        let (mut packer, mut room) = (Packer::default(), Vec::new());
        let add = || -> io::Result<u64> {
            let (mut bytes, mut written) = (0, BTreeMap::new());
            for (place, chunk) in chunks {
                let segment = segment_of(place);
                let (file, begin) = match written.entry(segment) {
                    btree_map::Entry::Occupied(there) => there.into_mut(),
                    btree_map::Entry::Vacant(new) => new.insert(self.cut(segment, place)?),
                };
                room.clear();
                let frame = Frame::write(place, chunk.as_ref(), *begin, &mut packer, &mut room);
                file.write_all_at(&room, *begin)?;
                *begin = frame.end();
                bytes += room.len() as u64;
                self.change().frames.insert(place, Arc::new(frame));
            }
            written.values().try_for_each(|(file, _)| file.sync_data())?;
            if !written.is_empty() {
                self.segments.sync()?;
            }
            Ok(bytes)
        };
        add().map_err(|error| self.segments.failed(&error))
    }

    /// A segment's file, which is made if need be, cut off where the first chunk from this place on stands; and where that is.
    fn cut(&self, segment: u64, place: u64) -> io::Result<(Arc<File>, u64)> {
        let mut state = self.change();
        let file = match state.files.entry(segment) {
            btree_map::Entry::Occupied(there) => Arc::clone(there.get()),
            btree_map::Entry::Vacant(new) => {
                Arc::clone(new.insert(Arc::new(open(&self.segments, segment)?)))
            }
        };
        drop(state.frames.split_off(&place));
        let before = state.frames.range(begin_of(segment)..).next_back();
        let end = before.map_or(0, |(_, frame)| frame.end());
        file.set_len(end)?;
        Ok((file, end))
    }

    /// Reads the entry at a place into `room`, whose content it replaces.
    pub fn read(&self, place: u64, room: &mut Vec<u8>) -> Result<(), StoreError> {
        room.clear();
        let (chunk, at) = (place & !(CHUNK as u64 - 1), place & (CHUNK as u64 - 1));
        let found = {
            let state = self.look();
            let frame = state.frames.get(&chunk).map(Arc::clone);
            frame.zip(state.files.get(&segment_of(place)).map(Arc::clone))
        };
        let read = match found {
            Some((frame, file)) => frame.read(&file, at as usize, room),
            None => self.old.read(place, room),
        };
        read.map_err(|error| self.segments.failed(&error))
    }

    /// Deletes the segments that lie before a place as a whole.
    pub fn forget(&self, before: u64) -> Result<(), StoreError> {
        let segment = segment_of(before);
        let gone = {
            let mut state = self.change();
            let files = state.files.split_off(&segment);
            state.frames = state.frames.split_off(&begin_of(segment));
            std::mem::replace(&mut state.files, files)
        };
        self.segments
            .delete(gone.into_keys())
            .and_then(|()| self.old.forget(segment))
            .map_err(|error| self.segments.failed(&error))
    }

    fn look(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(segments: &Segments, number: u64) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(segments.path(number))
}

#[cfg(test)]
mod tests;
