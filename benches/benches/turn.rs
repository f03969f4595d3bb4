//! The whole way of an event through a shard: decode, find, apply, timers, decisions, records to publish.

use cartwheel_benches::{BATCH, plan};
use cartwheel_core::event::Record;
use cartwheel_core::journey::plan::Plan;
use cartwheel_loadtest::alone::Input;
use cartwheel_shard::checkpoint::memory::MemoryStore;
use cartwheel_shard::{Lone, Settings};
use cartwheel_workload::Options;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Events of a run, after which a new shard begins.
const EVENTS: u64 = 1_000_000;

/// Applies the next batch; behind the last one, a new shard begins with the first.
fn next_batch(plan: &Arc<Plan>, input: &Input, lone: &mut Lone<MemoryStore>) -> Duration {
    if lone.shard().next_offset() as usize + BATCH > input.len() {
        *lone = Lone::open(plan, Settings::without_clock(), MemoryStore::default())
            .expect("a shard opens");
    }
    let from = lone.shard().next_offset() as usize;
    let records: Vec<Record<'_>> = (from..from + BATCH).map(|place| input.record(place)).collect();
    let began = Instant::now();
    lone.apply(&records).expect("a turn");
    began.elapsed()
}

fn benchmark(criterion: &mut Criterion) {
    let plan = plan();
    let mut group = criterion.benchmark_group("turn");
    group.throughput(Throughput::Elements(BATCH as u64));
    for customers in [10_000, 200_000] {
        // A day of the shop.
        let options = Options { events: EVENTS, customers, rate: 12, ..Options::default() };
        let input = Input::make(&options, 0, 1).expect("the options are valid");
        let mut lone = Lone::open(&plan, Settings::without_clock(), MemoryStore::default())
            .expect("a shard opens");
        group.bench_function(format!("customers_{customers}"), |bench| {
            bench.iter_custom(|passes| {
                (0..passes).map(|_| next_batch(&plan, &input, &mut lone)).sum()
            });
        });
        assert!(lone.shard().counters().turns > 1, "nothing was decided");
    }
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
