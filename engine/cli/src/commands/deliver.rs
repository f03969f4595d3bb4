//! `cartwheel deliver`: the delivery workers, until a signal.

use super::origins;
use crate::failure::Failure;
use crate::flags::Flags;
use crate::settings::Loaded;
use crate::wire::{deliver, engine, log, refusal, serve};
use crate::{journeys, templates};
use cartwheel_runtime::deliver::Deliver;
use std::sync::Arc;

/// Delivers until SIGTERM or SIGINT; SIGHUP reads templates, brand and secrets anew.
pub fn run(flags: &Flags) -> Result<(), Failure> {
    let origins = origins(flags, &flags.config_dir);
    let loaded = Arc::new(Loaded::read(&origins)?);
    let compiled = journeys::compile(&loaded)?;
    let templates = templates::load(&loaded.settings, &compiled)?;
    log::open(&loaded)?;
    log::warn(&compiled.warnings);
    log::warn(&loaded.warnings());
    let metrics = engine::metrics()?;
    let options = deliver::options(&loaded, templates, Arc::clone(&metrics))?;
    let for_start = Arc::clone(&loaded);
    let start = move || {
        let deliver =
            Deliver::start(options).map_err(|error| refusal::deliver(error, &for_start))?;
        let unsubscribe =
            deliver.inbound().map(|address| format!("http://{address}/")).unwrap_or_default();
        tracing::info!(
            unsubscribe,
            public_url = for_start.settings.inbound.public_url,
            "answering unsubscribe links"
        );
        Ok(deliver)
    };
    serve::until_signal(&origins, &loaded, metrics, start)
}
