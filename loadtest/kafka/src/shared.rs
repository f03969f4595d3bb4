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
#[cfg(feature = "secure")]
static SECURED: Mutex<Option<Broker>> = Mutex::new(None);

impl Broker {
    /// The process's broker: the one that `CARTWHEEL_BROKER=host:port` names, else one that is started by the first call and
    /// ends with the process. A runner with a process per test should start one with `cartwheel-broker run` and set the variable.
    pub fn shared() -> Result<Shared, Error> {
        if let Some(bootstrap) =
            std::env::var("CARTWHEEL_BROKER").ok().filter(|value| !value.is_empty())
        {
            return Ok(Shared { bootstrap });
        }
        let bootstrap = of_process(&BROKER, Options::default(), Broker::bootstrap)?;
        Ok(Shared { bootstrap })
    }

    /// The same with protected listeners: what they need, if they are there, and `host:port` of the plain one. Always a broker of the process's own.
    #[cfg(feature = "secure")]
    pub fn shared_secured() -> Result<(Option<crate::Secured>, String), Error> {
        let options = Options { secure: true, heap: "512m".to_owned(), ..Options::default() };
        of_process(&SECURED, options, |broker| (broker.secured().cloned(), broker.bootstrap()))
    }
}

/// What `read` says of the broker in this slot, which is started by the first call.
fn of_process<R>(
    slot: &Mutex<Option<Broker>>,
    options: Options,
    read: impl FnOnce(&Broker) -> R,
) -> Result<R, Error> {
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if slot.is_none() {
        // SAFETY: registers a function without arguments that touches only the statics above.
        unsafe { libc::atexit(end) };
    }
    let broker = match slot.take() {
        Some(broker) => broker,
        None => Broker::start(options)?,
    };
    Ok(read(slot.insert(broker)))
}

/// Statics are not dropped at the end of a process: stop the broker and remove its directory here.
extern "C" fn end() {
    let slots = [
        &BROKER,
        #[cfg(feature = "secure")]
        &SECURED,
    ];
    for slot in slots {
        if let Ok(mut slot) = slot.try_lock() {
            slot.take();
        }
    }
}
