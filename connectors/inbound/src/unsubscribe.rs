//! The one-click unsubscribe of RFC 8058: `POST /u/TOKEN` unsubscribes, `GET /u/TOKEN` only asks.
//!
//! Mail clients post `List-Unsubscribe=One-Click`; people open the link and press a button, which posts too. Scanners that follow every
//! link do a GET, so a GET must change nothing.

use crate::sink::EventSink;
use crate::token::{Claim, Secrets};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use cartwheel_core::time::{Millis, format_rfc3339};
use std::sync::Arc;

/// Gives the wall time; the runtime passes its clock.
pub type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// Bodies are at most this long; the RFC's has 26 bytes.
const LONGEST_BODY: usize = 4 * 1024;

struct Shared {
    sink: Arc<dyn EventSink>,
    secrets: Secrets,
    clock: Clock,
}

/// The routes. An event reaches the sink before the answer is 200; if the sink does not acknowledge it, the answer is 503 and the client tries again.
pub fn router(sink: Arc<dyn EventSink>, secrets: Secrets, clock: Clock) -> Router {
    Router::new()
        .route("/u/{token}", get(ask).post(unsubscribe))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(Arc::new(Shared { sink, secrets, clock }))
}

async fn ask(State(shared): State<Arc<Shared>>, Path(token): Path<String>) -> Response {
    match shared.secrets.verify(&token) {
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
    let Some(claim) = shared.secrets.verify(&token) else { return not_found() };
    let json = event(&claim, (shared.clock)());
    match shared.sink.write(&claim.customer, json).await {
        Ok(()) => page(StatusCode::OK, "You are unsubscribed", ""),
        Err(error) => {
            tracing::warn!(command_id = %claim.command_id, channel = %claim.channel, %error, "an unsubscribe was not taken");
            let mut response = page(StatusCode::SERVICE_UNAVAILABLE, "Please try again", "");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
            response
        }
    }
}

/// The event. It has no id: unsubscribing twice is as unsubscribing once, but a click must count again after the customer has
/// subscribed anew, also on a link that was used before.
fn event(claim: &Claim, now: Millis) -> Vec<u8> {
    let event = serde_json::json!({
        "type": "unsubscribed",
        "customer": claim.customer,
        "time": format_rfc3339(now),
        "message": { "channel": claim.channel, "command_id": claim.command_id },
    });
    event.to_string().into_bytes()
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
    use crate::sink::{BoxFuture, SinkError};
    use axum::body::Body;
    use cartwheel_core::channel::Channel;
    use cartwheel_core::id::CommandId;
    use std::sync::Mutex;
    use tower::ServiceExt;

    #[derive(Default)]
    struct Recorder {
        written: Mutex<Vec<(String, String)>>,
        refuses: bool,
    }

    impl EventSink for Recorder {
        fn write<'a>(
            &'a self,
            customer: &'a str,
            json: Vec<u8>,
        ) -> BoxFuture<'a, Result<(), SinkError>> {
            Box::pin(async move {
                if self.refuses {
                    return Err(SinkError);
                }
                self.written
                    .lock()
                    .unwrap()
                    .push((customer.to_owned(), String::from_utf8(json).unwrap()));
                Ok(())
            })
        }
    }

    fn token(secret: &[u8]) -> String {
        Secrets::new(secret, None).token(&Claim {
            customer: "ana".into(),
            channel: Channel::Email,
            command_id: CommandId(0x2a),
        })
    }

    async fn call(
        sink: &Arc<Recorder>,
        method: &str,
        token: &str,
        body: impl Into<Body>,
    ) -> (StatusCode, String) {
        let clock: Clock = Arc::new(|| 1_767_261_600_123);
        let router = router(Arc::<Recorder>::clone(sink), Secrets::new(b"secret", None), clock);
        let request =
            Request::builder().method(method).uri(format!("/u/{token}")).body(body.into()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    fn written(sink: &Recorder) -> Vec<(String, String)> {
        sink.written.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn a_post_writes_the_event() {
        for body in ["List-Unsubscribe=One-Click", ""] {
            let sink = Arc::default();
            assert_eq!(call(&sink, "POST", &token(b"secret"), body).await.0, StatusCode::OK);
            let [(customer, json)] = &written(&sink)[..] else { panic!("one event") };
            assert_eq!(customer, "ana");
            let event: serde_json::Value = serde_json::from_str(json).unwrap();
            let id = "0000000000000000000000000000002a";
            let expected = serde_json::json!({"type": "unsubscribed", "customer": "ana",
                "time": "2026-01-01T10:00:00.123Z", "message": {"channel": "email", "command_id": id}});
            assert_eq!(event, expected);
        }
    }

    #[tokio::test]
    async fn a_get_only_asks() {
        let sink = Arc::default();
        for method in ["GET", "HEAD"] {
            assert_eq!(call(&sink, method, &token(b"secret"), "").await.0, StatusCode::OK);
        }
        assert!(
            call(&sink, "GET", &token(b"secret"), "").await.1.contains("<form method=\"post\">")
        );
        assert_eq!(written(&sink), []);
    }

    #[tokio::test]
    async fn a_wrong_token_is_not_found() {
        let sink = Arc::default();
        for wrong in [token(b"other"), "cwu1.e30.x".to_owned(), "x".to_owned()] {
            for method in ["GET", "POST"] {
                let (status, page) = call(&sink, method, &wrong, "").await;
                assert_eq!(status, StatusCode::NOT_FOUND);
                assert!(!page.contains("token") && !page.contains(&wrong), "{page}");
            }
        }
        assert_eq!(written(&sink), []);
    }

    #[tokio::test]
    async fn success_waits_for_the_acknowledgement() {
        let sink = Arc::new(Recorder { refuses: true, ..Recorder::default() });
        assert_eq!(
            call(&sink, "POST", &token(b"secret"), "").await.0,
            StatusCode::SERVICE_UNAVAILABLE
        );
    }

    #[tokio::test]
    async fn a_link_unsubscribes_again() {
        let sink = Arc::default();
        for _ in 0..2 {
            assert_eq!(call(&sink, "POST", &token(b"secret"), "").await.0, StatusCode::OK);
        }
        let [(_, first), (_, second)] = &written(&sink)[..] else { panic!("two events") };
        for json in [first, second] {
            assert!(!json.contains("\"id\""), "an id would make the second a duplicate: {json}");
        }
    }

    #[tokio::test]
    async fn a_long_body_is_refused() {
        let sink = Arc::default();
        let (status, _) =
            call(&sink, "POST", &token(b"secret"), vec![b'x'; LONGEST_BODY + 1]).await;
        assert_eq!((status, written(&sink).len()), (StatusCode::PAYLOAD_TOO_LARGE, 0));
    }
}
