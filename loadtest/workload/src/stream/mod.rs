//! Exactly N events for M customers at a steady rate of synthetic time.
//!
//! A few thousand sessions are in progress at any time. Each event advances one of them by one step of the funnel: views, then
//! products added, each with its updated cart, then perhaps a checkout, an order and its payment. A session that ends makes room for
//! another, whose customer is drawn by the skew. So memory is constant for any number of customers.

mod disorder;
mod encode;
mod profile;
mod session;

pub use profile::Profile;
pub use session::{Cart, Kind, Line};

use crate::names::customer_key;
use crate::random::{Random, mix};
use crate::skew::{Sampler, Skew, spread};
use cartwheel_core::time::Millis;
use disorder::Disorder;
use session::Session;

/// What a stream is made from.
#[derive(Clone, Debug)]
pub struct Options {
    /// The same seed gives the same events.
    pub seed: u64,
    /// How many events there are.
    pub events: u64,
    /// How many customers there are; they are numbered from 0.
    pub customers: u32,
    /// How unevenly sessions fall on customers.
    pub skew: Skew,
    /// What the stream is like.
    pub profile: Profile,
    /// The time of the first event, epoch milliseconds in the years 1970..=9999.
    pub start: Millis,
    /// Events in `every` milliseconds of synthetic time; the stream spans `events / rate` of these.
    pub rate: u64,
    /// In how many milliseconds `rate` events happen.
    pub every: u64,
    /// The share of events, 0..=0.5, that lead to a message at once under the shipped `welcome` journey: so many are the sign-up of a
    /// customer who consents. Each customer signs up at most once. A span above an hour adds the reminders of carts that
    /// these customers left, one above two days the later messages of `welcome`. Of no meaning in other profiles than [`Profile::Shop`].
    pub sends: f64,
}

impl Default for Options {
    /// A million events for 100,000 customers, uniform, 1,000 a second from 2026-01-01, 1 % sends, seed 1.
    fn default() -> Self {
        Self {
            seed: 1,
            events: 1_000_000,
            customers: 100_000,
            skew: Skew::Uniform,
            profile: Profile::Shop,
            start: 1_767_225_600_000,
            rate: 1_000,
            every: 1_000,
            sends: 0.01,
        }
    }
}

/// Options that make no stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// No customers.
    #[error("a workload needs at least one customer")]
    Customers,
    /// A rate of zero.
    #[error("the rate must be at least one event, in at least one millisecond")]
    Rate,
    /// The share of sends is not in 0..=0.5.
    #[error("the share of sends must be between 0 and 0.5")]
    Sends,
    /// Zipf's theta is not a positive number up to 10.
    #[error("Zipf's theta must be above 0 and at most 10")]
    Theta,
    /// An event would lie outside of the years 1970..=9999.
    #[error("every event must lie in the years 1970 to 9999")]
    Time,
}

impl Options {
    /// The time of the event with this index, epoch milliseconds; none on overflow.
    fn time(&self, index: u64) -> Option<Millis> {
        let passed = i128::from(index) * i128::from(self.every) / i128::from(self.rate.max(1));
        Millis::try_from(i128::from(self.start) + self.profile.passed(self, passed)).ok()
    }

    fn check(&self) -> Result<(), Invalid> {
        /// 9999-12-30T22:00:00Z, the last instant that the core's calendar knows.
        const END: Millis = 253_402_207_200_000;
        if self.customers == 0 {
            return Err(Invalid::Customers);
        }
        if self.rate == 0 || self.every == 0 {
            return Err(Invalid::Rate);
        }
        if !(0.0..=0.5).contains(&self.sends) {
            return Err(Invalid::Sends);
        }
        if matches!(self.skew, Skew::Zipf(theta) if !(theta > 0.0 && theta <= 10.0)) {
            return Err(Invalid::Theta);
        }
        if self.start < 0 || self.time(self.events).is_none_or(|end| end >= END) {
            return Err(Invalid::Time);
        }
        Ok(())
    }
}

