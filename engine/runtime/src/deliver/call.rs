//! One call: render, look at the clock once more, hand over to the provider. Whatever happens, the pump hears of it.

use super::live::Live;
use super::render::{Renderer, Rendering};
use super::report::Report;
use crate::clock::Clock;
use crate::current::Current;
use cartwheel_core::address::AddressHash;
use cartwheel_core::receipt::{AmbiguousReason, Outcome};
use cartwheel_core::time::Millis;
use cartwheel_delivery::worker::Call;
use cartwheel_inbound::Claim;
use cartwheel_inbound::answer::Offer;
use cartwheel_providers::Links;
use crossbeam_channel::Sender;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

/// What every call needs.
pub(super) struct Caller {
    /// What may be replaced meanwhile.
    pub live: Arc<Current<Live>>,
    pub renderer: Arc<Renderer>,
    pub clock: Arc<dyn Clock>,
    pub reports: Sender<Report>,
}

impl Caller {
    fn mono(&self) -> Millis {
        Millis::try_from(self.clock.monotonic().as_millis()).unwrap_or(Millis::MAX)
    }

    /// Makes the call and reports: even if code of ours or of a library panics, since the worker keeps the customer and the provider's
    /// place until it hears of the call.
    pub async fn make(self: Arc<Self>, call: Call, route: usize) {
        let outcome = AssertUnwindSafe(self.outcome(&call, route)).catch_unwind().await;
        let report = outcome.unwrap_or_else(|_| {
            tracing::error!(command_id = %call.command.command_id, provider = call.provider, "making a call panicked");
            finished(&call, route, Outcome::Ambiguous { reason: AmbiguousReason::BadReply }, Duration::ZERO, false)
        });
        // The pump is gone at the very end only; then nobody needs to know.
        drop(self.reports.send(report));
    }

    async fn outcome(&self, call: &Call, route: usize) -> Report {
        let message = match self.renderer.render(&call.command, self.links(call)).await {
            Rendering::Done(message) => message,
            // Nothing was sent, so nothing was begun.
            Rendering::Again => return Report::NotBegun(call.id),
            Rendering::Unsendable(outcome) => {
                return finished(call, route, outcome, Duration::ZERO, true);
            }
        };
        if self.mono() >= call.begin_before {
            return Report::NotBegun(call.id);
        }
        let live = self.live.get();
        let Some(target) = live.routes.get(route) else { return Report::NotBegun(call.id) };
        let began = self.clock.monotonic();
        let outcome = target.sender.send(&message, &call.command).await;
        let took = self.clock.monotonic().saturating_sub(began);
        tracing::debug!(
            command_id = %call.command.command_id, journey = call.command.journey, channel = %call.command.channel,
            provider = call.provider, attempt = call.attempt, outcome = outcome.name(), "called"
        );
        finished(call, route, outcome, took, false)
    }

    /// The links of ours that the message may show: to unsubscribe from it, and one for each of its answers. None for a team's, of which the customer is
    /// what it is about: a click there would be his.
    fn links(&self, call: &Call) -> Links {
        let command = &call.command;
        if command.team.is_some() {
            return Links::default();
        }
        let claim = Claim {
            customer: command.customer.clone(),
            channel: command.channel,
            command_id: command.command_id,
            address: Some(AddressHash::of(command.channel, &command.to)),
        };
        let live = self.live.get();
        let (secrets, base) = (&live.secrets, live.public_url.as_str());
        let answers = command
            .answers
            .iter()
            .map(|answer| (answer.clone(), secrets.answer_url(base, &Offer::of(command, answer))));
        Links { unsubscribe: secrets.url(base, &claim), answers: answers.collect() }
    }
}

fn finished(
    call: &Call,
    route: usize,
    outcome: Outcome,
    took: Duration,
    unrenderable: bool,
) -> Report {
    Report::Outcome { call: call.id, route, outcome, took, unrenderable }
}

#[cfg(test)]
mod tests;
