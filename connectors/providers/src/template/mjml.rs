//! MJML to HTML, with the Liquid tags carried past the MJML parser: it would stumble over a `<` in a condition and must not judge what
//! a variable will hold.

use super::limits::MAX_HTML;
use super::rewrite::Piece;
use super::scan::{Tag, tags};
use super::source::{Lines, check_mjml};
use mrml::prelude::parser::{Error, ParserOptions};
use mrml::prelude::render::RenderOptions;
use std::collections::BTreeSet;

/// What is wrong with an MJML source: the line, from 1, if it is known, and a message.
pub(super) type Problem = (Option<usize>, String);

/// The HTML of an MJML source, in which words stand for its Liquid tags.
pub(super) struct Html<'a> {
    source: &'a str,
    lines: &'a Lines,
    html: String,
    tags: Vec<Tag>,
}

/// The HTML of an MJML source. One tag may stand in it at several places; one that MJML dropped would change the meaning of the rest, so it is an
/// error.
pub(super) fn to_html<'a>(source: &'a str, lines: &'a Lines) -> Result<Html<'a>, Problem> {
    let tags = tags(source);
    let hidden = hide(source, &tags)?;
    // Hiding the tags has kept the lines.
    let line = |offset| Some(Lines::of(&hidden).at(offset));
    check_mjml(&hidden).map_err(|(offset, text)| (line(offset), text))?;
    let parsed = mrml::parse_with_options(&hidden, &ParserOptions::default())
        .map_err(|error| explain(&hidden, &error))?;
    let options = RenderOptions { disable_comments: true, ..RenderOptions::default() };
    let html = parsed.element.render(&options).map_err(|error| (None, error.to_string()))?;
    if html.len() > MAX_HTML {
        let text = format!("MJML makes more than {} KiB of HTML of it", MAX_HTML / 1024);
        return Err((None, text));
    }
    let html = Html { source, lines, html, tags };
    let kept: BTreeSet<usize> = html.words().filter_map(|(number, _)| number).collect();
    let dropped = html.tags.iter().enumerate().find(|(number, _)| !kept.contains(number));
    if let Some((_, tag)) = dropped {
        let text = &source[tag.outer.clone()];
        let message = format!("MJML drops `{text}` here; between elements, put it into mj-raw");
        return Err((Some(lines.at(tag.outer.start)), message));
    }
    Ok(html)
}

impl Html<'_> {
    /// The static HTML and the tags, in order.
    pub(super) fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        pieces.extend(self.html.split(WORD).next().map(Piece::Static));
        for (number, rest) in self.words() {
            if let Some(tag) = number.and_then(|number| self.tags.get(number)) {
                pieces.push(Piece::of(self.source, self.lines, tag));
            }
            pieces.push(Piece::Static(rest));
        }
        pieces
    }

    /// The number of each word, and what stands behind it.
    fn words(&self) -> impl Iterator<Item = (Option<usize>, &str)> {
        self.html.split(WORD).skip(1).map(|part| {
            let (number, rest) = part.split_once('x').unwrap_or((part, ""));
            (number.parse().ok(), rest)
        })
    }
}

/// Begins every word that stands for a tag.
const WORD: &str = "cwliquid";

/// A word that stands for the tag with this number; ends in a letter, so that 1 is no beginning of 10.
fn word(number: usize) -> String {
    format!("{WORD}{number}x")
}

/// Replaces every tag by a word. A tag of several lines leaves its line breaks, so that lines keep their numbers.
fn hide(source: &str, tags: &[Tag]) -> Result<String, Problem> {
    if source.contains(WORD) {
        return Err((None, format!("must not contain the word `{WORD}`")));
    }
    let (mut hidden, mut copied) = (String::with_capacity(source.len()), 0);
    for (number, tag) in tags.iter().enumerate() {
        let text = &source[tag.outer.clone()];
        hidden.push_str(&source[copied..tag.outer.start]);
        hidden.push_str(&word(number));
        hidden.extend(text.matches('\n'));
        copied = tag.outer.end;
    }
    hidden.push_str(&source[copied..]);
    Ok(hidden)
}

fn explain(source: &str, error: &Error) -> Problem {
    let (position, text) = match error {
        Error::UnexpectedElement { position, .. } => {
            (Some(position), "this element may not stand here".to_owned())
        }
        Error::UnexpectedToken { position, .. } => (
            Some(position),
            "unexpected text or tag; between elements, Liquid tags belong into mj-raw".to_owned(),
        ),
        Error::MissingAttribute { name, position, .. } => {
            (Some(position), format!("the attribute `{name}` is missing"))
        }
        Error::InvalidAttribute { position, .. } => {
            (Some(position), "this attribute is not allowed".to_owned())
        }
        Error::InvalidFormat { position, .. } => {
            (Some(position), "this is not well-formed".to_owned())
        }
        Error::IncludeLoaderError { position, .. } => {
            (Some(position), "mj-include is not supported".to_owned())
        }
        Error::ParserError { source, .. } => (None, format!("not well-formed: {source}")),
        Error::EndOfStream { .. } => (None, "ends in the middle of an element".to_owned()),
        Error::SizeLimit { .. } | Error::NoRootNode => (None, error.to_string()),
    };
    (position.map(|span| Lines::of(source).at(span.start)), text)
}
