//! YAML text to a tree whose every node knows its bytes in the file.
//!
//! It reads the parser's events itself instead of going through serde, because serde stops at the first error and an untagged choice
//! loses its place: a journey's author wants all problems at once, each under its line. Aliases, tags, several documents and duplicate
//! keys are refused; size, nesting and the number of nodes are bounded.

use crate::journey::problem::{Problem, position};
use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, ScanError};
use std::ops::Range;

/// Longest file in bytes.
const MAX_BYTES: usize = 256 * 1024;
/// Most nodes of a file.
const MAX_NODES: usize = 20_000;
/// Most fields of a mapping: each is compared with those before it.
const MAX_FIELDS: usize = 1_024;
/// Most keys given twice that are told of.
const MAX_TWICE: usize = 64;
/// Deepest nesting.
const MAX_DEPTH: usize = 48;

/// A value with its bytes.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Null,
    Text(String),
    List(Vec<Node>),
    Map(Vec<Pair>),
}

/// A field of a mapping.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) key: String,
    pub(super) at: Range<usize>,
    pub(super) value: Node,
}

impl Node {
    /// In words, for messages.
    pub(super) fn describe(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".into(),
            Kind::Text(text) if text.chars().count() <= 40 => format!("`{text}`"),
            Kind::Text(_) => "a long text".into(),
            Kind::List(_) => "a list".into(),
            Kind::Map(_) => "a mapping".into(),
        }
    }
}

/// Reads the one document of a file. Adds a problem where it gives none; duplicate keys are a problem but keep the first value.
pub(super) fn read(path: &str, text: &str, problems: &mut Vec<Problem>) -> Option<Node> {
    let mut tree =
        Tree { path, text, open: Vec::new(), root: None, nodes: 0, duplicates: Vec::new() };
    let result = tree.read();
    problems.append(&mut tree.duplicates);
    match result {
        Ok(()) if tree.root.is_some() => tree.root,
        Ok(()) => {
            problems.push(
                Problem::error(path, 0..0, "the file is empty")
                    .help("a journey starts with `journey: NAME`"),
            );
            None
        }
        Err(problem) => {
            problems.push(problem);
            None
        }
    }
}

fn broken(path: &str, text: &str, error: &ScanError) -> Problem {
    let at = error.marker().byte_offset().unwrap_or(text.len());
    let span = clamp(text, at..at + 1);
    if error.info().contains("recursion limit") {
        return Problem::error(path, span, "the file is nested too deeply");
    }
    let problem = Problem::error(path, span, format!("this is not valid YAML: {}", error.info()));
    if text.lines().any(|line| line.trim_start_matches(' ').starts_with('\t')) {
        return problem.help("YAML is indented with spaces, never with tabs");
    }
    let begins =
        text[..text.floor_char_boundary(at.min(text.len()))].rfind('\n').map_or(0, |end| end + 1);
    let line = text[begins..].lines().next().unwrap_or_default();
    if line.contains('{') && line.contains(" ? ") {
        return problem.help("between `{` and `}` a condition with `?` and `:` stands in quotes: at: 'last_order.at + (vip ? 60d : 90d)'");
    }
    problem.help("look for a missing colon, quote or bracket, or for an indentation that does not match the lines before")
}

/// A collection that is not closed yet.
struct Open {
    node: Node,
    /// In a mapping: the key that waits for its value.
    key: Option<(String, Range<usize>)>,
}

struct Tree<'p> {
    path: &'p str,
    text: &'p str,
    open: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
    duplicates: Vec<Problem>,
}

