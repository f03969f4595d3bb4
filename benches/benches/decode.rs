//! From bytes to an event, and on to the fields that journeys want.

use cartwheel_benches::{BATCH, plan};
use cartwheel_core::event::{self, Event, Record, decode};
use cartwheel_loadtest::alone::Input;
use cartwheel_loadtest::consume::Decoder;
use cartwheel_workload::Options;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

fn benchmark(criterion: &mut Criterion) {
    let plan = plan();
    let input = Input::make(&Options { events: BATCH as u64, ..Options::default() }, 0, 1)
        .expect("the options are valid");
    let records: Vec<Record<'_>> = (0..input.len()).map(|place| input.record(place)).collect();
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("event", |bench| {
        let mut decoder = event::Decoder::default();
        bench.iter(|| {
            for record in &records {
                let mut event = Event::default();
                black_box(
                    decoder.decode(record.value, record.time, &plan.policy, &mut event).is_ok(),
                );
            }
        });
    });
    group.bench_function("event_of_unknown_layout", |bench| {
        bench.iter(|| {
            for record in &records {
                black_box(decode(record.value, record.time, &plan.policy).is_ok());
            }
        });
    });
    group.bench_function("event_and_fields", |bench| {
        let mut decoder = Decoder::new(&plan);
        bench.iter(|| records.iter().for_each(|record| decoder.decode(record)));
    });
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
