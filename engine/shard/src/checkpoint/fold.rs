//! Documents that add up: profile patches and decisions, stored as frames (length u32 LE, bytes), oldest first.

use super::KEPT_DECISIONS;
use cartwheel_core::customer::Document;
use serde_json::{Map, Value};

/// Profile patches that are kept apart before they are folded into one.
const MAX_PATCHES: usize = 8;

/// Appends one frame.
pub fn frame(out: &mut Vec<u8>, payload: &[u8]) {
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    out.extend_from_slice(payload);
}

/// The frames of a document. Ends at the first malformed one.
fn frames(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (len, rest) = bytes.split_first_chunk::<4>()?;
        let (payload, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        bytes = rest;
        Some(payload)
    })
}

/// Older frames followed by newer ones, cut to what is kept. Associative, as the store's merges demand.
pub fn fold(document: Document, older: &[u8], newer: &[u8]) -> Vec<u8> {
    let mut both = Vec::with_capacity(older.len() + newer.len());
    both.extend_from_slice(older);
    both.extend_from_slice(newer);
    let count = frames(&both).count();
    match document {
        Document::Decision if count > KEPT_DECISIONS => {
            let mut cut = Vec::with_capacity(both.len());
            frames(&both).skip(count - KEPT_DECISIONS).for_each(|payload| frame(&mut cut, payload));
            cut
        }
        Document::Profile if count > MAX_PATCHES => {
            let mut merged = Map::new();
            frames(&both).for_each(|patch| merge(&mut merged, patch));
            let mut cut = Vec::new();
            frame(&mut cut, Value::Object(merged).to_string().as_bytes());
            cut
        }
        _ => both,
    }
}

/// Merges one patch, nulls included, so that folding patches early and late gives the same.
fn merge(into: &mut Map<String, Value>, patch: &[u8]) {
    if let Ok(Value::Object(patch)) = serde_json::from_slice(patch) {
        into.extend(patch);
    }
}

/// The profile after these patches (frames, oldest first), without consent and without nulls.
pub fn profile_of(patches: &[u8]) -> Map<String, Value> {
    let mut profile = Map::new();
    frames(patches).for_each(|patch| merge(&mut profile, patch));
    profile.retain(|name, value| !value.is_null() && name != "consent");
    profile
}

/// The packed decisions, oldest first.
pub fn decisions_in(document: &[u8]) -> impl Iterator<Item = &[u8]> {
    frames(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(payloads: &[&str]) -> Vec<u8> {
        let mut out = Vec::new();
        payloads.iter().for_each(|payload| frame(&mut out, payload.as_bytes()));
        out
    }

    #[test]
    fn profiles_fold_alike_in_any_grouping() {
        let patches: Vec<String> =
            (0..20).map(|n| format!(r#"{{"a":{n},"b{}":{}}}"#, n % 3, if n % 4 == 0 { "null" } else { "1" })).collect();
        let texts: Vec<&str> = patches.iter().map(String::as_str).collect();
        let whole = profile_of(&framed(&texts));
        for cut in 0..=texts.len() {
            let folded = fold(Document::Profile, &framed(&texts[..cut]), &framed(&texts[cut..]));
            assert_eq!(profile_of(&folded), whole);
            assert!(frames(&folded).count() <= MAX_PATCHES);
        }
    }

    #[test]
    fn only_the_newest_decisions_are_kept() {
        let texts: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let folded = fold(Document::Decision, &framed(&texts[..60]), &framed(&texts[60..]));
        let kept: Vec<&[u8]> = decisions_in(&folded).collect();
        assert_eq!((kept.len(), kept[0], kept[63]), (64, &b"36"[..], &b"99"[..]));
    }
}
