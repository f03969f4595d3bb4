//! The one-click unsubscribe of RFC 8058: `POST /u/TOKEN` unsubscribes, `GET /u/TOKEN` only asks.
//!
//! Mail clients post `List-Unsubscribe=One-Click`; people open the link and press a button, which posts too. Scanners that follow every
//! link do a GET, so a GET must change nothing.

use crate::desk::{Desk, LONGEST_BODY, takes_body};
use crate::event;
use crate::once::Once;
use crate::page::{not_found, page, too_large, try_again};
use crate::token::Claim;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;

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

struct Shared {
    desk: Desk,
    told: Told,
    once: Once<Claim>,
}

/// The routes.
///
/// 200 is answered only when the event has been acknowledged where its shard reads it, by this click or by one on the same link within
/// ten seconds. If it is not, the answer is 503 and the client tries again; a link of which no shard would make anything gets 422.
pub fn router(desk: Desk, told: Told) -> Router {
    let shared = Shared { desk, told, once: Once::default() };
    Router::new()
        .route("/u/{token}", get(ask).post(unsubscribe))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(Arc::new(shared))
}

async fn ask(State(shared): State<Arc<Shared>>, Path(token): Path<String>) -> Response {
    match (shared.desk.keys)().verify(&token) {
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
    if !takes_body(request).await {
        return too_large();
    }
    let desk = &shared.desk;
    let Some(claim) = (desk.keys)().verify(&token) else { return not_found() };
    let now = (desk.clocks.wall)();
    let Some(json) = event::of(&claim, now, &desk.policy) else {
        (shared.told)(Answer::Refused);
        return unusable(&claim);
    };
    match desk.write(&shared.once, &claim, &claim.customer, json).await {
        Ok(()) => {
            (shared.told)(Answer::Applied);
            page(StatusCode::OK, "You are unsubscribed", "")
        }
        Err(error) => {
            (shared.told)(Answer::Failed);
            tracing::warn!(command_id = %claim.command_id, channel = %claim.channel, %error, "an unsubscribe was not taken");
            try_again()
        }
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

#[cfg(test)]
mod tests;
