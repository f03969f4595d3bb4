//! Writes a shard's confirmed checkpoints and spills beside its thread: the shard goes on deciding while the disk works. One at a time.

use super::failure::Failure;
use cartwheel_shard::checkpoint::Store;
use cartwheel_shard::{Commit, Committed};
use std::thread::{Builder, JoinHandle};

/// See the module. Dropping it waits for the disk: whoever opens the store next finds it closed.
#[derive(Default)]
pub(super) struct Writer {
    under_way: Option<JoinHandle<Result<Committed, Failure>>>,
}

impl Writer {
    /// Begins to write.
    pub fn begin<S: Store>(&mut self, partition: i32, commit: Commit<S>) -> Result<(), Failure> {
        let thread = Builder::new().name(format!("checkpoint-{partition}"));
        self.under_way = Some(
            thread
                .spawn(move || Ok(commit.run()?))
                .map_err(|error| Failure::Panic(error.to_string()))?,
        );
        Ok(())
    }

    /// How the writing ended; none while it lasts and where there is nothing to write.
    pub fn ended(&mut self) -> Option<Result<Committed, Failure>> {
        let thread = self.under_way.take_if(|thread| thread.is_finished())?;
        Some(
            thread.join().unwrap_or_else(|_| {
                Err(Failure::Panic("the thread that writes a checkpoint".into()))
            }),
        )
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(thread) = self.under_way.take() {
            drop(thread.join());
        }
    }
}
