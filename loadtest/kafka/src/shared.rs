//! One broker for a whole test process.

use crate::{Broker, Error, Options};
use std::sync::{Mutex, PoisonError};

/// A broker that every test of the process uses.
#[derive(Clone, Debug)]
pub struct Shared {
    bootstrap: String,
}

impl Shared {
    /// `host:port` for clients.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }
}

static BROKER: Mutex<Option<Broker>> = Mutex::new(None);

impl Broker {
    /// The process's broker: the one that `CARTWHEEL_BROKER=host:port` names, else one that is started by the first call and
    /// ends with the process. A runner with a process per test should start one with `cartwheel-broker run` and set the variable.
    pub fn shared() -> Result<Shared, Error> {
        if let Some(bootstrap) =
            std::env::var("CARTWHEEL_BROKER").ok().filter(|value| !value.is_empty())
        {
            return Ok(Shared { bootstrap });
        }
        let mut slot = BROKER.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.is_none() {
            *slot = Some(Broker::start(Options::default())?);
            // SAFETY: registers a function without arguments that touches only the static above.
            unsafe { libc::atexit(end) };
        }
        Ok(Shared { bootstrap: slot.as_ref().map(Broker::bootstrap).unwrap_or_default() })
    }
}

/// Statics are not dropped at the end of a process: stop the broker and remove its directory here.
extern "C" fn end() {
    if let Ok(mut slot) = BROKER.try_lock() {
        slot.take();
    }
}
