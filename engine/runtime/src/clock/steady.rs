//! A wall clock that does not jump: what the machine's clock says is compared with the time that has really passed.
//!
//! A jump is held. The time goes on as it was, by the time that passes, until the machine's clock agrees again or its new time has stood for a
//! while: a clock that was set right must not be held for ever, and one that went wrong shall be seen before anything is decided by it. The
//! greater the jump, the longer it must stand. Meanwhile nothing is to be sent, and nothing to expire.
//!
//! The time that passes is that of the machine's boot clock, which goes on while the machine sleeps: a machine that has slept sees no jump.

use cartwheel_core::time::{HOUR, Millis, SECOND};
use std::time::Duration;

/// So far (ms) the clocks may part without a jump, and one part in so many of the time that has passed: clocks that are slewed part by half of that.
const SLACK: Millis = 2 * SECOND;
const SLEW: Millis = 1_000;
/// They are compared over so long; then the comparison begins anew.
const SPAN: Millis = 60 * SECOND;
/// A new time must stand for so long (ms) at least and at most, in between for a sixtieth of the jump.
const SHORTEST: Millis = 60 * SECOND;
const LONGEST: Millis = HOUR;

/// What the clock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Wall time. It does not jump: see the module.
    pub wall: Millis,
    /// The later of that and of what the machine's clock says: by which the times of others are judged, so that none is refused because a clock is held.
    pub latest: Millis,
    /// The machine's clock has jumped and is not believed yet.
    pub held: bool,
    /// Jumps so far.
    pub jumps: Jumps,
}

/// Jumps of the machine's clock since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Jumps {
    /// To a later time.
    pub forward: u64,
    /// To an earlier one.
    pub back: u64,
}

/// A time that passed, and what a clock showed then.
#[derive(Clone, Copy, Debug)]
struct Pair {
    passed: Duration,
    wall: Millis,
}

impl Pair {
    /// How long after.
    fn since(self, passed: Duration) -> Millis {
        let since = passed.saturating_sub(self.passed).as_millis();
        Millis::try_from(since).unwrap_or(Millis::MAX)
    }

    /// What the clock must show then.
    fn expects(self, passed: Duration) -> Millis {
        self.wall.saturating_add(self.since(passed))
    }

    /// How far from that it is, if it is too far.
    fn parts(self, now: Pair) -> Option<Millis> {
        let apart = now.wall.saturating_sub(self.expects(now.passed));
        let allowed = SLACK.saturating_add(self.since(now.passed) / SLEW);
        (apart.saturating_abs() > allowed).then_some(apart)
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Steady {
    /// The clock was right then.
    anchor: Option<Pair>,
    /// It jumped, and shows this since.
    jumped: Option<Pair>,
    jumps: Jumps,
}

impl Steady {
    /// The machine's clock shows `wall`; `passed` is the time that has passed since some fixed moment, sleep included. Says how far the clock has jumped just now.
    pub fn read(&mut self, passed: Duration, wall: Millis) -> (Reading, Option<Millis>) {
        let now = Pair { passed, wall };
        let anchor = *self.anchor.get_or_insert(now);
        let Some(apart) = anchor.parts(now) else {
            self.jumped = None;
            if anchor.since(passed) >= SPAN {
                self.anchor = Some(now);
            }
            return (self.reading(wall, wall), None);
        };
        let news = self.note_jump(now, apart);
        let stands = self.jumped.map_or(0, |jumped| jumped.since(passed));
        if stands >= (apart.saturating_abs() / 60).clamp(SHORTEST, LONGEST) {
            (self.anchor, self.jumped) = (Some(now), None);
            return (self.reading(wall, wall), news);
        }
        (self.reading(anchor.expects(passed), wall), news)
    }

    /// The clock is not where it was expected. Where that is not where it has been since the jump, it is another jump.
    fn note_jump(&mut self, now: Pair, apart: Millis) -> Option<Millis> {
        let by = match self.jumped {
            None => apart,
            Some(jumped) => jumped.parts(now)?,
        };
        self.jumped = Some(now);
        if by > 0 {
            self.jumps.forward += 1;
        } else {
            self.jumps.back += 1;
        }
        Some(by)
    }

    fn reading(&self, shown: Millis, wall: Millis) -> Reading {
        let (held, jumps) = (self.jumped.is_some(), self.jumps);
        Reading { wall: shown, latest: shown.max(wall), held, jumps }
    }
}

#[cfg(test)]
mod tests;
