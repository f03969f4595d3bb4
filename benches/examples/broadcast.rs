//! What it takes to tell everybody something, in one shard: for whom nothing begins, and for whom a window opens; how long the longest turn is:
//!
//!     cargo run --release -p cartwheel-benches --example broadcast [CUSTOMERS]

use cartwheel_core::event::Record;
use cartwheel_core::journey::load::{SourceFile, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::Millis;
use cartwheel_shard::checkpoint::memory::MemoryStore;
use cartwheel_shard::{Clock, Lone, Settings};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// 2026-03-02T10:00:00Z.
const NOW: Millis = 1_772_445_600_000;

fn main() -> Result<(), Box<dyn Error>> {
    let customers: u64 = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse())?;
    let mut lone = Lone::open(&plan()?, Settings::without_clock(), MemoryStore::default())?;
    for number in 0..customers {
        let event =
            format!(r#"{{"type":"known","customer":"c{number}","profile":{{"vip":true}}}}"#);
        let record = record(&lone, &event);
        lone.apply(&[record])?;
    }
    for (share, what) in [(0, "nothing begins"), (20, "a window opens")] {
        let (whole, longest) = tell(&mut lone, share)?;
        let each = Duration::from_nanos(whole.as_nanos() as u64 / customers.max(1));
        println!(
            "{customers} customers, {what}: {whole:?}, {each:?} each, {longest:?} at most a turn"
        );
    }
    Ok(())
}

/// How long it takes, and the longest of its turns.
fn tell(lone: &mut Lone<MemoryStore>, share: u64) -> Result<(Duration, Duration), Box<dyn Error>> {
    let event = format!(
        r#"{{"type":"broadcast","stream":"broadcast","epoch":"e","sequence":{},"broadcast":{{"id":"b{share}","name":"sale","share":{share}}}}}"#,
        share / 20 + 1
    );
    let mut records = vec![record(lone, &event)];
    let clock = Clock { wall: NOW, caught_up: None, level: None };
    let (began, mut longest) = (Instant::now(), Duration::ZERO);
    loop {
        let turn = Instant::now();
        let turned = lone.turn(&records, clock)?;
        longest = longest.max(turn.elapsed());
        records.drain(..turned.consumed);
        if !turned.more && records.is_empty() {
            return Ok((began.elapsed(), longest));
        }
    }
}

fn record<'v>(lone: &Lone<MemoryStore>, value: &'v str) -> Record<'v> {
    let offset = lone.shard().next_offset();
    Record { offset, time: NOW, key: None, value: value.as_bytes() }
}

fn plan() -> Result<Arc<Plan>, Box<dyn Error>> {
    let journey = "journey: sale\ntrigger: { broadcast: sale, who: profile.vip == true && event.broadcast.share > 10, spread: 2h }\nclass: transactional\nsteps:\n  - send: sale\n    channels: [webhook]\n";
    let source = SourceFile { path: "sale.yaml".into(), text: journey.into() };
    let plan = load(&Policy::default(), &[source]).map_err(|problems| format!("{problems:?}"))?;
    Ok(Arc::new(plan))
}
