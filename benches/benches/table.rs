//! The slot table, through the shard's turn: the shortest events that there are, which no journey wants, of customers visited in no order.
//! What a million customers cost more than a thousand is the table's memory.

use cartwheel_benches::{BATCH, plan, scattered};
use cartwheel_core::event::Record;
use cartwheel_shard::checkpoint::memory::MemoryStore;
use cartwheel_shard::{Lone, Settings};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const START: i64 = 1_772_445_600_000;

/// One event of each of 2^bits customers.
fn events(bits: u32) -> Vec<Vec<u8>> {
    (0..1 << bits)
        .map(|number| {
            format!(r#"{{"type":"seen","customer":"c{:010}"}}"#, scattered(number, bits))
                .into_bytes()
        })
        .collect()
}

/// The batch that follows offset `next`; round and round.
fn batch(events: &[Vec<u8>], next: i64) -> Vec<Record<'_>> {
    let at = |place: i64| &events[place as usize % events.len()];
    (next..next + BATCH as i64)
        .map(|place| Record { offset: place, time: START, key: None, value: at(place) })
        .collect()
}

fn benchmark(criterion: &mut Criterion) {
    let plan = plan();
    let mut group = criterion.benchmark_group("table");
    group.throughput(Throughput::Elements(BATCH as u64));
    for bits in [10, 16, 20] {
        let events = events(bits);
        let mut lone = Lone::open(&plan, Settings::without_clock(), MemoryStore::default())
            .expect("a shard opens");
        // Everybody is there before the first measured turn.
        while lone.shard().next_offset() < events.len() as i64 {
            lone.apply(&batch(&events, lone.shard().next_offset())).expect("a turn");
        }
        group.bench_function(format!("customers_{}", 1u32 << bits), |bench| {
            bench.iter_custom(|passes| {
                let mut took = std::time::Duration::ZERO;
                for _ in 0..passes {
                    let records = batch(&events, lone.shard().next_offset());
                    let began = std::time::Instant::now();
                    lone.apply(&records).expect("a turn");
                    took += began.elapsed();
                }
                took
            });
        });
    }
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
