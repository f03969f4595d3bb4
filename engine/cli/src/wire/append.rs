//! Appending for as long as it takes: librdkafka sends again until the broker has it.

use super::interrupt::Interrupt;
use super::refusal;
use crate::failure::{Failure, Fault, count};
use crate::settings::Loaded;
use cartwheel_kafka::{Appender, Error};
use std::time::{Duration, Instant};

/// One poll waits so long: so soon an interrupt is noticed.
pub const POLL: Duration = Duration::from_millis(200);
/// Between two lines that say what is waited for.
const TELL: Duration = Duration::from_secs(10);

/// Somebody who appends until an interrupt asks for an end.
pub struct Patience<'l> {
    loaded: &'l Loaded,
    stop: Interrupt,
    /// How what is cut off goes on, in few words and in many.
    goes_on: (&'static str, &'static str),
}

impl<'l> Patience<'l> {
    /// Listens for interrupts; `goes_on` says, in few words and in many, how what is cut off goes on.
    ///
    /// # Errors
    /// Signals cannot be listened to.
    pub fn new(loaded: &'l Loaded, goes_on: (&'static str, &'static str)) -> Result<Self, Failure> {
        Ok(Self { loaded, stop: Interrupt::listen()?, goes_on })
    }

    /// Enqueues a record, when there is room for it.
    ///
    /// # Errors
    /// What Kafka says, an interrupt.
    pub fn send(
        &self,
        appender: &Appender,
        partition: i32,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), Failure> {
        loop {
            match appender.send(partition, key, value) {
                Ok(()) => return Ok(()),
                Err(Error::QueueFull) => {
                    self.going_on()?;
                    appender.poll(POLL).map_err(|error| self.refused(&error))?;
                }
                Err(error) => return Err(self.refused(&error)),
            }
        }
    }

    /// Waits until the broker has all of it.
    ///
    /// # Errors
    /// What Kafka says, an interrupt.
    pub fn acknowledged(&self, appender: &Appender) -> Result<(), Failure> {
        let mut told = Instant::now();
        loop {
            match appender.flush(POLL) {
                Ok(()) => return Ok(()),
                Err(error) if error.is_transient() => self.going_on()?,
                Err(error) => return Err(self.refused(&error)),
            }
            if told.elapsed() >= TELL {
                told = Instant::now();
                let waiting = count(appender.in_flight(), "record");
                let shortly = self.goes_on.0;
                eprintln!(
                    "waiting for the broker to acknowledge {waiting} (Ctrl-C ends here; {shortly})"
                );
            }
        }
    }

    /// Nobody has asked for an end.
    ///
    /// # Errors
    /// Somebody has.
    pub fn going_on(&self) -> Result<(), Failure> {
        if !self.stop.asked() {
            return Ok(());
        }
        let help = Some(self.goes_on.1.into());
        Err(Failure::Temporary(Fault::new("ended before everything was written", help)))
    }

    /// What Kafka says.
    pub fn refused(&self, error: &Error) -> Failure {
        refusal::kafka(error, self.loaded)
    }
}
