//! Broadcasts as a checkpoint keeps them.

use super::state::{Broadcasts, MAX_HAD, Walk};
use super::told::Broadcast;
use crate::compact::{Bytes, Writer};
use crate::id::CustomerId;
use compact_str::CompactString;

impl Broadcasts {
    /// Appends the stored form; nothing where there was none.
    pub fn encode(&self, out: &mut Vec<u8>) {
        if *self == Self::default() {
            return;
        }
        let mut writer = Writer::new(out);
        writer.number(self.had.len() as u64);
        for key in &self.had {
            writer.bytes(key.to_le_bytes());
            writer.room();
        }
        writer.number(u64::from(self.walk.is_some()));
        if let Some(Walk { told, reached, many }) = &self.walk {
            writer.text(0, &told.name);
            writer.bytes(told.key.to_le_bytes());
            writer.room();
            writer.text(0, &told.text);
            writer.signed(told.at);
            writer.room();
            writer.number(*many);
            writer.number(u64::from(reached.is_some()));
            let id = reached.map_or(0, |reached| reached.0);
            writer.bytes_if(reached.is_some(), id.to_le_bytes());
        }
        writer.flush();
    }

    /// Reads the stored form; none where the bytes are not it. No bytes are none.
    pub fn decode(stored: &[u8]) -> Option<Self> {
        let mut all = Self::default();
        if stored.is_empty() {
            return Some(all);
        }
        let mut bytes = Bytes(stored);
        for _ in 0..bytes.count(8).filter(|count| *count <= MAX_HAD)? {
            all.had.push_back(u64::from_le_bytes(bytes.array()?));
        }
        if is_there(&mut bytes)? {
            let (name, key) = (text(&mut bytes)?, u64::from_le_bytes(bytes.array()?));
            let (text, at) = (text(&mut bytes)?.into_string(), bytes.signed()?);
            let many = bytes.number()?;
            let reached = match is_there(&mut bytes)? {
                true => Some(CustomerId(u128::from_le_bytes(bytes.array()?))),
                false => None,
            };
            all.walk = Some(Walk { told: Broadcast { name, key, text, at }, reached, many });
        }
        bytes.0.is_empty().then_some(all)
    }
}

fn is_there(bytes: &mut Bytes<'_>) -> Option<bool> {
    match bytes.number()? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn text(bytes: &mut Bytes<'_>) -> Option<CompactString> {
    let len = bytes.number()?;
    bytes.text(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_back() {
        let told = Broadcast {
            name: "sale".into(),
            key: u64::MAX,
            text: format!(r#"{{"broadcast":{{"text":"{}"}}}}"#, "x".repeat(300)),
            at: -3,
        };
        for reached in [None, Some(CustomerId(1 << 127))] {
            let mut all = Broadcasts::default();
            assert!(all.is_new(&told));
            all.walk = Some(Walk { told: told.clone(), reached, many: 300 });
            let mut out = Vec::new();
            all.encode(&mut out);
            assert_eq!(Broadcasts::decode(&out), Some(all));
            for cut in 1..out.len() {
                assert_eq!(Broadcasts::decode(&out[..cut]), None, "{cut}");
            }
        }
        let mut out = Vec::new();
        Broadcasts::default().encode(&mut out);
        assert!(out.is_empty() && Broadcasts::decode(&out) == Some(Broadcasts::default()));
    }
}
