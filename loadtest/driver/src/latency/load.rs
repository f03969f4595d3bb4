//! What is written: the shop's stream, and who signed up in it when.

use super::flags::Latency;
use super::histogram::Distribution;
use super::schedule::{Micros, Schedule, now};
use crate::Error;
use crate::engine::wall;
use crate::produce::Writer;
use cartwheel_workload::{Kind, Options, Profile, Shopped, Workload};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The writer sleeps at least so long: it writes a handful of events at a time, and leaves the processor to what is measured.
const NAP: Duration = Duration::from_micros(250);
/// And at most so long: it may be told to end.
const LONGEST_NAP: Duration = Duration::from_millis(25);
/// Events between two looks at the client, where there is no pause.
const STRIDE: u64 = 4_096;

/// Who signed up with consent, and when that event was meant to be written.
#[derive(Clone, Debug)]
pub(super) struct SignUps(Vec<Micros>);

impl SignUps {
    pub(super) fn new(customers: u32) -> Self {
        Self(vec![0; customers as usize])
    }

    pub(super) fn note(&mut self, customer: u32, at: Micros) {
        if let Some(slot) = self.0.get_mut(customer as usize) {
            *slot = at;
        }
    }

    /// None for who did not sign up, or without consent.
    pub(super) fn at(&self, customer: u32) -> Option<Micros> {
        self.0.get(customer as usize).copied().filter(|at| *at > 0)
    }

    pub(super) fn customers(&self) -> usize {
        self.0.len()
    }

    pub(super) fn count(&self) -> u64 {
        self.0.iter().filter(|at| **at > 0).count() as u64
    }
}

/// The stream on its way to the topic.
pub(super) struct Load {
    stream: Workload,
    writer: Writer,
    pub(super) sign_ups: SignUps,
}

/// What was seen while events were written at a rate.
pub(super) struct Paced {
    /// How much later than meant events were handed over to the client.
    pub(super) slip: Distribution,
}

impl Load {
    pub(super) fn new(flags: &Latency, bootstrap: &str, topic: &str) -> Result<Self, Error> {
        Ok(Self {
            stream: stream(flags)?,
            writer: Writer::new(bootstrap, topic, flags.linger)?,
            sign_ups: SignUps::new(flags.customers),
        })
    }

    /// Writes so many events as fast as the broker takes them.
    pub(super) fn fill(&mut self, events: u64) -> Result<(), Error> {
        for count in 1..=events {
            self.write(now())?;
            if count.is_multiple_of(STRIDE) {
                self.writer.poll();
            }
        }
        self.writer.flush()
    }

    /// Writes so many events, each when the schedule says, or, where it is late, at once; ends early if told to.
    pub(super) fn pace(
        &mut self,
        schedule: Schedule,
        events: u64,
        stop: &AtomicBool,
    ) -> Result<Paced, Error> {
        let mut slip = Distribution::default();
        for index in 0..events {
            let meant = schedule.at(index);
            let mut clock = now();
            while clock < meant && !stop.load(Ordering::Relaxed) {
                self.writer.poll();
                let left = Duration::from_micros(meant.abs_diff(clock));
                std::thread::sleep(left.clamp(NAP, LONGEST_NAP));
                clock = now();
            }
            if stop.load(Ordering::Relaxed) {
                break;
            }
            self.write(meant)?;
            slip.add(clock - meant);
            if index.is_multiple_of(STRIDE) {
                self.writer.poll();
            }
        }
        self.writer.flush()?;
        Ok(Paced { slip })
    }

    fn write(&mut self, at: Micros) -> Result<(), Error> {
        let Some(event) = next(&mut self.stream, at) else { return Ok(()) };
        if matches!(event.kind, Kind::CustomerCreated { consents: true, .. }) {
            self.sign_ups.note(event.customer, at);
        }
        self.writer.write(&event)
    }
}

/// A stream without an end, of which only the order matters here: times are given when events are written.
fn stream(flags: &Latency) -> Result<Workload, Error> {
    Ok(Workload::new(Options {
        seed: flags.seed,
        events: 1 << 50,
        customers: flags.customers,
        skew: flags.skew,
        profile: Profile::Shop,
        start: wall(),
        rate: 1 << 40,
        every: 1_000,
        sends: flags.sends,
    })?)
}

/// The next event, as of `at`. Nobody changes the consent that they gave when they signed up: it decides which messages must come.
fn next(stream: &mut Workload, at: Micros) -> Option<Shopped> {
    let changes = |event: &Shopped| matches!(event.kind, Kind::Subscribed | Kind::Unsubscribed);
    let mut event = stream.by_ref().find(|event| !changes(event))?;
    event.time = at.div_euclid(1_000);
    event.happened = event.time;
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::{Command, Flags};
    use clap::Parser;

    #[test]
    fn nobody_changes_consent_and_each_signs_up_once() {
        let words = ["loadtest", "latency", "--customers", "500", "--sends", "0.05"];
        let Command::Latency(flags) = Flags::try_parse_from(words).unwrap().command else {
            panic!("another command");
        };
        let (mut stream, mut sign_ups) = (stream(&flags).unwrap(), vec![0; 500]);
        for index in 0..20_000 {
            let event = next(&mut stream, 1_700_000_000_000_999 + index).unwrap();
            assert_eq!(event.time, (1_700_000_000_000_999 + index) / 1_000);
            assert!(!matches!(event.kind, Kind::Subscribed | Kind::Unsubscribed));
            if matches!(event.kind, Kind::CustomerCreated { .. }) {
                sign_ups[event.customer as usize] += 1;
            }
        }
        assert!(sign_ups.iter().all(|count| *count == 1), "{sign_ups:?}");
    }

    #[test]
    fn sign_ups_are_known_by_customer() {
        let mut sign_ups = SignUps::new(3);
        sign_ups.note(1, 77);
        sign_ups.note(9, 78);
        assert_eq!(
            [0, 1, 2, 9].map(|customer| sign_ups.at(customer)),
            [None, Some(77), None, None]
        );
        assert_eq!((sign_ups.count(), sign_ups.customers()), (1, 3));
    }
}
