//! A circuit breaker per provider and channel: after a row of failures no calls for a while, then one probe.

use crate::attempt::refuses_account;
use cartwheel_core::receipt::{Outcome, RetryReason};
use cartwheel_core::time::{Millis, SECOND};

/// When a provider counts as down, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// Failures in a row that open the breaker; at least 1.
    pub failures: u32,
    /// How long it stays open at first, in ms; doubles with every failed probe.
    pub open_for: Millis,
    /// The longest that it stays open, in ms.
    pub open_at_most: Millis,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self { failures: 5, open_for: 5 * SECOND, open_at_most: 120 * SECOND }
    }
}

/// Where the breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Calls pass; so many failures in a row.
    Closed(u32),
    /// No calls before this moment (monotonic ms).
    Open(Millis),
    /// One probe is out.
    HalfOpen,
}

/// What the outcome of a call says of the provider's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It answers.
    Good,
    /// It does not.
    Bad,
    /// It refuses the account, and so every message: one call tells.
    Locked,
}

impl Health {
    /// A message refused for its own sake, or a request to slow down, is an answer; wrong credentials are not.
    pub const fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Accepted { .. } => Health::Good,
            refused if refuses_account(refused) => Health::Locked,
            Outcome::Rejected { .. } | Outcome::Unsendable { .. } => Health::Good,
            Outcome::Retry { reason, .. } => match reason {
                RetryReason::RequestTimeout | RetryReason::ServerError | RetryReason::Connect => {
                    Health::Bad
                }
                RetryReason::RateLimited
                | RetryReason::InProgress
                | RetryReason::TemporaryRefusal => Health::Good,
            },
            Outcome::Ambiguous { .. } => Health::Bad,
        }
    }
}

/// The breaker of one provider and channel.
#[derive(Clone, Debug)]
pub struct Breaker {
    policy: BreakerPolicy,
    state: State,
    open_for: Millis,
}

impl Breaker {
    /// A closed breaker.
    pub const fn new(policy: BreakerPolicy) -> Self {
        Self { policy, state: State::Closed(0), open_for: policy.open_for }
    }

    /// Where it stands.
    pub const fn state(&self) -> State {
        self.state
    }

    /// Whether a call may start now. Ask only when it would: after the pause the first to ask becomes the probe.
    pub fn admit(&mut self, now: Millis) -> bool {
        match self.state {
            State::Closed(_) => true,
            State::Open(until) if now >= until => {
                self.state = State::HalfOpen;
                true
            }
            State::Open(_) | State::HalfOpen => false,
        }
    }

    /// An admitted call did not begin.
    pub fn withdraw(&mut self, now: Millis) {
        if self.state == State::HalfOpen {
            self.state = State::Open(now);
        }
    }

    /// What a call told. Calls that began before the breaker opened do not close it.
    pub fn observe(&mut self, health: Health, now: Millis) {
        self.state = match (self.state, health) {
            (State::Closed(_), Health::Good) => State::Closed(0),
            (State::Closed(_), Health::Locked) => self.open(now),
            (State::Closed(failures), Health::Bad) if failures + 1 >= self.policy.failures => {
                self.open(now)
            }
            (State::Closed(failures), Health::Bad) => State::Closed(failures + 1),
            (State::HalfOpen, Health::Good) => {
                self.open_for = self.policy.open_for;
                State::Closed(0)
            }
            (State::HalfOpen, Health::Bad | Health::Locked) => {
                self.open_for = (self.open_for * 2).min(self.policy.open_at_most);
                self.open(now)
            }
            (open @ State::Open(_), _) => open,
        };
    }

    fn open(&self, now: Millis) -> State {
        State::Open(now + self.open_for)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_core::receipt::RejectReason;

    #[test]
    fn closed_open_half_open() {
        let mut breaker =
            Breaker::new(BreakerPolicy { failures: 2, open_for: 100, open_at_most: 300 });
        breaker.observe(Health::Bad, 0);
        breaker.observe(Health::Good, 0);
        breaker.observe(Health::Bad, 1);
        assert!(breaker.admit(1), "a success in between starts the row again");
        breaker.observe(Health::Bad, 2);
        assert_eq!(breaker.state(), State::Open(102));
        assert!(!breaker.admit(101));
        breaker.observe(Health::Good, 50);
        assert!(!breaker.admit(101), "an old call does not close it");
        assert!(breaker.admit(102));
        assert!(!breaker.admit(102), "one probe only");
        breaker.observe(Health::Bad, 110);
        assert_eq!(breaker.state(), State::Open(310), "twice as long");
        assert!(breaker.admit(310));
        breaker.observe(Health::Bad, 310);
        assert_eq!(breaker.state(), State::Open(610), "at most 300");
        assert!(breaker.admit(610));
        breaker.withdraw(611);
        assert!(breaker.admit(611), "a probe that did not begin leaves room for another");
        breaker.observe(Health::Good, 620);
        assert_eq!(breaker.state(), State::Closed(0));
    }

    #[test]
    fn wrong_credentials_open_it_at_once() {
        let rejected = |reason| Outcome::Rejected { reason, suppress: false };
        assert_eq!(Health::of(&rejected(RejectReason::Unauthorized)), Health::Locked);
        assert_eq!(Health::of(&rejected(RejectReason::TooLarge)), Health::Good);
        assert_eq!(
            Health::of(&Outcome::Retry { after: None, reason: RetryReason::RateLimited }),
            Health::Good
        );
        let mut breaker =
            Breaker::new(BreakerPolicy { failures: 5, open_for: 100, open_at_most: 300 });
        breaker.observe(Health::Locked, 0);
        breaker.observe(Health::Locked, 50);
        assert_eq!(breaker.state(), State::Open(100), "calls that were out already change nothing");
        assert!(breaker.admit(100));
        breaker.observe(Health::Locked, 110);
        assert_eq!(breaker.state(), State::Open(310));
    }
}
