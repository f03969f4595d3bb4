//! Answers by one click: `GET /a/TOKEN` shows the answer and asks, `POST /a/TOKEN` gives it.
//!
//! Mail programs, virus scanners and previews open every link of a mail with a GET, and some of all links within a second; a GET that answered
//! would answer with all of them, whoever the customer is. RFC 8058 draws the same line for unsubscribing: what changes something is a POST, and nothing
//! but a person's button, or a client that means it, posts. So the link opens a page that names the answer, and its one button posts. No script presses it:
//! some scanners run scripts.
//!
//! An answer counts once however often it is posted (its event's id follows from message and answer), for ninety days after the message was decided.

mod event;
mod offer;

pub use offer::{LIFE, Offer};

use crate::desk::{Desk, LONGEST_BODY, takes_body};
use crate::once::Once;
use crate::page::{not_found, page, too_large, try_again};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;

/// What came of a posted answer of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// Its event, or that of an earlier post of the same answer, has been acknowledged.
    Applied,
    /// Its time is over.
    Expired,
    /// No shard would make anything of it.
    Refused,
    /// The event could not be written: the answer must come again.
    Failed,
}

/// Hears of every posted answer, for counting.
pub type Heard = Arc<dyn Fn(Came) + Send + Sync>;

struct Shared {
    desk: Desk,
    heard: Heard,
    once: Once<Offer>,
}

/// The routes.
///
/// 200 is answered only when the event has been acknowledged where its shard reads it. If it is not, the answer is 503 and somebody tries again; an
/// answer whose time is over gets 410, one of which no shard would make anything 422, and what is no token of ours 404.
pub fn router(desk: Desk, heard: Heard) -> Router {
    let shared = Shared { desk, heard, once: Once::default() };
    Router::new()
        .route("/a/{token}", get(ask).post(answer))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(Arc::new(shared))
}

async fn ask(State(shared): State<Arc<Shared>>, Path(token): Path<String>) -> Response {
    let Some(offer) = (shared.desk.keys)().verify_answer(&token) else { return not_found() };
    if shared.is_over(&offer) {
        return over();
    }
    let form = "<form method=\"post\"><button type=\"submit\">Send this answer</button></form>";
    page(StatusCode::OK, "Your answer", &format!("<p>{}</p>{form}", words(&offer.answer)))
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    if !takes_body(request).await {
        return too_large();
    }
    let Some(offer) = (shared.desk.keys)().verify_answer(&token) else { return not_found() };
    let (came, response) = shared.take(&offer).await;
    (shared.heard)(came);
    response
}

impl Shared {
    fn is_over(&self, offer: &Offer) -> bool {
        (self.desk.clocks.wall)() >= offer.expires
    }

    async fn take(&self, offer: &Offer) -> (Came, Response) {
        if self.is_over(offer) {
            return (Came::Expired, over());
        }
        let now = (self.desk.clocks.wall)();
        let Some(json) = event::of(offer, now, &self.desk.policy) else {
            tracing::error!(command_id = %offer.command_id, journey = offer.journey, "a link with an answer that no shard would understand was used: nothing was answered");
            return (Came::Refused, unusable());
        };
        match self.desk.write(&self.once, offer, &offer.customer, json).await {
            Ok(()) => (Came::Applied, thanks(&offer.answer)),
            Err(error) => {
                tracing::warn!(command_id = %offer.command_id, journey = offer.journey, %error, "an answer was not taken");
                (Came::Failed, try_again())
            }
        }
    }
}

fn thanks(answer: &str) -> Response {
    page(StatusCode::OK, "Thank you", &format!("<p>Your answer: {}</p>", words(answer)))
}

fn over() -> Response {
    page(StatusCode::GONE, "This question is closed", "<p>Answers are not taken any more.</p>")
}

fn unusable() -> Response {
    let title = "Your answer was not taken";
    page(StatusCode::UNPROCESSABLE_ENTITY, title, "<p>This link does not work.</p>")
}

/// An answer's name as people read it. What a journey can name it has nothing that HTML reads; of what else may stand in a token nothing is shown.
fn words(answer: &str) -> String {
    let letter = |letter: char| if letter.is_alphanumeric() { letter } else { ' ' };
    answer.chars().map(letter).collect()
}

#[cfg(test)]
mod tests;
