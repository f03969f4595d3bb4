//! The timer wheel: a million timers over 90 days, armed in no order, fired in order as time passes.

use cartwheel_benches::scattered;
use cartwheel_core::time::{DAY, Millis, SECOND};
use cartwheel_core::timer::Wheel;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

/// 2^20 timers.
const BITS: u32 = 20;
const TIMERS: u32 = 1 << BITS;
const START: Millis = 1_772_445_600_000;
const SPAN: Millis = 90 * DAY;

fn deadline(number: u32) -> Millis {
    START + Millis::from(scattered(number, BITS)) * (SPAN / Millis::from(TIMERS))
}

/// A wheel that has been brought to the present.
fn present() -> Wheel {
    let mut wheel = Wheel::new();
    wheel.insert(START - SECOND, 0);
    wheel.pop(START);
    wheel
}

fn armed() -> Wheel {
    let mut wheel = present();
    (0..TIMERS).for_each(|number| wheel.insert(deadline(number), number));
    wheel
}

fn benchmark(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wheel");
    group.throughput(Throughput::Elements(TIMERS.into()));
    group.sample_size(20);
    group.bench_function("arm", |bench| {
        bench.iter_batched(
            present,
            |mut wheel| {
                (0..TIMERS).for_each(|number| wheel.insert(deadline(number), number));
                wheel
            },
            BatchSize::PerIteration,
        );
    });
    group.bench_function("fire", |bench| {
        bench.iter_batched(
            armed,
            |mut wheel| {
                let mut fired = 0;
                // An hour at a time.
                for now in (START..=START + SPAN).step_by(3_600_000) {
                    while let Some(entry) = wheel.pop(now) {
                        black_box(entry);
                        fired += 1;
                    }
                }
                assert_eq!(fired, TIMERS);
                wheel
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
