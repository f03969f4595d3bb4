//! When what ends runs or moves windows happened last: what a late event has to be compared with.

use cartwheel_core::customer::{LatestId, Use};
use cartwheel_core::time::Millis;

/// So many of each use are kept.
const KEPT: usize = 8;

/// The times of one customer.
#[derive(Default)]
pub struct Latest {
    ends: Times,
    moves: Times,
}

#[derive(Default)]
struct Times {
    named: Vec<(Millis, LatestId)>,
    /// The newest of what was not kept.
    floor: Option<Millis>,
}

impl Latest {
    fn of(&mut self, use_: Use) -> &mut Times {
        match use_ {
            Use::Ends => &mut self.ends,
            Use::Moves => &mut self.moves,
        }
    }

    /// It happened. What is not after `expired` is forgotten where room is needed for something new.
    pub fn note(&mut self, use_: Use, id: LatestId, at: Millis, expired: Millis) {
        let times = self.of(use_);
        if let Some(known) = times.named.iter_mut().find(|known| known.1 == id) {
            known.0 = known.0.max(at);
            return;
        }
        if at <= expired {
            return;
        }
        times.named.retain(|known| known.0 > expired);
        times.floor = times.floor.filter(|floor| *floor > expired);
        times.named.push((at, id));
        if times.named.len() > KEPT {
            times.named.sort_by_key(|(at, id)| (*at, id.0));
            let (oldest, _) = times.named.remove(0);
            times.floor = times.floor.max(Some(oldest));
        }
    }

    /// The newest of these, or of what was not kept.
    pub fn newest(&mut self, use_: Use, ids: &[LatestId]) -> Option<Millis> {
        let times = self.of(use_);
        let named = times.named.iter().filter(|known| ids.contains(&known.1));
        named.map(|known| known.0).max().max(times.floor)
    }
}
