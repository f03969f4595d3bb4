//! The id under which sequences count.

use cartwheel_core::time::{Millis, format_rfc3339, parse_rfc3339};
use serde::{Deserialize, Serialize};

/// Bytes of the time in front, `2026-01-01T10:00:00.123Z`.
const TIME: usize = 24;

/// An epoch of a stream: the time at which it began and a random number, `2026-01-01T10:00:00.123Z-3f2a9c1b`. As texts they stand in the order in which they began: a
/// later one is greater, byte by byte.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(String);

impl Epoch {
    /// One that begins now and is greater than `before`, whatever the clock says.
    pub fn begin(now: Millis, nonce: u32, before: Option<&Self>) -> Self {
        let at = |time| Self(format!("{}-{nonce:08x}", format_rfc3339(time)));
        let epoch = at(now);
        match before {
            Some(before) if epoch <= *before => match before.began() {
                Some(began) => at(began + 1),
                // Somebody else's: it stays the greater part of ours.
                None => Self(format!("{}-{nonce:08x}", before.0)),
            },
            _ => epoch,
        }
    }

    /// As it stands in records.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn began(&self) -> Option<Millis> {
        parse_rfc3339(self.0.get(..TIME)?)
    }
}

impl From<&str> for Epoch {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_767_261_600_123;

    #[test]
    fn a_later_epoch_is_greater_also_where_the_clock_goes_back() {
        let first = Epoch::begin(NOW, 7, None);
        assert_eq!(first.as_str(), "2026-01-01T10:00:00.123Z-00000007");
        for (now, nonce) in [(NOW + 1, 0), (NOW, u32::MAX), (NOW, 0), (NOW - 1_000_000, 3)] {
            let next = Epoch::begin(now, nonce, Some(&first));
            assert!(next > first, "{next:?}");
            assert!(Epoch::begin(0, 0, Some(&next)) > next);
        }
        let foreign = Epoch::from("zzz");
        assert!(Epoch::begin(NOW, 1, Some(&foreign)) > foreign);
    }
}
