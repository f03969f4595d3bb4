//! The bytes of the ledger: a mark of eight bytes, then entries of one size. All numbers little-endian; they are for ever.
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | xxh3 of the rest, seeded with the entry's place in the file: an entry copied elsewhere is not one |
//! | 1 | kind: 1 begin, 2 refused, 3 uncertain, 4 ended |
//! | 1 | how it ended (kind 4), else 0 |
//! | 16 | command id |
//! | 4 | number of the call |
//! | 8 | when, wall, ms |
//! | 8 | `not_after`, ms |
//! | 8 | hash of the provider's name |

use super::{Known, LedgerError};
use crate::receipt::Ending;
use cartwheel_core::id::CommandId;
use cartwheel_core::time::Millis;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// What the file begins with.
pub const MAGIC: [u8; 8] = *b"CWATTM01";
const SUM: usize = 8;
const BODY: usize = 46;
/// Size of an entry.
pub const SIZE: usize = SUM + BODY;

/// What an entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A call begins.
    Begin,
    /// The last call was certainly not taken.
    Refused,
    /// The last call may have been taken.
    Uncertain,
    /// The command ended.
    End(Ending),
}

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    pub mark: Mark,
    pub command: CommandId,
    pub number: u32,
    pub at: Millis,
    pub not_after: Millis,
    pub provider: u64,
}

impl LedgerEntry {
    /// Appends the entry to the whole content.
    pub fn write(&self, content: &mut Vec<u8>) {
        self.write_at(0, content);
    }

    /// Appends the entry to `out`, which will stand at byte `base` of the file.
    pub fn write_at(&self, base: u64, out: &mut Vec<u8>) {
        let mut body = [0; BODY];
        (body[0], body[1]) = match self.mark {
            Mark::Begin => (1, 0),
            Mark::Refused => (2, 0),
            Mark::Uncertain => (3, 0),
            Mark::End(ending) => (4, ending.code()),
        };
        body[2..18].copy_from_slice(&self.command.0.to_le_bytes());
        body[18..22].copy_from_slice(&self.number.to_le_bytes());
        body[22..30].copy_from_slice(&self.at.to_le_bytes());
        body[30..38].copy_from_slice(&self.not_after.to_le_bytes());
        body[38..46].copy_from_slice(&self.provider.to_le_bytes());
        let place = base + out.len() as u64;
        out.extend_from_slice(&xxh3_64_with_seed(&body, place).to_le_bytes());
        out.extend_from_slice(&body);
    }

    /// Reads the entry at byte `place` of the file; none if it is damaged.
    fn read(bytes: &[u8], place: u64) -> Option<Self> {
        let (sum, body) = bytes.split_at_checked(SUM)?;
        let body: &[u8; BODY] = body.try_into().ok()?;
        if xxh3_64_with_seed(body, place).to_le_bytes() != sum {
            return None;
        }
        let mark = match body[0] {
            1 => Mark::Begin,
            2 => Mark::Refused,
            3 => Mark::Uncertain,
            4 => Mark::End(Ending::from_code(body[1])?),
            _ => return None,
        };
        Some(Self {
            mark,
            command: CommandId(u128::from_le_bytes(body[2..18].try_into().ok()?)),
            number: u32::from_le_bytes(body[18..22].try_into().ok()?),
            at: i64::from_le_bytes(body[22..30].try_into().ok()?),
            not_after: i64::from_le_bytes(body[30..38].try_into().ok()?),
            provider: u64::from_le_bytes(body[38..46].try_into().ok()?),
        })
    }
}

/// The entries, and the number of bytes up to the end of the last whole one. What follows is the torn end of a crash, unless a
/// whole entry stands in it.
pub fn read(content: &[u8]) -> Result<(Vec<LedgerEntry>, u64), LedgerError> {
    if content.len() < MAGIC.len() {
        return if MAGIC.starts_with(content) {
            Ok((Vec::new(), 0))
        } else {
            Err(LedgerError::Foreign)
        };
    }
    if content[..MAGIC.len()] != MAGIC {
        return Err(LedgerError::Foreign);
    }
    let mut entries = Vec::new();
    let mut torn = None;
    for (index, bytes) in content[MAGIC.len()..].chunks(SIZE).enumerate() {
        let place = (MAGIC.len() + index * SIZE) as u64;
        match (LedgerEntry::read(bytes, place), torn) {
            (Some(entry), None) => entries.push(entry),
            (Some(_), Some(at)) => return Err(LedgerError::Damaged(at)),
            (None, None) => torn = Some(place),
            (None, Some(_)) => {}
        }
    }
    Ok((entries, torn.unwrap_or(content.len() as u64)))
}

/// The entries that give `known` again.
pub fn of_known(command: CommandId, known: &Known) -> Vec<LedgerEntry> {
    let entry = |mark| LedgerEntry {
        mark,
        command,
        number: known.attempts,
        at: known.first_at,
        not_after: known.not_after,
        provider: known.provider,
    };
    let mut entries = Vec::new();
    if known.uncertain {
        entries.push(entry(Mark::Uncertain));
    }
    match (known.ending, known.open) {
        (Some(ending), _) => entries.push(entry(Mark::End(ending))),
        (None, true) => entries.push(entry(Mark::Begin)),
        (None, false) => entries.push(entry(Mark::Refused)),
    }
    entries
}
