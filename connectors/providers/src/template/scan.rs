//! Finds the Liquid tags of a source, without understanding them further than needed: to know where their values stand, to keep
//! them out of MJML's sight, and to know the names that they use.

use std::collections::BTreeSet;
use std::ops::Range;

/// One `{{ }}` or `{% %}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    /// With its braces.
    pub outer: Range<usize>,
    /// Between its braces and hyphens.
    pub inner: Range<usize>,
    /// `{{ }}`: prints its value.
    pub prints: bool,
}

/// Every tag in order, without those inside of `raw` and `comment`. An unclosed one ends the search: the parser complains about it.
pub(super) fn tags(source: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(tag) = next_tag(source, from) {
        from = tag.outer.end;
        let name = source[tag.inner.clone()].split_whitespace().next().unwrap_or_default();
        let skipped =
            (!tag.prints && matches!(name, "raw" | "comment")).then(|| format!("end{name}"));
        found.push(tag);
        if let Some(end) = skipped {
            let Some(tag) = end_tag(source, from, &end) else { break };
            from = tag.outer.end;
            found.push(tag);
        }
    }
    found
}

/// The tag that ends `raw` or `comment`: nothing else between braces there is one, but comments may stand in comments.
fn end_tag(source: &str, mut from: usize, name: &str) -> Option<Tag> {
    let mut open = 1;
    while let Some(start) = source[from..].find("{%").map(|start| from + start) {
        from = start + 2;
        let inside = source[from..].strip_prefix('-').unwrap_or(&source[from..]).trim_start();
        let is_tag = |word: &str| {
            let behind = inside.strip_prefix(word).map(str::trim_start);
            behind.is_some_and(|behind| behind.starts_with("%}") || behind.starts_with("-%}"))
        };
        open += usize::from(name == "endcomment" && is_tag("comment"));
        open -= usize::from(is_tag(name));
        if open == 0 {
            return tag_at(source, start);
        }
    }
    None
}

fn next_tag(source: &str, from: usize) -> Option<Tag> {
    let bytes = source.as_bytes();
    let start = (from..bytes.len().saturating_sub(1))
        .find(|&at| bytes[at] == b'{' && matches!(bytes[at + 1], b'{' | b'%'))?;
    tag_at(source, start)
}

