//! SIGHUP: the configuration is read and checked as at a start; what can change while the process runs comes into force, all of it, and what cannot is
//! named. On any error everything stays as it was.

use super::serve::Part;
use super::{admin, deliver, engine, log, refusal};
use crate::failure::{Failure, Fault};
use crate::settings::{Loaded, Origins, at_start};
use crate::{journeys, templates};
use cartwheel_runtime::admin::{AccessError, Doorkeeper};
use cartwheel_runtime::deliver::Deliver;
use cartwheel_runtime::engine::Engine;
use std::sync::Arc;

/// Reads anew and puts into force; the keys that have changed and wait for a start.
pub fn part<P: Part>(
    part: &P,
    doorkeeper: &Doorkeeper,
    origins: &Origins,
    before: &Loaded,
) -> Result<Vec<String>, Failure> {
    let loaded = Loaded::read(origins)?;
    let admin = admin::config(&loaded, P::listen(&loaded.settings))?;
    let wrong = |error: AccessError| Failure::config(admin::refused(&loaded, &error));
    let admitted = doorkeeper.admit(&admin).map_err(wrong)?;
    part.reload(&loaded)?;
    admitted.now();
    Ok(at_start::changed(&before.values(), &loaded.values()))
}

/// Logs what came of it.
pub fn say(name: &str, outcome: Result<Vec<String>, Failure>) {
    match outcome {
        Ok(waiting) if waiting.is_empty() => tracing::info!(part = name, "configuration read anew"),
        Ok(waiting) => tracing::warn!(
            part = name,
            waiting = waiting.join(", "),
            "configuration read anew; these keys take effect at the next start"
        ),
        Err(failure) => {
            tracing::error!(part = name, "the configuration stays as it was: {failure}");
            failure.faults().iter().for_each(say_fault);
        }
    }
}

fn say_fault(fault: &Fault) {
    let place = fault.place.as_ref();
    let place = place.map(|place| format!("{}:{}", place.path, place.line_and_column().0));
    // What there is none of is left out.
    tracing::error!(place = place.as_deref(), help = fault.help.as_deref(), "{}", fault.message);
}

/// Journeys and policy, and what templates read.
pub fn engine(running: &Engine, loaded: &Loaded) -> Result<(), Failure> {
    let compiled = journeys::compile(loaded)?;
    log::warn(&compiled.warnings);
    // What delivery could not render is not decided in the first place.
    let shown = templates::load(&loaded.settings, &compiled)?.shown();
    let bundle = engine::bundle(loaded, &compiled, &shown);
    running
        .reconfigure(Arc::new(compiled.plan.showing(&shown)), &bundle)
        .map_err(|error| refusal::engine(error, loaded))
}

/// Credentials, templates, brand, and the keys of unsubscribe links.
pub fn deliver(running: &Deliver, loaded: &Loaded) -> Result<(), Failure> {
    let compiled = journeys::compile(loaded)?;
    let templates = templates::load(&loaded.settings, &compiled)?;
    // Counting goes on where it was: nobody looks at these metrics.
    let options = deliver::options(loaded, templates, engine::metrics()?)?;
    running.renew(&options).map_err(|error| refusal::deliver(error, loaded))
}
