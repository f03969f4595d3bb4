//! A process of ours: started with a log, watched, stopped with SIGTERM.

use crate::Error;
use crate::process::Process;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to stop.
const STOP: Duration = Duration::from_secs(120);

/// See the module. Killed on drop, and when the thread that started it ends.
#[derive(Debug)]
pub struct Running {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Running {
    /// Starts `command`, called `name` in errors; all that it writes goes to `log`. Variables of the environment that would change the
    /// configuration of an engine are removed.
    pub fn start(mut command: Command, name: &str, log: &Path) -> Result<Self, Error> {
        let output = File::create(log).map_err(Error::io(log.display().to_string()))?;
        let errors = output.try_clone().map_err(Error::io(log.display().to_string()))?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARTWHEEL_"))
        {
            command.env_remove(name);
        }
        // SAFETY: between fork and exec one async-signal-safe system call is made, on plain numbers.
        unsafe { command.pre_exec(die_with_parent) };
        let child = command.spawn().map_err(Error::io(name))?;
        Ok(Self { child, name: name.to_owned(), log: log.to_owned() })
    }

    /// What it uses is read here.
    pub fn process(&self) -> Process {
        Process::Id(self.child.id())
    }

    /// An error if it has ended.
    pub fn check_alive(&mut self) -> Result<(), Error> {
        match self.child.try_wait().map_err(Error::io("waiting for a process"))? {
            None => Ok(()),
            Some(status) => Err(self.failed(&format!("ended with {status}"))),
        }
    }

    /// An error that says what it did, with the end of its log.
    pub fn failed(&self, did: &str) -> Error {
        Error::child(format!("{} {did}", self.name), &self.log)
    }

    /// Where its log is.
    pub fn log_path(&self) -> PathBuf {
        self.log.clone()
    }

    /// Its log so far.
    pub fn log(&self) -> Result<String, Error> {
        std::fs::read_to_string(&self.log).map_err(Error::io(self.log.display().to_string()))
    }

    /// Asks it to stop and waits. Returns how it ended, and the bytes that it wrote to storage in its whole life.
    pub fn stop(mut self) -> Result<(ExitStatus, u64), Error> {
        // SAFETY: a system call on plain numbers; the child has not been waited for, so its id is still its own.
        unsafe { libc::kill(self.child.id() as libc::pid_t, libc::SIGTERM) };
        let deadline = Instant::now() + STOP;
        let mut written = 0;
        loop {
            // The file is gone with the process; the last look before that counts.
            written = self.process().written().unwrap_or(written).max(written);
            match self.child.try_wait().map_err(Error::io("waiting for a process"))? {
                Some(status) => return Ok((status, written)),
                None if Instant::now() > deadline => return Err(self.failed("does not stop")),
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only for a child that has ended and been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// In the child: SIGTERM when the thread that started it ends, so that none outlives a driver that was killed.
fn die_with_parent() -> std::io::Result<()> {
    // SAFETY: prctl takes plain numbers.
    match unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}
