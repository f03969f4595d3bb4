//! The metadata of a commit: the reader's state at the committed offset, so that the next worker continues the check.

use cartwheel_core::sends::Reader;

/// Writes `leader:seq`, with `-` for what the reader does not know.
pub fn metadata(reader: Reader) -> String {
    let part = |known: Option<String>| known.unwrap_or_else(|| "-".to_owned());
    format!(
        "{}:{}",
        part(reader.leader.map(|leader| leader.to_string())),
        part(reader.last.map(|last| last.to_string()))
    )
}

/// The reader of a partition that is read from `offset`, where the commit said `metadata`.
///
/// Without a commit a reader starts at the first sequence number if it begins at offset 0, and otherwise has no position: it accepts
/// nothing before a leader record and the turn record that follows.
pub fn reader(offset: i64, metadata: Option<&str>) -> Result<Reader, PositionError> {
    match metadata {
        Some(text) => parse(text).ok_or(PositionError),
        None if offset == 0 => Ok(Reader::at_start()),
        None => Ok(Reader::without_position()),
    }
}

fn parse(text: &str) -> Option<Reader> {
    let (leader, last) = text.split_once(':')?;
    let leader = if leader == "-" {
        None
    } else {
        Some(leader.parse::<i64>().ok().filter(|leader| *leader >= 0)?)
    };
    let last = if last == "-" { None } else { Some(last.parse::<u64>().ok()?) };
    Some(Reader { leader, last })
}

/// The metadata of a commit is not `leader:seq`: the commit was not made by a worker of this group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the metadata of the committed offset is not `leader:sequence`; was the commit made by another program?"
)]
pub struct PositionError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_round_trips() {
        for (reader, text) in [
            (Reader::at_start(), "-:0"),
            (Reader::without_position(), "-:-"),
            (Reader::after(17, 4), "17:4"),
            (Reader { leader: Some(9), last: None }, "9:-"),
        ] {
            assert_eq!(metadata(reader), text);
            assert_eq!(super::reader(50, Some(text)), Ok(reader));
        }
        assert_eq!(reader(0, None), Ok(Reader::at_start()));
        assert_eq!(reader(3, None), Ok(Reader::without_position()));
        for text in ["", "7", "7:", ":7", "-3:1", "a:b", "1:2:3"] {
            assert_eq!(reader(3, Some(text)), Err(PositionError), "{text}");
        }
    }
}
