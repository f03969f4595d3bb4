//! The engine as a process: started, watched until it has caught up, stopped with SIGTERM.

use crate::Error;
use crate::overview::{Overview, ask};
use crate::process::Process;
use crate::setup::Setup;
use cartwheel_core::time::Millis;
use indicatif::ProgressBar;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Between two looks at the process.
const LOOK: Duration = Duration::from_millis(10);
/// Looks between two questions to the admin listener.
const QUESTION: u32 = 5;
/// An engine that applies nothing for so long stands still. Generous: it includes start and take-over.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long the engine may take to stop.
const STOP: Duration = Duration::from_secs(120);

/// A running engine. Killed on drop, and when the thread that started it ends.
#[derive(Debug)]
pub struct Engine {
    child: Child,
    log: PathBuf,
    samples: Samples,
}

/// CPU seconds of a process over time: wall time, epoch milliseconds, and CPU seconds so far.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<(Millis, f64)>);

impl Samples {
    /// CPU seconds between two wall times: of the samples nearest before and after.
    pub fn cpu_between(&self, from: Millis, until: Millis) -> f64 {
        let before = self.0.iter().rev().find(|(at, _)| *at <= from).or(self.0.first());
        let after = self.0.iter().find(|(at, _)| *at >= until).or(self.0.last());
        before.zip(after).map_or(0.0, |((_, before), (_, after))| after - before)
    }
}

/// What was seen when the engine had caught up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CaughtUp {
    /// Wall time, epoch milliseconds; at most some 300 ms late, since the engine publishes its figures a few times a second.
    pub at: Millis,
    /// Greatest resident memory, bytes.
    pub peak_rss: u64,
    /// Records not yet applied.
    pub lag: u64,
}

/// Wall time, epoch milliseconds.
pub fn wall() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}

/// The engine's binary: the one given, or `cartwheel` beside this one.
pub fn binary(given: Option<&Path>) -> Result<PathBuf, Error> {
    let path = match given {
        Some(path) => path.to_owned(),
        None => {
            std::env::current_exe().map_err(Error::io("this binary"))?.with_file_name("cartwheel")
        }
    };
    if path.is_file() {
        return Ok(path);
    }
    Err(Error::Config(format!(
        "there is no engine at {}: build it (cargo build --release -p cartwheel) or name it with --engine",
        path.display()
    )))
}

impl Engine {
    /// Starts `cartwheel run` under the setup; its log goes to `log`. Variables of the environment that would change its
    /// configuration are removed.
    pub fn start(binary: &Path, setup: &Setup, log: &Path) -> Result<Self, Error> {
        let output = File::create(log).map_err(Error::io(log.display().to_string()))?;
        let errors = output.try_clone().map_err(Error::io(log.display().to_string()))?;
        let mut command = Command::new(binary);
        command
            .arg("--config-dir")
            .arg(&setup.dir)
            .arg("run")
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors);
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARTWHEEL_"))
        {
            command.env_remove(name);
        }
        // SAFETY: between fork and exec one async-signal-safe system call is made, on plain numbers.
        unsafe { command.pre_exec(die_with_parent) };
        let child = command.spawn().map_err(Error::io(binary.display().to_string()))?;
        Ok(Self { child, log: log.to_owned(), samples: Samples::default() })
    }

    fn process(&self) -> Process {
        Process::Id(self.child.id())
    }

    /// Waits until every partition (its first and its end offset) has been applied and read back.
    pub fn wait(
        &mut self,
        setup: &Setup,
        ends: &[(i64, i64)],
        bar: &ProgressBar,
    ) -> Result<CaughtUp, Error> {
        let (mut applied, mut moved) = (0, Instant::now());
        for look in 0u32.. {
            self.check_alive()?;
            self.samples.0.push((wall(), self.process().cpu_seconds()?));
            if look.is_multiple_of(QUESTION)
                && let Ok(overview) = ask(setup.admin)
            {
                if overview.applied(ends) > applied {
                    (applied, moved) = (overview.applied(ends), Instant::now());
                    bar.set_position(applied);
                }
                if overview.caught_up(ends) {
                    break;
                }
                self.check_shards(&overview)?;
            }
            if moved.elapsed() > PATIENCE {
                return Err(Error::child(
                    format!("the engine stands still at {applied} events"),
                    &self.log,
                ));
            }
            std::thread::sleep(LOOK);
        }
        bar.finish_and_clear();
        let all: i64 = ends.iter().map(|(begin, end)| end - begin).sum();
        let lag = u64::try_from(all).unwrap_or(0).saturating_sub(applied);
        Ok(CaughtUp { at: wall(), peak_rss: self.process().peak_rss()?, lag })
    }

    fn check_alive(&mut self) -> Result<(), Error> {
        match self.child.try_wait().map_err(Error::io("waiting for the engine"))? {
            None => Ok(()),
            Some(status) => Err(Error::child(format!("the engine ended with {status}"), &self.log)),
        }
    }

    fn check_shards(&self, overview: &Overview) -> Result<(), Error> {
        match overview.shards.iter().find(|shard| shard.state == "quarantined") {
            Some(shard) => {
                Err(Error::child(format!("shard {} is quarantined", shard.shard), &self.log))
            }
            None => Ok(()),
        }
    }

    /// Its CPU seconds over time, so far.
    pub fn samples(&self) -> Samples {
        self.samples.clone()
    }

    /// Asks it to stop and waits. Returns the bytes that it wrote to storage in its whole life, its last checkpoint included.
    pub fn stop(mut self) -> Result<u64, Error> {
        // SAFETY: a system call on plain numbers; the child has not been waited for, so its id is still its own.
        unsafe { libc::kill(self.child.id() as libc::pid_t, libc::SIGTERM) };
        let deadline = Instant::now() + STOP;
        let mut written = 0;
        loop {
            // The file is gone with the process; the last look before that counts.
            written = self.process().written().unwrap_or(written).max(written);
            match self.child.try_wait().map_err(Error::io("waiting for the engine"))? {
                Some(status) => return self.ended(status).map(|()| written),
                None if Instant::now() > deadline => {
                    return Err(Error::child("the engine does not stop", &self.log));
                }
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }

    fn ended(&self, status: ExitStatus) -> Result<(), Error> {
        if status.success() {
            return Ok(());
        }
        Err(Error::child(format!("the engine ended with {status} after SIGTERM"), &self.log))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Both fail only for a child that has ended and been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// In the child: SIGTERM when the thread that started it ends, so that no engine outlives a driver that was killed.
fn die_with_parent() -> std::io::Result<()> {
    // SAFETY: prctl takes plain numbers.
    match unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_is_taken_from_the_samples_around() {
        let samples = Samples(vec![(100, 0.5), (110, 0.6), (120, 0.8), (130, 0.9)]);
        assert!((samples.cpu_between(115, 119) - 0.2).abs() < 1e-9);
        assert!((samples.cpu_between(0, 500) - 0.4).abs() < 1e-9);
        assert_eq!(Samples::default().cpu_between(0, 1), 0.0);
    }

    #[test]
    fn a_missing_engine_is_named() {
        assert!(
            binary(Some(Path::new("/nowhere/cartwheel")))
                .unwrap_err()
                .to_string()
                .contains("/nowhere/cartwheel")
        );
    }
}
