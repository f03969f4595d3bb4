//! Counted instructions of decoding and of a turn, under callgrind: `cargo bench -p cartwheel-benches --features instructions --bench instructions`.

#![allow(
    missing_docs,
    unused_qualifications,
    reason = "the macros make public items and full paths"
)]

use cartwheel_benches::{BATCH, plan};
use cartwheel_core::event::{Record, decode};
use cartwheel_core::policy::Policy;
use cartwheel_loadtest::alone::Input;
use cartwheel_shard::checkpoint::memory::MemoryStore;
use cartwheel_shard::{Lone, Settings};
use cartwheel_workload::Options;
use gungraun::prelude::*;
use std::hint::black_box;

fn input() -> Input {
    // A slow shop, so that timers fire within the batches.
    Input::make(
        &Options { events: 3 * BATCH as u64, customers: 5_000, rate: 1, ..Options::default() },
        0,
        1,
    )
    .expect("valid options")
}

fn records(input: &Input, from: usize) -> Vec<Record<'_>> {
    (from..from + BATCH).map(|place| input.record(place)).collect()
}

#[library_benchmark]
#[bench::batch(input(), Policy::default())]
fn decode_batch(input: Input, policy: Policy) -> (Input, usize) {
    let decoded = records(&input, 0)
        .iter()
        .filter(|record| decode(black_box(record.value), record.time, &policy).is_ok())
        .count();
    (input, decoded)
}

/// A shard that has seen all but the last batch.
fn warm() -> (Lone<MemoryStore>, Input) {
    let input = input();
    let mut lone = Lone::open(&plan(), Settings::without_clock(), MemoryStore::default())
        .expect("a shard opens");
    for from in [0, BATCH] {
        lone.apply(&records(&input, from)).expect("a turn");
    }
    (lone, input)
}

#[library_benchmark]
#[bench::batch(warm())]
fn turn_batch((mut lone, input): (Lone<MemoryStore>, Input)) -> (Lone<MemoryStore>, Input) {
    lone.apply(black_box(&records(&input, 2 * BATCH))).expect("a turn");
    (lone, input)
}

library_benchmark_group!(name = counted, benchmarks = [decode_batch, turn_batch]);
main!(library_benchmark_groups = counted);
