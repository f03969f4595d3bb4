//! The listener itself: connections are counted, headers must arrive in time, and a shutdown waits for answers under way.

use super::access::{Access, AccessError, AdminConfig};
use super::routes::{self, App};
use super::source::AdminSource;
use super::stream::MAX_STREAMS;
use crate::metrics::Metrics;
use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// Connections at a time; further ones wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 128;
/// A client has so long to send its request's head.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest request head in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// How often histogram samples are moved into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);
/// Answers under way have so long at shutdown.
const GRACE: Duration = Duration::from_secs(2);

/// A bound admin listener.
#[derive(Debug)]
pub struct AdminServer {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    metrics: Arc<Metrics>,
    closing: watch::Sender<bool>,
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
    pub async fn bind<S: AdminSource>(config: &AdminConfig, source: Arc<S>, metrics: Arc<Metrics>) -> Result<Self, BindError> {
        let access = Access::new(config)?;
        let failed = |error| BindError::Listen { address: config.listen, error };
        let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (closing, closed) = watch::channel(false);
        let streams = Arc::new(Semaphore::new(MAX_STREAMS));
        let router = routes::router(App { access: Arc::new(access), source, metrics: metrics.clone(), streams, closing: closed });
        Ok(Self { listener, address, router, metrics, closing })
    }

    /// The address in use, with the port that the system chose where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `shutdown` completes, then waits shortly for answers under way.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut connections = JoinSet::new();
        let mut upkeep = tokio::time::interval(UPKEEP);
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                _ = upkeep.tick() => self.metrics.upkeep(),
                Some(_) = connections.join_next() => {}
                (stream, place) = accept(&self.listener, &places) => {
                    let (router, closing) = (self.router.clone(), self.closing.subscribe());
                    connections.spawn(async move {
                        converse(stream, router, closing).await;
                        drop(place);
                    });
                }
            }
        }
        drop(self.listener);
        self.closing.send_replace(true);
        let finished = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, finished).await.is_err() {
            tracing::debug!("admin connections were cut at shutdown");
        }
    }
}

/// The next connection, once there is a place for it.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, Option<tokio::sync::OwnedSemaphorePermit>) {
    let place = places.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            Err(error) => {
                // Out of file descriptors, most likely: let others give some back.
                tracing::warn!(%error, "the admin listener cannot accept");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

async fn converse(stream: TcpStream, router: Router, mut closing: watch::Receiver<bool>) {
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    tokio::select! {
        // What a client does wrong is its own affair: nothing to report.
        _ = connection.as_mut() => return,
        _ = closing.wait_for(|closing| *closing) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
