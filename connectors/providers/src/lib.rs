//! Senders: each takes a rendered message over to one provider and says, from a closed list, what came of it.
//!
//! A provider has one folder: `config` (what a file may say), `request` (the bytes, pure), `client` (the call and the reading
//! of its reply), `tests`. A call never retries by itself: the verdict on an [`Outcome`] is delivery's.

mod http;
pub mod message;
pub mod resend;
pub mod secret;
pub mod smtp;
pub mod template;
#[cfg(test)]
mod testing;
pub mod webhook;

pub use cartwheel_core::receipt::{AmbiguousReason, Outcome, RejectReason, RetryReason};
pub use message::{Brand, Email, Links, Rendered, Sender};
pub use secret::Secret;

use cartwheel_core::command::Command;
use std::future::Future;
use std::pin::Pin;

/// A future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One account at one external sender.
pub trait Provider: Send + Sync {
    /// The provider's name in logs and metrics.
    fn name(&self) -> &'static str;

    /// Whether repeating a call with the same command id never sends twice.
    fn idempotent(&self) -> bool;

    /// Makes one call and says what came of it; bounded by the configured time limits. Never retries.
    fn send<'a>(&'a self, message: &'a Rendered, command: &'a Command) -> BoxFuture<'a, Outcome>;
}

/// A configuration that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct ConfigError {
    /// The field, from the provider's section downwards.
    pub field: &'static str,
    /// What is wrong, without the value of a secret.
    pub problem: String,
}

impl ConfigError {
    pub(crate) fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self { field, problem: problem.into() }
    }
}
