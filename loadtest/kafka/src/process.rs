//! The broker's JVM and its life.
//!
//! The kernel kills the JVM when the process that started it dies, also by SIGKILL (`PR_SET_PDEATHSIG`). The kernel
//! means the *thread* that started the child; so a keeper thread starts it and lives as long as the [`Jvm`] value.

use crate::{Error, Options};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Any 16 bytes in URL-safe base64; a lone node needs no better name.
const CLUSTER: &str = "Q2FydHdoZWVsLUtyYWZ0MQ";

fn java(lib: &Path, dir: &Path, heap: &str) -> Command {
    let mut command = Command::new("java");
    command
        .arg(format!("-Xmx{heap}"))
        .arg("-XX:+UseG1GC")
        .arg("-Djava.awt.headless=true")
        .arg(format!("-Dlog4j2.configurationFile={}", dir.join("log4j2.properties").display()))
        .arg("-cp")
        .arg(lib.join("*"));
    command
}

/// Most runs are short: the second compiler would take a tenth of two processors during the minutes in which nothing has paid for it.
const FIRST_COMPILER: &str = "-XX:TieredStopAtLevel=1";

/// Formats the log directory for KRaft; one that is formatted stays as it is. `more` are arguments to it.
pub(crate) fn format(
    lib: &Path,
    dir: &Path,
    more: impl Iterator<Item = String>,
) -> Result<(), Error> {
    let output = java(lib, dir, "256m")
        .arg(FIRST_COMPILER)
        .args(["kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", CLUSTER, "-c"])
        .arg(dir.join("server.properties"))
        .args(more)
        .output()
        .map_err(Error::io("java"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(Error::Format(String::from_utf8_lossy(&text).trim().to_owned()))
}

/// A running JVM.
#[derive(Debug)]
pub(crate) struct Jvm {
    child: Child,
    /// The keeper thread ends when this is dropped, after the child's end.
    _keeper: mpsc::Sender<()>,
}

impl Jvm {
    /// Starts the broker; its console output goes to `console.log` in `dir`.
    pub(crate) fn start(lib: &Path, dir: &Path, options: &Options) -> Result<Self, Error> {
        let console =
            std::fs::File::create(dir.join("console.log")).map_err(Error::io("console.log"))?;
        let errors = console.try_clone().map_err(Error::io("console.log"))?;
        let mut command = java(lib, dir, &options.heap);
        if !options.compiles_twice() {
            command.arg(FIRST_COMPILER);
        }
        command
            .arg("kafka.Kafka")
            .arg(dir.join("server.properties"))
            .stdin(Stdio::null())
            .stdout(console)
            .stderr(errors);
        // SAFETY: between fork and exec only async-signal-safe system calls are made, on memory of this closure alone.
        unsafe { command.pre_exec(die_with_parent) };
        let (keeper, until) = mpsc::channel::<()>();
        let (report, started) = mpsc::channel();
        std::thread::Builder::new()
            .name("broker-keeper".to_owned())
            .spawn(move || {
                let _ = report.send(command.spawn());
                // Returns when the sender is gone.
                let _ = until.recv();
            })
            .map_err(Error::io("thread"))?;
        let child = started
            .recv()
            .map_err(|_| Error::Io("java".to_owned(), std::io::ErrorKind::Other.into()))?;
        Ok(Self { child: child.map_err(Error::io("java"))?, _keeper: keeper })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    pub(crate) fn kill(mut self) {
        // Both fail only for a child that has ended and been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub(crate) fn stop(mut self, patience: Duration) {
        if self.alive() {
            // SAFETY: a system call on plain numbers; the child has not been waited for, so its id is still its own.
            unsafe { libc::kill(self.child.id() as libc::pid_t, libc::SIGTERM) };
        }
        let deadline = Instant::now() + patience;
        while self.alive() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.kill();
    }
}

/// In the child: SIGKILL when the parent's keeper thread ends, and no signal blocked (the parent may wait for signals).
fn die_with_parent() -> std::io::Result<()> {
    // SAFETY: prctl takes plain numbers; the signal set is initialised by sigemptyset before it is read.
    unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        let unblocked = libc::pthread_sigmask(libc::SIG_SETMASK, &none, std::ptr::null_mut());
        if unblocked != 0 || libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok(())
}
