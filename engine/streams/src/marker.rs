//! How far a stream has been copied.

use crate::Epoch;
use serde::{Deserialize, Serialize};

/// What the newest record of the compacted topic says of a stream: everything in the journal before `next` is in every partition of the events topic.
///
/// It may say less than is true (a writer was killed, or a slow one wrote late), never more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// The epoch in force before `next`.
    pub epoch: Epoch,
    /// Offset of the record that opened it.
    pub opened: i64,
    /// Offset in the journal of the first record that is perhaps not in every partition.
    pub next: i64,
    /// The last sequence of the epoch before `next`; 0 if there is none.
    pub copied: u64,
    /// Partitions of the events topic, which all have it.
    pub partitions: i32,
}

impl Marker {
    /// From the value of a record; none if it is not one.
    pub fn read(value: &[u8]) -> Option<Self> {
        let marker: Self = serde_json::from_slice(value).ok()?;
        (0 <= marker.opened && marker.opened < marker.next && 0 < marker.partitions)
            .then_some(marker)
    }

    /// As a record's value.
    pub fn value(&self) -> Vec<u8> {
        // Texts and whole numbers cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_read_as_it_was_written() {
        let marker =
            Marker { epoch: Epoch::from("e"), opened: 3, next: 21, copied: 17, partitions: 4 };
        let text = r#"{"epoch":"e","opened":3,"next":21,"copied":17,"partitions":4}"#;
        assert_eq!(String::from_utf8(marker.value()).unwrap(), text);
        assert_eq!(Marker::read(text.as_bytes()), Some(marker));
        for wrong in ["", "{}", "null", &text.replace("21", "3"), &text.replace("4", "0")] {
            assert_eq!(Marker::read(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
