//! One call: render, look at the clock once more, hand over to the provider. Whatever happens, the pump hears of it.

use super::options::Route;
use super::report::Report;
use crate::clock::Clock;
use cartwheel_core::channel::Channel;
use cartwheel_core::receipt::{AmbiguousReason, Outcome, RejectReason};
use cartwheel_core::time::Millis;
use cartwheel_delivery::worker::Call;
use cartwheel_inbound::{Claim, Secrets};
use cartwheel_providers::template::Templates;
use cartwheel_providers::{Brand, Rendered};
use crossbeam_channel::Sender;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// What every call needs.
pub(super) struct Caller {
    pub routes: Vec<Route>,
    pub templates: Arc<Templates>,
    pub brand: Brand,
    pub secrets: Secrets,
    pub public_url: String,
    pub clock: Arc<dyn Clock>,
    pub reports: Sender<Report>,
}

impl Caller {
    /// The route of a channel.
    pub fn route(&self, channel: Channel) -> Option<usize> {
        self.routes.iter().position(|route| route.channel == channel)
    }

    fn mono(&self) -> Millis {
        Millis::try_from(self.clock.monotonic().as_millis()).unwrap_or(Millis::MAX)
    }

    /// Makes the call and reports.
    pub async fn make(self: Arc<Self>, call: Call, route: usize) {
        let report = self.outcome(&call, route).await;
        // The pump is gone at the very end only; then nobody needs to know.
        drop(self.reports.send(report));
    }

    async fn outcome(&self, call: &Call, route: usize) -> Report {
        let finished = |outcome, took, unrenderable| Report::Outcome { call: call.id, route, outcome, took, unrenderable };
        let message = match self.render(call) {
            Ok(message) => message,
            Err(outcome) => return finished(outcome, std::time::Duration::ZERO, true),
        };
        if self.mono() >= call.begin_before {
            return Report::NotBegun(call.id);
        }
        let Some(target) = self.routes.get(route) else { return Report::NotBegun(call.id) };
        let began = self.clock.monotonic();
        let sending = AssertUnwindSafe(target.sender.send(&message, &call.command)).catch_unwind();
        let outcome = sending.await.unwrap_or_else(|_| {
            tracing::error!(command_id = %call.command.command_id, provider = call.provider, "a provider's code panicked");
            Outcome::Ambiguous { reason: AmbiguousReason::BadReply }
        });
        let took = self.clock.monotonic().saturating_sub(began);
        tracing::debug!(
            command_id = %call.command.command_id, journey = call.command.journey, channel = %call.command.channel,
            provider = call.provider, attempt = call.attempt, outcome = outcome.name(), "called"
        );
        finished(outcome, took, false)
    }

    fn render(&self, call: &Call) -> Result<Rendered, Outcome> {
        let command = &call.command;
        let claim = Claim { customer: command.customer.clone(), channel: command.channel, command_id: command.command_id };
        let url = self.secrets.url(&self.public_url, &claim);
        self.templates.render(command, &self.brand, &url).map_err(|error| {
            tracing::error!(command_id = %command.command_id, journey = command.journey, %error, "a message cannot be rendered");
            Outcome::Rejected { reason: RejectReason::BadRequest, suppress: false }
        })
    }
}
