//! `cartwheel demo`: a shop in three minutes.

use crate::demo::{self, DemoError};
use crate::failure::{Failure, Fault};
use crate::flags::DemoFlags;
use tracing_subscriber::EnvFilter;

/// Plays the demo.
pub fn run(flags: &DemoFlags) -> Result<(), Failure> {
    // The live view has the terminal; RUST_LOG shows more.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error"));
    let _ =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
    demo::run(flags).map_err(failure)
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
        DemoError::Future(_) => {
            Failure::config(Fault::new(message, Some("leave --start away".to_owned())))
        }
        _ => Failure::unavailable(message, "RUST_LOG=info cartwheel demo shows what the parts say"),
    }
}
