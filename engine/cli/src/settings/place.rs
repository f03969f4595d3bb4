//! Where a key, or an item of a list, stands in a YAML text: for faults that are found after the text has become values.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};
use std::fmt;
use std::ops::Range;

/// The bytes of the key at `path` (its nearest parent that is there), of an item of a list those where it begins; none in a text that has none of
/// it.
pub fn of_key(text: &str, path: &[String]) -> Option<Range<usize>> {
    let mut node = serde_saphyr::from_str::<Node>(text).ok()?;
    let mut found = None;
    for part in path {
        let Some(at) = node.entries.iter().position(|entry| entry.name == *part) else { break };
        let entry = node.entries.swap_remove(at);
        found = Some(bytes(text, entry.at));
        node = entry.value;
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

/// The keys of a YAML tree and the items of its lists, by number; scalars are of no interest.
#[derive(Default)]
struct Node {
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    at: Location,
    value: Node,
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
        let mut node = Node::default();
        while let Some(item) = items.next_element::<Spanned<Node>>()? {
            let name = node.entries.len().to_string();
            node.entries.push(Entry { name, at: item.referenced, value: item.value });
        }
        Ok(node)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut node = Node::default();
        while let Some((key, value)) = map.next_entry::<Spanned<String>, Node>()? {
            node.entries.push(Entry { name: key.value, at: key.referenced, value });
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
        for text in [
            "p:\n  caps:\n    - { name: a }\n    - name: b\n      limit: 2\n",
            "p: { caps: [{ name: a }, { name: b, limit: 2 }] }\n",
        ] {
            let path =
                |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
            let start = |parts| of_key(text, &path(parts)).map(|span| span.start);
            let item = text.find("name: b").unwrap();
            let found = start(&["p", "caps", "1"]).unwrap();
            assert!(found == item || text[found..].starts_with("{ name: b"), "{found} in {text}");
            assert_eq!(start(&["p", "caps", "1", "limit"]), text.find("limit"));
            assert_eq!(start(&["p", "caps", "7"]), text.find("caps"));
        }
    }
}
