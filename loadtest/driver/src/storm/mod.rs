//! `loadtest storm`: many timers due at once, on a real broker and the real engine.
//!
//! A customer a timer: each signs up and fills a cart, and an hour later the peers' journey reminds them. The carts are written with times an hour before the
//! deadlines, which lie some way ahead ([`flags::Storm::lead`]): the engine takes all of them in, waits, and then real time makes all of them due. Measured is
//! from the first deadline until the broker has appended the last message, by the broker's own time of each record; the engine's margin, 500 ms, is in it.
//! Then all that was sent is read and held against what had to be ([`outcome`]).

pub mod flags;
mod outcome;
mod script;

use crate::engine::{Engine, binary, wall};
use crate::folder::in_folder;
use crate::overview::ask;
use crate::progress::begin;
use crate::report::{head, thousands};
use crate::run::present_ends;
use crate::setup::Setup;
use crate::turns::{Between, Turns};
use crate::{Error, produce};
use cartwheel_core::time::Millis;
use cartwheel_workload::Shopped;
use flags::Storm;
use script::Script;
use serde::Serialize;
use std::path::Path;
use std::time::{Duration, Instant};

/// Between two looks at the engine.
const LOOK: Duration = Duration::from_millis(100);
/// An engine that sends nothing for so long is done, or stands still.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The command, as it was given.
    pub command: String,
    /// Timers, and so messages.
    pub timers: u32,
    /// Seconds from the first deadline until the broker had the last message.
    pub seconds: f64,
    /// The same until it had the first.
    pub first_seconds: f64,
    /// Messages a second, over all that time.
    pub messages_per_second: f64,
    /// The engine's turns over that time; none if its histogram says nothing.
    pub turns: Option<Between>,
    /// The engine's processor seconds over that time.
    pub cpu_seconds: f64,
    /// Its greatest resident memory over that time, bytes.
    pub peak_rss: u64,
    /// Messages that were compared with the reference model's, all of them equal.
    pub equal: u64,
}

impl Report {
    /// As lines for people.
    pub fn text(&self) -> String {
        let longest = self.turns.map_or("unknown".to_owned(), |turns| turns.longest());
        format!(
            "{}timers, and messages: {}, each customer one, all ids different; {} compared, all equal to the reference model's\n\
             from the first deadline to the last message at the broker: {:.2} s (the first after {:.2} s); the bar: <= 20 s for 10,000,000\n\
             messages a second: {}\n\
             longest turn: {longest}, of {}\n\
             engine: {:.1} CPU-s, {:.0} MiB of RSS at most\n",
            head(&self.command),
            thousands(self.timers.into()),
            thousands(self.equal),
            self.seconds,
            self.first_seconds,
            thousands(self.messages_per_second as u64),
            thousands(self.turns.map_or(0, |turns| turns.turns)),
            self.cpu_seconds,
            self.peak_rss as f64 / f64::from(1 << 20),
        )
    }
}

/// Measures. Void is a run in which a message is missing, came twice or differs, or in which the carts were not taken in before they were due.
pub fn run(flags: &Storm) -> Result<Report, Error> {
    let binary = binary(flags.job.engine.as_deref())?;
    in_folder("storm", flags.job.keep, |work| run_in(flags, &binary, work))
}

fn run_in(flags: &Storm, binary: &Path, work: &Path) -> Result<Report, Error> {
    let (_broker, setup) = flags.job.stage("storm", flags.timers, work)?;
    let mut engine = Engine::start(binary, &setup, &work.join("engine.log"))?;
    let script = gather(flags, &setup, &mut engine)?;
    let seen = watch(&setup, &mut engine, script)?;
    engine.stop()?;
    let sent = outcome::read(&setup, flags.job.partitions, script, flags.sample)?;
    let since = |at: Millis| (at - script.due) as f64 / 1e3;
    Ok(Report {
        command: crate::report::command(),
        timers: flags.timers,
        seconds: since(sent.last),
        first_seconds: since(sent.first),
        messages_per_second: f64::from(flags.timers) / since(sent.last).max(1e-3),
        turns: seen.turns,
        cpu_seconds: seen.cpu_seconds,
        peak_rss: seen.peak_rss,
        equal: sent.equal,
    })
}

/// Lets the engine take in everybody, and their carts, before the first deadline.
fn gather(flags: &Storm, setup: &Setup, engine: &mut Engine) -> Result<Script, Error> {
    let script =
        Script { customers: flags.timers, signed_up: wall(), due: 0, within: flags.within.0 };
    feed(flags, setup, engine, "sign-ups", &|customer| script.sign_up(customer))?;
    let script = Script { due: wall() + flags.lead(), ..script };
    feed(flags, setup, engine, "carts", &|customer| script.cart(customer))?;
    let late = wall() - script.due;
    if late >= 0 {
        return Err(Error::Void(format!(
            "all carts were taken in {} s behind the first deadline: let --lead be longer than {} s",
            late / 1_000 + 1,
            flags.lead() / 1_000
        )));
    }
    eprintln!("all carts are taken in; the first deadline comes in {:.1} s", -late as f64 / 1e3);
    Ok(script)
}

/// Writes one event of each customer and waits until the engine has applied it.
fn feed(
    flags: &Storm,
    setup: &Setup,
    engine: &mut Engine,
    what: &str,
    event: &dyn Fn(u32) -> Shopped,
) -> Result<(), Error> {
    let bar = begin(&format!("writing {what}"), flags.timers.into());
    let topic = setup.kafka.topics().events;
    produce::produce_all(&setup.kafka.bootstrap, &topic, (0..flags.timers).map(event), &bar)?;
    let ends = present_ends(setup, flags.job.partitions)?;
    let all = ends.iter().map(|(begin, end)| u64::try_from(end - begin).unwrap_or(0)).sum();
    engine.wait(setup, &ends, &begin(&format!("taking in {what}"), all))?;
    Ok(())
}

/// What was seen of the engine in the storm.
struct Seen {
    turns: Option<Between>,
    cpu_seconds: f64,
    peak_rss: u64,
}

/// Waits for the storm, and until everything has been sent and read back, or nothing more comes.
fn watch(setup: &Setup, engine: &mut Engine, script: Script) -> Result<Seen, Error> {
    let already = ask(setup.admin).map_err(Error::io("asking the engine"))?.totals.sends;
    if already > 0 {
        return Err(Error::Void(format!("{already} messages have left before the first deadline")));
    }
    let bar = begin("the storm", script.customers.into());
    let ahead = u64::try_from(script.due - wall()).unwrap_or(0);
    std::thread::sleep(Duration::from_millis(ahead.saturating_sub(200)));
    let before = Turns::ask(setup.admin)?;
    engine.process().reset_peak()?;
    let cpu_before = engine.process().cpu_seconds()?;
    let (mut sent, mut moved) = (0, Instant::now());
    loop {
        std::thread::sleep(LOOK);
        let Ok(overview) = ask(setup.admin) else { continue };
        engine.check(&overview)?;
        if overview.totals.sends > sent {
            (sent, moved) = (overview.totals.sends, Instant::now());
            bar.set_position(sent);
        }
        let acknowledged = overview.shards.iter().all(|shard| shard.in_flight == 0);
        // What is missing then is told by what was sent.
        if sent >= u64::from(script.customers) && acknowledged || moved.elapsed() > PATIENCE {
            break;
        }
    }
    bar.finish_and_clear();
    Ok(Seen {
        turns: Turns::ask(setup.admin)?.since(&before),
        cpu_seconds: engine.process().cpu_seconds()? - cpu_before,
        peak_rss: engine.process().peak_rss()?,
    })
}
