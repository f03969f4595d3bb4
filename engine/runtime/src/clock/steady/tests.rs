use super::*;

const START: Millis = 1_772_445_600_000;
const DAY: Millis = 24 * HOUR;
const MINUTE: Millis = 60 * SECOND;

/// A machine whose clock is so far off, and a second passes between two readings.
struct Machine {
    steady: Steady,
    passed: Millis,
}

impl Machine {
    /// It has run for ten minutes.
    fn new() -> Self {
        let mut machine = Self { steady: Steady::default(), passed: 0 };
        for _ in 0..600 {
            assert_eq!(machine.second(0), (START + machine.passed, false));
        }
        machine
    }

    /// What is shown, and whether it is held, a second later, while the clock is so far off.
    fn second(&mut self, off: Millis) -> (Millis, bool) {
        self.passed += SECOND;
        let passed = Duration::from_millis(self.passed as u64);
        let (reading, _) = self.steady.read(passed, START + self.passed + off);
        assert_eq!(reading.latest, reading.wall.max(START + self.passed + off));
        (reading.wall, reading.held)
    }

    /// How long (ms) a clock that is so far off is held; what is shown meanwhile is what has passed.
    fn held(&mut self, off: Millis) -> Millis {
        for second in 0.. {
            match self.second(off) {
                (shown, true) => assert_eq!(shown, START + self.passed),
                (shown, false) => {
                    assert_eq!(shown, START + self.passed + off);
                    return second * SECOND;
                }
            }
        }
        unreachable!("held for ever")
    }

    fn jumps(&self) -> (u64, u64) {
        (self.steady.jumps.forward, self.steady.jumps.back)
    }
}

#[test]
fn a_jump_is_held_the_longer_the_greater_it_is() {
    for (off, held, jumps) in [
        (0, 0, (0, 0)),
        (1_500, 0, (0, 0)),
        (-1_500, 0, (0, 0)),
        (5 * SECOND, MINUTE, (1, 0)),
        (-5 * SECOND, MINUTE, (0, 1)),
        (HOUR, MINUTE, (1, 0)),
        (-HOUR, MINUTE, (0, 1)),
        (10 * HOUR, 10 * MINUTE, (1, 0)),
        (3_650 * DAY, HOUR, (1, 0)),
        (-3_650 * DAY, HOUR, (0, 1)),
    ] {
        let mut machine = Machine::new();
        assert_eq!((machine.held(off), machine.jumps()), (held, jumps), "{off}");
        assert_eq!(machine.held(off), 0, "{off}: once");
    }
}

#[test]
fn a_clock_that_comes_back_was_never_elsewhere() {
    let mut machine = Machine::new();
    for _ in 0..50 {
        let (shown, held) = machine.second(DAY);
        assert_eq!((shown, held), (START + machine.passed, true));
    }
    assert_eq!(machine.second(0), (START + machine.passed, false));
    assert_eq!((machine.held(0), machine.jumps()), (0, (1, 0)));
}

#[test]
fn a_clock_that_keeps_jumping_is_believed_when_it_stands() {
    let mut machine = Machine::new();
    for jump in 1..=9 {
        for _ in 0..40 {
            assert!(machine.second(jump * HOUR).1);
        }
    }
    assert_eq!(machine.jumps(), (9, 0));
    // It has stood for 40 s already.
    assert_eq!(machine.held(9 * HOUR), 9 * MINUTE - 40 * SECOND);
}

#[test]
fn a_clock_that_runs_too_fast_is_noticed_and_one_that_is_slewed_is_not() {
    let mut machine = Machine::new();
    let slewed = |second: Millis| second / 2; // half a millisecond a second
    assert!((0..20_000).all(|second| !machine.second(slewed(second)).1));
    let off = slewed(20_000);
    assert!((0..60).any(|second| machine.second(off + second * 100).1), "a tenth too fast");
}

#[test]
fn extremes_do_no_harm() {
    for (first, then) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (0, i64::MIN)] {
        let mut steady = Steady::default();
        steady.read(Duration::ZERO, first);
        assert!(steady.read(Duration::MAX, then).0.latest >= then);
        steady.read(Duration::ZERO, first);
    }
}
