//! The listener itself: connections are counted, requests must arrive in time, and a shutdown waits for answers under way.
//! The public listener of [`crate::deliver`] answers through the same loop.

use super::access::{Access, AccessError, AdminConfig};
use super::routes::{self, App};
use super::source::AdminSource;
use super::stream::MAX_STREAMS;
use crate::metrics::Metrics;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

/// What a listener allows its clients.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The listener's name in log lines.
    pub name: &'static str,
    /// Connections at a time; further ones wait in the kernel's queue.
    pub connections: usize,
    /// A client has so long to send its request's head, and to begin the next request on a connection.
    pub head: Duration,
    /// From the head to the beginning of the answer: the body must have come, and the work must be done.
    pub answer: Duration,
}

/// The admin listener's. Each endpoint has a shorter time of its own.
const LIMITS: Limits = Limits {
    name: "admin",
    connections: 128,
    head: Duration::from_secs(10),
    answer: Duration::from_secs(30),
};
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
        let router = routes::router(App {
            access: Arc::new(access),
            source,
            metrics: metrics.clone(),
            streams,
            closing: closed,
        });
        Ok(Self { listener, address, router, metrics, closing })
    }

    /// The address in use, with the port that the system chose where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
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
            () = serve(self.listener, self.router, LIMITS, self.closing, shutdown) => {}
            () = upkeep => {}
        }
    }
}

/// Answers until `shutdown` completes, then sets `closing` and waits shortly for answers under way.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    closing: watch::Sender<bool>,
    shutdown: impl Future<Output = ()>,
) {
    let router = router.layer(middleware::from_fn_with_state(limits.answer, in_time));
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            (stream, place) = accept(&listener, &places, limits.name) => {
                let (router, closing) = (router.clone(), closing.subscribe());
                connections.spawn(async move {
                    converse(stream, router, limits.head, closing).await;
                    drop(place);
                });
            }
        }
    }
    drop(listener);
    closing.send_replace(true);
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finished).await.is_err() {
        tracing::debug!(listener = limits.name, "connections were cut at shutdown");
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
    name: &str,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    let place = places.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            Err(error) => {
                // Out of file descriptors, most likely: let others give some back.
                tracing::warn!(%error, listener = name, "a listener cannot accept");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

async fn converse(
    stream: TcpStream,
    router: Router,
    head: Duration,
    mut closing: watch::Receiver<bool>,
) {
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::post;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const SHORT: Duration = Duration::from_millis(200);
    const LONG: Duration = Duration::from_secs(60);

    /// What the listener says to a client that sends `request` and nothing more.
    async fn said(router: Router, limits: Limits, request: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(serve(
            listener,
            router,
            limits,
            watch::channel(false).0,
            std::future::pending(),
        ));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        tokio::time::timeout(LONG, stream.read_to_string(&mut answer))
            .await
            .expect("the connection stays open")
            .unwrap();
        serving.abort();
        answer
    }

    fn limits(connections: usize, head: Duration, answer: Duration) -> Limits {
        Limits { name: "test", connections, head, answer }
    }

    fn reader() -> Router {
        Router::new().route("/", post(async |body: String| body))
    }

    #[tokio::test]
    async fn a_head_that_does_not_end_is_not_waited_for() {
        assert_eq!(
            said(reader(), limits(9, SHORT, LONG), "POST / HTTP/1.1\r\nHost: x\r\n").await,
            ""
        );
        assert_eq!(said(reader(), limits(9, SHORT, LONG), "").await, "");
    }

    #[tokio::test]
    async fn a_body_that_does_not_end_is_not_waited_for() {
        let answer = said(
            reader(),
            limits(9, LONG, SHORT),
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx",
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    }

    async fn ask(address: SocketAddr) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(
                b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            )
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    #[tokio::test]
    async fn no_more_connections_than_allowed_are_served_at_a_time() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counter, peak) = (now.clone(), most.clone());
        let work = async move || {
            peak.fetch_max(counter.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            counter.fetch_sub(1, Ordering::SeqCst);
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", post(work));
        tokio::spawn(serve(
            listener,
            router,
            limits(2, LONG, LONG),
            watch::channel(false).0,
            std::future::pending(),
        ));
        let mut clients = JoinSet::new();
        (0..8).for_each(|_| drop(clients.spawn(ask(address))));
        while let Some(client) = clients.join_next().await {
            client.unwrap();
        }
        assert!(most.load(Ordering::SeqCst) <= 2);
    }
}
