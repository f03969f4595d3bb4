//! The files of a log: segments in a folder of their own, named by their numbers.

use super::StoreError;
use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// See the module.
#[derive(Clone)]
pub struct Segments {
    folder: PathBuf,
    /// Hexadecimal digits of a number in a name, and what stands behind them.
    digits: usize,
    suffix: &'static str,
}

impl Segments {
    /// In this folder, which is made if need be.
    pub fn open(folder: &Path, digits: usize, suffix: &'static str) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        Ok(Self { folder: folder.to_owned(), digits, suffix })
    }

    /// The numbers of those that there are, in order.
    pub fn numbers(&self) -> io::Result<Vec<u64>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(self.suffix));
            found.extend(number.and_then(|number| u64::from_str_radix(number, 16).ok()));
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Where the segment of this number is.
    pub fn path(&self, number: u64) -> PathBuf {
        let (digits, suffix) = (self.digits, self.suffix);
        self.folder.join(format!("{number:0digits$x}{suffix}"))
    }

    /// Makes the names of new files durable.
    pub fn sync(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }

    /// Deletes these. One that somebody else has deleted is gone as well.
    pub fn delete(&self, numbers: impl IntoIterator<Item = u64>) -> io::Result<()> {
        numbers.into_iter().try_for_each(|number| removed(&self.path(number)).map(drop))
    }

    /// A failure of one of them.
    pub fn failed(&self, error: &io::Error) -> StoreError {
        StoreError::failed(&self.folder, error)
    }
}

/// Removes a file; whether there was one.
pub fn removed(path: &Path) -> io::Result<bool> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
