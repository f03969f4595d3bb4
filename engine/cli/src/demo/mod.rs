//! A shop in three minutes: broker, story, engine, delivery, mail server and console in one process, from first event to received mail.
//!
//! The [`story`](cartwheel_workload::story) begins three days in the past and is played 1,440 times as fast as life by the [`pump`], in lockstep with
//! engine and delivery; all read one [`clock`]. The [`recap`] is told; then it goes on to the present, and there in real time. Everything between the story and the [`inbox`] is what runs in
//! production: journeys, policy and templates as [`played`], which are those that ship or a shop's own, the SMTP provider talking to a mail server ([`smtp`]). Only
//! text messages have no provider here ([`providers`]).

mod broker;
mod clock;
mod coupons;
mod inbox;
mod mail;
mod observer;
mod providers;
mod played;
mod pump;
mod recap;
mod smtp;
mod source;
mod stage;
mod view;

use crate::flags::DemoFlags;
use crate::show::program::program;
use cartwheel_core::time::{HOUR, Millis};
use cartwheel_runtime::admin::AdminSource;
use cartwheel_runtime::clock::{Clock, SystemClock};
use cartwheel_workload::story::PERSONAS;
use cartwheel_workload::{Story, StoryOptions};
use futures_util::{StreamExt, TryStreamExt, stream};
pub use played::Played;
use pump::{Pump, STEP, Works};
use recap::Recap;
use stage::Stage;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use view::View;

/// The story begins at a multiple of this: runs within the same six hours tell the same story.
const ANCHOR: Millis = 6 * HOUR;
/// In real time, a step takes so long.
const TICK: Duration = Duration::from_secs(1);
/// Customers who are asked for at one time.
const ASKED: usize = 16;
/// Whose story is told at the end.
const TOLD: [&str; 3] = ["ana", "dee", "gil"];
/// Between two looks at what the broker still has, in steps.
const LOOK: i64 = 6;

/// Why the demo ends before its time.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The broker does not start.
    #[error("{0}")]
    Broker(String),
    /// A request to the broker failed.
    #[error(transparent)]
    Kafka(#[from] cartwheel_kafka::Error),
    /// The engine does not start.
    #[error(transparent)]
    Engine(#[from] cartwheel_runtime::engine::EngineError),
    /// Delivery does not start.
    #[error(transparent)]
    Deliver(#[from] cartwheel_runtime::deliver::DeliverError),
    /// The console's port is taken.
    #[error(transparent)]
    Bind(#[from] cartwheel_runtime::admin::BindError),
    /// The mail provider does not start.
    #[error(transparent)]
    Provider(#[from] cartwheel_providers::ConfigError),
    /// What is built into the binary is wrong: a defect.
    #[error("the shipped configuration is broken: {0}")]
    Shipped(String),
    /// A shop's own folder says not who writes.
    #[error("the shop has no brand (templates in {}), and a message says who writes", .0.display())]
    Brand(PathBuf),
    /// A file or socket failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The first event would lie too late.
    #[error("--start must lie at least --hours ({0}) in the past")]
    Future(u32),
    /// Engine or delivery does not come forward.
    #[error("nothing moves: {0}")]
    Stuck(String),
    /// Events were lost on the way: a defect.
    #[error(
        "the events topic has {written} records, the shards took in {taken}, a reader found {read}; {unreadable} commands are unreadable"
    )]
    Lost {
        /// In the topic.
        written: i64,
        /// Taken in by the shards.
        taken: u64,
        /// Read beside them.
        read: u64,
        /// Commands that are no commands.
        unreadable: u64,
    },
    /// The mock broker holds 5 MiB a partition.
    #[error(
        "the broker dropped its oldest records (first offsets {0:?}): the story is too large for it; take --broker kafka, or fewer --visits"
    )]
    Dropped(Vec<i64>),
    /// A customer could not be asked for.
    #[error("asking for a customer: {0}")]
    Explain(String),
    /// Somebody wants to end.
    #[error("stopped")]
    Stopped,
}

/// Plays the story as the flags say, until it is over or somebody ends it; without something else to play, by what ships.
pub fn run(flags: &DemoFlags, played: Option<Played>) -> Result<(), DemoError> {
    let system = SystemClock::default();
    let length = Millis::from(flags.hours) * HOUR;
    let start = flags.start.unwrap_or_else(|| (system.wall() - length).div_euclid(ANCHOR) * ANCHOR);
    if start > system.wall() - length {
        return Err(DemoError::Future(flags.hours));
    }
    let stage = Stage::build(flags, played, start)?;
    println!("Console: {}", stage.address());
    let story = Story::new(StoryOptions {
        seed: flags.seed,
        start,
        customers: flags.customers,
        visits_a_day: flags.visits,
    });
    let works = Works {
        clock: Arc::clone(&stage.clock),
        board: Arc::clone(stage.engine.source().board()),
        tasks: stage.tasks.handle().clone(),
        stop: Arc::clone(&stage.stop),
    };
    let pump = Pump::new(story, &stage.kafka, broker::PARTITIONS, works)?;
    let view = View::new(Arc::clone(&stage.inbox), (start, start + length));
    let mut play = Play {
        stage,
        pump,
        view,
        start,
        end: start + length,
        speed: flags.speed,
        began: Instant::now(),
    };
    let outcome = play.perform(flags);
    play.view.end();
    match outcome {
        // The clean way out: dropping the stage finishes turns, calls and checkpoints.
        Err(DemoError::Stopped) => {
            println!("Stopping.");
            Ok(())
        }
        outcome => outcome,
    }
}

