//! How a listener answers its clients, whoever they are: connections are counted, in all and by peer; requests must arrive, and answers be
//! taken, in time; no connection lives for ever; places are kept free for health probes; a shutdown waits for answers under way.
//! The admin listener ([`crate::admin`]) and the public one of [`crate::deliver`] are such.

use crate::metrics::Metrics;
use crate::metrics::labels::Listener;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::collections::BTreeMap;
use std::future::Future;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

/// Longest request head in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// Answers under way have so long at shutdown.
const GRACE: Duration = Duration::from_secs(2);

/// What a listener allows its clients.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The listener's name in log lines and metrics.
    pub name: Listener,
    /// Connections at a time.
    pub connections: usize,
    /// Connections beyond those, which are answered what [`Routes::probes`] has; further ones wait in the kernel's queue.
    pub reserved: usize,
    /// Connections at a time from one address; further ones are closed. (Of IPv6 a network of 64 bits, which is what one client has.)
    pub per_peer: usize,
    /// A client has so long to send its request's head, and to begin the next request on a connection.
    pub head: Duration,
    /// From the head to the beginning of the answer: the body must have come, and the work must be done.
    pub answer: Duration,
    /// A client that takes nothing of its answer for so long is gone.
    pub write: Duration,
    /// After so long a connection ends with the answer under way, which then has `answer` to be taken.
    pub life: Duration,
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    /// On a usual connection.
    pub all: Router,
    /// On a reserved one: health, and a refusal of everything else.
    pub probes: Router,
}

/// Answers until `shutdown` completes, then sets `closing` and waits shortly for answers under way.
pub(crate) async fn serve(
    listener: TcpListener,
    routes: Routes,
    limits: Limits,
    metrics: &Metrics,
    closing: watch::Sender<bool>,
    shutdown: impl Future<Output = ()>,
) {
    let timed =
        |router: Router| router.layer(middleware::from_fn_with_state(limits.answer, in_time));
    let routes = Routes { all: timed(routes.all), probes: timed(routes.probes) };
    let places = Arc::new(Semaphore::new(limits.connections + limits.reserved));
    let peers = Arc::new(Peers::default());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            (stream, peer, place) = accept(&listener, &places, limits.name) => {
                let Some(known) = peers.enter(peer, limits.per_peer) else {
                    metrics.connection_refused(limits.name);
                    continue;
                };
                let usual = places.available_permits() >= limits.reserved;
                let router = if usual { routes.all.clone() } else { routes.probes.clone() };
                let closing = closing.subscribe();
                connections.spawn(async move {
                    converse(stream, router, limits, closing).await;
                    drop((known, place));
                });
            }
        }
    }
    drop(listener);
    closing.send_replace(true);
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finished).await.is_err() {
        tracing::debug!(listener = ?limits.name, "connections were cut at shutdown");
    }
}

/// A request whose body does not come, or whose work does not end, is given up.
async fn in_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::REQUEST_TIMEOUT, [(header::CONNECTION, "close")]).into_response(),
    }
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    name: Listener,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    let place = places.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) => {
                // Out of file descriptors, most likely: let others give some back.
                tracing::warn!(%error, listener = ?name, "a listener cannot accept");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

async fn converse(
    stream: TcpStream,
    router: Router,
    limits: Limits,
    mut closing: watch::Receiver<bool>,
) {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    let patience = tokio::select! {
        // What a client does wrong is its own affair: nothing to report.
        _ = connection.as_mut() => return,
        _ = closing.wait_for(|closing| *closing) => GRACE,
        () = tokio::time::sleep(limits.life) => limits.answer,
    };
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(patience, connection).await;
}

/// Connections by peer.
#[derive(Debug, Default)]
struct Peers(Mutex<BTreeMap<IpAddr, usize>>);

impl Peers {
    /// None if the peer has as many as it may have.
    fn enter(self: &Arc<Self>, peer: SocketAddr, most: usize) -> Option<Known> {
        let peer = client(peer.ip());
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = peers.entry(peer).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Known { peers: Arc::clone(self), peer })
    }
}

/// A connection that counts for its peer, until it is dropped.
#[derive(Debug)]
struct Known {
    peers: Arc<Peers>,
    peer: IpAddr,
}

impl Drop for Known {
    fn drop(&mut self) {
        let mut peers = self.peers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = peers.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                peers.remove(&self.peer);
            }
        }
    }
}

/// What one client may have many of: an address, or the lower half of an IPv6 one.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(network))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests;
