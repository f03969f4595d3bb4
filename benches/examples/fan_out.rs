//! What it takes where a product comes back for which many wait, in one shard, and what records of products cost for which nobody does:
//!
//!     cargo run --release -p cartwheel-benches --example fan_out [WATCHERS]

use cartwheel_benches::watchers::{product, waiting, wished};
use cartwheel_core::event::Record;
use cartwheel_core::time::Millis;
use cartwheel_shard::checkpoint::memory::MemoryStore;
use cartwheel_shard::{Lone, Settings};
use std::error::Error;
use std::time::{Duration, Instant};

/// 2026-03-02T10:00:00Z.
const NOW: Millis = 1_772_445_600_000;
/// Records of products for which nobody waits.
const OTHERS: u64 = 100_000;

fn main() -> Result<(), Box<dyn Error>> {
    let watchers: u64 = std::env::args().nth(1).map_or(Ok(100_000), |text| text.parse())?;
    let before = resident();
    let mut shard = Shard::waiting(watchers)?;
    println!("{watchers} watchers: {} bytes each", (resident() - before) / watchers);

    shard.product("p", 0)?;
    let one = shard.product("p", 1)?;
    println!("all judged, one armed: {one:?}, {:?} a watcher", part(one, watchers));
    shard.product("p", 0)?;
    let many = shard.product("p", 10_000)?;
    let armed = 9_999.min(watchers - 1);
    println!(
        "{armed} armed: {many:?}, {:?} each beyond judging",
        part(many.saturating_sub(one), armed)
    );

    let began = Instant::now();
    for number in 0..OTHERS {
        shard.product(&format!("q{}", number % 10_000), number % 3)?;
    }
    let took = began.elapsed();
    println!("{OTHERS} records of products for which nobody waits: {:?} each", part(took, OTHERS));
    Ok(())
}

fn part(of: Duration, many: u64) -> Duration {
    Duration::from_nanos(of.as_nanos() as u64 / many.max(1))
}

/// Bytes of memory that the process has.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * 4_096
}

struct Shard {
    lone: Lone<MemoryStore>,
    /// Numbers of the catalogue's records.
    sequence: u64,
}

impl Shard {
    /// One that so many wait in.
    fn waiting(watchers: u64) -> Result<Self, Box<dyn Error>> {
        let store = MemoryStore::default();
        let mut lone = Lone::open(&waiting(), Settings::without_clock(), store)?;
        for number in 0..watchers {
            apply(&mut lone, &wished(number))?;
        }
        Ok(Self { lone, sequence: 0 })
    }

    /// A record of a product, and how long it takes.
    fn product(&mut self, id: &str, stock: u64) -> Result<Duration, Box<dyn Error>> {
        self.sequence += 1;
        let record = product(self.sequence, id, stock);
        let began = Instant::now();
        apply(&mut self.lone, &record)?;
        Ok(began.elapsed())
    }
}

fn apply(lone: &mut Lone<MemoryStore>, value: &str) -> Result<(), Box<dyn Error>> {
    let offset = lone.shard().next_offset();
    let record = Record { offset, time: NOW, key: None, value: value.as_bytes() };
    lone.apply(&[record])?;
    Ok(())
}