/// The story under way.
struct Play {
    // Dropped first: its clients belong to the broker of the stage.
    pump: Pump,
    stage: Stage,
    view: View,
    start: Millis,
    end: Millis,
    speed: f64,
    began: Instant,
}

impl Play {
    fn perform(&mut self, flags: &DemoFlags) -> Result<(), DemoError> {
        let system = SystemClock::default();
        self.with_view(|pump, show| pump.wait_for_shards(show))?;
        let codes = coupons::records(&self.stage.pools, flags.customers, self.start);
        self.pump.broadcast(&codes, self.start)?;
        self.began = Instant::now();
        let mut at = self.start;
        while at < self.end {
            at = (at + STEP).min(self.end);
            self.step(at)?;
        }
        let recap = self.recap()?;
        self.view.end();
        self.tell(&recap, flags.exit);
        if flags.exit {
            return Ok(());
        }
        self.view.again();
        while at + STEP <= system.wall() {
            at += STEP;
            self.step(at)?;
        }
        self.stage.clock.set_speed(1.0);
        self.step_to_now(&system)?;
        self.view.end();
        println!(
            "The shop has arrived in the present and goes on in real time. Console: {}  (Ctrl-C ends it)",
            self.stage.address()
        );
        self.view.again();
        loop {
            let next = Instant::now() + TICK;
            self.with_view(|pump, show| pump.pause(next, show))?;
            self.step_to_now(&system)?;
        }
    }

    /// One step, and then a rest until life, so many times faster, has come as far.
    fn step(&mut self, to: Millis) -> Result<(), DemoError> {
        self.with_view(|pump, show| pump.step(to, show))?;
        let last = to >= self.end;
        if last || (to - self.start) / STEP % LOOK == 0 {
            let first = self.pump.dropped()?;
            if first.iter().any(|offset| *offset > 0) {
                return Err(DemoError::Dropped(first));
            }
        }
        let passed = (to - self.start) as f64 / self.speed.max(1.0);
        let until = self.began + Duration::from_millis(passed as u64);
        self.with_view(|pump, show| pump.pause(until, show))
    }

    fn step_to_now(&mut self, system: &SystemClock) -> Result<(), DemoError> {
        let now = system.wall();
        self.with_view(|pump, show| pump.step(now, show))
    }

    fn with_view(
        &mut self,
        act: impl FnOnce(&mut Pump, &mut dyn FnMut(u64)) -> Result<(), DemoError>,
    ) -> Result<(), DemoError> {
        let (view, stage) = (&mut self.view, &self.stage);
        act(&mut self.pump, &mut |produced| view.show(produced, || stage.overview()))
    }

    /// The figures up to now: the messages as they were read from the sends topic, the rest as the shards explain it.
    fn recap(&mut self) -> Result<Recap, DemoError> {
        let (produced, customers) = (self.pump.produced(), self.pump.customers().clone());
        let mut recap = Recap {
            period: (self.start, self.end),
            customers: customers.len(),
            events: produced,
            ..Recap::default()
        };
        recap.undelivered = self.pump.observer.ledger().failed();
        recap.add_messages(self.pump.observer.ledger().messages());
        recap.add_summary(&self.pump.observer.summary());
        let source = self.stage.engine.source();
        let explained = stream::iter(customers).map(|customer| {
            let source = Arc::clone(&source);
            async move { source.customer(&customer).await }
        });
        let explained = explained.buffer_unordered(ASKED).try_for_each(|view| {
            recap.add(&view.decisions, view.truncated);
            std::future::ready(Ok(()))
        });
        self.stage
            .tasks
            .block_on(explained)
            .map_err(|error| DemoError::Explain(error.to_string()))?;
        Ok(recap)
    }

    fn tell(&self, recap: &Recap, exit: bool) {
        println!("\n{}", recap.text());
        println!("Three customers to look at:");
        let program = program();
        for persona in PERSONAS.iter().filter(|persona| TOLD.contains(&persona.customer)) {
            println!("  {}: {}", persona.customer, persona.shows);
            println!(
                "       {program} explain {} --admin {}",
                persona.customer,
                self.stage.address()
            );
        }
        if exit {
            println!(
                "\nEnding here, as --exit asks; without it the shop goes on in real time, and these commands answer."
            );
        } else {
            println!("\nThe shop goes on to the present.");
        }
    }
}
