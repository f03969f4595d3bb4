//! Counted instructions of decoding, of a turn and of records of products, under callgrind: `cargo bench -p cartwheel-benches --features instructions --bench instructions`.

#![allow(
    missing_docs,
    unused_qualifications,
    reason = "the macros make public items and full paths"
)]

use cartwheel_benches::crowd::{FACTS, crowded, with_fact};
use cartwheel_benches::{BATCH, plan};
use cartwheel_core::event::{Record, decode};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_loadtest::alone::Input;
use cartwheel_shard::checkpoint::memory::MemoryStore;
use cartwheel_shard::{Lone, Settings};
use cartwheel_workload::Options;
use gungraun::prelude::*;
use std::hint::black_box;
use std::sync::Arc;
use watched::Told;

mod watched;

fn input() -> Input {
    // A slow shop, so that timers fire within the batches.
    Input::make(
        &Options { events: 3 * BATCH as u64, customers: 5_000, rate: 1, ..Options::default() },
        0,
        1,
    )
    .expect("valid options")
}

// Always the same instructions, whatever else is measured here.
#[inline(never)]
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
fn warm(plan: &Arc<Plan>) -> (Lone<MemoryStore>, Input) {
    let input = input();
    let mut lone =
        Lone::open(plan, Settings::without_clock(), MemoryStore::default()).expect("a shard opens");
    for from in [0, BATCH] {
        lone.apply(&records(&input, from)).expect("a turn");
    }
    (lone, input)
}

#[library_benchmark]
#[bench::batch(warm(&plan()))]
#[bench::crowded(warm(&crowded()))]
fn turn_batch((mut lone, input): (Lone<MemoryStore>, Input)) -> (Lone<MemoryStore>, Input) {
    lone.apply(black_box(&records(&input, 2 * BATCH))).expect("a turn");
    (lone, input)
}

// A turn of the same events that feed one fact of each kind. (The macro takes no documentation comment here.)
#[library_benchmark(setup = warm_with)]
#[bench::none("none")]
#[bench::count("count")]
#[bench::count_over("count_over")]
#[bench::count_by("count_by")]
#[bench::sum("sum")]
#[bench::last("last")]
#[bench::last_keep("last_keep")]
#[bench::set("set")]
fn fact_batch((mut lone, input): (Lone<MemoryStore>, Input)) -> (Lone<MemoryStore>, Input) {
    lone.apply(black_box(&records(&input, 2 * BATCH))).expect("a turn");
    (lone, input)
}

fn warm_with(kind: &str) -> (Lone<MemoryStore>, Input) {
    let fact = FACTS.into_iter().find(|(name, _)| *name == kind);
    warm(&with_fact(fact.expect("a kind of fact").1))
}

#[library_benchmark]
#[bench::judged(Told::restocked(1))]
#[bench::armed(Told::restocked(BATCH as u64))]
#[bench::unwatched(Told::unwatched())]
fn catalogue_batch(mut told: Told) -> Told {
    told.apply();
    told
}

library_benchmark_group!(
    name = counted,
    benchmarks = [decode_batch, turn_batch, fact_batch, catalogue_batch]
);
main!(library_benchmark_groups = counted);
