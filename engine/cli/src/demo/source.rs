//! The console's answers: the engine's, with the inbox beside them.

use super::inbox::Inbox;
use cartwheel_runtime::admin::view::{
    ConfigurationView, CustomerView, InboxEntry, JourneyView, Overview, Readiness,
};
use cartwheel_runtime::admin::{AdminSource, SourceError};
use cartwheel_runtime::engine::EngineSource;
use std::sync::Arc;

/// See the module.
pub struct DemoSource {
    /// The engine's answers.
    pub engine: Arc<EngineSource>,
    /// What arrived.
    pub inbox: Arc<Inbox>,
}

impl AdminSource for DemoSource {
    fn alive(&self) -> bool {
        self.engine.alive()
    }

    async fn readiness(&self) -> Readiness {
        self.engine.readiness().await
    }

    async fn overview(&self) -> Result<Overview, SourceError> {
        self.engine.overview().await
    }

    async fn journey(&self, name: &str) -> Result<JourneyView, SourceError> {
        self.engine.journey(name).await
    }

    async fn configuration(&self) -> Result<ConfigurationView, SourceError> {
        self.engine.configuration().await
    }

    async fn customer(&self, customer: &str) -> Result<CustomerView, SourceError> {
        self.engine.customer(customer).await
    }

    async fn inbox(&self) -> Result<Vec<InboxEntry>, SourceError> {
        Ok(self.inbox.newest())
    }

    async fn mail_html(&self, n: u64) -> Result<String, SourceError> {
        self.inbox.html(n).ok_or_else(|| SourceError::NotFound(format!("message {n} is not kept")))
    }
}