impl Tree<'_> {
    fn read(&mut self) -> Result<(), Problem> {
        if self.text.len() > MAX_BYTES {
            return self.refuse(
                0..0,
                &format!("the file has {} bytes; at most {MAX_BYTES} are allowed", self.text.len()),
            );
        }
        for event in Parser::new_from_str(self.text) {
            let (event, span) = event.map_err(|error| broken(self.path, self.text, &error))?;
            self.take(event, clamp(self.text, span.byte_range().unwrap_or(0..0)))?;
        }
        Ok(())
    }

    fn take(&mut self, event: Event<'_>, span: Range<usize>) -> Result<(), Problem> {
        match event {
            Event::Scalar(_, _, anchor, tag) if anchor != 0 || tag.is_some() => {
                self.refuse(span, "anchors and tags are not supported")
            }
            Event::SequenceStart(_, anchor, tag) | Event::MappingStart(_, anchor, tag)
                if anchor != 0 || tag.is_some() =>
            {
                self.refuse(span, "anchors and tags are not supported")
            }
            Event::Alias(_) => self.refuse(span, "aliases are not supported"),
            Event::Scalar(text, style, ..) => self.scalar(text.into_owned(), style, span),
            Event::SequenceStart(..) => self.open(Kind::List(Vec::new()), span),
            Event::MappingStart(..) => self.open(Kind::Map(Vec::new()), span),
            Event::SequenceEnd | Event::MappingEnd => self.close(&span),
            Event::DocumentStart(..) if self.root.is_some() => {
                self.refuse(span, "a file holds one journey, not several documents")
            }
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: String,
        style: ScalarStyle,
        span: Range<usize>,
    ) -> Result<(), Problem> {
        let null = style == ScalarStyle::Plain && matches!(text.as_str(), "" | "~" | "null");
        let kind = if null { Kind::Null } else { Kind::Text(text) };
        self.add(Node { span, kind })
    }

    fn open(&mut self, kind: Kind, span: Range<usize>) -> Result<(), Problem> {
        if self.open.len() >= MAX_DEPTH {
            return self
                .refuse(span, &format!("the file is nested deeper than {MAX_DEPTH} levels"));
        }
        if self
            .open
            .last()
            .is_some_and(|open| matches!(open.node.kind, Kind::Map(_)) && open.key.is_none())
        {
            return self.refuse(span, "a field's name is a text");
        }
        self.open.push(Open { node: Node { span, kind }, key: None });
        Ok(())
    }

    fn close(&mut self, span: &Range<usize>) -> Result<(), Problem> {
        let Some(mut open) = self.open.pop() else { return Ok(()) };
        let inner = match &open.node.kind {
            Kind::List(items) => items.last().map(|item| item.span.end),
            Kind::Map(entries) => {
                entries.last().map(|entry| entry.at.end.max(entry.value.span.end))
            }
            Kind::Null | Kind::Text(_) => None,
        };
        // A block's end has a place behind the white space that follows it; a flow's end is its bracket.
        let end = if span.is_empty() { inner.unwrap_or(open.node.span.end) } else { span.end };
        open.node.span.end = end.max(open.node.span.start);
        self.add(open.node)
    }

    fn add(&mut self, node: Node) -> Result<(), Problem> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return self.refuse(node.span, &format!("the file has more than {MAX_NODES} values"));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match (&mut open.node.kind, open.key.take()) {
            (Kind::List(items), _) => items.push(node),
            (Kind::Map(entries), Some((key, at))) => entries.push(Pair { key, at, value: node }),
            (Kind::Map(entries), None) if entries.len() >= MAX_FIELDS => {
                let message = format!("the mapping has more than {MAX_FIELDS} fields");
                return self.refuse(node.span, &message);
            }
            (Kind::Map(entries), None) => {
                let key = match node.kind {
                    Kind::Text(text) => text,
                    _ => String::new(),
                };
                if let Some(first) = entries.iter().find(|entry| entry.key == key)
                    && self.duplicates.len() < MAX_TWICE
                {
                    let line = position(self.text, first.at.start).0;
                    let problem = Problem::error(
                        self.path,
                        node.span.clone(),
                        format!("`{key}` is given twice"),
                    );
                    self.duplicates.push(
                        problem
                            .help(format!("it stands already in line {line}; remove one of them")),
                    );
                }
                open.key = Some((key, node.span));
            }
            (Kind::Null | Kind::Text(_), _) => {}
        }
        Ok(())
    }

    fn refuse(&self, span: Range<usize>, message: &str) -> Result<(), Problem> {
        Err(Problem::error(self.path, span, message))
    }
}

/// The bytes in `source` of a part of a scalar's text. Exact for plain and quoted texts and for blocks; the whole scalar where an escape
/// makes text and file differ.
pub fn locate(
    source: &str,
    scalar: &Range<usize>,
    text: &str,
    part: &Range<usize>,
) -> Range<usize> {
    let raw = source.get(scalar.clone()).unwrap_or("");
    let last =
        text.get(part.clone()).and_then(|part| part.chars().next_back()).map_or(0, char::len_utf8);
    let places = (align(raw, text, part.start), align(raw, text, part.end - last));
    let (Some(start), Some(end)) = places else { return scalar.clone() };
    scalar.start + start..scalar.start + (end + last).min(raw.len())
}

/// The byte of `raw` that holds the character at byte `target` of `text`: the two agree in all but white space.
fn align(raw: &str, text: &str, target: usize) -> Option<usize> {
    let header = match raw.chars().next() {
        Some('|' | '>') => raw.find('\n')?,
        Some('"' | '\'') => 1,
        _ => 0,
    };
    let body = &raw[header..];
    let solid = |(_, letter): &(usize, char)| !letter.is_whitespace();
    let mut written = body.char_indices().filter(solid);
    for (_, letter) in text.get(..target)?.char_indices().filter(solid) {
        written.next().filter(|(_, same)| *same == letter)?;
    }
    let place = written.next();
    match text.get(target..)?.char_indices().find(solid) {
        Some((_, letter)) => place.filter(|(_, same)| *same == letter).map(|(at, _)| header + at),
        None => Some(header + place.map_or(body.len(), |(at, _)| at)),
    }
}

/// The range inside of the text and on the borders of its characters.
fn clamp(text: &str, range: Range<usize>) -> Range<usize> {
    let end = text.ceil_char_boundary(range.end.min(text.len()));
    text.floor_char_boundary(range.start.min(end))..end
}