/// The tag that begins here; quotes hide closing braces.
fn tag_at(source: &str, start: usize) -> Option<Tag> {
    let bytes = source.as_bytes();
    let prints = bytes[start + 1] == b'{';
    let close: &[u8] = if prints { b"}}" } else { b"%}" };
    let mut quote = None;
    let mut at = start + 2;
    while at + 1 < bytes.len() {
        match (quote, bytes[at]) {
            (Some(open), byte) if byte == open => quote = None,
            (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
            (None, _) if bytes[at..].starts_with(close) => {
                let first = start + 2 + usize::from(bytes[start + 2] == b'-');
                let last = at - usize::from(at > first && bytes[at - 1] == b'-');
                return Some(Tag { outer: start..at + 2, inner: first.min(last)..last, prints });
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The names that a source uses.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// Variables that it reads, each with where it does so first.
    pub read: Vec<(String, usize)>,
    /// Names that it gives itself (`assign`, `capture`, `for`).
    pub given: BTreeSet<String>,
    /// Names after a dot or in brackets, each with where it stands.
    pub fields: Vec<(String, usize)>,
    /// Names directly below a variable: the variable, and the name.
    pub below: Vec<(String, String)>,
}

/// Collects the names that the tags of a source use.
pub(super) fn names(source: &str) -> Names {
    let mut names = Names::default();
    for tag in tags(source) {
        let words = words(&source[tag.inner.clone()]);
        let mut words =
            words.iter().map(|&(offset, word)| (tag.inner.start + offset, word)).peekable();
        if !tag.prints {
            let Some((_, keyword)) = words.next() else { continue };
            match keyword {
                "assign" | "capture" | "for" | "tablerow" | "increment" | "decrement" => {
                    names.given.extend(words.next().map(|(_, name)| name.to_owned()));
                }
                _ => {}
            }
        }
        let mut previous = "";
        // The variable of which the next word may be a field.
        let mut variable = None;
        while let Some((offset, word)) = words.next() {
            let followed_by = words.peek().map_or("", |next| next.1);
            let of = variable.filter(|_| matches!(previous, "." | "["));
            if word != "." && word != "[" {
                variable = None;
            }
            if let Some(name) = text_of(word).filter(|_| previous == "[") {
                names.fields.push((name.to_owned(), offset));
                names.below.extend(of.map(|of: &str| (of.to_owned(), name.to_owned())));
            } else if word.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_') {
                match previous {
                    "." => {
                        names.fields.push((word.to_owned(), offset));
                        names.below.extend(of.map(|of: &str| (of.to_owned(), word.to_owned())));
                    }
                    "|" => {}
                    _ if followed_by == ":" || KEYWORDS.contains(&word) => {}
                    _ => {
                        names.read.push((word.to_owned(), offset));
                        variable = Some(word);
                    }
                }
            }
            previous = word;
        }
    }
    names
}

/// Words that are not variables.
const KEYWORDS: [&str; 15] = [
    "true",
    "false",
    "nil",
    "null",
    "empty",
    "blank",
    "and",
    "or",
    "contains",
    "in",
    "reversed",
    "limit",
    "offset",
    "forloop",
    "tablerowloop",
];

/// What stands between the quotes of a string.
fn text_of(word: &str) -> Option<&str> {
    let inner = word.strip_prefix(['"', '\''])?;
    inner.get(..inner.len().checked_sub(1)?)
}

/// Identifiers, strings with their quotes and single signs of a tag, each with its offset.
fn words(inner: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut chars = inner.char_indices().peekable();
    let name = |char: char| char.is_ascii_alphanumeric() || char == '_' || char == '-';
    while let Some((start, char)) = chars.next() {
        let mut end = start + char.len_utf8();
        if matches!(char, '"' | '\'') {
            let close = chars.by_ref().find(|&(_, next)| next == char);
            found.push((start, &inner[start..close.map_or(inner.len(), |(at, _)| at + 1)]));
        } else if name(char) {
            while let Some((at, next)) = chars.next_if(|&(_, next)| name(next)) {
                end = at + next.len_utf8();
            }
            found.push((start, &inner[start..end]));
        } else if !char.is_whitespace() {
            found.push((start, &inner[start..end]));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found() {
        let inner = |source: &str| {
            tags(source).iter().map(|tag| source[tag.inner.clone()].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(inner("a {{ b }} {%- if c -%} d {% endif %}"), [" b ", " if c ", " endif "]);
        assert_eq!(inner("{{ '}}' }}x{{ \"%}\" }}"), [" '}}' ", " \"%}\" "]);
        assert_eq!(inner("{% raw %}{{ a }}{% endraw %}{{ b }}"), [" raw ", " endraw ", " b "]);
        assert_eq!(
            inner("{% comment %} don't {% endcomment %}{{ b }}"),
            [" comment ", " endcomment ", " b "]
        );
        assert_eq!(
            inner(
                "{% comment %}{% comment %}{{ a }}{% endcomment %}{{ b }}{% endcomment %}{{ c }}"
            ),
            [" comment ", " endcomment ", " c "]
        );
        assert_eq!(inner("{{ a"), Vec::<String>::new());
        assert_eq!(inner("{{-}}{"), [""]);
    }

    #[test]
    fn names_are_collected() {
        let names = names(
            "{% for item in cart.items limit: 3 %}{{ item.name | default: brand_name, x: \"a.b\" }}{% endfor %}{% if a == 'b' and c[\"x y\"] %}{% endif %}",
        );
        let read: Vec<_> = names.read.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(read, ["cart", "item", "brand_name", "a", "c"]);
        assert_eq!(names.given.iter().collect::<Vec<_>>(), ["item"]);
        let fields: Vec<_> = names.fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(fields, ["items", "name", "x y"]);
        let below = |source: &str| {
            let found = super::names(source).below;
            found.iter().map(|(of, name)| format!("{of} {name}")).collect::<Vec<_>>()
        };
        assert_eq!(below("{{ a.b.c }}{{ a['d'].e }}{{ f . g }}"), ["a b", "a d", "f g"]);
        assert_eq!(below("{% if a.b == c %}{{ d | x: a.c }}{{ a[i] }}"), ["a b", "a c"]);
    }
}
