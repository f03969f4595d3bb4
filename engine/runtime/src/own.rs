//! One process a data directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// Why a folder is not ours.
#[derive(Debug)]
pub(crate) enum OwnError {
    /// It cannot be made or written.
    Unusable(io::Error),
    /// Another process has it.
    InUse,
}

/// Makes the folder of this file ours: there, writable, and locked against a second process for as long as the file stays open.
pub(crate) fn own(lock: &Path) -> Result<File, OwnError> {
    if let Some(folder) = lock.parent() {
        std::fs::create_dir_all(folder).map_err(OwnError::Unusable)?;
    }
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(lock);
    let file = file.map_err(OwnError::Unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OwnError::InUse),
        Err(TryLockError::Error(error)) => Err(OwnError::Unusable(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_owner_and_a_file_in_its_way_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let lock = dir.path().join("new/folder/a.lock");
        let owned = own(&lock).unwrap();
        assert!(matches!(own(&lock), Err(OwnError::InUse)));
        drop(owned);
        assert!(own(&lock).is_ok());
        assert!(matches!(own(&lock.join("b.lock")), Err(OwnError::Unusable(_))));
    }
}
