//! What each part of the work may cost, in instructions: `cargo bench -p cartwheel-counted` fails where one costs a twentieth more. Counts do not move with the machine's speed;
//! another compiler, or a processor with other instructions for copying, moves them by less than that.
//!
//! Who makes a part cheaper lowers its number here; who makes it dearer says why in the commit that raises it.

#![allow(
    missing_docs,
    unused_qualifications,
    reason = "the macros make public items and full paths"
)]

use cartwheel_counted::Warm;
use gungraun::prelude::*;
use gungraun::{Callgrind, EventKind};
use std::hint::black_box;

/// As the engine's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Up to a twentieth above this.
fn at_most(instructions: u64) -> LibraryBenchmarkConfig {
    let mut config = LibraryBenchmarkConfig::default();
    let limit = instructions + instructions / 20;
    // Without its model of caches, which takes half of its time.
    config.tool(Callgrind::with_args(["cache-sim=no"]).hard_limits([(EventKind::Ir, limit)]));
    config
}

#[library_benchmark]
#[bench::peers(args = (Warm::new("peers")), config = at_most(32_200_000))]
fn decode(mut warm: Warm) -> Warm {
    black_box(warm.measured_decode());
    warm
}

#[library_benchmark]
#[bench::few_messages(args = (Warm::new("config")), config = at_most(140_700_000))]
#[bench::peers(args = (Warm::new("peers")), config = at_most(146_100_000))]
fn turns(mut warm: Warm) -> Warm {
    warm.measured_turns();
    warm
}

#[library_benchmark]
#[bench::peers(args = (Warm::behind("peers")), config = at_most(59_300_000))]
fn fire(mut warm: Warm) -> Warm {
    warm.measured_fire();
    warm
}

#[library_benchmark]
#[bench::peers(args = (Warm::behind("peers")), config = at_most(35_900_000))]
fn checkpoint(mut warm: Warm) -> Warm {
    warm.measured_checkpoint();
    warm
}

library_benchmark_group!(name = guard, benchmarks = [decode, turns, fire, checkpoint]);
main!(library_benchmark_groups = guard);
