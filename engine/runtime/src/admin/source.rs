//! Where the admin listener's answers come from. The runtime implements it; tests and the console fixture do too.

use super::view::{ConfigurationView, CustomerView, InboxEntry, JourneyView, Overview, Readiness};
use std::future::Future;

/// Answers the questions of the JSON API. A call that takes longer than five seconds is given up.
pub trait AdminSource: Send + Sync + 'static {
    /// Whether the process still makes progress; false asks the orchestrator for a restart.
    fn alive(&self) -> bool {
        true
    }

    /// Whether the process has joined, and its shards and stores are usable.
    fn readiness(&self) -> impl Future<Output = Readiness> + Send;

    /// Everything at a glance.
    fn overview(&self) -> impl Future<Output = Result<Overview, SourceError>> + Send;

    /// A journey by its name.
    fn journey(&self, name: &str) -> impl Future<Output = Result<JourneyView, SourceError>> + Send;

    /// The configuration that this process decides by; `NotFound` where it does not decide.
    fn configuration(&self) -> impl Future<Output = Result<ConfigurationView, SourceError>> + Send {
        let none = SourceError::NotFound("this process decides nothing: ask an engine".into());
        std::future::ready(Err(none))
    }

    /// A customer by the customer string. Always with [`CustomerView::personal`]; the listener removes it where it must.
    fn customer(
        &self,
        customer: &str,
    ) -> impl Future<Output = Result<CustomerView, SourceError>> + Send;

    /// The newest mails of the demo, newest first, at most 200; `NotFound` outside of the demo.
    fn inbox(&self) -> impl Future<Output = Result<Vec<InboxEntry>, SourceError>> + Send;

    /// The HTML body of a mail of the demo.
    fn mail_html(&self, n: u64) -> impl Future<Output = Result<String, SourceError>> + Send;
}

/// Why there is no answer. The texts are shown to the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// No such thing; says what was looked for.
    #[error("{0}")]
    NotFound(String),
    /// The shard that knows it is elsewhere, starting or stopped; says which.
    #[error("{0}")]
    Unavailable(String),
}
