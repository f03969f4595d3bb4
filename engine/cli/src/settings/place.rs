//! Where a key stands in a YAML text: for faults that are found after the text has become values.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};
use std::fmt;
use std::ops::Range;

/// The bytes of the key at `path` (its nearest parent that is there); none in a text that has none of it.
pub fn of_key(text: &str, path: &[String]) -> Option<Range<usize>> {
    let mut node = serde_saphyr::from_str::<Node>(text).ok()?;
    let mut found = None;
    for part in path {
        let Some(at) = node.entries.iter().position(|(key, _)| key.value == *part) else { break };
        let (key, value) = node.entries.swap_remove(at);
        found = Some(bytes(text, key.referenced));
        node = value;
    }
    found
}

/// The bytes of a location that the YAML reader gave; at least one character where the text has one.
pub fn bytes(text: &str, location: Location) -> Range<usize> {
    let span = location.span();
    let start = span.byte_offset().unwrap_or_default() as usize;
    let length = span.byte_len().unwrap_or_default() as usize;
    start.min(text.len())..(start + length.max(1)).min(text.len())
}

/// The keys of a YAML tree; scalars and lists are of no interest.
#[derive(Default)]
struct Node {
    entries: Vec<(Spanned<String>, Node)>,
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Keys)
    }
}

struct Keys;

/// Anything that has no keys is an empty node.
macro_rules! empty {
    ($($visit:ident($type:ty)),*) => {
        $(fn $visit<E>(self, _: $type) -> Result<Node, E> { Ok(Node::default()) })*
    };
}

impl<'de> Visitor<'de> for Keys {
    type Value = Node;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any value")
    }

    empty!(visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str));

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::default())
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Node::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut node = Node::default();
        while let Some(entry) = map.next_entry::<Spanned<String>, Node>()? {
            node.entries.push(entry);
        }
        Ok(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_at(text: &str, path: &[&str]) -> Option<String> {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        of_key(text, &path).map(|span| text[span].to_owned())
    }

    #[test]
    fn a_key_is_found_or_its_nearest_parent() {
        let text = "ä: [1, {x: 2}]\npolicy:\n  zone: Mars\n  caps: []\n";
        assert_eq!(key_at(text, &["policy", "zone"]).as_deref(), Some("zone"));
        assert_eq!(key_at(text, &["policy", "holdout"]).as_deref(), Some("policy"));
        assert_eq!(key_at(text, &["engine"]), None);
        assert_eq!(key_at("- not a map", &["engine"]), None);
    }
}
