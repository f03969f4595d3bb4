//! What a configuration that is read anew replaces while delivery runs: clients with their credentials, templates, brand, the keys of unsubscribe links.

use super::options::{DeliverError, DeliverOptions, Route, Unsubscribe};
use super::render::Make;
use crate::current::Current;
use cartwheel_core::channel::Channel;
use cartwheel_delivery::config::Provider as Limits;
use cartwheel_inbound::{Keys, Secrets};
use cartwheel_providers::Brand;
use cartwheel_providers::template::Templates;
use std::sync::Arc;

/// One configuration's worth of it.
pub(super) struct Live {
    pub routes: Vec<Route>,
    pub templates: Arc<Templates>,
    pub brand: Brand,
    pub secrets: Arc<Secrets>,
    pub public_url: String,
}

/// Without credentials and keys.
impl std::fmt::Debug for Live {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Live").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

impl Live {
    pub fn of(options: &DeliverOptions) -> Self {
        Self {
            routes: options.routes.clone(),
            templates: Arc::clone(&options.templates),
            brand: options.brand.clone(),
            secrets: Arc::new(secrets(&options.unsubscribe)),
            public_url: options.unsubscribe.public_url.clone(),
        }
    }

    /// The route of a channel.
    pub fn route(&self, channel: Channel) -> Option<usize> {
        self.routes.iter().position(|route| route.channel == channel)
    }

    fn limits(&self) -> Vec<(Channel, &Limits)> {
        self.routes.iter().map(|route| (route.channel, &route.limits)).collect()
    }
}

/// The live keys, current first.
fn secrets(unsubscribe: &Unsubscribe) -> Secrets {
    Secrets::new(&unsubscribe.current, unsubscribe.previous.as_deref())
}

/// Makes messages by what is in force at their moment.
pub(super) fn make(live: &Arc<Current<Live>>) -> Make {
    let live = Arc::clone(live);
    Box::new(move |command, links| {
        let live = live.get();
        live.templates.render(command, &live.brand, links)
    })
}

/// The keys of each moment, for the listener.
pub(super) fn keys(live: &Arc<Current<Live>>) -> Keys {
    let live = Arc::clone(live);
    Arc::new(move || Arc::clone(&live.get().secrets))
}

/// Puts another one into force. The worker counts by the limits that it began with: other routes or limits take a start, and are refused.
pub(super) fn renew(live: &Current<Live>, options: &DeliverOptions) -> Result<(), DeliverError> {
    let renewed = Live::of(options);
    if live.get().limits() != renewed.limits() {
        return Err(DeliverError::OtherRoutes);
    }
    live.set(renewed);
    Ok(())
}
