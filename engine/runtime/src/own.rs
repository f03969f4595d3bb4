//! One process a data directory, and its name; and nobody else's to read: customers stand in it.

use cartwheel_kafka::KafkaConfig;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
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
/// here, the owner alone can read; a folder that is there stays as it is. The file says which process that is.
pub(crate) fn own(lock: &Path) -> Result<File, OwnError> {
    if let Some(folder) = lock.parent() {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(OwnError::Unusable)?;
    }
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(0o600).open(lock);
    let file = file.map_err(OwnError::Unusable)?;
    match file.try_lock() {
        Ok(()) => {
            // Without it nobody can be told by the folder alone; nothing else depends on it.
            drop(sign(&file));
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => Err(OwnError::InUse),
        Err(TryLockError::Error(error)) => Err(OwnError::Unusable(error)),
    }
}

fn sign(mut file: &File) -> io::Result<()> {
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())
}

/// Gives the configuration the name that this data directory has in consumer groups, unless it has one: random, made once. Where a static
/// member cannot leave by itself (connections protected as only librdkafka can) none is given.
pub(crate) fn name_member(kafka: &mut KafkaConfig, data_dir: &Path) -> io::Result<()> {
    if kafka.member.is_none() && kafka.connects_itself() {
        kafka.member = Some(kept_name(&data_dir.join("member"))?);
    }
    Ok(())
}

/// The name in this file; written whole or not at all, so that a crash leaves no half of one.
fn kept_name(path: &Path) -> io::Result<String> {
    match std::fs::read_to_string(path) {
        Ok(name) if !name.trim().is_empty() => return Ok(name.trim().to_owned()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| io::Error::other("no random numbers"))?;
    let name = format!("cartwheel-{}", hex::encode(random));
    let draft = path.with_extension("new");
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    writeln!(file, "{name}")?;
    std::fs::rename(&draft, path)?;
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_keeps_its_name_and_two_have_two() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let named = |dir: &Path| {
            let mut kafka = KafkaConfig::default();
            name_member(&mut kafka, dir).unwrap();
            kafka.member.unwrap()
        };
        assert_eq!(named(one.path()), named(one.path()));
        let mode = std::fs::metadata(one.path().join("member")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_ne!(named(one.path()), named(other.path()));
        std::fs::write(one.path().join("member"), "pod-7\n").unwrap();
        assert_eq!(named(one.path()), "pod-7");
    }

    #[test]
    fn a_name_that_is_given_stays_and_who_cannot_say_goodbye_has_none() {
        let dir = tempfile::tempdir().unwrap();
        let mut kafka = KafkaConfig { member: Some("pod-0".into()), ..KafkaConfig::default() };
        name_member(&mut kafka, dir.path()).unwrap();
        assert_eq!(kafka.member.as_deref(), Some("pod-0"));
        let security_protocol = cartwheel_kafka::SecurityProtocol::SaslSsl;
        for (mechanism, named) in [("SCRAM-SHA-512", true), ("GSSAPI", false)] {
            let properties = [("sasl.mechanism".to_owned(), mechanism.to_owned())].into();
            let mut kafka = KafkaConfig { security_protocol, properties, ..KafkaConfig::default() };
            name_member(&mut kafka, dir.path()).unwrap();
            assert_eq!(kafka.member.is_some(), named, "{mechanism}");
        }
    }

    #[test]
    fn what_is_made_is_for_the_owner_alone() {
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
        let id = || std::fs::read_to_string(&lock).unwrap().trim().parse::<u32>();
        assert_eq!(id(), Ok(std::process::id()));
        assert!(matches!(own(&lock), Err(OwnError::InUse)));
        drop(owned);
        assert!(own(&lock).is_ok());
        assert_eq!(id(), Ok(std::process::id()), "written anew, not behind the old one");
        assert!(matches!(own(&lock.join("b.lock")), Err(OwnError::Unusable(_))));
    }
}
