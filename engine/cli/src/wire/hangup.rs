//! Tells the engine of a data directory to read its configuration anew.

use crate::failure::{Failure, Fault};
use cartwheel_runtime::engine::LOCK;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// Sends SIGHUP to the engine that has the directory.
///
/// # Errors
/// [`Failure::Unavailable`] if none has it, or it cannot be told from here.
pub fn engine(data_dir: &Path) -> Result<(), Failure> {
    let lock = data_dir.join(LOCK);
    let none = |why: String| {
        let message = format!("no engine is told: {why}");
        let help = "call this where the engine runs, with its flags (such as --set data_dir=...); or send SIGHUP to it yourself, and name --wait-only";
        Failure::Unavailable(Fault::new(message, Some(help.into())))
    };
    let shown = lock.display();
    let id = holder(&lock).map_err(|error| none(format!("{shown}: {error}")))?;
    let id = id.ok_or_else(|| none(format!("nobody has locked {shown}")))?;
    if !is_one_of_ours(id) {
        let id = id.as_raw_nonzero();
        return Err(none(format!("{shown} names process {id}, which is another program here")));
    }
    kill_process(id, Signal::HUP)
        .map_err(|error| none(format!("process {}: {error}", id.as_raw_nonzero())))
}

/// The process that has locked the file; none if nobody has.
fn holder(lock: &Path) -> io::Result<Option<Pid>> {
    match File::open(lock)?.try_lock_shared() {
        Ok(()) => return Ok(None),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let text = std::fs::read_to_string(lock)?;
    let unsigned = || io::Error::other("it does not say which process has it");
    // A negative number would be a group of processes.
    let id = text.trim().parse::<u32>().ok().and_then(|id| i32::try_from(id).ok());
    id.and_then(Pid::from_raw).map(Some).ok_or_else(unsigned)
}

/// Whether the process runs the program that this one is. In another container the same number may be anything; where the system does not tell, it is believed.
fn is_one_of_ours(id: Pid) -> bool {
    let program = |of: &str| std::fs::read_to_string(format!("/proc/{of}/comm")).ok();
    let own = program("self");
    own.is_none() || program(&id.as_raw_nonzero().to_string()) == own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_locked_the_file_is_told_and_nobody_else() {
        let dir = tempfile::tempdir().unwrap();
        let said = |failure: Failure| failure.faults()[0].message.clone();
        assert!(said(engine(dir.path()).unwrap_err()).contains("engine.lock"));
        let lock = dir.path().join(LOCK);
        std::fs::write(&lock, "1\n").unwrap();
        assert!(said(engine(dir.path()).unwrap_err()).contains("nobody has locked"));
        let file = File::open(&lock).unwrap();
        file.lock().unwrap();
        // Whatever process 1 is, it does not run this test.
        assert!(said(engine(dir.path()).unwrap_err()).contains("another program"));
        std::fs::write(&lock, "?").unwrap();
        assert!(said(engine(dir.path()).unwrap_err()).contains("does not say which process"));
    }
}
