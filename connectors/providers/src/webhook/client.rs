//! The signed call and what its replies mean.

use super::config::WebhookConfig;
use super::destination::{Forbidden, PublicOnly, parse};
use super::request::{SIGNATURE, body, signature};
use crate::http::{cause, failure, refusal, rejected};
use crate::{BoxFuture, ConfigError, Outcome, Provider, RejectReason, Rendered, Secret};
use cartwheel_core::command::Command;
use cartwheel_core::time::{Millis, SECOND};
use reqwest::{Client, Url, redirect};
use std::sync::Arc;
use std::time::Duration;

/// Gives the wall time; the runtime passes its clock.
pub type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// The retailer's own endpoint; it takes messages of every channel. `engine/docs/webhook.md` is the contract with it.
pub struct Webhook {
    client: Client,
    url: Url,
    secrets: Vec<Secret>,
    idempotent: bool,
    clock: Clock,
}

impl Webhook {
    /// A client for the endpoint; nothing is called yet. Errors: a URL that may not be called, no secret, a file that cannot be read.
    pub fn new(config: &WebhookConfig, clock: Clock) -> Result<Self, ConfigError> {
        let url = parse(&config.url, &config.allow_http, config.allow_private)?;
        let timeout = Duration::from_millis(config.timeout.millis().max(1).unsigned_abs());
        let mut builder = Client::builder()
            .user_agent("cartwheel")
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(timeout)
            .timeout(timeout);
        if !config.allow_private {
            builder = builder.dns_resolver(Arc::new(PublicOnly));
        }
        let client = builder.build().map_err(|error| ConfigError::new("url", error.to_string()))?;
        Ok(Self { client, url, secrets: config.secrets()?, idempotent: config.idempotent, clock })
    }

    async fn call(&self, body: &[u8], command: &Command) -> Outcome {
        let seconds = (self.clock)().div_euclid(SECOND);
        let request = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("idempotency-key", command.command_id.to_string())
            .header(SIGNATURE, signature(&self.secrets, seconds, body))
            .body(body.to_vec());
        match request.send().await {
            Ok(response) if response.status().is_success() => {
                Outcome::Accepted { provider_id: None }
            }
            Ok(response) if response.status().is_redirection() => {
                rejected(RejectReason::ForbiddenDestination)
            }
            Ok(response) => refusal(response.status().as_u16(), response.headers()),
            Err(error) if cause::<Forbidden>(&error).is_some() => {
                rejected(RejectReason::ForbiddenDestination)
            }
            Err(error) => failure(&error),
        }
    }
}

impl Provider for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn idempotent(&self) -> bool {
        self.idempotent
    }

    fn send<'a>(&'a self, message: &'a Rendered, command: &'a Command) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            match body(message, command) {
                Some(body) => self.call(&body, command).await,
                None => rejected(RejectReason::BadRequest),
            }
        })
    }
}
