//! `loadtest peers`: one job, several engines, one topic of a real broker, in turn.
//!
//! In order: [`build`](self) makes the peers (benches/peers) with Maven; [`stage`](self) starts a broker, writes the events and asks the
//! reference model what must be sent; then, round after round, each system does the job in a process of its own that is measured from
//! outside, and what it has sent is compared message by message. benches/METHOD.md says what is equal between them.

mod build;
mod cartwheel;
#[cfg(test)]
mod disorder;
mod figures;
pub mod flags;
mod heap;
mod messages;
mod peer;
mod stage;
mod system;
mod table;
mod watch;

pub use figures::{Figures, median};
pub use system::System;
pub use table::Comparison;

use crate::Error;
use crate::folder::in_folder;
use flags::{Peers, SmallestHeap};
use stage::Stage;

/// Does it all. A difference from the reference is not returned but stands in the comparison.
pub fn run(flags: &Peers) -> Result<Comparison, Error> {
    in_folder("peers", flags.common.keep, |work| {
        let mut stage = Stage::set(&flags.common, work)?;
        let mut runs = Vec::new();
        for round in 1..=flags.pairs {
            eprintln!("round {round} of {}", flags.pairs);
            for &system in &flags.systems {
                runs.push(stage.run(system, flags.heap_of(system))?);
            }
        }
        let heap = |system: System| system.peer().map(|_| flags.heap_of(system).to_owned());
        let comparison = Comparison {
            command: crate::report::command(),
            processors: crate::report::processors(),
            optimised: !cfg!(debug_assertions),
            messages: stage.expected.count(),
            systems: flags.systems.iter().map(|&system| (system, heap(system))).collect(),
            runs,
        };
        match (&flags.write, comparison.difference()) {
            (Some(path), None) => comparison.write(path)?,
            (Some(path), Some(_)) => eprintln!("{} stays as it is", path.display()),
            (None, _) => {}
        }
        Ok(comparison)
    })
}

/// The smallest heap of a peer, as a sentence.
pub fn smallest_heap(flags: &SmallestHeap) -> Result<String, Error> {
    in_folder("peers", flags.common.keep, |work| {
        let mut stage = Stage::set(&flags.common, work)?;
        let size = heap::smallest(&mut stage, flags.system)?;
        Ok(format!("--heap {}={size}m", flags.system))
    })
}
