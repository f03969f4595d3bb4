//! MJML to HTML, with the Liquid tags carried past the MJML parser: it would stumble over a `<` in a condition and must not judge what
//! a variable will hold.

use super::scan::tags;
use mrml::prelude::parser::{Error, ParserOptions};
use mrml::prelude::render::RenderOptions;

/// What is wrong with an MJML source: the line, from 1, if it is known, and a message.
pub(super) type Problem = (Option<usize>, String);

/// The HTML of an MJML source; its Liquid tags stand where they stood.
pub(super) fn to_html(source: &str) -> Result<String, Problem> {
    let (hidden, kept) = hide(source)?;
    let parsed = mrml::parse_with_options(&hidden, &ParserOptions::default())
        .map_err(|error| explain(&hidden, &error))?;
    let options = RenderOptions { disable_comments: true, ..RenderOptions::default() };
    let html = parsed.element.render(&options).map_err(|error| (None, error.to_string()))?;
    reveal(html, source, &kept)
}

/// A word that stands for the tag with this number; ends in a letter, so that 1 is no beginning of 10.
fn word(number: usize) -> String {
    format!("cwliquid{number}x")
}

/// Replaces every tag by a word. A tag of several lines leaves its line breaks, so that lines keep their numbers.
fn hide(source: &str) -> Result<(String, Vec<&str>), Problem> {
    if source.contains("cwliquid") {
        return Err((None, "must not contain the word `cwliquid`".to_owned()));
    }
    let (mut hidden, mut kept, mut copied) = (String::with_capacity(source.len()), Vec::new(), 0);
    for tag in tags(source) {
        let text = &source[tag.outer.clone()];
        hidden.push_str(&source[copied..tag.outer.start]);
        hidden.push_str(&word(kept.len()));
        hidden.extend(text.matches('\n'));
        kept.push(text);
        copied = tag.outer.end;
    }
    hidden.push_str(&source[copied..]);
    Ok((hidden, kept))
}

/// Puts the tags back. One that MJML dropped would change the meaning of the rest, so it is an error.
fn reveal(mut html: String, source: &str, kept: &[&str]) -> Result<String, Problem> {
    for (number, tag) in kept.iter().enumerate() {
        let word = word(number);
        if !html.contains(&word) {
            let line = tags(source).get(number).map(|tag| line_at(source, tag.outer.start));
            return Err((
                line,
                format!("MJML drops `{tag}` here; between elements, put it into mj-raw"),
            ));
        }
        html = html.replace(&word, tag);
    }
    Ok(html)
}

/// The line, from 1, of a byte offset.
pub(super) fn line_at(source: &str, offset: usize) -> usize {
    1 + source.as_bytes()[..offset.min(source.len())].iter().filter(|&&byte| byte == b'\n').count()
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
    (position.map(|span| line_at(source, span.start)), text)
}
