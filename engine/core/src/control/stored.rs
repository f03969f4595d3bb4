//! Control as a checkpoint keeps it.

use super::state::{Control, MAX_REMEMBERED, Standing};
use crate::compact::{Bytes, Writer};
use compact_str::CompactString;

impl Control {
    /// Appends the stored form.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::new(out);
        writer.number(self.halted.len() as u64);
        for (journey, (standing, since)) in &self.halted {
            writer.text(0, journey);
            writer.bytes([*standing as u8]);
            writer.signed(*since);
            writer.room();
        }
        writer.number(self.winners.len() as u64);
        for ((journey, split), arm) in &self.winners {
            for name in [journey, split, arm] {
                writer.text(0, name);
                writer.room();
            }
        }
        writer.flush();
    }

    /// Reads the stored form, and returns what stands behind it; none where the bytes are not it. No bytes are nothing that was said.
    pub fn decode(stored: &[u8]) -> Option<(Self, &[u8])> {
        let mut control = Self::default();
        if stored.is_empty() {
            return Some((control, stored));
        }
        let mut bytes = Bytes(stored);
        for _ in 0..count(&mut bytes, 3)? {
            let (journey, standing) = (text(&mut bytes)?, bytes.byte()?);
            let standing = (Standing::from_number(standing)?, bytes.signed()?);
            control.halted.insert(journey, standing);
        }
        for _ in 0..count(&mut bytes, 3)? {
            let split = (text(&mut bytes)?, text(&mut bytes)?);
            control.winners.insert(split, text(&mut bytes)?);
        }
        Some((control, bytes.0))
    }
}

/// How many follow, each of so many bytes at least.
fn count(bytes: &mut Bytes<'_>, size: usize) -> Option<usize> {
    bytes.count(size).filter(|count| *count <= MAX_REMEMBERED)
}

fn text(bytes: &mut Bytes<'_>) -> Option<CompactString> {
    let len = bytes.number()?;
    bytes.text(len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{Order, Winner};

    #[test]
    fn what_is_stored_is_read_back() {
        let mut control = Control::default();
        let long = CompactString::from("j".repeat(256));
        control.take(&Order::Pause("a".into()), 1_700_000_000_000);
        control.take(&Order::Stop(long.clone()), -1);
        let winner = Winner { journey: "a".into(), split: long.clone(), arm: Some(long) };
        control.take(&Order::Winner(winner), 0);
        let mut out = Vec::new();
        control.encode(&mut out);
        for cut in 1..out.len() {
            assert_eq!(Control::decode(&out[..cut]), None, "{cut}");
        }
        out.push(7);
        assert_eq!(Control::decode(&out), Some((control, &[7][..])));
        assert_eq!(Control::decode(&[]), Some((Control::default(), &[][..])));
    }

    #[test]
    fn the_stored_form_is_what_it_was() {
        let mut control = Control::default();
        control.take(&Order::Pause("ab".into()), 3);
        let mut out = Vec::new();
        control.encode(&mut out);
        assert_eq!(out, [3, 5, b'a', b'b', 1, 13, 1]);
    }
}
