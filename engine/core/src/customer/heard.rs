//! Events that a run has heard of before it waits for one (`docs/semantics.md`, "Steps", `wait: { for }`): arrival decides nothing that event
//! time can decide.

use super::run::Run;
use crate::compact::{Bytes, Writer};
use crate::time::Millis;
use crate::value::Value;
use compact_str::CompactString;
use thin_vec::ThinVec;

/// An event that ends a wait of the run's journey as soon as the run comes there.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Event time.
    pub at: Millis,
    /// The waits that it ends: a bit for each operation of the journey.
    pub waits: u64,
    /// Its type.
    pub kind: CompactString,
    /// What the run's journey reads of it, as it stands in [`Run::captures`] of an event that ended a wait.
    pub values: ThinVec<Value>,
}

impl Heard {
    /// The bit of an operation; none beyond those that a journey can have.
    pub fn bit(op: u16) -> u64 {
        1_u64.checked_shl(u32::from(op)).unwrap_or(0)
    }

    fn ends(&self, op: u16) -> bool {
        self.waits & Self::bit(op) != 0
    }
}

impl Run {
    /// Remembers an event for the waits that are to come. Each of these, in the order of steps, may need the first that none before it needs; what
    /// none needs is forgotten, so that there are never more than such waits. Whichever of them the run comes to, it finds what it would find
    /// had nothing been forgotten.
    pub fn hear(&mut self, heard: Heard) {
        let place = self.heard.partition_point(|other| other.at <= heard.at);
        self.heard.reserve_exact(1);
        self.heard.insert(place, heard);
        let mut needed = vec![false; self.heard.len()];
        let ahead = self.place.op().map_or(0, |op| op.saturating_add(1));
        for op in ahead..u64::BITS as u16 {
            let mut free = self.heard.iter().zip(&mut needed).filter(|(_, needed)| !**needed);
            if let Some((_, needed)) = free.find(|(heard, _)| heard.ends(op)) {
                *needed = true;
            }
        }
        let mut needed = needed.into_iter();
        self.heard.retain(|_| needed.next() == Some(true));
    }

    /// The run comes to the wait at `op`: the first event that ends it. It ends no other one.
    pub fn take_heard(&mut self, op: u16) -> Option<Heard> {
        let place = self.heard.iter().position(|heard| heard.ends(op))?;
        let taken = self.heard.remove(place);
        // Waits that lie behind the run are never reached again.
        let ahead = u64::MAX.checked_shl(u32::from(op) + 1).unwrap_or(0);
        self.heard.retain(|heard| heard.waits & ahead != 0);
        if self.heard.is_empty() {
            self.forget_heard();
        }
        Some(taken)
    }

    /// No wait to come is ended by what has come so far. Its memory is given back: most runs have none.
    pub fn forget_heard(&mut self) {
        self.heard = ThinVec::new();
    }
}

/// Bytes that a stored one takes at least.
pub(super) const LEAST: usize = 4;

/// Appends what is stored of one: `waits, at - opened_at, type, values`.
pub(super) fn put_heard(writer: &mut Writer<'_>, heard: &Heard, opened_at: Millis) {
    writer.number(heard.waits);
    writer.signed(heard.at.wrapping_sub(opened_at));
    writer.text(0, &heard.kind);
    writer.room();
    writer.number(heard.values.len() as u64);
    heard.values.iter().for_each(|value| writer.value(value));
}

/// Reads what [`put_heard`] wrote.
pub(super) fn read_heard(rest: &mut Bytes<'_>, opened_at: Millis) -> Option<Heard> {
    let waits = rest.number()?;
    let at = opened_at.wrapping_add(rest.signed()?);
    let length = rest.number()?;
    let kind = rest.text(length)?;
    let count = rest.count(1)?;
    let values = (0..count).map(|_| rest.value()).collect::<Option<ThinVec<Value>>>()?;
    Some(Heard { at, waits, kind, values })
}

#[cfg(test)]
mod tests {
    use super::super::run::Place;
    use super::*;
    use crate::id::RunId;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    fn heard(at: Millis, waits: u64) -> Heard {
        Heard { at, waits, kind: "paid".into(), values: ThinVec::new() }
    }

    fn run() -> Run {
        Run {
            id: RunId(1),
            sent: None,
            key: 0,
            opened_at: 0,
            newest: 0,
            entered_by: 0,
            deadline: 0,
            anchor: 0,
            place: Place::Delay { op: 1 },
            captures: ThinVec::new(),
            about: ThinVec::new(),
            heard: ThinVec::new(),
            journey: 0,
            converted: false,
        }
    }

    /// What the waits at these operations take.
    fn taken(run: &mut Run, ops: &[u16]) -> Vec<Option<Millis>> {
        ops.iter().map(|op| run.take_heard(*op).map(|heard| heard.at)).collect()
    }

    #[test]
    fn each_wait_takes_the_first_that_no_other_has_taken() {
        let mut run = run();
        for (at, waits) in [(9, 0b1100), (5, 0b1000), (7, 0b1100), (3, 0b0010)] {
            run.hear(heard(at, waits));
        }
        // Of two waits ahead; the one behind the run counts no more, and 9 has no use.
        let kept: Vec<Millis> = run.heard.iter().map(|heard| heard.at).collect();
        assert_eq!(kept, [5, 7]);
        assert_eq!(taken(&mut run.clone(), &[3]), [Some(5)]);
        assert_eq!(taken(&mut run, &[2, 3, 4]), [Some(7), Some(5), None]);
        assert_eq!(run.heard.capacity(), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, rng_seed: RngSeed::Fixed(22), ..ProptestConfig::default() })]

        #[test]
        fn what_is_not_kept_is_never_missed(
            events in proptest::collection::vec(1..64_u64, 0..12),
            reached in 0..64_u64,
            turn in 0..12_usize,
        ) {
            let ops: Vec<u16> = (0..6).filter(|op| reached & Heard::bit(*op) != 0).map(|op| op + 2).collect();
            let mut all: Vec<Heard> = (0..).zip(&events).map(|(at, waits)| heard(at, waits << 2)).collect();
            let mut run = run();
            let mut arriving = all.clone();
            arriving.rotate_left(turn % events.len().max(1));
            arriving.into_iter().for_each(|heard| run.hear(heard));
            prop_assert!(run.heard.len() <= 6);
            let expected: Vec<Option<Millis>> = ops.iter().map(|op| {
                let place = all.iter().position(|heard| heard.ends(*op))?;
                Some(all.remove(place).at)
            }).collect();
            prop_assert_eq!(taken(&mut run, &ops), expected);
        }
    }
}
