//! The admin listener as a whole: configuration, port, routes, limits.

use super::access::{Access, AccessError, AdminConfig};
use super::routes::{self, App};
use super::source::AdminSource;
use super::stream::MAX_STREAMS;
use crate::current::Current;
use crate::listener::{Limits, Routes, serve};
use crate::metrics::Metrics;
use crate::metrics::labels::Listener;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

/// The admin listener's. Each endpoint has a shorter time of its own.
const LIMITS: Limits = Limits {
    name: Listener::Admin,
    connections: 128,
    reserved: 16,
    per_peer: 64,
    head: Duration::from_secs(10),
    answer: Duration::from_secs(30),
    write: Duration::from_secs(10),
    life: Duration::from_secs(600),
};
/// How often histogram samples are moved into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// A bound admin listener.
#[derive(Debug)]
pub struct AdminServer {
    listener: TcpListener,
    address: SocketAddr,
    routes: Routes,
    access: Arc<Current<Access>>,
    metrics: Arc<Metrics>,
    closing: watch::Sender<bool>,
}

/// Says who may ask from now on.
#[derive(Clone, Debug)]
pub struct Doorkeeper {
    access: Arc<Current<Access>>,
}

impl Doorkeeper {
    /// Checks other tokens; the address stays what it is.
    ///
    /// # Errors
    /// See [`AccessError`].
    pub fn admit(&self, config: &AdminConfig) -> Result<Admitted, AccessError> {
        Ok(Admitted { to: Arc::clone(&self.access), access: Access::new(config)? })
    }
}

/// Tokens that have been checked and are not yet in force.
#[derive(Debug)]
#[must_use]
pub struct Admitted {
    to: Arc<Current<Access>>,
    access: Access,
}

impl Admitted {
    /// They are the ones from now on.
    pub fn now(self) {
        self.to.set(self.access);
    }
}

/// The listener cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The configuration would be open to strangers, or cannot be read.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The address is taken, or not ours.
    #[error("cannot listen on {address} for the admin API: {error}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
}

impl AdminServer {
    /// Checks the configuration and takes the port; nothing is answered before [`AdminServer::serve`].
    ///
    /// # Errors
    /// See [`BindError`].
    pub async fn bind<S: AdminSource>(
        config: &AdminConfig,
        source: Arc<S>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, BindError> {
        let access = Access::new(config)?;
        let failed = |error| BindError::Listen { address: config.listen, error };
        let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (closing, closed) = watch::channel(false);
        let streams = Arc::new(Semaphore::new(MAX_STREAMS));
        let access = Arc::new(Current::new(access));
        let app = App {
            access: Arc::clone(&access),
            source,
            metrics: metrics.clone(),
            streams,
            closing: closed,
        };
        let routes = Routes { probes: routes::probes(app.clone()), all: routes::router(app) };
        Ok(Self { listener, address, routes, access, metrics, closing })
    }

    /// The address in use, with the port that the system chose where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets others in while it serves.
    pub fn doorkeeper(&self) -> Doorkeeper {
        Doorkeeper { access: Arc::clone(&self.access) }
    }

    /// Answers until `shutdown` completes, then waits shortly for answers under way.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let mut ticks = tokio::time::interval(UPKEEP);
        let upkeep = async {
            loop {
                ticks.tick().await;
                self.metrics.upkeep();
            }
        };
        tokio::select! {
            () = serve(self.listener, self.routes, LIMITS, &self.metrics, self.closing, shutdown) => {}
            () = upkeep => {}
        }
    }
}
