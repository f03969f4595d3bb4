//! How long an engine's turns took: what its histogram says (`cartwheel_turn_duration_seconds`, `engine/docs/admin-api.md`).

use crate::Error;
use crate::overview::get;
use serde::Serialize;
use std::net::SocketAddr;

/// A sample of the histogram, up to its bound.
const BUCKET: &str = "cartwheel_turn_duration_seconds_bucket{";

/// Turns so far, of all shards, by how long they took: a bound in seconds, and how many took no longer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turns(Vec<(f64, u64)>);

/// Turns between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Between {
    /// How many.
    pub turns: u64,
    /// The longest of them took longer than so many seconds,
    pub longest_over: f64,
    /// and at most so many; none: no bound of the histogram is as long.
    pub longest_up_to: Option<f64>,
}

impl Turns {
    /// Asks an engine's admin listener.
    pub fn ask(admin: SocketAddr) -> Result<Self, Error> {
        let text = get(admin, "/metrics").map_err(Error::io("asking the engine for /metrics"))?;
        Ok(Self::read(&text))
    }

    fn read(text: &str) -> Self {
        let mut turns: Vec<(f64, u64)> = Vec::new();
        for (bound, count) in text.lines().filter_map(sample) {
            match turns.iter_mut().find(|(known, _)| *known == bound) {
                Some((_, sum)) => *sum += count,
                None => turns.push((bound, count)),
            }
        }
        turns.sort_by(|one, other| one.0.total_cmp(&other.0));
        Self(turns)
    }

    /// What has come since `before`; none if no turn has.
    pub fn since(&self, before: &Turns) -> Option<Between> {
        let known = |bound: f64| {
            before.0.iter().find(|(known, _)| *known == bound).map_or(0, |(_, count)| *count)
        };
        let grown: Vec<(f64, u64)> = self
            .0
            .iter()
            .map(|(bound, count)| (*bound, count.saturating_sub(known(*bound))))
            .collect();
        let turns = grown.last().filter(|(_, all)| *all > 0)?.1;
        let place = grown.iter().position(|(_, count)| *count == turns)?;
        let longest_over = place.checked_sub(1).map_or(0.0, |below| grown[below].0);
        let longest_up_to = Some(grown[place].0).filter(|bound| bound.is_finite());
        Some(Between { turns, longest_over, longest_up_to })
    }
}

impl Between {
    /// As a phrase for people.
    pub fn longest(&self) -> String {
        let over = self.longest_over * 1e3;
        match self.longest_up_to {
            Some(bound) => format!("between {over} and {} ms", bound * 1e3),
            None => format!("over {over} ms"),
        }
    }
}

/// The bound and the count of a line of the histogram.
fn sample(line: &str) -> Option<(f64, u64)> {
    let (labels, count) = line.strip_prefix(BUCKET)?.split_once("} ")?;
    let (_, bound) = labels.split_once("le=\"")?;
    let (bound, _) = bound.split_once('"')?;
    let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().ok()? };
    Some((bound, count.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(shards: [[u64; 3]; 2]) -> String {
        let mut text = String::from("# TYPE cartwheel_turn_duration_seconds histogram\n");
        for (shard, counts) in shards.iter().enumerate() {
            for (bound, count) in ["0.001", "0.3", "+Inf"].iter().zip(counts) {
                text += &format!("{BUCKET}shard=\"{shard}\",le=\"{bound}\"}} {count}\n");
            }
            text += &format!("cartwheel_turn_duration_seconds_sum{{shard=\"{shard}\"}} 0.5\n");
        }
        text
    }

    #[test]
    fn the_longest_turn_lies_in_the_last_bucket_that_has_grown() {
        let before = Turns::read(&text([[5, 6, 7], [1, 1, 1]]));
        assert_eq!(before.since(&before), None);
        let after = Turns::read(&text([[9, 10, 11], [2, 5, 5]]));
        let between = after.since(&before).unwrap();
        assert_eq!(between, Between { turns: 8, longest_over: 0.001, longest_up_to: Some(0.3) });
        assert_eq!(between.longest(), "between 1 and 300 ms");
        let longer = Turns::read(&text([[9, 10, 12], [2, 5, 5]])).since(&before).unwrap();
        assert_eq!((longer.longest_over, longer.longest_up_to), (0.3, None));
        assert_eq!(longer.longest(), "over 300 ms");
    }
}
