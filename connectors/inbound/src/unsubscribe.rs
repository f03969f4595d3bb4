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
mod tests;
