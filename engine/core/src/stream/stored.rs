//! Streams as a checkpoint keeps them.

use super::state::{Stop, Stream, Streams};
use crate::compact::{Bytes, Writer};
use compact_str::CompactString;

/// Why one stands still, as it is stored.
const NO_STOP: u64 = 0;
const GAP: u64 = 1;
const EPOCH: u64 = 2;

impl Streams {
    /// Appends the stored form.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::new(out);
        writer.number(self.all.len() as u64);
        for Stream { name, epoch, last, stop } in &self.all {
            writer.text(0, name);
            writer.text(0, epoch);
            writer.room();
            writer.number(*last);
            match stop {
                None => writer.number(NO_STOP),
                Some(Stop::Gap(early)) => {
                    writer.number(GAP);
                    writer.number(*early);
                }
                Some(Stop::Epoch(epoch)) => {
                    writer.number(EPOCH);
                    writer.text(0, epoch);
                }
            }
        }
        writer.room();
        writer.flush();
    }

    /// Reads the stored form, and returns what stands behind it; none where the bytes are not it. No bytes are no streams.
    pub fn decode(stored: &[u8]) -> Option<(Self, &[u8])> {
        if stored.is_empty() {
            return Some((Self::default(), stored));
        }
        let mut bytes = Bytes(stored);
        let count = bytes.count(4)?;
        let all = (0..count).map(|_| stream(&mut bytes)).collect::<Option<_>>()?;
        Some((Self { all }, bytes.0))
    }
}

fn text(bytes: &mut Bytes<'_>) -> Option<CompactString> {
    let len = bytes.number()?;
    bytes.text(len)
}

fn stream(bytes: &mut Bytes<'_>) -> Option<Stream> {
    let (name, epoch, last) = (text(bytes)?, text(bytes)?, bytes.number()?);
    let stop = match bytes.number()? {
        NO_STOP => None,
        GAP => Some(Stop::Gap(bytes.number()?)),
        EPOCH => Some(Stop::Epoch(text(bytes)?)),
        _ => return None,
    };
    Some(Stream { name, epoch, last, stop })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_back() {
        let stream = |name: &str, last, stop| Stream {
            name: name.into(),
            epoch: "e".repeat(64).into(),
            last,
            stop,
        };
        let streams = Streams {
            all: vec![
                stream("catalogue", u64::MAX, None),
                stream(&"s".repeat(64), 0, Some(Stop::Gap(7))),
                stream("control", 300, Some(Stop::Epoch("f".into()))),
            ],
        };
        let mut out = Vec::new();
        streams.encode(&mut out);
        for cut in 1..out.len() {
            assert_eq!(Streams::decode(&out[..cut]), None, "{cut}");
        }
        out.extend([1, 2]);
        assert_eq!(Streams::decode(&out), Some((streams, &[1, 2][..])));
        assert_eq!(Streams::decode(&[]), Some((Streams::default(), &[][..])));
    }
}
