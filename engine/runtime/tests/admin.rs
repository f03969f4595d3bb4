//! The admin listener over a real loopback connection, with invented data.

#[path = "../examples/console_fixture/data.rs"]
mod data;

use cartwheel_core::decision::Decision;
use cartwheel_runtime::admin::view::{CustomerView, JourneyView, Overview, ShardView};
use cartwheel_runtime::admin::{AdminConfig, AdminServer, BindError, TokenConfig};
use cartwheel_runtime::metrics::Metrics;
use data::World;
use serde::de::DeserializeOwned;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// SHA-256 of `ops-token` and `full-token`.
const OPS: &str = "d9310c002af91822beb0b3487d8b04f85bf6bf1f8a5496bff7d35fc7c5a29def";
const FULL: &str = "25c2f719ddbe40626760b5a04c55d024463e8789ee87138cbb707395bc1e3e2d";

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn code(&self) -> String {
        self.json::<serde_json::Value>()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

async fn start(config: AdminConfig) -> Running {
    let (world, metrics) = (Arc::new(World::new()), Arc::new(Metrics::new("test").unwrap()));
    let now = Instant::now();
    world.advance(30.0, now, &metrics);
    world.advance(35.0, now + Duration::from_secs(5), &metrics);
    let server = AdminServer::bind(&config, world, metrics).await.unwrap();
    let address = server.address();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(server.serve(async { drop(stopped.await) }));
    Running { address, stop, server }
}

fn local() -> AdminConfig {
    AdminConfig {
        listen: ([127, 0, 0, 1], 0).into(),
        insecure_local: true,
        ..AdminConfig::default()
    }
}

fn guarded() -> AdminConfig {
    let token = |name: &str, sha256: &str, personal_data| TokenConfig {
        name: name.into(),
        sha256: sha256.into(),
        personal_data,
    };
    AdminConfig {
        tokens: vec![token("ops", OPS, false), token("full", FULL, true)],
        insecure_local: false,
        ..local()
    }
}

impl Running {
    async fn send(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    async fn get_with(&self, path: &str, headers: &str) -> Answer {
        self.send(&format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n"
        ))
        .await
    }

    async fn get(&self, path: &str) -> Answer {
        self.get_with(path, "").await
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.server.await.unwrap();
    }
}

#[tokio::test]
async fn nothing_but_health_and_the_empty_console_is_open() {
    let admin = start(guarded()).await;
    for path in ["/livez", "/readyz", "/", "/style.css"] {
        assert_eq!(admin.get(path).await.status, 200, "{path}");
    }
    for path in [
        "/metrics",
        "/api/v1/overview",
        "/api/v1/customers/ana",
        "/api/v1/inbox/1/html",
        "/api/v1/stream",
        "/api/v1/nothing",
    ] {
        let answer = admin.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthorized"), "{path}");
        assert!(answer.head.contains("www-authenticate: bearer"));
        for header in [
            "authorization: Bearer wrong\r\n",
            "authorization: Basic b3BzLXRva2Vu\r\n",
            "authorization: ops-token\r\n",
        ] {
            assert_eq!(admin.get_with(path, header).await.status, 401, "{path} {header}");
        }
    }
    for path in ["/metrics", "/api/v1/overview"] {
        assert_eq!(
            admin.get_with(path, "authorization: Bearer ops-token\r\n").await.status,
            200,
            "{path}"
        );
    }
    admin.stop().await;
}

#[tokio::test]
async fn names_and_addresses_need_the_scope() {
    let admin = start(guarded()).await;
    let plain =
        admin.get_with("/api/v1/customers/ana", "authorization: Bearer ops-token\r\n").await;
    assert_eq!(plain.json::<CustomerView>().personal, None);
    assert!(!plain.body.contains("ana@shop.example"));
    let inbox = admin.get_with("/api/v1/inbox", "authorization: Bearer ops-token\r\n").await;
    assert_eq!((inbox.status, inbox.code().as_str()), (403, "forbidden"));
    let full =
        admin.get_with("/api/v1/customers/ana", "authorization: bearer full-token\r\n").await;
    assert_eq!(
        full.json::<CustomerView>().personal.unwrap().email.as_deref(),
        Some("ana@shop.example")
    );
    admin.stop().await;
}

#[tokio::test]
async fn metrics_may_be_open() {
    let admin = start(AdminConfig { open_metrics: true, ..guarded() }).await;
    let answer = admin.get("/metrics").await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: text/plain; version=0.0.4"));
    assert!(answer.body.contains("cartwheel_build_info{version=\"test\"} 1"), "{}", answer.body);
    assert_eq!(admin.get("/api/v1/overview").await.status, 401);
    admin.stop().await;
}

#[tokio::test]
async fn the_api_answers_in_its_shapes() {
    let admin = start(local()).await;
    let overview: Overview = admin.get("/api/v1/overview").await.json();
    assert!(
        overview.totals.events > 10_000 && overview.totals.events_per_second > 100.0,
        "{:?}",
        overview.totals
    );
    let names: Vec<_> = overview.journeys.iter().map(|journey| journey.journey.as_str()).collect();
    assert_eq!(names, ["cart_abandonment", "welcome"]);
    let shards: Vec<ShardView> = admin.get("/api/v1/shards").await.json();
    assert_eq!(shards, overview.shards);
    let journey: JourneyView = admin.get("/api/v1/journeys/welcome").await.json();
    assert_eq!((journey.graph.steps.len(), journey.counts.steps.len()), (5, 5));
    let drawing = admin.get("/api/v1/journeys/welcome/drawing").await;
    assert!(
        drawing.head.to_lowercase().contains("content-type: image/svg+xml"),
        "{}",
        drawing.head
    );
    assert!(
        drawing.body.starts_with("<svg ") && drawing.body.contains(" sent"),
        "{}",
        drawing.body
    );
    let missing = admin.get("/api/v1/journeys/nothing/drawing").await;
    assert_eq!((missing.status, missing.code().as_str()), (404, "not_found"));
    let missing = admin.get("/api/v1/journeys/nothing").await;
    assert_eq!((missing.status, missing.code().as_str()), (404, "not_found"));
    let missing = admin.get("/api/v1/customers/%C3%A9%2Fx").await;
    assert_eq!((missing.status, missing.code().as_str()), (404, "not_found"));
    assert_eq!(admin.get("/api/v1/nothing").await.code(), "not_found");
    admin.stop().await;
}

#[tokio::test]
async fn a_customers_timeline_is_made_of_decisions() {
    let admin = start(local()).await;
    let answer: serde_json::Value = admin.get("/api/v1/customers/ana").await.json();
    let decisions: Vec<Decision> = serde_json::from_value(answer["decisions"].clone()).unwrap();
    assert_eq!(decisions.len(), 9);
    assert_eq!(answer["decisions"][6]["reason"], "cap");
    assert_eq!(answer["decisions"][6]["values"]["limit"], 2.0);
    let narrow: CustomerView = admin.get("/api/v1/customers/ana?journey=welcome").await.json();
    assert!(narrow.decisions.is_empty() && narrow.runs.is_empty());
    admin.stop().await;
}

#[tokio::test]
async fn a_mail_is_shown_in_a_sandbox() {
    let admin = start(local()).await;
    let mail = admin.get("/api/v1/inbox/1/html").await;
    assert!(
        mail.head.contains("content-security-policy: sandbox; default-src 'none'"),
        "{}",
        mail.head
    );
    assert!(mail.head.contains("content-type: text/html"));
    assert!(mail.body.contains("You left something behind"));
    assert_eq!(admin.get("/api/v1/inbox/999/html").await.status, 404);
    assert_eq!(admin.get("/api/v1/inbox/x/html").await.status, 400);
    admin.stop().await;
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let admin = start(local()).await;
    for path in ["/", "/livez", "/metrics", "/api/v1/overview", "/nothing.js", "/api/v1/nothing"] {
        let head = admin.get(path).await.head;
        for header in [
            "content-security-policy: ",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cache-control: no-",
        ] {
            assert!(head.contains(header), "{path}: {header} in {head}");
        }
        assert!(!head.contains("unsafe"), "{path}");
    }
    admin.stop().await;
}

#[tokio::test]
async fn what_does_not_belong_here_is_refused() {
    let admin = start(local()).await;
    let long = format!("/api/v1/customers/{}", "x".repeat(3_000));
    assert_eq!(admin.get(&long).await.status, 414);
    let endless = format!("/{}", "x".repeat(40_000));
    let answer = admin.get(&endless).await;
    assert!([414, 431].contains(&answer.status), "{}", answer.status);
    let foreign =
        "GET /api/v1/overview HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n";
    assert_eq!(admin.send(foreign).await.status, 403);
    let post = "POST /api/v1/overview HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(admin.send(post).await.status, 405);
    let body = "GET /api/v1/overview HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    assert_eq!(admin.send(body).await.status, 413);
    admin.stop().await;
}

#[tokio::test]
async fn the_console_is_cached_by_its_content() {
    let admin = start(local()).await;
    let first = admin.get("/style.css").await;
    let etag = first.head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned();
    let again = admin.get_with("/style.css", &format!("if-none-match: {etag}\r\n")).await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    admin.stop().await;
}

#[tokio::test]
async fn the_stream_sends_overviews_and_ends_at_shutdown() {
    let admin = start(local()).await;
    let mut stream = TcpStream::connect(admin.address).await.unwrap();
    stream.write_all(b"GET /api/v1/stream HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut lines = BufReader::new(stream).lines();
    let mut overviews = 0;
    while overviews < 2 {
        let line = lines.next_line().await.unwrap().expect("the stream goes on");
        if let Some(json) = line.strip_prefix("data: ") {
            serde_json::from_str::<Overview>(json).unwrap();
            overviews += 1;
        }
    }
    admin.stop().await;
    while lines.next_line().await.unwrap().is_some() {}
}

#[tokio::test]
async fn a_port_in_use_is_said() {
    let admin = start(local()).await;
    let config = AdminConfig { listen: admin.address, ..local() };
    let metrics = Arc::new(Metrics::new("test").unwrap());
    let error = AdminServer::bind(&config, Arc::new(World::new()), metrics).await.unwrap_err();
    assert!(
        matches!(error, BindError::Listen { .. })
            && error.to_string().contains(&admin.address.to_string()),
        "{error}"
    );
    admin.stop().await;
}
