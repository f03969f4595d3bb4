//! The configuration's identity: equal hashes decide alike.

use crate::customer::ZoneTables;
use crate::journey::shown::Shown;
use crate::sends::SEMANTICS;
use xxhash_rust::xxh3::Xxh3;

/// 128-bit xxh3 over the semantics' number, the name of the time-zone tables, the policy as JSON, and name and text of every journey in order
/// of names; every part with its length before it.
pub(crate) fn of<'a>(
    semantics: u32,
    tables: &str,
    policy: &[u8],
    journeys: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> u128 {
    let mut hash = Xxh3::new();
    let mut part = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(&semantics.to_le_bytes());
    part(tables.as_bytes());
    part(policy);
    for (name, text) in journeys {
        part(name.as_bytes());
        part(text.as_bytes());
    }
    hash.digest128()
}

/// Of a configuration of which it is known what its templates read: over its hash without that, and name and subjects of every template.
pub(crate) fn showing(hash: u128, shown: &Shown) -> u128 {
    let parts = shown.iter().flat_map(|(template, subjects)| {
        let names = subjects.iter().map(String::as_str);
        std::iter::once(template).chain(names).chain(std::iter::once(""))
    });
    let mut own = Xxh3::new();
    own.update(&hash.to_le_bytes());
    for part in parts {
        own.update(&(part.len() as u64).to_le_bytes());
        own.update(part.as_bytes());
    }
    own.digest128()
}

/// Of what this build compiles by itself.
pub(super) fn of_this_build<'a>(
    tables: &ZoneTables,
    policy: &[u8],
    journeys: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> u128 {
    of(SEMANTICS, &tables_name(tables.id()), policy, journeys)
}

/// How tables are named.
pub(crate) fn tables_name(id: u128) -> String {
    format!("{id:032x}")
}
