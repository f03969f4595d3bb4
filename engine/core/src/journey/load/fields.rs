//! Reading the fields of a mapping: unknown ones refused with a suggestion, missing ones named, every problem kept.

use super::yaml::{Kind, Node, Pair};
use crate::journey::at::At;
use crate::journey::problem::{Problem, SourceFile};
use crate::policy::{LocalTime, Percent};
use crate::suggest::closest;
use crate::time::{Instant, Span};
use std::ops::Range;

/// Reads one file's tree.
pub(super) struct Reader<'s> {
    pub(super) source: &'s SourceFile,
    pub(super) problems: &'s mut Vec<Problem>,
}

/// A mapping whose fields are known.
pub(super) struct Fields<'n> {
    what: &'static str,
    /// The first field, for "missing" messages.
    at: Range<usize>,
    entries: &'n [Pair],
}

impl<'n> Fields<'n> {
    /// The field's value, if it is given.
    pub(super) fn get(&self, name: &str) -> Option<&'n Node> {
        self.entries.iter().find(|entry| entry.key == name).map(|entry| &entry.value)
    }

    /// Those of these that are given, as they are written, with their places.
    pub(super) fn given(&self, names: &[&str]) -> Vec<(&'n str, Range<usize>)> {
        let given = self.entries.iter().filter(|entry| names.contains(&entry.key.as_str()));
        given.map(|entry| (entry.key.as_str(), entry.at.clone())).collect()
    }

    /// Where it begins.
    pub(super) fn at(&self) -> Range<usize> {
        self.at.clone()
    }
}

impl Reader<'_> {
    /// The mapping's fields; refuses those that are not `known`.
    pub(super) fn fields<'n>(
        &mut self,
        node: &'n Node,
        what: &'static str,
        known: &[&str],
    ) -> Option<Fields<'n>> {
        let Kind::Map(entries) = &node.kind else {
            let message = format!("{what} is a mapping, not {}", node.describe());
            return self.fail(node, message, format!("it has the fields {}", known.join(", ")));
        };
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let help = match closest(&entry.key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are: {}", known.join(", ")),
            };
            self.error(entry.at.clone(), format!("`{}` is not a field of {what}", entry.key), help);
        }
        let at = entries.first().map_or(node.span.clone(), |entry| entry.at.clone());
        Some(Fields { what, at, entries })
    }

    /// The value of a field that must be there.
    pub(super) fn required<'n>(&mut self, fields: &Fields<'n>, name: &str) -> Option<&'n Node> {
        let found = fields.get(name);
        if found.is_none() {
            self.error(
                fields.at.clone(),
                format!("{} lacks `{name}`", fields.what),
                format!("add `{name}:`"),
            );
        }
        found
    }

    /// An optional field through `read`. The outer option is none after a problem.
    pub(super) fn optional<'n, T>(
        &mut self,
        fields: &Fields<'n>,
        name: &str,
        read: impl FnOnce(&mut Self, &'n Node) -> Option<T>,
    ) -> Option<Option<T>> {
        match fields.get(name) {
            None => Some(None),
            Some(node) => read(self, node).map(Some),
        }
    }

    /// A text (a number or `true` counts as the text that was written).
    pub(super) fn text(&mut self, node: &Node, expected: &str) -> Option<At<String>> {
        match &node.kind {
            Kind::Text(text) if !text.is_empty() => Some(At::new(text.clone(), node.span.clone())),
            _ => self.fail(
                node,
                format!("here stands {}", node.describe()),
                format!("write {expected}"),
            ),
        }
    }

    /// A list, each item through `read`; goes on after bad ones.
    pub(super) fn list<'n, T>(
        &mut self,
        node: &'n Node,
        expected: &str,
        most: usize,
        mut read: impl FnMut(&mut Self, &'n Node) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Kind::List(items) = &node.kind else {
            return self.fail(
                node,
                format!("here stands {}", node.describe()),
                format!("write a list: {expected}"),
            );
        };
        if items.len() > most {
            return self.fail(
                node,
                format!("the list has {} items; at most {most} are allowed", items.len()),
                "make it shorter",
            );
        }
        let read: Vec<_> = items.iter().map(|item| read(self, item)).collect();
        read.into_iter().collect()
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, node: &Node, expected: &str) -> Option<Vec<At<String>>> {
        self.list(node, expected, 32, |reader, item| reader.text(item, expected))
    }

    /// A duration such as `7d`.
    pub(super) fn span(&mut self, node: &Node) -> Option<At<Span>> {
        let text = self.text(node, "a duration such as 90s, 23h, 7d or 1h30m")?;
        match Span::parse(&text) {
            Ok(span) => Some(At::new(span, text.span)),
            Err(error) => self.fail(
                node,
                error.to_string(),
                "a duration is a number and a unit without a space, such as 23h",
            ),
        }
    }

    pub(super) fn instant(&mut self, node: &Node) -> Option<At<Instant>> {
        let text = self.text(node, "an instant such as 2026-12-01T00:00:00Z")?;
        match Instant::parse(&text) {
            Ok(instant) => Some(At::new(instant, text.span)),
            Err(error) => self.fail(
                node,
                error.to_string(),
                "an instant says its offset: Z, or hours and minutes such as +01:00",
            ),
        }
    }

    /// A share such as `5%`.
    pub(super) fn percent(&mut self, node: &Node) -> Option<Percent> {
        let text = self.text(node, "a share such as 5%")?;
        let read = Percent::parse(&text);
        read.or_else(|| {
            self.fail(
                node,
                format!("`{}` is not a share", text.value),
                "write 0% to 100%, such as 5% or 0.25%",
            )
        })
    }

    /// A local time such as `08:30`.
    pub(super) fn local_time(&mut self, node: &Node) -> Option<LocalTime> {
        let text = self.text(node, "a local time in quotes, such as \"10:00\"")?;
        let read = LocalTime::parse(&text);
        read.or_else(|| {
            self.fail(
                node,
                format!("`{}` is not a local time", text.value),
                "write hours and minutes in quotes, such as \"08:30\"",
            )
        })
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(
        &mut self,
        node: &Node,
        what: &str,
        words: &[(&str, T)],
    ) -> Option<At<T>> {
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let text = self.text(node, &format!("one of {}", names.join(", ")))?;
        if let Some((_, value)) = words.iter().find(|(name, _)| *name == text.value) {
            return Some(At::new(*value, text.span));
        }
        let help = match closest(&text, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are: {}", names.join(", ")),
        };
        self.fail(node, format!("`{}` is not {what}", text.value), help)
    }

    /// Notes an error.
    pub(super) fn error(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems.push(Problem::error(&self.source.path, span, message).help(help));
    }

    /// Notes an error at a node and gives none.
    pub(super) fn fail<T>(
        &mut self,
        node: &Node,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Option<T> {
        self.error(node.span.clone(), message, help);
        None
    }
}
