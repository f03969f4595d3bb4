//! One process a data directory, and nobody else's to read: customers stand in it.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Why a folder is not ours.
#[derive(Debug)]
pub(crate) enum OwnError {
    /// It cannot be made or written.
    Unusable(io::Error),
    /// Another process has it.
    InUse,
}

/// Makes the folder of this file ours: there, writable, and locked against a second process for as long as the file stays open. What is made
/// here, the owner alone can read; a folder that is there stays as it is.
pub(crate) fn own(lock: &Path) -> Result<File, OwnError> {
    if let Some(folder) = lock.parent() {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(OwnError::Unusable)?;
    }
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(0o600).open(lock);
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
    fn what_is_made_is_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let lock = dir.path().join("new/folder/a.lock");
        own(&lock).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&lock), 0o600);
        assert_eq!(mode(lock.parent().unwrap()), 0o700);
        assert_eq!(mode(&dir.path().join("new")), 0o700);
    }

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
