//! A checkpoint to RocksDB: the dirty customers are copied, then written as one batch and flushed. Per customer.

use cartwheel_benches::{BATCH, plan, scattered};
use cartwheel_core::event::Record;
use cartwheel_shard::checkpoint::rocks::RocksStore;
use cartwheel_shard::{Lone, Settings};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::time::{Duration, Instant};

/// 2^17 customers, all of them dirty.
const BITS: u32 = 17;
const START: i64 = 1_772_445_600_000;

/// A view of each customer: it changes the hot state and one document.
fn views() -> Vec<Vec<u8>> {
    let view = |number| {
        let customer = scattered(number, BITS);
        let product =
            r#"{"id":"p0042","category":"shoes","price":79.90,"currency":"USD","stock":3}"#;
        format!(r#"{{"type":"product_viewed","customer":"c{customer:010}","product":{product}}}"#)
            .into_bytes()
    };
    (0..1 << BITS).map(view).collect()
}

/// Everybody becomes dirty.
fn visit(lone: &mut Lone<RocksStore>, views: &[Vec<u8>]) {
    for chunk in views.chunks(BATCH) {
        let offsets = lone.shard().next_offset()..;
        let records: Vec<Record<'_>> = offsets
            .zip(chunk)
            .map(|(offset, value)| Record { offset, time: START, key: None, value })
            .collect();
        lone.apply(&records).expect("a turn");
    }
}

fn benchmark(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = RocksStore::open(dir.path()).expect("the store opens");
    let mut lone = Lone::open(&plan(), Settings::without_clock(), store).expect("a shard opens");
    let views = views();
    let mut group = criterion.benchmark_group("checkpoint");
    group.throughput(Throughput::Elements(1 << BITS));
    group.sample_size(10);
    group.bench_function("seal_and_commit", |bench| {
        bench.iter_custom(|passes| {
            let mut took = Duration::ZERO;
            for _ in 0..passes {
                visit(&mut lone, &views);
                assert_eq!(lone.shard().dirty(), 1 << BITS);
                let began = Instant::now();
                lone.checkpoint().expect("a checkpoint");
                took += began.elapsed();
            }
            took
        });
    });
    group.finish();
    let counters = lone.shard().counters();
    let bytes = counters.checkpoint_bytes as f64
        / (counters.checkpoints.max(1) as f64 * f64::from(1u32 << BITS));
    println!("checkpoint: {bytes:.0} bytes handed to the store for a customer");
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
