//! `cartwheel demo`: a shop in three minutes.

use super::origins;
use crate::demo::{self, DemoError, Played};
use crate::failure::{Failure, Fault};
use crate::flags::{DemoFlags, Flags};
use crate::journeys;
use crate::settings::Loaded;
use crate::templates;
use std::path::Path;
use tracing_subscriber::EnvFilter;

/// Plays the demo.
pub fn run(flags: &Flags, demo: &DemoFlags) -> Result<(), Failure> {
    let played = demo.shop.as_ref().map(|dir| own(flags, dir)).transpose()?;
    // The live view has the terminal; RUST_LOG shows more.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error"));
    let _ =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
    demo::run(demo, played).map_err(failure)
}

/// What stands in the folder: all that `check` refuses is refused.
fn own(flags: &Flags, dir: &Path) -> Result<Played, Failure> {
    let loaded = Loaded::read(&origins(flags, dir))?;
    let compiled = journeys::compile(&loaded)?;
    let templates = templates::load(&loaded.settings, &compiled)?;
    templates::try_out(&templates)?;
    Played::of(&loaded, compiled, templates).map_err(failure)
}

fn failure(error: DemoError) -> Failure {
    let message = error.to_string();
    match error {
        DemoError::Io(error) => Failure::Io(error),
        DemoError::Broker(_) => {
            Failure::unavailable(message, "--broker mock needs nothing but this program")
        }
        DemoError::Bind(_) => {
            Failure::config(Fault::new(message, Some("--port 0 takes a free port".to_owned())))
        }
        DemoError::Brand(_) => Failure::config(Fault::new(
            message,
            Some("write `brand:` into cartwheel.yaml".to_owned()),
        )),
        DemoError::Future(_) => {
            Failure::config(Fault::new(message, Some("leave --start away".to_owned())))
        }
        _ => Failure::unavailable(message, "RUST_LOG=info cartwheel demo shows what the parts say"),
    }
}
