//! Engines that share the partitions of a topic: started, and waited for until they have them.

use crate::Error;
use crate::engine::Engine;
use crate::overview::{Overview, ask};
use crate::setup::Setup;
use std::path::Path;
use std::time::{Duration, Instant};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(5);
/// A hand-over that takes longer has failed: it is longer than a session of the group.
const PATIENCE: Duration = Duration::from_secs(120);

/// What all of them have in common.
pub(crate) struct Pair<'a> {
    pub(crate) binary: &'a Path,
    /// Their logs go there.
    pub(crate) work: &'a Path,
    pub(crate) partitions: i32,
}

impl Pair<'_> {
    pub(crate) fn start(&self, setup: &Setup, name: &str) -> Result<Engine, Error> {
        Engine::start(self.binary, setup, &self.work.join(format!("{name}.log")))
    }

    /// Waits until these engines together have every partition running.
    pub(crate) fn until(&self, setups: &[&Setup], what: &str) -> Result<(), Error> {
        wait(what, || setups.iter().map(|setup| running(setup)).sum::<usize>() == self.all())
    }

    /// Waits until both have some, and together they have all.
    pub(crate) fn until_shared(&self, one: &Setup, other: &Setup) -> Result<(), Error> {
        wait("both engines have partitions", || {
            let (one, other) = (running(one), running(other));
            one > 0 && other > 0 && one + other == self.all()
        })
    }

    fn all(&self) -> usize {
        usize::try_from(self.partitions).unwrap_or(0)
    }
}

/// Waits until `holds`; an error that says what was waited for, if it never does.
pub(crate) fn wait(what: &str, mut holds: impl FnMut() -> bool) -> Result<(), Error> {
    let begun = Instant::now();
    while !holds() {
        if begun.elapsed() > PATIENCE {
            return Err(Error::Config(format!("waited {PATIENCE:?} in vain until {what}")));
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}

/// Partitions that this engine decides for now.
fn running(setup: &Setup) -> usize {
    let count = |overview: Overview| {
        overview.shards.iter().filter(|shard| shard.state == "running").count()
    };
    ask(setup.admin).map_or(0, count)
}
