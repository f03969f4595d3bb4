use super::*;
use axum::body::Body;
use axum::routing::{get, post};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(60);

/// Generous limits, for tests to narrow.
const LIMITS: Limits = Limits {
    name: Listener::Admin,
    connections: 9,
    reserved: 0,
    per_peer: 9,
    head: LONG,
    answer: LONG,
    write: LONG,
    life: LONG,
};

/// A listener with these limits that is told to stop by nobody.
async fn listening(all: Router, limits: Limits) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let probes = Router::new().route("/livez", get("alive")).fallback(StatusCode::IM_A_TEAPOT);
    tokio::spawn(async move {
        let metrics = Metrics::new("test").unwrap();
        let (closing, routes) = (watch::channel(false).0, Routes { all, probes });
        serve(listener, routes, limits, &metrics, closing, std::future::pending()).await;
    });
    address
}

/// What the listener says to a client that sends `request` and nothing more, until it closes the connection.
async fn said(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(&mut stream).await
}

/// What is still said before the connection is closed.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A connection that is cut while something of ours is unread ends with an error instead.
    let end = tokio::time::timeout(LONG, stream.read_to_end(&mut answer));
    drop(end.await.expect("the connection is closed"));
    String::from_utf8(answer).unwrap()
}

/// What the listener says on a connection that stays open.
async fn first_line(stream: &mut TcpStream) -> String {
    let mut head = [0; 12];
    tokio::time::timeout(LONG, stream.read_exact(&mut head)).await.expect("an answer").unwrap();
    String::from_utf8_lossy(&head).into_owned()
}

fn reader() -> Router {
    Router::new().route("/", post(async |body: String| body))
}

const POST: &str = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
const LIVE: &str = "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_head_that_does_not_end_is_not_waited_for() {
    let address = listening(reader(), Limits { head: SHORT, ..LIMITS }).await;
    assert_eq!(said(address, "POST / HTTP/1.1\r\nHost: x\r\n").await, "");
    assert_eq!(said(address, "").await, "");
}

#[tokio::test]
async fn a_body_that_does_not_end_is_not_waited_for() {
    let address = listening(reader(), Limits { answer: SHORT, ..LIMITS }).await;
    let answer = said(address, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx").await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_given_up() {
    // More than any buffer of the system holds.
    let endless = || async { Body::from(vec![b'x'; 64 << 20]) };
    let limits = Limits { write: SHORT, ..LIMITS };
    let address = listening(Router::new().route("/", post(endless)), limits).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(POST.as_bytes()).await.unwrap();
    tokio::time::sleep(SHORT * 5).await;
    let taken = rest(&mut stream).await;
    assert!(taken.len() < 64 << 20, "it was cut: {}", taken.len());
}

#[tokio::test]
async fn a_connection_ends_although_it_is_used() {
    let address = listening(reader(), Limits { life: SHORT, ..LIMITS }).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let question = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    let mut answers = 0;
    while stream.write_all(question.as_bytes()).await.is_ok() {
        let mut answer = [0; 1024];
        match stream.read(&mut answer).await {
            Ok(count) if count > 0 => answers += 1,
            _ => break,
        }
    }
    assert!(answers > 0);
}

#[tokio::test]
async fn an_answer_without_end_is_cut_when_the_connection_has_lived() {
    let endless = || async {
        Body::from_stream(futures_util::stream::pending::<Result<String, axum::Error>>())
    };
    let limits = Limits { life: SHORT, answer: SHORT, ..LIMITS };
    let address = listening(Router::new().route("/", post(endless)), limits).await;
    assert!(said(address, POST).await.starts_with("HTTP/1.1 200"));
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
    let limits = Limits { connections: 2, ..LIMITS };
    let address = listening(Router::new().route("/", post(work)), limits).await;
    let mut clients = JoinSet::new();
    (0..8).for_each(|_| drop(clients.spawn(said(address, POST))));
    while let Some(answer) = clients.join_next().await {
        let answer = answer.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    assert!(most.load(Ordering::SeqCst) <= 2);
}

#[tokio::test]
async fn one_peer_has_no_more_connections_than_it_may() {
    let address = listening(reader(), Limits { per_peer: 2, ..LIMITS }).await;
    let idle = [(); 2].map(|()| TcpStream::connect(address));
    let [first, second] = idle;
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert_eq!(said(address, POST).await, "", "the third is closed");
    drop(first);
    let again = async {
        while !said(address, POST).await.starts_with("HTTP/1.1 200") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LONG, again).await.expect("a place is free again");
    drop(second);
}

#[tokio::test]
async fn health_is_answered_when_all_places_are_taken() {
    let limits = Limits { connections: 2, reserved: 1, ..LIMITS };
    let address = listening(reader(), limits).await;
    let mut idle = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let question = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(question.as_bytes()).await.unwrap();
        assert_eq!(first_line(&mut stream).await, "HTTP/1.1 200");
        idle.push(stream);
    }
    assert!(said(address, LIVE).await.ends_with("alive"));
    let refused = said(address, POST).await;
    assert!(refused.starts_with("HTTP/1.1 418"), "{refused}");
    idle.clear();
    let usual = async {
        while !said(address, POST).await.starts_with("HTTP/1.1 200") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LONG, usual).await.expect("a usual place is free again");
}

#[test]
fn a_network_of_ipv6_is_one_peer() {
    let same = |one: &str, other: &str| {
        client(one.parse::<IpAddr>().unwrap()) == client(other.parse::<IpAddr>().unwrap())
    };
    assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
    assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1"));
    assert!(same("::ffff:192.0.2.1", "192.0.2.1"));
    assert!(!same("192.0.2.1", "192.0.2.2"));
}
