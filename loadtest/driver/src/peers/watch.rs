//! Watches processes beside whatever runs.

use crate::Error;
use crate::engine::{Samples, wall};
use crate::process::Process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// A process that is looked at by a thread.
pub(super) struct Watch {
    process: Process,
    written: u64,
    over: Arc<AtomicBool>,
    thread: JoinHandle<Samples>,
}

impl Watch {
    /// Begins.
    pub(super) fn begin(process: Process) -> Result<Self, Error> {
        let over = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&over);
        let look = move || {
            let mut samples = Samples::default();
            while !until.load(Ordering::Relaxed) {
                // None of a process that has ended.
                if let Ok(cpu) = process.cpu_seconds() {
                    samples.push(wall(), cpu);
                }
                std::thread::sleep(LOOK);
            }
            samples
        };
        let written = process.written()?;
        Ok(Self { process, written, over, thread: std::thread::spawn(look) })
    }

    /// Ends: the CPU seconds over time, and the bytes that the process has written to storage since the beginning; 0 if it has ended.
    pub(super) fn end(self) -> (Samples, u64) {
        let written = self.process.written().map_or(0, |now| now.saturating_sub(self.written));
        self.over.store(true, Ordering::Relaxed);
        let samples = self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (samples, written)
    }
}
