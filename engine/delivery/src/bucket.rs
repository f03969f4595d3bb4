//! A token bucket in whole numbers, with the time passed in.

use cartwheel_core::time::Millis;

/// `count` calls every `per` milliseconds, and at most `burst` at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Calls in `per`; at least 1.
    pub count: u32,
    /// Milliseconds; at least 1.
    pub per: u32,
    /// Calls that may start at once after a pause; at least 1.
    pub burst: u32,
}

impl Rate {
    /// `count` calls a second, `burst` at once.
    pub const fn per_second(count: u32, burst: u32) -> Self {
        Self { count, per: 1_000, burst }
    }
}

/// The state of one account's limit. A millisecond adds `count` units; a call costs `per` units.
#[derive(Clone, Debug)]
pub struct Bucket {
    rate: Rate,
    units: i64,
    at: Millis,
}

impl Bucket {
    /// A full bucket at `now` (monotonic ms). Zeros in the rate count as 1.
    pub fn new(rate: Rate, now: Millis) -> Self {
        let rate =
            Rate { count: rate.count.max(1), per: rate.per.max(1), burst: rate.burst.max(1) };
        Self { rate, units: Self::full(rate), at: now }
    }

    fn full(rate: Rate) -> i64 {
        i64::from(rate.burst) * i64::from(rate.per)
    }

    /// Takes one token, or tells when one will be there.
    pub fn take(&mut self, now: Millis) -> Result<(), Millis> {
        self.refill(now);
        let cost = i64::from(self.rate.per);
        if now >= self.at && self.units >= cost {
            self.units -= cost;
            return Ok(());
        }
        let missing = (cost - self.units).max(0);
        let count = i64::from(self.rate.count);
        Err(self.at.saturating_add((missing + count - 1) / count))
    }

    /// Gives back a token that was not used.
    pub fn give_back(&mut self) {
        self.units = (self.units + i64::from(self.rate.per)).min(Self::full(self.rate));
    }

    /// The provider asked for silence until `until`: no token before, one then.
    pub fn hold_until(&mut self, until: Millis) {
        if until > self.at {
            self.at = until;
            self.units = self.units.min(i64::from(self.rate.per));
        }
    }

    fn refill(&mut self, now: Millis) {
        if now <= self.at {
            return;
        }
        let gained = now.saturating_sub(self.at).saturating_mul(i64::from(self.rate.count));
        self.units = self.units.saturating_add(gained).min(Self::full(self.rate));
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let mut bucket = Bucket::new(Rate::per_second(5, 2), 0);
        assert_eq!((bucket.take(0), bucket.take(0), bucket.take(0)), (Ok(()), Ok(()), Err(200)));
        assert_eq!(
            (bucket.take(199), bucket.take(200), bucket.take(200)),
            (Err(200), Ok(()), Err(400))
        );
        bucket.give_back();
        assert_eq!(bucket.take(200), Ok(()));
    }

    #[test]
    fn no_window_gets_more_than_rate_and_burst() {
        let mut bucket = Bucket::new(Rate { count: 1, per: 6_000, burst: 3 }, 0);
        let taken = (0..60_000).filter(|now| bucket.take(*now).is_ok()).count();
        assert_eq!(taken, 3 + 9);
    }

    #[test]
    fn silence_is_kept() {
        let mut bucket = Bucket::new(Rate::per_second(100, 10), 0);
        bucket.hold_until(5_000);
        assert_eq!(bucket.take(4_999), Err(5_000));
        assert_eq!(bucket.take(5_000), Ok(()));
        assert_eq!(bucket.take(5_000), Err(5_010));
        bucket.hold_until(1);
        assert_eq!(bucket.take(5_010), Ok(()), "an older request for silence changes nothing");
    }
}
