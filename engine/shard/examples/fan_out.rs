//! What it takes where a product comes back for which many wait, in one shard, and what records of products cost for which nobody does:
//!
//!     cargo run --release -p cartwheel-shard --example fan_out [WATCHERS]

use cartwheel_core::event::Record;
use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::Millis;
use cartwheel_shard::checkpoint::memory::MemoryStore;
use cartwheel_shard::{Lone, Settings};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// 2026-03-02T10:00:00Z.
const NOW: Millis = 1_772_445_600_000;
/// Records of products for which nobody waits.
const OTHERS: u64 = 100_000;

fn main() -> Result<(), Box<dyn Error>> {
    let watchers: u64 = std::env::args().nth(1).map_or(Ok(100_000), |text| text.parse())?;
    let before = resident();
    let mut shard = Shard::waiting(false, watchers)?;
    let without = resident() - before;
    drop(shard);
    let before = resident();
    shard = Shard::waiting(true, watchers)?;
    let with = resident() - before;
    println!(
        "{watchers} watchers: {} bytes each, of which the index {}",
        with / watchers,
        with.saturating_sub(without) / watchers
    );

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
        shard.product(&format!("q{}", number % 10_000), number as i64 % 3)?;
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
    fn waiting(indexed: bool, watchers: u64) -> Result<Self, Box<dyn Error>> {
        let store = MemoryStore::default();
        let mut lone = Lone::open(&plan(indexed)?, Settings::without_clock(), store)?;
        for number in 0..watchers {
            let event = format!(
                r#"{{"type":"wished","customer":"c{number}","product":{{"id":"p"}},"profile":{{"rank":{}}}}}"#,
                number.wrapping_mul(2_654_435_761) % 1_000
            );
            apply(&mut lone, &event)?;
        }
        Ok(Self { lone, sequence: 0 })
    }

    /// A record of a product, and how long it takes.
    fn product(&mut self, id: &str, stock: i64) -> Result<Duration, Box<dyn Error>> {
        self.sequence += 1;
        let record = format!(
            r#"{{"type":"catalogue","stream":"catalogue","epoch":"e","sequence":{},"product":{{"id":"{id}","stock":{stock},"price":20.5}}}}"#,
            self.sequence
        );
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

/// The set is indexed where a journey begins for those who have something in it.
fn plan(indexed: bool) -> Result<Arc<Plan>, Box<dyn Error>> {
    let file = |path: &str, text: String| SourceFile { path: path.into(), text };
    let trigger = match indexed {
        true => {
            "catalogue: product_restocked, who: event.product.id in wishes, order: profile.rank, budget: event.product.stock, spread: 30m"
        }
        false => "event: go, when: profile.rank > 3",
    };
    let journey = format!(
        "journey: back\ntrigger: {{ {trigger} }}\nreentry: always\nsteps:\n  - send: back\n    channels: [webhook]\n"
    );
    let facts = format!(
        "facts:\n  wishes: {{ set: wished, key: event.product.id, for: 30d, keys: 8, indexed: {indexed} }}\n"
    );
    let (journeys, facts) = ([file("back.yaml", journey)], file("facts.yaml", facts));
    let sources = Sources { journeys: &journeys, facts: Some(&facts) };
    let plan = load(&Policy::default(), sources).map_err(|problems| format!("{problems:?}"))?;
    Ok(Arc::new(plan))
}
