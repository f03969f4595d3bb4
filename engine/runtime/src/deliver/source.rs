//! Delivery's answers to the admin listener, where it runs in a process of its own.

use super::status::Status;
use crate::admin::view::{CustomerView, InboxEntry, JourneyView, Overview, Readiness};
use crate::admin::{AdminSource, Board, BoardClock, SourceError};
use crate::clock::Clock;
use std::sync::Arc;
use std::time::Duration;

/// The pump goes round many times a second; after this it counts as stuck.
const STUCK: Duration = Duration::from_secs(60);

/// Answers for one delivery process.
pub struct DeliverSource {
    pub(super) board: Arc<Board>,
    pub(super) status: Arc<Status>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) demo: bool,
}

impl std::fmt::Debug for DeliverSource {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("DeliverSource")
    }
}

fn elsewhere<T>() -> Result<T, SourceError> {
    Err(SourceError::Unavailable(
        "this process delivers; customers and journeys are known to the engine (cartwheel run)"
            .into(),
    ))
}

impl AdminSource for DeliverSource {
    fn alive(&self) -> bool {
        self.status.alive(STUCK)
    }

    async fn readiness(&self) -> Readiness {
        self.status.readiness()
    }

    async fn overview(&self) -> Result<Overview, SourceError> {
        Ok(self.board.overview(BoardClock {
            clock: self.clock.wall(),
            speed: self.clock.speed(),
            demo: self.demo,
        }))
    }

    async fn journey(&self, _: &str) -> Result<JourneyView, SourceError> {
        elsewhere()
    }

    async fn customer(&self, _: &str) -> Result<CustomerView, SourceError> {
        elsewhere()
    }

    async fn inbox(&self) -> Result<Vec<InboxEntry>, SourceError> {
        Err(SourceError::NotFound("the inbox belongs to the demo".into()))
    }

    async fn mail_html(&self, _: u64) -> Result<String, SourceError> {
        Err(SourceError::NotFound("the inbox belongs to the demo".into()))
    }
}