/// One thing that a shopper did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shopped {
    /// The record's time, epoch milliseconds; never before that of the record before it.
    pub time: Millis,
    /// The event's time: the same, or earlier of an event that comes late.
    pub happened: Millis,
    /// The customer's number.
    pub customer: u32,
    /// Unique in the stream, but for an event that comes twice; 16 hex digits in the event.
    pub id: u64,
    /// What happened.
    pub kind: Kind,
}

impl Shopped {
    /// The record's key: the customer string.
    pub fn key(&self) -> [u8; 11] {
        customer_key(self.customer)
    }
}

/// The stream: an iterator of [`Shopped`], each of which encodes itself.
#[derive(Clone, Debug)]
pub struct Workload {
    options: Options,
    sampler: Sampler,
    random: Random,
    sessions: Vec<Session>,
    /// Events given so far.
    given: u64,
    /// Carts given out so far.
    carts: u64,
    /// Customers who have signed up.
    signed_up: u32,
    /// Sign-ups an event in units of 2^-32, and the fraction of one that is owed.
    sign_up_share: u64,
    owed: u64,
    /// Where some events come twice or late.
    disorder: Option<Disorder>,
}

impl Workload {
    /// The stream with these options.
    pub fn new(options: Options) -> Result<Self, Invalid> {
        options.check()?;
        let sampler = Sampler::new(options.customers, options.skew);
        let mut random = Random::of(options.seed, 0);
        let count = options.profile.sessions(&options);
        let sessions = (0..count).map(|_| Session::begin(sampler.draw(&mut random))).collect();
        let sign_up_share = options.profile.sign_ups(&options);
        let disorder = options.profile.disorder(&options);
        Ok(Self {
            options,
            sampler,
            random,
            sessions,
            given: 0,
            carts: 0,
            signed_up: 0,
            sign_up_share,
            owed: 0,
            disorder,
        })
    }

    /// Whether this event is a sign-up; they come at even distances, until every customer has signed up.
    fn sign_up_is_due(&mut self) -> bool {
        if self.signed_up == self.options.customers {
            return false;
        }
        self.owed += self.sign_up_share;
        let due = self.owed >> 32 > 0;
        self.owed &= u64::from(u32::MAX);
        due
    }

    /// A sign-up takes the place of a session: whoever was there has left the shop.
    fn sign_up(&mut self, place: usize) -> (u32, Kind) {
        let customer = spread(self.signed_up, self.options.customers / 2, self.options.customers);
        self.signed_up += 1;
        self.sessions[place] = Session::begin(customer);
        let profile = self.options.profile;
        let consents = self.random.chance(profile.consenting());
        (customer, Kind::CustomerCreated { consents, named: profile.names() })
    }

    fn shop(&mut self, place: usize) -> (u32, Kind) {
        let session = &mut self.sessions[place];
        let customer = session.customer;
        let (kind, more) = session.step(&mut self.random, &mut self.carts);
        if !more {
            *session = Session::begin(self.sampler.draw(&mut self.random));
        }
        (customer, kind)
    }
}

impl Iterator for Workload {
    type Item = Shopped;

    fn next(&mut self) -> Option<Shopped> {
        if self.given == self.options.events {
            return None;
        }
        let time = self.options.time(self.given)?;
        // The finaliser is a bijection, so ids of one stream never collide.
        let id = mix(mix(self.options.seed).wrapping_add(self.given));
        self.given += 1;
        if let Some(again) = self.disorder.as_mut().and_then(|disorder| disorder.repeated(time)) {
            return Some(again);
        }
        let place = self.random.below(self.sessions.len() as u64) as usize;
        let (customer, kind) =
            if self.sign_up_is_due() { self.sign_up(place) } else { self.shop(place) };
        let mut event = Shopped { time, happened: time, customer, id, kind };
        if let Some(disorder) = &mut self.disorder {
            event.happened = disorder.happened(time);
            disorder.keep(event);
        }
        Some(event)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let rest = usize::try_from(self.options.events - self.given).ok();
        (rest.unwrap_or(usize::MAX), rest)
    }
}
