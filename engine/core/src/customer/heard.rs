//! Events that a run has heard of before it waits for one (`docs/semantics.md`, "Steps", `wait: { for }`): arrival decides nothing that event
//! time can decide.

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
    /// What the run's journey reads of it, as it stands in a run's captures of an event that ended a wait.
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

/// Adds an event for the waits from `ahead` on. Each of these, in the order of steps, may need the first that none before it needs; what none needs
/// is forgotten, so that there are never more than such waits. Whichever of them the run comes to, it finds what it would find had nothing
/// been forgotten.
pub(super) fn add(list: &mut ThinVec<Heard>, heard: Heard, ahead: u16) {
    let place = list.partition_point(|other| other.at <= heard.at);
    list.reserve_exact(1);
    list.insert(place, heard);
    let mut needed = vec![false; list.len()];
    for op in ahead..u64::BITS as u16 {
        let mut free = list.iter().zip(&mut needed).filter(|(_, needed)| !**needed);
        if let Some((_, needed)) = free.find(|(heard, _)| heard.ends(op)) {
            *needed = true;
        }
    }
    let mut needed = needed.into_iter();
    list.retain(|_| needed.next() == Some(true));
}

/// Takes out the first that ends the wait at `op`, and what ends none behind that. With the last of them their memory is given back.
pub(super) fn take(list: &mut ThinVec<Heard>, op: u16) -> Option<Heard> {
    let place = list.iter().position(|heard| heard.ends(op))?;
    let taken = list.remove(place);
    let ahead = u64::MAX.checked_shl(u32::from(op) + 1).unwrap_or(0);
    list.retain(|heard| heard.waits & ahead != 0);
    if list.is_empty() {
        *list = ThinVec::new();
    }
    Some(taken)
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
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    fn heard(at: Millis, waits: u64) -> Heard {
        Heard { at, waits, kind: "paid".into(), values: ThinVec::new() }
    }

    /// What the waits at these operations take.
    fn taken(list: &mut ThinVec<Heard>, ops: &[u16]) -> Vec<Option<Millis>> {
        ops.iter().map(|op| take(list, *op).map(|heard| heard.at)).collect()
    }

    #[test]
    fn each_wait_takes_the_first_that_no_other_has_taken() {
        let mut list = ThinVec::new();
        for (at, waits) in [(9, 0b1100), (5, 0b1000), (7, 0b1100), (3, 0b0010)] {
            add(&mut list, heard(at, waits), 2);
        }
        // Of two waits ahead; the one behind the run counts no more, and 9 has no use.
        let kept: Vec<Millis> = list.iter().map(|heard| heard.at).collect();
        assert_eq!(kept, [5, 7]);
        assert_eq!(taken(&mut list.clone(), &[3]), [Some(5)]);
        assert_eq!(taken(&mut list, &[2, 3, 4]), [Some(7), Some(5), None]);
        assert_eq!(list.capacity(), 0);
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
            let mut list = ThinVec::new();
            let mut arriving = all.clone();
            arriving.rotate_left(turn % events.len().max(1));
            arriving.into_iter().for_each(|heard| add(&mut list, heard, 2));
            prop_assert!(list.len() <= 6);
            let expected: Vec<Option<Millis>> = ops.iter().map(|op| {
                let place = all.iter().position(|heard| heard.ends(*op))?;
                Some(all.remove(place).at)
            }).collect();
            prop_assert_eq!(taken(&mut list, &ops), expected);
        }
    }
}
