//! Identity is derived, never drawn: a replay gives the same ids (seed 0, formulas in `docs/semantics.md`).

use crate::time::Millis;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

macro_rules! id {
    ($name:ident, $what:literal) => {
        #[doc = $what]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u128);

        impl $name {
            /// As it is written: 32 hexadecimal digits.
            pub fn hex(self) -> [u8; 32] {
                hex(self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                let digits = self.hex();
                out.write_str(std::str::from_utf8(&digits).unwrap_or_default())
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                u128::from_str_radix(text, 16).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// The hexadecimal digits of a number.
pub fn hex(number: u128) -> [u8; 32] {
    /// Those of each byte.
    const PAIRS: [[u8; 2]; 256] = {
        const DIGITS: [u8; 16] = *b"0123456789abcdef";
        let mut pairs = [[0; 2]; 256];
        let mut byte = 0;
        while byte < 256 {
            pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
            byte += 1;
        }
        pairs
    };
    let mut text = [0; 32];
    for (pair, byte) in text.as_chunks_mut().0.iter_mut().zip(number.to_be_bytes()) {
        *pair = PAIRS[usize::from(byte)];
    }
    text
}

id!(CustomerId, "A customer: the 128-bit hash of the customer string.");
id!(RunId, "One passage of one customer through one journey.");
id!(CommandId, "One request to send; also the idempotency key at the provider.");

impl CustomerId {
    /// The id of the customer with this name (the key of its events).
    pub fn of(customer: &str) -> Self {
        Self(xxh3_128(customer.as_bytes()))
    }
}

impl RunId {
    /// See `docs/semantics.md`, "Words".
    pub fn of(journey: &str, customer: CustomerId, key: u64, opened_at: Millis) -> Self {
        let (customer, key) = (customer.0.to_le_bytes(), key.to_le_bytes());
        let opened_at = opened_at.to_le_bytes();
        Self(hash_of([journey.as_bytes(), &[0], &customer, &key, &opened_at], xxh3_128))
    }
}

impl RunId {
    /// In a journey that is entered whenever its trigger comes: two events of one millisecond are two runs. `event` tells them apart.
    #[must_use]
    pub fn by_event(self, event: u64) -> Self {
        let (run, event) = (self.0.to_le_bytes(), event.to_le_bytes());
        Self(hash_of([&run[..], &event], xxh3_128))
    }
}

impl CommandId {
    /// See `docs/semantics.md`, "Words".
    pub fn of(run: RunId, step: &str, occurrence: u32) -> Self {
        let (run, occurrence) = (run.0.to_le_bytes(), occurrence.to_le_bytes());
        Self(hash_of([&run[..], step.as_bytes(), &[0], &occurrence], xxh3_128))
    }
}

/// Stands for the hash of a key that is absent.
pub const NO_KEY: u64 = 0;

/// The hash of a run's key.
pub fn key_hash(text: Option<&str>) -> u64 {
    text.map_or(NO_KEY, |text| xxh3_64(text.as_bytes()))
}

/// Whether the customer is in the holdout `name` of `basis_points` per ten thousand.
pub fn in_holdout(name: &str, customer: CustomerId, basis_points: u16) -> bool {
    if basis_points == 0 {
        return false;
    }
    lot(&[name], customer) < basis_points
}

/// Where the customer stands among those for whom a journey begins by what happens to a product, or is told to everybody: drawn anew for each of these.
pub fn place_in_line(journey: &str, product: u64, customer: CustomerId) -> u64 {
    let (product, customer) = (product.to_le_bytes(), customer.0.to_le_bytes());
    hash_of([journey.as_bytes(), &[0], &product, &customer], xxh3_64)
}

/// The customer's lot for a choice of these names: 0 to 9,999, always the same.
pub fn lot(names: &[&str], customer: CustomerId) -> u16 {
    let names = names.iter().flat_map(|name| [name.as_bytes(), &[0]]);
    let customer = customer.0.to_le_bytes();
    (hash_of(names.chain([&customer[..]]), xxh3_64) % 10_000) as u16
}

/// What is hashed lies in one piece on the stack if it is not longer: the longest id of a name of 80 bytes.
const ROOM: usize = 128;

/// The hash of these parts, one behind the other. Gathered first: a hasher that is fed part by part has a state of half a kilobyte, which takes five times
/// as long to set up as an id takes to be hashed.
#[inline]
fn hash_of<'p, H>(
    parts: impl IntoIterator<Item = &'p [u8]> + Clone,
    hash: impl Fn(&[u8]) -> H,
) -> H {
    let (mut room, mut len) = ([0; ROOM], 0);
    for part in parts.clone() {
        let Some(place) = room.get_mut(len..len + part.len()) else {
            return hash(&parts.into_iter().collect::<Vec<_>>().concat());
        };
        place.copy_from_slice(part);
        len += part.len();
    }
    hash(&room[..len])
}

#[cfg(test)]
mod tests {
    use super::*;
    use xxhash_rust::xxh3::Xxh3;

    /// Whatever the length of a name, ids are those of the formulas.
    #[test]
    fn parts_are_hashed_as_one() {
        for length in [0, 1, 12, 79, 80, 81, 127, 128, 200, 255] {
            let name = "n".repeat(length);
            let (customer, key, at) = (CustomerId::of("ana"), 7_u64, -3_i64);
            let mut fed = Xxh3::new();
            fed.update(name.as_bytes());
            fed.update(&[0]);
            fed.update(&customer.0.to_le_bytes());
            fed.update(&key.to_le_bytes());
            fed.update(&at.to_le_bytes());
            let run = RunId::of(&name, customer, key, at);
            assert_eq!(run.0, fed.digest128(), "{length}");
            let mut fed = Xxh3::new();
            fed.update(&run.0.to_le_bytes());
            fed.update(name.as_bytes());
            fed.update(&[0]);
            fed.update(&2_u32.to_le_bytes());
            assert_eq!(CommandId::of(run, &name, 2).0, fed.digest128(), "{length}");
            let mut fed = Xxh3::new();
            fed.update(name.as_bytes());
            fed.update(b"\0b\0");
            fed.update(&customer.0.to_le_bytes());
            assert_eq!(u64::from(lot(&[&name, "b"], customer)), fed.digest() % 10_000, "{length}");
        }
    }
}
