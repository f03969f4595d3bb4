//! The one-click unsubscribe of RFC 8058: `POST /u/TOKEN` unsubscribes, `GET /u/TOKEN` only asks.
//!
//! Mail clients post `List-Unsubscribe=One-Click`; people open the link and press a button, which posts too. Scanners that follow every
//! link do a GET, so a GET must change nothing.

use crate::event;
use crate::once::Once;
use crate::sink::{BoxFuture, EventSink, SinkError};
use crate::token::{Claim, Keys};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::Millis;
use std::sync::Arc;

/// Gives a time in ms; the runtime passes its clock's.
pub type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// Both times.
#[derive(Clone)]
pub struct Clocks {
    /// Wall time.
    pub wall: Clock,
    /// Monotonic time.
    pub mono: Clock,
}

/// What came of a click on a link of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Its event, or that of another click on the link, has been acknowledged.
    Applied,
    /// No shard would make anything of it.
    Refused,
    /// The event could not be written: the click must come again.
    Failed,
}

/// Hears of every click, for counting.
pub type Told = Arc<dyn Fn(Answer) + Send + Sync>;

/// Bodies are at most this long; the RFC's has 26 bytes.
const LONGEST_BODY: usize = 4 * 1024;

struct Shared {
    sink: Arc<dyn EventSink>,
    keys: Keys,
    clocks: Clocks,
    policy: Policy,
    told: Told,
    once: Once,
}

/// The routes. `policy`: that of the shards, which says what is an event.
///
/// 200 is answered only when the event has been acknowledged where its shard reads it, by this click or by one on the same link within
/// ten seconds. If it is not, the answer is 503 and the client tries again; a link of which no shard would make anything gets 422.
pub fn router(
    sink: Arc<dyn EventSink>,
    keys: Keys,
    clocks: Clocks,
    policy: Policy,
    told: Told,
) -> Router {
    let shared = Shared { sink, keys, clocks, policy, told, once: Once::default() };
    Router::new()
        .route("/u/{token}", get(ask).post(unsubscribe))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(Arc::new(shared))
}

async fn ask(State(shared): State<Arc<Shared>>, Path(token): Path<String>) -> Response {
    match (shared.keys)().verify(&token) {
        Some(_) => page(
            StatusCode::OK,
            "Unsubscribe",
            "<form method=\"post\"><button type=\"submit\">Unsubscribe</button></form>",
        ),
        None => not_found(),
    }
}

async fn unsubscribe(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    // The body says nothing that the token does not; it is read, within the limit, so that the connection can be used again.
    if axum::body::to_bytes(request.into_body(), LONGEST_BODY).await.is_err() {
        return page(StatusCode::PAYLOAD_TOO_LARGE, "Too large", "");
    }
    let Some(claim) = (shared.keys)().verify(&token) else { return not_found() };
    let now = (shared.clocks.wall)();
    let Some(json) = event::of(&claim, now, &shared.policy) else {
        (shared.told)(Answer::Refused);
        return unusable(&claim);
    };
    match shared.write(&claim, json).await {
        Ok(()) => {
            (shared.told)(Answer::Applied);
            page(StatusCode::OK, "You are unsubscribed", "")
        }
        Err(error) => {
            (shared.told)(Answer::Failed);
            tracing::warn!(command_id = %claim.command_id, channel = %claim.channel, %error, "an unsubscribe was not taken");
            let mut response = page(StatusCode::SERVICE_UNAVAILABLE, "Please try again", "");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
            response
        }
    }
}

impl Shared {
    async fn write(&self, claim: &Claim, json: Vec<u8>) -> Result<(), SinkError> {
        let (sink, customer) = (Arc::clone(&self.sink), claim.customer.clone());
        let write = move || -> BoxFuture<'static, Result<(), SinkError>> {
            Box::pin(async move { sink.write(&customer, json).await })
        };
        self.once.write(claim, Arc::clone(&self.clocks.mono), write).await
    }
}

