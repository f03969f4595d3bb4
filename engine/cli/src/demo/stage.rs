//! Everything that runs while the story is played, wired together; dropping it ends it in order.

use super::DemoError;
use super::broker::Running;
use super::clock::StepClock;
use super::inbox::Inbox;
use super::played::Played;
use super::pump::STEP;
use super::source::DemoSource;
use super::{providers, smtp};
use crate::flags::DemoFlags;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::Millis;
use cartwheel_delivery::config::Config;
use cartwheel_kafka::KafkaConfig;
use cartwheel_runtime::admin::view::Overview;
use cartwheel_runtime::admin::{AdminConfig, AdminServer, AdminSource, BindError};
use cartwheel_runtime::clock::Clock;
use cartwheel_runtime::deliver::{Deliver, DeliverOptions, Unsubscribe};
use cartwheel_runtime::engine::{Engine, EngineOptions, EngineSettings};
use cartwheel_runtime::metrics::Metrics;
use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The console's port if nobody asks for another one; a free one where it is taken.
const PORT: u16 = 9464;
/// How often shards look for the end of their partition: often, as a step waits for it.
const LOOK: Duration = Duration::from_millis(10);
/// What runs has so long to end.
const STOP: Duration = Duration::from_secs(5);
/// What starts has so long to reach the broker.
const START: Duration = Duration::from_secs(20);

/// See the module. The fields end in the order in which they stand here.
pub struct Stage {
    deliver: Deliver,
    /// Decides.
    pub engine: Engine,
    /// What arrived.
    pub inbox: Arc<Inbox>,
    /// Everybody's clock.
    pub clock: Arc<StepClock>,
    /// How to reach the broker.
    pub kafka: KafkaConfig,
    /// Set by SIGINT and SIGTERM.
    pub stop: Arc<AtomicBool>,
    /// The pools of coupons that the policy names.
    pub pools: Vec<String>,
    address: SocketAddr,
    /// Where mail server, console and appends run.
    pub tasks: Runtime,
    _broker: Running,
    _dir: TempDir,
}

impl Stage {
    /// Starts everything, with the clock at `start`; without something else to play, what ships.
    pub fn build(
        flags: &DemoFlags,
        played: Option<Played>,
        start: Millis,
    ) -> Result<Self, DemoError> {
        let tasks = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("demo")
            .enable_all()
            .build()?;
        let stop = Arc::<AtomicBool>::default();
        tasks.block_on(async { listen_for_signals(&stop) })?;
        let dir = tempfile::Builder::new().prefix("cartwheel-demo-").tempdir()?;
        let played = match played {
            Some(played) => played,
            None => Played::load(&dir.path().join("templates"))?,
        };
        println!("Starting the broker ({}).", flags.broker.name());
        let broker = Running::start(flags.broker)?;
        let (kafka, clock) = (broker.config(), Arc::new(StepClock::new(start, flags.speed)));
        let inbox = Arc::new(Inbox::new(Arc::clone(&clock)));
        let letters = Arc::clone(&inbox);
        let mail_server =
            tasks.block_on(smtp::serve(Arc::new(move |mail: &[u8]| letters.mail(mail))))?;
        let metrics = Metrics::new(env!("CARGO_PKG_VERSION"))
            .map(Arc::new)
            .map_err(|error| DemoError::Shipped(error.to_string()))?;
        let engine = Engine::start(EngineOptions {
            kafka: kafka.clone(),
            data_dir: dir.path().join("engine"),
            plan: Arc::clone(&played.plan),
            bundle: played.bundle.clone(),
            settings: settings(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            started_with: Default::default(),
            demo: true,
            create_topics: broker.topics(),
            metrics: Arc::clone(&metrics),
        })?;
        let deliver = Deliver::start(DeliverOptions {
            kafka: kafka.clone(),
            data_dir: dir.path().join("deliver"),
            worker: Config::default(),
            routes: providers::routes(mail_server, &inbox)?,
            templates: Arc::clone(&played.templates),
            brand: played.brand.clone(),
            unsubscribe: unsubscribe(played.bundle.policy.clone())?,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            demo: true,
            metrics: Arc::clone(&metrics),
            board: Some(Arc::clone(engine.source().board())),
            stop_timeout: STOP,
            start_timeout: START,
        })?;
        let source = Arc::new(DemoSource { engine: engine.source(), inbox: Arc::clone(&inbox) });
        let server = tasks.block_on(console(flags.port, source, metrics))?;
        let address = server.address();
        // Ends with the runtime.
        tasks.spawn(server.serve(std::future::pending()));
        Ok(Self {
            deliver,
            engine,
            inbox,
            clock,
            kafka,
            stop,
            pools: played.bundle.policy.coupons.clone(),
            address,
            tasks,
            _broker: broker,
            _dir: dir,
        })
    }

    /// The console's address.
    pub fn address(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// What the console shows; none if a part has ended, which the pump finds out.
    pub fn overview(&self) -> Option<Overview> {
        if self.deliver.has_ended() || self.engine.has_ended() {
            return None;
        }
        self.tasks.block_on(self.engine.source().overview()).ok()
    }
}

/// A step is the greatest lag there is: nothing is held for it. A step's events are written before the clock moves to its end: their times count as they are.
/// Nothing is under way to the broker when the clock moves: no margin.
fn settings() -> EngineSettings {
    EngineSettings {
        margin: 0,
        tick: LOOK,
        shard: cartwheel_shard::Settings {
            hold_after: 6 * STEP,
            max_clock_ahead: Millis::MAX,
            ..cartwheel_shard::Settings::default()
        },
        checkpoint_interval: Duration::from_secs(20),
        stop_timeout: STOP,
        start_timeout: START,
        ..EngineSettings::default()
    }
}

/// Links that work while the demo runs, signed with a key of its own.
fn unsubscribe(policy: Policy) -> io::Result<Unsubscribe> {
    let listen = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let mut key = vec![0; 32];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut key)?;
    Ok(Unsubscribe {
        public_url: format!("http://{listen}"),
        current: key,
        previous: None,
        listen: Some(listen),
        policy,
    })
}

async fn console(
    port: Option<u16>,
    source: Arc<DemoSource>,
    metrics: Arc<Metrics>,
) -> Result<AdminServer, BindError> {
    let config = |port| AdminConfig {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        tokens: Vec::new(),
        insecure_local: true,
        open_metrics: true,
    };
    match AdminServer::bind(
        &config(port.unwrap_or(PORT)),
        Arc::clone(&source),
        Arc::clone(&metrics),
    )
    .await
    {
        Err(BindError::Listen { .. }) if port.is_none() => {
            AdminServer::bind(&config(0), source, metrics).await
        }
        outcome => outcome,
    }
}

/// The first signal asks to end; the second ends at once.
fn listen_for_signals(stop: &Arc<AtomicBool>) -> io::Result<()> {
    let (interrupt, terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    for (mut signal, kind) in
        [(interrupt, SignalKind::interrupt()), (terminate, SignalKind::terminate())]
    {
        let stop = Arc::clone(stop);
        tokio::spawn(async move {
            while told(&mut signal).await {
                if stop.swap(true, Ordering::Relaxed) {
                    std::process::exit(128 + kind.as_raw_value());
                }
            }
        });
    }
    Ok(())
}

async fn told(signal: &mut Signal) -> bool {
    signal.recv().await.is_some()
}
