//! `cartwheel-broker`: a real Kafka broker for shell scripts.

use cartwheel_broker::{Broker, Error, Options};
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A real Apache Kafka broker on free loopback ports.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Download the broker's jars and print their directory.
    Fetch,
    /// Run a broker until SIGTERM or SIGINT.
    Run {
        /// File that receives host:port once the broker is ready.
        #[arg(long)]
        port_file: Option<PathBuf>,
        /// JVM heap.
        #[arg(long, default_value = "1g")]
        heap: String,
        /// Directory for logs, kept afterwards [default: a temporary one].
        #[arg(long)]
        dir: Option<PathBuf>,
        /// Stamp records with the broker's time.
        #[arg(long)]
        log_append_time: bool,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Action::Fetch => cartwheel_broker::fetch().map(|lib| println!("{}", lib.display())),
        Action::Run { port_file, heap, dir, log_append_time } => {
            run(Options { heap, dir, log_append_time, ..Options::default() }, port_file.as_deref())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cartwheel-broker: {error}");
            ExitCode::from(69)
        }
    }
}

fn run(options: Options, port_file: Option<&Path>) -> Result<(), Error> {
    // Before any thread starts, so that none of them takes the signal.
    let signals = block_stop_signals();
    let mut broker = Broker::start(options)?;
    println!("{}", broker.bootstrap());
    if let Some(path) = port_file {
        write_atomically(path, &broker.bootstrap())
            .map_err(|error| Error::Io(path.display().to_string(), error))?;
    }
    while !stop_requested(&signals) {
        if !broker.alive() {
            let error = std::io::Error::other("the broker's process ended");
            return Err(Error::Io(broker.dir().display().to_string(), error));
        }
    }
    broker.stop();
    Ok(())
}

/// A script that sees the file sees all of it.
fn write_atomically(path: &Path, text: &str) -> std::io::Result<()> {
    let fresh = path.with_extension("tmp");
    std::fs::write(&fresh, text)?;
    std::fs::rename(fresh, path)
}

fn block_stop_signals() -> libc::sigset_t {
    // SAFETY: the set is initialised by sigemptyset before it is used; all calls take valid pointers to it.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        libc::sigaddset(&mut set, libc::SIGTERM);
        libc::sigaddset(&mut set, libc::SIGINT);
        libc::pthread_sigmask(libc::SIG_BLOCK, &set, std::ptr::null_mut());
        set
    }
}

/// Waits up to 200 ms for one of the signals.
fn stop_requested(signals: &libc::sigset_t) -> bool {
    let patience = libc::timespec { tv_sec: 0, tv_nsec: 200_000_000 };
    // SAFETY: both pointers are to live values; no information about the signal is asked for.
    unsafe { libc::sigtimedwait(signals, std::ptr::null_mut(), &patience) > 0 }
}
