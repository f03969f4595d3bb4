//! A real Apache Kafka broker for tests and load: one KRaft node (broker and controller) on free loopback ports.
//!
//! The jars come from Maven coordinates (`pom.xml` beside this crate) once, into `$CARTWHEEL_CACHE` or `~/.cache/cartwheel`.
//! A broker stops when its [`Broker`] is dropped, and also when the process that started it dies in any way (Linux:
//! `PR_SET_PDEATHSIG`, see [`process`]).
//!
//! ```no_run
//! let broker = cartwheel_broker::Broker::start(Default::default())?;
//! println!("{}", broker.bootstrap());
//! # Ok::<(), cartwheel_broker::Error>(())
//! ```

mod config;
mod jars;
mod process;
mod reader;
mod ready;
#[cfg(feature = "secure")]
mod secure;
mod shared;

pub use config::Options;
pub use jars::{VERSION, cache, fetch};
pub use reader::read_sends;
#[cfg(feature = "secure")]
pub use secure::{PASSWORD, SESSION_MS, Secured, USER};
pub use shared::Shared;

use process::Jvm;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why there is no broker.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or process operation failed.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// Neither `CARTWHEEL_CACHE` nor `HOME` is set.
    #[error("set CARTWHEEL_CACHE or HOME: the broker's jars need a directory")]
    NoCache,
    /// Maven could not fetch the jars.
    #[error(
        "fetching Kafka {VERSION} with Maven failed (is `mvn` installed and a repository reachable?): {0}"
    )]
    Maven(String),
    /// No certificate could be made.
    #[cfg(feature = "secure")]
    #[error("making a certificate failed: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The log directory could not be formatted.
    #[error("formatting the broker's log directory failed: {0}")]
    Format(String),
    /// The independent reader failed.
    #[error("the reader of the sends topic failed: {0}")]
    Reader(String),
    /// The process ended or did not answer in time.
    #[error("the broker did not start ({reason}); the end of {}:\n{log_end}", log.display())]
    NotReady {
        /// What was seen.
        reason: String,
        /// The broker's log file.
        log: PathBuf,
        /// Its last lines.
        log_end: String,
    },
}

impl Error {
    fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |error| Error::Io(what, error)
    }
}

/// How long a JVM may take to answer. Generous: test machines are small and busy.
const START: Duration = Duration::from_secs(90);
/// How long a SIGTERM may take before SIGKILL.
const STOP: Duration = Duration::from_secs(15);

/// A running broker; stopped on drop.
#[derive(Debug)]
pub struct Broker {
    options: Options,
    lib: PathBuf,
    dir: PathBuf,
    port: u16,
    jvm: Option<Jvm>,
    #[cfg(feature = "secure")]
    secured: Option<Box<Secured>>,
    /// Removed when the broker is dropped; none for a directory that the caller gave.
    _temporary: Option<tempfile::TempDir>,
}

impl Broker {
    /// Fetches the jars if need be, formats the directory and starts the broker; returns when it answers metadata requests
    /// and counts itself among the live brokers.
    pub fn start(options: Options) -> Result<Self, Error> {
        let lib = fetch()?;
        let temporary = match options.dir {
            Some(_) => None,
            None => Some(
                tempfile::Builder::new()
                    .prefix("cartwheel-kafka-")
                    .tempdir()
                    .map_err(Error::io("temporary directory"))?,
            ),
        };
        let dir = match (&options.dir, &temporary) {
            (Some(dir), _) => dir.clone(),
            (None, Some(dir)) => dir.path().to_owned(),
            (None, None) => unreachable!("one of the two is there"),
        };
        std::fs::create_dir_all(&dir).map_err(Error::io(dir.display().to_string()))?;
        let [port, controller_port, login_port, mutual_port] = config::free_ports()?;
        let (mut listeners, mut users) = (config::Listeners::default(), Vec::new());
        #[cfg(feature = "secure")]
        let secured =
            options.secure.then(|| Secured::make(&dir, [login_port, mutual_port])).transpose()?;
        #[cfg(feature = "secure")]
        if let Some(secured) = &secured {
            listeners.others =
                vec![("LOGIN", "SASL_SSL", login_port), ("MUTUAL", "SSL", mutual_port)];
            listeners.properties = secured.properties(&dir);
            users.extend(Secured::users());
        }
        config::write(&dir, &options, [port, controller_port], &listeners)?;
        process::format(&lib, &dir, users.into_iter())?;
        let mut broker = Self {
            options,
            lib,
            dir,
            port,
            jvm: None,
            #[cfg(feature = "secure")]
            secured: secured.map(Box::new),
            _temporary: temporary,
        };
        broker.restart()?;
        Ok(broker)
    }

    /// `host:port` for clients.
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The protected listeners, if there are any.
    #[cfg(feature = "secure")]
    pub fn secured(&self) -> Option<&Secured> {
        self.secured.as_deref()
    }

    /// The directory with `logs/`, `server.properties` and `broker.log`.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The directory with Kafka's jars, for tools that run on its classpath.
    pub fn lib(&self) -> &Path {
        &self.lib
    }

    /// The broker's process id while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.jvm.as_ref().map(Jvm::pid)
    }

    /// Whether the process is alive.
    pub fn alive(&mut self) -> bool {
        self.jvm.as_mut().is_some_and(Jvm::alive)
    }

    /// Kills the process with SIGKILL and waits for its end; [`restart`](Self::restart) brings it back on the same port.
    pub fn kill_hard(&mut self) {
        if let Some(jvm) = self.jvm.take() {
            jvm.kill();
        }
    }

    /// Stops the process with SIGTERM (SIGKILL after 15 s) and waits for its end.
    pub fn stop(&mut self) {
        if let Some(jvm) = self.jvm.take() {
            jvm.stop(STOP);
        }
    }

    /// Starts the broker again on the same directory and ports, stopping it first if it runs.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop();
        let mut jvm = Jvm::start(&self.lib, &self.dir, &self.options)?;
        let outcome = ready::wait(self.port, START, || jvm.alive());
        self.jvm = Some(jvm);
        outcome.map_err(|reason| self.not_ready(reason))
    }

    fn not_ready(&self, reason: String) -> Error {
        let log = self.dir.join("broker.log");
        // The JVM's own complaints go to its console.
        let text = |name| std::fs::read_to_string(self.dir.join(name)).unwrap_or_default();
        let text = text("console.log") + &text("broker.log");
        let lines: Vec<_> = text.lines().collect();
        let log_end = lines[lines.len().saturating_sub(30)..].join("\n");
        Error::NotReady { reason, log, log_end }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // A temporary directory is thrown away: nothing is worth a clean shutdown.
        if self._temporary.is_some() { self.kill_hard() } else { self.stop() }
    }
}
