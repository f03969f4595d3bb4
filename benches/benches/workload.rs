//! How fast the stream makes events: it must never be the bottleneck of what it feeds.

use cartwheel_workload::{Options, Shopped, Skew, Workload};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

/// Events in one measured pass.
const EVENTS: u64 = 100_000;

fn options(skew: Skew) -> Options {
    Options { events: EVENTS, customers: 10_000_000, skew, rate: 100_000, ..Options::default() }
}

fn stream(skew: Skew) -> Workload {
    Workload::new(options(skew)).expect("these options are valid")
}

/// Writes the events one after the other into the buffer, which is emptied before each.
fn encode(events: impl Iterator<Item = Shopped>, line: &mut Vec<u8>) -> usize {
    let mut bytes = 0;
    for event in events {
        line.clear();
        event.encode(line);
        bytes += black_box(&*line).len();
    }
    bytes
}

fn workload(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("workload");
    group.throughput(Throughput::Elements(EVENTS));
    let mut line = Vec::with_capacity(1_024);
    for (name, skew) in [("uniform", Skew::Uniform), ("zipf_0.99", Skew::Zipf(0.99))] {
        group.bench_function(format!("make_{name}"), |bench| {
            bench.iter_batched(
                || stream(skew),
                |events| events.map(|event| event.id).fold(0, u64::wrapping_add),
                BatchSize::PerIteration,
            );
        });
        group.bench_function(format!("make_and_encode_{name}"), |bench| {
            bench.iter_batched(
                || stream(skew),
                |events| encode(events, &mut line),
                BatchSize::PerIteration,
            );
        });
    }
    let made: Vec<Shopped> = stream(Skew::Uniform).collect();
    group.bench_function("encode", |bench| bench.iter(|| encode(made.iter().copied(), &mut line)));
    group.finish();
}

criterion_group!(benches, workload);
criterion_main!(benches);
