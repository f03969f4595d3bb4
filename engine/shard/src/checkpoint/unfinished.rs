//! The file of the checkpoint that is being written. A store finds it by its name alone, so that nothing is left of one that was not finished:
//! not when it failed, and not when the process ended meanwhile.

use super::segments::removed;
use std::io;
use std::path::{Path, PathBuf};

/// RocksDB passes over names that are not its own.
const NAME: &str = "next-checkpoint";

/// A file that is being written. Dropping it removes its name: of what the store has taken over that is a second one, of all else the last.
#[derive(Debug)]
pub(crate) struct Unfinished(PathBuf);

impl Unfinished {
    /// A name for the next checkpoint in the store's folder, with nothing behind it. What a crash left there may be a second name of a file that
    /// the store has taken over: to write into it would destroy that.
    pub fn begin(folder: &Path) -> io::Result<Self> {
        remove(folder)?;
        Ok(Self(folder.join(NAME)))
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // What cannot be removed now is removed before the next one.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Removes what an unfinished checkpoint has left in the store's folder, which nobody may have open; whether there was something.
pub(crate) fn remove(folder: &Path) -> io::Result<bool> {
    removed(&folder.join(NAME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{hard_link, read, write};
    use std::io::ErrorKind;

    /// What stands in the folder, by name.
    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn nothing_is_left_of_a_checkpoint_that_failed() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path().join("000007.sst"), "the store's").unwrap();
        let fails = || -> io::Result<()> {
            let next = Unfinished::begin(folder.path())?;
            write(next.path(), "half of a check")?;
            assert_eq!(names(folder.path()).len(), 2);
            Err(io::Error::from(ErrorKind::StorageFull))
        };
        assert_eq!(fails().unwrap_err().kind(), ErrorKind::StorageFull);
        assert_eq!(names(folder.path()), ["000007.sst"]);
    }

    #[test]
    fn what_the_store_has_taken_over_stays() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("000008.sst");
        let next = Unfinished::begin(folder.path()).unwrap();
        write(next.path(), "a checkpoint").unwrap();
        hard_link(next.path(), &taken).unwrap();
        drop(next);
        assert_eq!(
            (names(folder.path()), read(&taken).unwrap()),
            (vec!["000008.sst".into()], b"a checkpoint".to_vec())
        );
    }

    #[test]
    fn what_a_crash_left_goes_before_the_next_one_and_is_not_written_into() {
        let folder = tempfile::tempdir().unwrap();
        let (left, taken) = (folder.path().join(NAME), folder.path().join("000008.sst"));
        let crash = || {
            write(&taken, "a checkpoint").unwrap();
            hard_link(&taken, &left).unwrap();
        };
        crash();
        assert!(remove(folder.path()).unwrap() && !remove(folder.path()).unwrap());
        crash();
        let next = Unfinished::begin(folder.path()).unwrap();
        write(next.path(), "the next").unwrap();
        assert_eq!(read(&taken).unwrap(), b"a checkpoint");
    }

    #[test]
    fn what_cannot_be_removed_is_said() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(NAME)).unwrap();
        assert!(remove(folder.path()).is_err() && Unfinished::begin(folder.path()).is_err());
    }
}
