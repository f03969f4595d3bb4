//! Runs a part with its admin listener until a signal, or its own end.

use super::admin;
use super::engine::duration;
use super::reload;
use super::signals::{Asked, Signals};
use crate::failure::{Failure, Fault};
use crate::settings::{Loaded, Origins, Settings};
use cartwheel_runtime::admin::{AdminConfig, AdminServer, AdminSource};
use cartwheel_runtime::deliver::Deliver;
use cartwheel_runtime::engine::Engine;
use cartwheel_runtime::metrics::Metrics;
use cartwheel_runtime::metrics::labels::Reload;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::{JoinError, block_in_place, spawn_blocking};

/// How often a part is asked whether it has ended by itself.
const LOOK: Duration = Duration::from_secs(1);
/// Stopping may take so long beyond what the part allows itself: leaving the group, closing stores.
const GRACE: Duration = Duration::from_secs(15);

/// A part with threads of its own.
pub trait Part: Send + 'static {
    /// Its answers for the admin listener.
    type Source: AdminSource;
    /// For log lines.
    const NAME: &'static str;
    /// Where its admin listener is to be.
    fn listen(settings: &Settings) -> SocketAddr;
    /// The answers.
    fn source(&self) -> Arc<Self::Source>;
    /// Whether it has ended without being told to, which is a defect.
    fn has_ended(&self) -> bool;
    /// Puts into force what can change while it runs: all of it, or on an error nothing. Blocks.
    fn reload(&self, loaded: &Loaded) -> Result<(), Failure>;
    /// Finishes in order. Blocks.
    fn stop(self);
}

impl Part for Engine {
    type Source = cartwheel_runtime::engine::EngineSource;
    const NAME: &'static str = "engine";

    fn listen(settings: &Settings) -> SocketAddr {
        settings.admin.listen
    }

    fn source(&self) -> Arc<Self::Source> {
        Engine::source(self)
    }

    fn has_ended(&self) -> bool {
        Engine::has_ended(self)
    }

    fn reload(&self, loaded: &Loaded) -> Result<(), Failure> {
        reload::engine(self, loaded)
    }

    fn stop(self) {
        Engine::stop(self);
    }
}

impl Part for Deliver {
    type Source = cartwheel_runtime::deliver::DeliverSource;
    const NAME: &'static str = "delivery";

    fn listen(settings: &Settings) -> SocketAddr {
        settings.admin.deliver_listen
    }

    fn source(&self) -> Arc<Self::Source> {
        Deliver::source(self)
    }

    fn has_ended(&self) -> bool {
        Deliver::has_ended(self)
    }

    fn reload(&self, loaded: &Loaded) -> Result<(), Failure> {
        reload::deliver(self, loaded)
    }

    fn stop(self) {
        Deliver::stop(self);
    }
}

/// Starts the part with `start`, which may block, and serves its admin listener until SIGTERM or SIGINT; then the part stops in
/// order. SIGHUP reads the configuration anew, from where `origins` says. A second signal ends the process at once, with 128 and the signal's number.
///
/// # Errors
/// What `start` says; a listener that cannot start; a part that ends by itself or does not stop in time.
pub fn until_signal<P: Part>(
    origins: &Origins,
    loaded: &Loaded,
    metrics: Arc<Metrics>,
    start: impl FnOnce() -> Result<P, Failure> + Send + 'static,
) -> Result<(), Failure> {
    let admin = admin::config(loaded, P::listen(&loaded.settings))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("admin")
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(run(origins, loaded, &admin, metrics, start));
    // A part that is still starting or stopping is left behind: the log and its checkpoint are good at every moment.
    runtime.shutdown_background();
    outcome
}

async fn run<P: Part>(
    origins: &Origins,
    loaded: &Loaded,
    admin: &AdminConfig,
    metrics: Arc<Metrics>,
    start: impl FnOnce() -> Result<P, Failure> + Send + 'static,
) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let part = tokio::select! {
        part = spawn_blocking(start) => part.map_err(defect)??,
        signal = signals.end() => {
            tracing::info!(signal, part = P::NAME, "told to stop before it had started");
            return Ok(());
        }
    };
    let server = match AdminServer::bind(admin, part.source(), Arc::clone(&metrics)).await {
        Ok(server) => server,
        Err(error) => {
            stop(part, loaded, &mut signals).await?;
            return Err(admin::refusal(&error, loaded));
        }
    };
    tracing::info!(part = P::NAME, version = env!("CARGO_PKG_VERSION"), admin = %format_args!("http://{}/", server.address()), "started");
    let (close, closed) = oneshot::channel::<()>();
    let doorkeeper = server.doorkeeper();
    let serving = tokio::spawn(server.serve(async move { drop(closed.await) }));
    let signal = loop {
        tokio::select! {
            asked = signals.next() => match asked {
                Asked::End(signal) => break signal,
                Asked::Reload => {
                    let read = || reload::part(&part, &doorkeeper, origins, loaded);
                    let outcome = block_in_place(read);
                    metrics.reloaded(if outcome.is_ok() { Reload::Applied } else { Reload::Refused });
                    reload::say(P::NAME, outcome);
                }
            },
            () = ended(&part) => {
                let help = "the log lines above say why; a new start goes on where this one ended";
                return Err(Failure::Temporary(Fault::new(format!("the {} has ended by itself", P::NAME), Some(help.into()))));
            }
        }
    };
    tracing::info!(signal, part = P::NAME, "stopping; a second signal ends it at once");
    stop(part, loaded, &mut signals).await?;
    drop(close);
    serving.await.map_err(defect)?;
    tracing::info!(part = P::NAME, "stopped");
    Ok(())
}

async fn ended<P: Part>(part: &P) {
    while !part.has_ended() {
        tokio::time::sleep(LOOK).await;
    }
}

async fn stop<P: Part>(part: P, loaded: &Loaded, signals: &mut Signals) -> Result<(), Failure> {
    let limit = duration(loaded.settings.engine.stop_timeout) + GRACE;
    tokio::select! {
        stopped = spawn_blocking(move || part.stop()) => stopped.map_err(defect),
        () = tokio::time::sleep(limit) => {
            let message = format!("the {} has not stopped within {} s", P::NAME, limit.as_secs());
            Err(Failure::Temporary(Fault::new(message, Some("nothing is lost: the next start replays the log from its last checkpoint".into()))))
        }
        signal = signals.end() => {
            tracing::warn!(signal, part = P::NAME, "ended at once");
            std::process::exit(128 + signal)
        }
    }
}

fn defect(error: JoinError) -> Failure {
    Failure::Io(std::io::Error::other(error))
}
