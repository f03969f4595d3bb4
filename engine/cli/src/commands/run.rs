//! `cartwheel run`: the engine, until a signal.

use super::origins;
use crate::failure::Failure;
use crate::flags::{Flags, RunFlags};
use crate::settings::Loaded;
use crate::wire::{engine, log, refusal, serve};
use crate::{journeys, templates};
use cartwheel_runtime::engine::Engine;
use std::sync::Arc;

/// Runs until SIGTERM or SIGINT; SIGHUP reads journeys and tokens anew.
pub fn run(flags: &Flags, run: &RunFlags) -> Result<(), Failure> {
    let origins = origins(flags, &flags.config_dir);
    let mut loaded = Loaded::read(&origins)?;
    loaded.settings.engine.create_topics |= run.create_topics;
    let compiled = journeys::compile(&loaded)?;
    // What delivery could not render is not decided in the first place.
    let templates = templates::load(&loaded.settings, &compiled)?;
    log::open(&loaded)?;
    log::warn(&compiled.warnings);
    log::warn(&loaded.warnings());
    let metrics = engine::metrics()?;
    let options = engine::options(&loaded, compiled, &templates, Arc::clone(&metrics));
    let loaded = Arc::new(loaded);
    let for_start = Arc::clone(&loaded);
    serve::until_signal(&origins, &loaded, metrics, move || {
        Engine::start(options).map_err(|error| refusal::engine(error, &for_start))
    })
}
