//! Log lines on standard error.

use crate::failure::{Failure, Fault};
use crate::settings::{Loaded, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Sends what is logged from here on to standard error, as the section `log` says.
///
/// # Errors
/// [`Failure::Config`] if `log.level` cannot be read.
pub fn open(loaded: &Loaded) -> Result<(), Failure> {
    let log = &loaded.settings.log;
    let filter = EnvFilter::try_new(&log.level).map_err(|error| {
        let help = "write a level such as info, or one by module such as warn,cartwheel=debug";
        Failure::config(loaded.fault(
            &["log", "level"],
            format!("log.level: {error}"),
            Some(help.into()),
        ))
    })?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // A subscriber that is there already belongs to whoever set it.
    let _ = match log.format {
        LogFormat::Json => lines.json().flatten_event(true).with_ansi(false).try_init(),
        LogFormat::Text => lines.try_init(),
    };
    Ok(())
}

/// Logs what a person should look at.
pub fn warn(faults: &[Fault]) {
    for fault in faults {
        let place = fault
            .place
            .as_ref()
            .map(|place| format!("{}:{}", place.path, place.line_and_column().0))
            .unwrap_or_default();
        tracing::warn!(
            place,
            help = fault.help.as_deref().unwrap_or_default(),
            "{}",
            fault.message
        );
    }
}
