//! Where a key, or an item of a list, stands in a YAML text: for faults that are found after the text has become values.

use super::secret::may_be_secret;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};
use std::fmt;
use std::ops::Range;

/// A place in a text of YAML.
#[derive(Debug, PartialEq)]
pub struct Found {
    /// The bytes of a value that is no list, no mapping and no secret; else of its key, of an item of a list those where it begins.
    pub at: Range<usize>,
    /// The text, where the value is one.
    pub text: Option<String>,
}

/// What stands at `path`, or at its nearest parent that is there; none in a text that has none of it.
pub fn of_path(text: &str, path: &[String]) -> Option<Found> {
    let mut node = serde_saphyr::from_str::<Node>(text).ok()?;
    let mut found = None;
    for (place, part) in path.iter().enumerate() {
        let Some(at) = node.entries.iter().position(|entry| entry.name == *part) else { break };
        let entry = node.entries.swap_remove(at);
        // Of a secret the key is pointed at: a mark below the value would tell its length.
        let secret = path[..=place].iter().any(|part| may_be_secret(part));
        let whole = place + 1 == path.len() && entry.value.is_scalar && !secret;
        let location = if whole { entry.value_at } else { entry.at };
        found = Some(Found {
            at: bytes(text, location),
            text: entry.value.text.clone().filter(|_| whole),
        });
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

/// The keys of a YAML tree and the items of its lists, by number; of scalars the texts.
#[derive(Default)]
struct Node {
    entries: Vec<Entry>,
    is_scalar: bool,
    text: Option<String>,
}

struct Entry {
    name: String,
    at: Location,
    value_at: Location,
    value: Node,
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Keys)
    }
}

struct Keys;

/// Anything that has no keys is a node without entries.
macro_rules! scalars {
    ($($visit:ident($type:ty)),*) => {
        $(fn $visit<E>(self, _: $type) -> Result<Node, E> { Ok(Node { is_scalar: true, ..Node::default() }) })*
    };
}

impl<'de> Visitor<'de> for Keys {
    type Value = Node;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any value")
    }

    scalars!(visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64));

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node { is_scalar: true, text: Some(text.into()), ..Node::default() })
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::default())
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut node = Node::default();
        while let Some(item) = items.next_element::<Spanned<Node>>()? {
            let (name, at) = (node.entries.len().to_string(), item.referenced);
            node.entries.push(Entry { name, at, value_at: at, value: item.value });
        }
        Ok(node)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut node = Node::default();
        while let Some((key, value)) = map.next_entry::<Spanned<String>, Spanned<Node>>()? {
            let (name, at, value_at) = (key.value, key.referenced, value.referenced);
            node.entries.push(Entry { name, at, value_at, value: value.value });
        }
        Ok(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(parts: &[&str]) -> Vec<String> {
        parts.iter().map(|part| (*part).to_owned()).collect()
    }

    fn at(text: &str, parts: &[&str]) -> Option<String> {
        of_path(text, &path(parts)).map(|found| text[found.at].to_owned())
    }

    #[test]
    fn a_value_is_found_or_its_key_or_the_nearest_parent() {
        let text = "ä: [1, {x: 2}]\npolicy:\n  zone: Mars\n  quiet: 'a b'\n  caps: []\n";
        assert_eq!(at(text, &["policy", "zone"]).as_deref(), Some("Mars"));
        assert_eq!(at(text, &["policy", "quiet"]).as_deref(), Some("'a b'"));
        assert_eq!(at(text, &["policy", "caps"]).as_deref(), Some("caps"));
        assert_eq!(at(text, &["policy", "holdout"]).as_deref(), Some("policy"));
        assert_eq!(at(text, &["engine"]), None);
        assert_eq!(at("- not a map", &["engine"]), None);
        let found = of_path(text, &path(&["policy", "quiet"])).unwrap();
        assert_eq!(found.text.as_deref(), Some("a b"));
    }

    #[test]
    fn an_item_of_a_list_is_found() {
        for text in [
            "p:\n  caps:\n    - { name: a }\n    - name: b\n      limit: 2\n",
            "p: { caps: [{ name: a }, { name: b, limit: 2 }] }\n",
        ] {
            let start = |parts| of_path(text, &path(parts)).map(|found| found.at.start);
            let item = text.find("name: b").unwrap();
            let found = start(&["p", "caps", "1"]).unwrap();
            assert!(found == item || text[found..].starts_with("{ name: b"), "{found} in {text}");
            assert_eq!(at(text, &["p", "caps", "1", "limit"]).as_deref(), Some("2"));
            assert_eq!(start(&["p", "caps", "7"]), text.find("caps"));
        }
    }
}
