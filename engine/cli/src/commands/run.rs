//! `cartwheel run`: the engine, until a signal.

use super::origins;
use crate::failure::{Failure, Fault};
use crate::flags::{Flags, RunFlags};
use crate::journeys;
use crate::settings::Loaded;
use crate::wire::{engine, log, refusal, serve};
use cartwheel_runtime::engine::Engine;
use std::sync::Arc;

/// Runs until SIGTERM or SIGINT.
pub fn run(flags: &Flags, run: &RunFlags) -> Result<(), Failure> {
    let mut loaded = Loaded::read(&origins(flags, &flags.config_dir))?;
    loaded.settings.engine.create_topics |= run.create_topics;
    let compiled = journeys::compile(&loaded)?;
    log::open(&loaded)?;
    compiled.warnings.iter().for_each(warn);
    let metrics = engine::metrics()?;
    let options = engine::options(&loaded, compiled, Arc::clone(&metrics));
    let loaded = Arc::new(loaded);
    let for_start = Arc::clone(&loaded);
    serve::until_signal(&loaded, metrics, move || Engine::start(options).map_err(|error| refusal::engine(error, &for_start)))
}

fn warn(fault: &Fault) {
    let place = fault.place.as_ref().map(|place| format!("{}:{}", place.path, place.line_and_column().0));
    tracing::warn!(place = place.unwrap_or_default(), help = fault.help.as_deref().unwrap_or_default(), "{}", fault.message);
}