/// A link of ours of which no shard would make anything. A person must write to the shop, and somebody must look why such links are made.
fn unusable(claim: &Claim) -> Response {
    tracing::error!(command_id = %claim.command_id, channel = %claim.channel, "an unsubscribe link that no shard would understand was used: nothing was unsubscribed");
    page(
        StatusCode::UNPROCESSABLE_ENTITY,
        "You are not unsubscribed",
        "<p>This link does not work. Please write to the shop.</p>",
    )
}

/// The same for every token that is not one of ours.
fn not_found() -> Response {
    page(StatusCode::NOT_FOUND, "Not found", "")
}

fn page(status: StatusCode, title: &'static str, body: &'static str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>"
    );
    // The token is in the address: keep it out of caches, other sites' logs and frames.
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ];
    (status, headers, Html(html)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Secrets;
    use axum::body::Body;
    use cartwheel_core::address::AddressHash;
    use cartwheel_core::channel::Channel;
    use cartwheel_core::id::CommandId;
    use std::sync::Mutex;
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering::Relaxed;
    use tower::ServiceExt;

    #[derive(Default)]
    struct Recorder {
        written: Mutex<Vec<(String, String)>>,
        /// So many writes fail first.
        refuses: AtomicUsize,
    }

    impl EventSink for Recorder {
        fn write<'a>(
            &'a self,
            customer: &'a str,
            json: Vec<u8>,
        ) -> BoxFuture<'a, Result<(), SinkError>> {
            Box::pin(async move {
                // Others come meanwhile.
                tokio::task::yield_now().await;
                let less = |left: usize| left.checked_sub(1);
                if self.refuses.fetch_update(Relaxed, Relaxed, less).is_ok() {
                    return Err(SinkError);
                }
                let event = (customer.to_owned(), String::from_utf8(json).unwrap());
                self.written.lock().unwrap().push(event);
                Ok(())
            })
        }
    }

    impl Recorder {
        fn written(&self) -> Vec<(String, String)> {
            self.written.lock().unwrap().clone()
        }
    }

    fn claim(id: u128) -> Claim {
        let (channel, command_id) = (Channel::Email, CommandId(id));
        let address = Some(AddressHash::of(channel, "ana@example.com"));
        Claim { customer: "ana".into(), channel, command_id, address }
    }

    fn token(claim: &Claim) -> String {
        Secrets::new(b"secret", None).token(claim)
    }

    /// A listener without a socket.
    struct Listener {
        sink: Arc<Recorder>,
        router: Router,
    }

    impl Listener {
        fn new(sink: Recorder) -> Self {
            let sink = Arc::new(sink);
            let clocks = Clocks { wall: Arc::new(|| 1_767_261_600_123), mono: Arc::new(|| 0) };
            let (shared, secrets) =
                (Arc::<Recorder>::clone(&sink), Arc::new(Secrets::new(b"secret", None)));
            let keys: Keys = Arc::new(move || Arc::clone(&secrets));
            let told: Told = Arc::new(|_| ());
            Self { sink, router: router(shared, keys, clocks, Policy::default(), told) }
        }

        async fn call(
            &self,
            method: &str,
            token: &str,
            body: impl Into<Body>,
        ) -> (StatusCode, String) {
            let uri = format!("/u/{token}");
            let request = Request::builder().method(method).uri(uri).body(body.into()).unwrap();
            let response = self.router.clone().oneshot(request).await.unwrap();
            let status = response.status();
            let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
            (status, String::from_utf8(body.to_vec()).unwrap())
        }

        async fn post(&self, claim: &Claim) -> StatusCode {
            self.call("POST", &token(claim), "").await.0
        }
    }

    #[tokio::test]
    async fn a_post_writes_the_event() {
        for body in ["List-Unsubscribe=One-Click", ""] {
            let listener = Listener::new(Recorder::default());
            let (status, _) = listener.call("POST", &token(&claim(0x2a)), body).await;
            assert_eq!(status, StatusCode::OK);
            let [(customer, json)] = &listener.sink.written()[..] else { panic!("one event") };
            assert_eq!(customer, "ana");
            let event: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!(event["message"]["command_id"], "0000000000000000000000000000002a");
            let address = AddressHash::of(Channel::Email, "ana@example.com").to_string();
            assert_eq!(event["message"]["address"], address);
            assert!(!json.contains("\"id\""), "an id would make a later click a duplicate: {json}");
        }
    }

    #[tokio::test]
    async fn a_get_only_asks() {
        let listener = Listener::new(Recorder::default());
        let token = token(&claim(1));
        for method in ["GET", "HEAD"] {
            assert_eq!(listener.call(method, &token, "").await.0, StatusCode::OK);
        }
        let (_, page) = listener.call("GET", &token, "").await;
        assert!(page.contains("<form method=\"post\">"));
        assert_eq!(listener.sink.written(), []);
    }

    #[tokio::test]
    async fn a_wrong_token_is_not_found() {
        let listener = Listener::new(Recorder::default());
        let other = Secrets::new(b"other", None).token(&claim(1));
        for wrong in [other, "cwu1.e30.x".to_owned(), "x".to_owned()] {
            for method in ["GET", "POST"] {
                let (status, page) = listener.call(method, &wrong, "").await;
                assert_eq!(status, StatusCode::NOT_FOUND);
                assert!(!page.contains("token") && !page.contains(&wrong), "{page}");
            }
        }
        assert_eq!(listener.sink.written(), []);
    }

    #[tokio::test]
    async fn success_waits_for_the_acknowledgement() {
        let listener = Listener::new(Recorder { refuses: 1.into(), ..Recorder::default() });
        assert_eq!(listener.post(&claim(1)).await, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(listener.post(&claim(1)).await, StatusCode::OK, "it is tried again");
        assert_eq!(listener.sink.written().len(), 1);
    }

    /// Of links that no shard would understand: they are ours, and yet nothing is unsubscribed by them.
    #[tokio::test]
    async fn what_cannot_be_applied_is_never_answered_as_if_it_were() {
        let listener = Listener::new(Recorder::default());
        let webhook = Claim { channel: Channel::Webhook, ..claim(1) };
        for claim in [
            Claim { address: None, ..webhook.clone() },
            webhook,
            Claim { customer: "x".repeat(257), ..claim(2) },
            Claim { customer: String::new(), ..claim(3) },
        ] {
            let (status, page) = listener.call("POST", &token(&claim), "").await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(page.contains("not unsubscribed"));
        }
        assert_eq!(listener.sink.written(), []);
    }

    #[tokio::test]
    async fn two_thousand_posts_of_a_link_cost_one_event() {
        let listener =
            Arc::new(Listener::new(Recorder { refuses: 1.into(), ..Recorder::default() }));
        let refused = listener.post(&claim(1)).await;
        assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
        let mut posts = Vec::new();
        for _ in 0..1_000 {
            let listener = Arc::clone(&listener);
            posts.push(tokio::spawn(async move { listener.post(&claim(1)).await }));
        }
        for post in posts {
            assert_eq!(post.await.unwrap(), StatusCode::OK);
        }
        for _ in 0..1_000 {
            assert_eq!(listener.post(&claim(1)).await, StatusCode::OK);
        }
        assert_eq!(listener.sink.written().len(), 1);
        assert_eq!(listener.post(&claim(2)).await, StatusCode::OK);
        let without = Claim { address: None, ..claim(1) };
        assert_eq!(listener.post(&without).await, StatusCode::OK, "an old token says less");
        assert_eq!(listener.sink.written().len(), 3);
    }

    #[tokio::test]
    async fn a_long_body_is_refused() {
        let listener = Listener::new(Recorder::default());
        let body = vec![b'x'; LONGEST_BODY + 1];
        let (status, _) = listener.call("POST", &token(&claim(1)), body).await;
        assert_eq!((status, listener.sink.written().len()), (StatusCode::PAYLOAD_TOO_LARGE, 0));
    }
}
