//! The files of documents up to version 8 of the store: every entry stands in its segment's file at its place, as it is. Nothing is added to them.

use super::super::segments::Segments;
use cartwheel_core::customer::{DocumentEntry, begin_of, segment_of};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

/// Read at once of an entry: longer ones are read again.
const MOST: usize = 1_024;

/// See the module. Clones are handles of the same files.
#[derive(Clone)]
pub struct OldDocuments {
    segments: Segments,
    files: Arc<RwLock<BTreeMap<u64, Arc<File>>>>,
}

impl OldDocuments {
    /// Those in this folder.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let segments = Segments::open(folder, 8, ".documents")?;
        let open = |number| Ok((number, Arc::new(File::open(segments.path(number))?)));
        let files = segments.numbers()?.into_iter().map(open).collect::<io::Result<_>>()?;
        Ok(Self { segments, files: Arc::new(RwLock::new(files)) })
    }

    /// Whether there is a file of this segment.
    pub fn has(&self, segment: u64) -> bool {
        self.known(segment).is_some()
    }

    fn known(&self, segment: u64) -> Option<Arc<File>> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        files.get(&segment).map(Arc::clone)
    }

    /// Reads the entry at a place into `room`, whose content it replaces.
    pub fn read(&self, place: u64, room: &mut Vec<u8>) -> io::Result<()> {
        let segment = segment_of(place);
        let file = self.known(segment).ok_or_else(|| {
            io::Error::new(
                ErrorKind::NotFound,
                format!("segment {segment:x} has no {place:#x}, or is gone"),
            )
        })?;
        let at = place - begin_of(segment);
        read_some(&file, at, MOST, room)?;
        match DocumentEntry::length(room) {
            Some(length) if length > MOST => read_some(&file, at, length, room),
            Some(_) | None => Ok(()),
        }
    }

    /// Deletes those of earlier segments.
    pub fn forget(&self, before: u64) -> io::Result<()> {
        let gone = {
            let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
            let kept = files.split_off(&before);
            std::mem::replace(&mut *files, kept)
        };
        self.segments.delete(gone.into_keys())
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
