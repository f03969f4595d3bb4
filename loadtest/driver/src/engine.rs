//! The engine as a process: started, watched until it has caught up, stopped with SIGTERM.

use crate::Error;
use crate::overview::{Overview, ask};
use crate::process::Process;
use crate::running::Running;
use crate::setup::Setup;
use cartwheel_core::time::Millis;
use indicatif::ProgressBar;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Between two looks at the process.
const LOOK: Duration = Duration::from_millis(10);
/// Looks between two questions to the admin listener.
const QUESTION: u32 = 5;
/// An engine that applies nothing for so long stands still. Generous: it includes start and take-over.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running engine. Killed on drop, and when the thread that started it ends.
#[derive(Debug)]
pub struct Engine {
    running: Running,
    samples: Samples,
}

/// CPU seconds of a process over time: wall time, epoch milliseconds, and CPU seconds so far.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<(Millis, f64)>);

impl Samples {
    /// One sample more.
    pub fn push(&mut self, at: Millis, cpu_seconds: f64) {
        self.0.push((at, cpu_seconds));
    }

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
    /// Starts `cartwheel run` under the setup; its log goes to `log`.
    pub fn start(binary: &Path, setup: &Setup, log: &Path) -> Result<Self, Error> {
        let mut command = Command::new(binary);
        command.arg("--config-dir").arg(&setup.dir).arg("run");
        let running = Running::start(command, "the engine", log)?;
        Ok(Self { running, samples: Samples::default() })
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
            self.running.check_alive()?;
            self.samples.push(wall(), self.running.process().cpu_seconds()?);
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
                return Err(self.running.failed(&format!("stands still at {applied} events")));
            }
            std::thread::sleep(LOOK);
        }
        bar.finish_and_clear();
        let all: i64 = ends.iter().map(|(begin, end)| end - begin).sum();
        let lag = u64::try_from(all).unwrap_or(0).saturating_sub(applied);
        Ok(CaughtUp { at: wall(), peak_rss: self.running.process().peak_rss()?, lag })
    }

    /// An error if it has ended, or a shard is in quarantine.
    pub fn check(&mut self, overview: &Overview) -> Result<(), Error> {
        self.running.check_alive()?;
        self.check_shards(overview)
    }

    fn check_shards(&self, overview: &Overview) -> Result<(), Error> {
        match overview.shards.iter().find(|shard| shard.state == "quarantined") {
            Some(shard) => {
                Err(self.running.failed(&format!("has put shard {} into quarantine", shard.shard)))
            }
            None => Ok(()),
        }
    }

    /// An error if it has ended.
    pub fn check_alive(&mut self) -> Result<(), Error> {
        self.running.check_alive()
    }

    /// What it uses is read here.
    pub fn process(&self) -> Process {
        self.running.process()
    }

    /// Its CPU seconds over time, so far.
    pub fn samples(&self) -> Samples {
        self.samples.clone()
    }

    /// Asks it to stop and waits. Returns the bytes that it wrote to storage in its whole life, its last checkpoint included.
    pub fn stop(self) -> Result<u64, Error> {
        let Self { running, .. } = self;
        let log = running.log_path();
        let (status, written) = running.stop()?;
        if status.success() {
            return Ok(written);
        }
        Err(Error::child(format!("the engine ended with {status} after SIGTERM"), &log))
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
