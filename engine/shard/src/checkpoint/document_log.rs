//! The files of the log of documents: segments of 256 MiB, named by their numbers, in which every entry stands at its place for good
//! (`cartwheel_core::customer::Journal`). Nobody writes them again: a checkpoint adds what is new, and deletes segments in which nothing is
//! wanted any more. Between what two checkpoints add there may be a hole, which takes no room on disk.
//!
//! A checkpoint makes what it adds durable before the store names its end. What stands behind the end is of a checkpoint that did not come to be: the next
//! one writes over it.

use super::StoreError;
use super::segments::Segments;
use cartwheel_core::customer::{DocumentEntry, begin_of, segment_of};
use std::collections::{BTreeMap, btree_map};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

/// Read at once of an entry: longer ones are read again.
const MOST: usize = 1_024;

/// See the module. Clones are handles of the same log: one reads while another adds.
#[derive(Clone)]
pub struct DocumentLog {
    segments: Segments,
    files: Arc<RwLock<BTreeMap<u64, Arc<File>>>>,
}

impl DocumentLog {
    /// The log in this folder, which is made if need be.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let open = || -> io::Result<Self> {
            let log =
                Self { segments: Segments::open(folder, 8, ".documents")?, files: Arc::default() };
            log.segments
                .numbers()?
                .into_iter()
                .try_for_each(|number| log.file(number).map(drop))?;
            Ok(log)
        };
        open().map_err(|error| StoreError::failed(folder, &error))
    }

    /// A segment's file, which is made if need be.
    fn file(&self, segment: u64) -> io::Result<Arc<File>> {
        if let Some(file) = self.known(segment) {
            return Ok(file);
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = Arc::new(options.open(self.segments.path(segment))?);
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        match files.entry(segment) {
            btree_map::Entry::Occupied(there) => Ok(Arc::clone(there.get())),
            btree_map::Entry::Vacant(place) => Ok(Arc::clone(place.insert(file))),
        }
    }

    fn known(&self, segment: u64) -> Option<Arc<File>> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        files.get(&segment).map(Arc::clone)
    }

    /// Adds pieces, each of which stands at its place and within a segment, and makes them durable. Returns how many bytes.
    pub fn add<'p>(
        &self,
        pieces: impl Iterator<Item = (u64, &'p [u8])>,
    ) -> Result<u64, StoreError> {
        let add = || -> io::Result<u64> {
            let (mut bytes, mut written) = (0, BTreeMap::new());
            for (place, piece) in pieces {
                let segment = segment_of(place);
                let file = self.file(segment)?;
                file.write_all_at(piece, place - begin_of(segment))?;
                bytes += piece.len() as u64;
                written.insert(segment, file);
            }
            written.values().try_for_each(|file| file.sync_data())?;
            if !written.is_empty() {
                self.segments.sync()?;
            }
            Ok(bytes)
        };
        add().map_err(|error| self.segments.failed(&error))
    }

    /// Reads the entry at a place into `room`, whose content it replaces.
    pub fn read(&self, place: u64, room: &mut Vec<u8>) -> Result<(), StoreError> {
        let segment = segment_of(place);
        let file = self.known(segment).ok_or_else(|| {
            self.segments.failed(&io::Error::new(
                ErrorKind::NotFound,
                format!("segment {segment:x} is gone"),
            ))
        })?;
        let at = place - begin_of(segment);
        read_some(&file, at, MOST, room).map_err(|error| self.segments.failed(&error))?;
        match DocumentEntry::length(room) {
            Some(length) if length > MOST => {
                read_some(&file, at, length, room).map_err(|error| self.segments.failed(&error))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Deletes the segments that lie before a place as a whole.
    pub fn forget(&self, before: u64) -> Result<(), StoreError> {
        let gone = {
            let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
            let kept = files.split_off(&segment_of(before));
            std::mem::replace(&mut *files, kept)
        };
        self.segments.delete(gone.into_keys()).map_err(|error| self.segments.failed(&error))
    }
}

/// Up to so many bytes; fewer at the end of the file.
fn read_some(file: &File, at: u64, bytes: usize, room: &mut Vec<u8>) -> io::Result<()> {
    room.resize(bytes, 0);
    let mut have = 0;
    while have < bytes {
        match file.read_at(&mut room[have..], at + have as u64) {
            Ok(0) => break,
            Ok(more) => have += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    room.truncate(have);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_core::customer::{Chain, Document, Journal};

    fn read(log: &DocumentLog, place: u64) -> Option<Vec<u8>> {
        let mut room = Vec::new();
        log.read(place, &mut room).ok()?;
        DocumentEntry::read(&room).map(|entry| entry.content.to_vec())
    }

    #[test]
    fn entries_are_read_at_their_places_until_their_segment_is_let_go() {
        let folder = tempfile::tempdir().unwrap();
        let log = DocumentLog::open(folder.path()).unwrap();
        let (mut journal, mut places) = (Journal::default(), Vec::new());
        // Around the end of the first segment.
        journal.go_on(begin_of(1) - (2 << 20));
        for number in 0..40_usize {
            let mut chain = Chain::default();
            let content = vec![number as u8; number * number * 100];
            journal.append(&mut chain, Document::Cart, &content);
            places.push((chain.newest(journal.end()).unwrap(), content));
            if number % 7 == 0 {
                let taken = journal.take();
                assert!(log.add(taken.pieces()).unwrap() > 0);
            }
        }
        log.add(journal.pieces()).unwrap();
        assert!(segment_of(places[0].0) == 0 && segment_of(places[39].0) == 1);
        for log in [&log, &DocumentLog::open(folder.path()).unwrap()] {
            for (place, content) in &places {
                assert_eq!(read(log, *place).as_ref(), Some(content));
            }
        }
        log.forget(begin_of(1)).unwrap();
        for log in [&log, &DocumentLog::open(folder.path()).unwrap()] {
            for (place, content) in &places {
                let expected = (segment_of(*place) == 1).then_some(content);
                assert_eq!(read(log, *place).as_ref(), expected);
            }
        }
        assert_eq!(read(&log, begin_of(1) + (200 << 20)), None);
    }

    #[test]
    fn what_a_checkpoint_that_did_not_come_to_be_has_added_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let log = DocumentLog::open(folder.path()).unwrap();
        let entry = |content: &[u8]| {
            let (mut journal, mut chain) = (Journal::default(), Chain::default());
            journal.append(&mut chain, Document::Cart, content);
            log.add(journal.pieces()).unwrap();
            chain.newest(journal.end()).unwrap()
        };
        let lost = entry(&[7; 5_000]);
        let place = entry(b"{}");
        assert_eq!((lost, read(&log, place).as_deref()), (place, Some(&b"{}"[..])));
    }
}
