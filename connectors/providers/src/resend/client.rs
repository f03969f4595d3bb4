//! The call of `POST /emails` and what its replies mean.

use super::config::ResendConfig;
use super::request::body;
use crate::http::{failure, refusal, rejected, wait};
use crate::message::is_web_url;
use crate::{
    AmbiguousReason, BoxFuture, ConfigError, Email, Outcome, Provider, RejectReason, Rendered,
    RetryReason, Secret,
};
use cartwheel_core::command::Command;
use reqwest::header::HeaderMap;
use reqwest::{Client, Response, redirect};
use serde::Deserialize;
use std::time::Duration;

/// More of an answer is not read.
const LONGEST_REPLY: usize = 64 * 1024;

/// A Resend account. Idempotent: the command id is the idempotency key (kept by Resend for 24 hours).
pub struct Resend {
    client: Client,
    url: String,
    api_key: Secret,
}

#[derive(Deserialize)]
struct Accepted {
    id: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    name: String,
}

impl Resend {
    /// A client for the account; nothing is called yet. Errors: no API key, a key file that cannot be read, a base URL that is none.
    pub fn new(config: &ResendConfig) -> Result<Self, ConfigError> {
        let api_key =
            Secret::resolve("api_key", config.api_key.as_ref(), config.api_key_file.as_deref())?
                .ok_or_else(|| ConfigError::new("api_key", "is missing"))?;
        if !is_web_url(&config.base_url) {
            return Err(ConfigError::new("base_url", "is not an http or https address"));
        }
        let timeout = Duration::from_millis(config.timeout.millis().max(1).unsigned_abs());
        let client = Client::builder()
            .user_agent("cartwheel")
            .redirect(redirect::Policy::none())
            .connect_timeout(timeout)
            .timeout(timeout)
            .build()
            .map_err(|error| ConfigError::new("base_url", error.to_string()))?;
        Ok(Self {
            client,
            url: format!("{}/emails", config.base_url.trim_end_matches('/')),
            api_key,
        })
    }

    async fn call(&self, email: &Email, command: &Command) -> Outcome {
        let request = self
            .client
            .post(&self.url)
            .bearer_auth(self.api_key.reveal())
            .header("Idempotency-Key", command.command_id.to_string())
            .json(&body(email, command));
        match request.send().await {
            Ok(response) => read(response).await,
            Err(error) => failure(&error),
        }
    }
}

async fn read(mut response: Response) -> Outcome {
    let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
    let mut reply = Vec::new();
    // A reply that breaks off is judged by its status and what came of it.
    while let Ok(Some(chunk)) = response.chunk().await {
        if reply.len() + chunk.len() > LONGEST_REPLY {
            break;
        }
        reply.extend_from_slice(&chunk);
    }
    verdict(status, &headers, &reply)
}

/// What a reply means. The two kinds of 409 are told apart by `name`; one without a name leaves it open.
pub(super) fn verdict(status: u16, headers: &HeaderMap, reply: &[u8]) -> Outcome {
    if (200..300).contains(&status) {
        let provider_id =
            serde_json::from_slice::<Accepted>(reply).ok().and_then(|accepted| accepted.id);
        return Outcome::Accepted { provider_id };
    }
    if status != 409 {
        return refusal(status, headers);
    }
    match serde_json::from_slice::<Refused>(reply).as_ref().map(|refused| refused.name.as_str()) {
        Ok("invalid_idempotent_request") => rejected(RejectReason::KeyConflict),
        Ok("concurrent_idempotent_requests") => {
            Outcome::Retry { after: wait(headers), reason: RetryReason::InProgress }
        }
        Ok(_) => rejected(RejectReason::BadRequest),
        Err(_) => Outcome::Ambiguous { reason: AmbiguousReason::BadReply },
    }
}

impl Provider for Resend {
    fn name(&self) -> &'static str {
        "resend"
    }

    fn idempotent(&self) -> bool {
        true
    }

    fn send<'a>(&'a self, message: &'a Rendered, command: &'a Command) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            match message {
                Rendered::Email(email) => self.call(email, command).await,
                _ => rejected(RejectReason::WrongChannel),
            }
        })
    }
}
