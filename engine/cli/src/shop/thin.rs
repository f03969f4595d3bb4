//! Takes entries out of a section of a YAML file and leaves everything else as it is written, comments included.
//!
//! It knows the layout of the files that ship: entries begin on lines of their own, all at one indentation, and what is said of an entry stands above it.

use std::ops::Range;

/// A block of entries below a key.
#[derive(Clone, Copy)]
pub(super) struct Section {
    /// The line of the key.
    key: &'static str,
    /// What an entry's first line begins with, before its name.
    before: &'static str,
}

/// An entry: its lines with the comment and the blank lines above it, and the line on which it begins.
struct Entry {
    name: String,
    lines: Range<usize>,
    first: usize,
}

impl Section {
    /// Of facts.yaml.
    pub const FACTS: Self = Self { key: "facts:", before: "  " };
    /// Of facts.yaml.
    pub const SEGMENTS: Self = Self { key: "segments:", before: "  " };
    /// Of events.yaml.
    pub const EVENTS: Self = Self { key: "events:", before: "  " };
    /// Of events.yaml.
    pub const PROFILE: Self = Self { key: "profile:", before: "  " };
    /// Of cartwheel.yaml.
    pub const GROUPS: Self = Self { key: "  groups:", before: "    - name: " };

    /// The names of its entries, as they stand.
    pub fn names(self, text: &str) -> Vec<String> {
        self.entries(&lines(text)).into_iter().map(|entry| entry.name).collect()
    }

    /// The text without an entry; where it was the last one, without the section.
    pub fn without(self, text: &str, name: &str) -> String {
        let lines = lines(text);
        let entries = self.entries(&lines);
        let Some(entry) = entries.iter().find(|entry| entry.name == name) else {
            return text.to_owned();
        };
        let mut gone = entry.lines.clone();
        if entries.len() == 1
            && let Some(key) = self.key(&lines)
        {
            gone.start = above(&lines, key, indent(lines[key]));
        }
        [&lines[..gone.start], &lines[gone.end..]].concat().concat()
    }

    /// The text in which these lines follow the first one of an entry.
    pub fn with_body(self, text: &str, name: &str, body: &str) -> String {
        let lines = lines(text);
        let entries = self.entries(&lines);
        let Some(entry) = entries.iter().find(|entry| entry.name == name) else {
            return text.to_owned();
        };
        [&lines[..=entry.first], &[body], &lines[entry.lines.end..]].concat().concat()
    }

    /// The line of the key.
    fn key(self, lines: &[&str]) -> Option<usize> {
        lines.iter().position(|line| line.trim_end() == self.key)
    }

    fn entries(self, lines: &[&str]) -> Vec<Entry> {
        let Some(key) = self.key(lines) else { return Vec::new() };
        let inside = indent(self.before);
        let is_inside = |line: &&&str| line.trim().is_empty() || indent(line) >= inside;
        let mut end = key + 1 + lines[key + 1..].iter().take_while(is_inside).count();
        while lines[end - 1].trim().is_empty() {
            end -= 1;
        }
        let mut entries: Vec<Entry> = Vec::new();
        for at in (key + 1)..end {
            let Some(name) = self.name(lines[at]) else { continue };
            let start = above(lines, at, inside).max(key + 1);
            if let Some(before) = entries.last_mut() {
                before.lines.end = start;
            }
            entries.push(Entry { name: name.to_owned(), lines: start..end, first: at });
        }
        entries
    }

    /// The name of the entry that begins on this line.
    fn name(self, line: &str) -> Option<&str> {
        let rest = line.strip_prefix(self.before)?.trim_end();
        let name = rest.split(':').next()?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        (!name.is_empty() && name.bytes().all(is_name)).then_some(name)
    }
}

/// The text in which the list that stands on the line of this key has these items; without any, it goes with what is said of it.
pub(super) fn with_list(text: &str, key: &str, items: &[String]) -> String {
    let lines = lines(text);
    let Some(at) = lines.iter().position(|line| line.starts_with(key)) else {
        return text.to_owned();
    };
    if items.is_empty() {
        let from = above(&lines, at, indent(key));
        return [&lines[..from], &lines[at + 1..]].concat().concat();
    }
    let line = format!("{key}[{}]\n", items.join(", "));
    [&lines[..at], &[line.as_str()], &lines[at + 1..]].concat().concat()
}

/// Each with its end.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Where the comment and the blank lines above a line begin.
fn above(lines: &[&str], at: usize, inside: usize) -> usize {
    let comments = lines[..at].iter().rev();
    let comments = comments
        .take_while(|line| line.trim_start().starts_with('#') && indent(line) == inside)
        .count();
    let blank = lines[..at - comments].iter().rev().take_while(|line| line.trim().is_empty());
    at - comments - blank.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# The head.

# Of facts.
facts:
  # One.
  one: { count: a }
  two:
    sum: b   # and so on
    # more of two
    add: event.x

  # Three and four.
  three: { last: c }
  four: { level: [ { x: true } ] }

# Of segments.
segments:
  s: one > 2
";

    #[test]
    fn an_entry_goes_with_what_is_said_of_it() {
        let facts = Section::FACTS;
        assert_eq!(facts.names(TEXT), ["one", "two", "three", "four"]);
        let text = facts.without(TEXT, "two");
        assert_eq!(
            text,
            TEXT.replace(
                "  two:\n    sum: b   # and so on\n    # more of two\n    add: event.x\n",
                ""
            )
        );
        let text = facts.without(&text, "three");
        assert!(!text.contains("Three") && text.contains("count: a }\n  four:"), "{text}");
        let text = facts.without(&facts.without(&text, "one"), "four");
        assert_eq!(text, "# The head.\n\n# Of segments.\nsegments:\n  s: one > 2\n");
        assert_eq!(Section::SEGMENTS.without(&text, "s"), "# The head.\n");
        assert_eq!(facts.without(TEXT, "five"), TEXT);
    }

    #[test]
    fn a_list_has_other_items_or_goes() {
        let text = "policy:\n  max_defer: 24h\n  # Pools.\n  coupons: [a, b, c]\n\nbrand:\n";
        let with = |items: &[&str]| {
            let items: Vec<String> = items.iter().map(|item| (*item).to_owned()).collect();
            with_list(text, "  coupons: ", &items)
        };
        assert_eq!(with(&["c", "a"]), text.replace("[a, b, c]", "[c, a]"));
        assert_eq!(with(&[]), "policy:\n  max_defer: 24h\n\nbrand:\n");
        assert_eq!(with_list(text, "  other: ", &[]), text);
    }

    #[test]
    fn an_item_of_a_list_has_another_body() {
        let text = "policy:\n  groups:\n    # Why.\n    - name: g\n      order: [a, b, c]\n  max_defer: 24h\n";
        let groups = Section::GROUPS;
        assert_eq!(
            groups.with_body(text, "g", "      order: [a, b]\n"),
            text.replace("[a, b, c]", "[a, b]")
        );
        assert_eq!(groups.without(text, "g"), "policy:\n  max_defer: 24h\n");
    }
}
