//! CEL text to a syntax tree with places, by the `cel` crate's parser; its messages made readable.

use super::fault::{Fault, SUPPORTED};
use super::spans::{Hidden, without_strings};
use crate::time::Span;
use cel::common::ast::{Expr, IdedExpr, SourceInfo};
use std::ops::Range;

/// Longest condition in bytes.
const MAX_TEXT: usize = 1_000;
/// Deepest nesting of parentheses, brackets and calls.
const MAX_DEPTH: usize = 16;

/// A parsed condition.
pub(super) struct Parsed<'t> {
    pub(super) text: &'t str,
    pub(super) root: IdedExpr,
    places: SourceInfo,
    durations: Hidden,
}

impl<'t> Parsed<'t> {
    /// Parses, or says why not.
    pub(super) fn read(text: &'t str) -> Result<Self, Fault> {
        check_size(text)?;
        let durations = Hidden::of(text, &without_strings(text))?;
        let parser = cel::parser::Parser::new()
            .max_recursion_depth(2 * MAX_DEPTH as u16)
            .error_recovery_limit(1);
        match parser.parse_with_source_info(&durations.text) {
            Ok((root, places)) => Ok(Self { text, root, places, durations }),
            Err(errors) => Err(syntax_fault(text, &errors)),
        }
    }

    /// The duration that stands in the place of this name.
    pub(super) fn duration(&self, node: &IdedExpr) -> Option<Span> {
        self.durations.at(self.token(node.id).start)
    }

    /// The bytes of the token that stands for this node: an operator, the dot of a selection, the parenthesis of a call.
    pub(super) fn token(&self, id: u64) -> Range<usize> {
        let Some((start, stop)) = self.places.offset_for(id) else { return 0..self.text.len() };
        clamp(self.text, start as usize..(stop as usize).saturating_add(1))
    }

    /// The bytes of the whole node, as far as the tree tells (parentheses around it are not counted).
    pub(super) fn extent(&self, node: &IdedExpr) -> Range<usize> {
        let own = self.token(node.id);
        match &node.expr {
            Expr::Select(select) => {
                let end = if select.test { own.end } else { own.end + select.field.len() };
                clamp(self.text, self.extent(&select.operand).start..end)
            }
            Expr::Call(call) => {
                let parts = call
                    .target
                    .as_deref()
                    .into_iter()
                    .chain(&call.args)
                    .map(|part| self.extent(part));
                let own = self.call_start(&call.func_name, self.brackets(own));
                parts.fold(own, |all, part| all.start.min(part.start)..all.end.max(part.end))
            }
            Expr::Comprehension(comprehension) => {
                self.extent(&comprehension.iter_range).start..self.brackets(own).end
            }
            Expr::List(_) | Expr::Map(_) => self.brackets(own),
            _ => own,
        }
    }

    /// From an opening bracket to its closing one; any other token as it is.
    fn brackets(&self, own: Range<usize>) -> Range<usize> {
        if !self.text.get(own.clone()).is_some_and(|token| token.starts_with(['(', '[', '{'])) {
            return own;
        }
        let bare = without_strings(self.text);
        let mut depth = 0_usize;
        for (at, byte) in bare.bytes().enumerate().skip(own.start) {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return own.start..at + 1;
            }
        }
        own
    }

    /// A call's token is its parenthesis; this widens it to the name before.
    fn call_start(&self, name: &str, own: Range<usize>) -> Range<usize> {
        let named = self.text.get(..own.start).is_some_and(|before| before.ends_with(name));
        if named { own.start - name.len()..own.end } else { own }
    }
}

/// Bounds what the parser is given: it recurses, so an absurd nesting must not reach it.
fn check_size(text: &str) -> Result<(), Fault> {
    if text.trim().is_empty() {
        return Err(Fault::error(0..text.len(), "the condition is empty")
            .help("write one, such as `event.cart.total >= 20`, or leave the field out"));
    }
    if text.len() > MAX_TEXT {
        let message =
            format!("the condition has {} bytes; at most {MAX_TEXT} are allowed", text.len());
        return Err(Fault::error(0..text.len(), message).help("split it over the arms of a branch"));
    }
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' | b'?' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(Fault::error(
                at..at + 1,
                format!("the condition is nested deeper than {MAX_DEPTH} levels"),
            ));
        }
    }
    Ok(())
}

fn syntax_fault(text: &str, errors: &cel::ParseErrors) -> Fault {
    if let Some(fault) = common_slip(text) {
        return fault;
    }
    let Some(error) = errors.errors.first() else {
        return Fault::error(0..text.len(), "the condition cannot be read");
    };
    let at = position(text, error.pos);
    let length = text[at..].chars().next().map_or(0, char::len_utf8);
    let message = in_our_words(error.msg.trim_start_matches("Syntax error: "));
    Fault::error(at..at + length, format!("the condition cannot be read: {message}"))
        .help(SUPPORTED)
}

/// What the parser says of its tokens, as it is for somebody who writes a condition.
fn in_our_words(message: &str) -> String {
    let said = message.split(" expecting ").next().unwrap_or(message);
    let (what, token) = said.split_once('\'').unwrap_or((said, ""));
    let token = token.strip_suffix('\'').unwrap_or(token);
    match (what.trim(), token) {
        (_, "<EOF>") => "it ends too early".into(),
        ("token recognition error at:", _) => {
            format!("`{token}` can only stand inside of a text in quotes")
        }
        ("mismatched input" | "extraneous input", _) => format!("`{token}` does not belong here"),
        ("no viable alternative at input", _) => format!("it makes no sense from `{token}` on"),
        _ => said.into(),
    }
}

/// What people write who know other languages: it is worth a better answer than the parser's.
fn common_slip(text: &str) -> Option<Fault> {
    let words = [
        (" and ", "&&"),
        (" or ", "||"),
        (" AND ", "&&"),
        (" OR ", "||"),
        ("not ", "!"),
        ("<>", "!="),
        ("===", "=="),
    ];
    let bare = without_strings(text);
    for (word, symbol) in words {
        if let Some(at) = bare.find(word) {
            let start = at + word.len() - word.trim_start().len();
            let message = format!("`{}` is not an operator", word.trim());
            return Some(
                Fault::error(start..start + word.trim().len(), message)
                    .help(format!("write `{symbol}`")),
            );
        }
    }
    if let Some(fault) = spaced_duration(&bare) {
        return Some(fault);
    }
    let single = |at: &usize| {
        let before =
            at.checked_sub(1).and_then(|at| bare.as_bytes().get(at)).copied().unwrap_or(b' ');
        !b"=!<>".contains(&before) && bare.as_bytes().get(at + 1) != Some(&b'=')
    };
    let at = bare.match_indices('=').map(|(at, _)| at).find(single)?;
    Some(Fault::error(at..at + 1, "`=` is not an operator").help("write `==` to compare"))
}

/// `1 day` is a duration to whoever writes it.
fn spaced_duration(bare: &str) -> Option<Fault> {
    const UNITS: [(&str, &str); 8] = [
        ("day", "d"),
        ("hour", "h"),
        ("minute", "m"),
        ("min", "m"),
        ("second", "s"),
        ("week", "w"),
        ("d", "d"),
        ("h", "h"),
    ];
    let mut at = 0;
    while let Some(space) = bare.get(at..)?.find(' ') {
        at += space;
        let number = bare[..at].trim_end_matches(|c: char| c.is_ascii_digit()).len()..at;
        at += 1;
        let word: &str = bare[at..].split(|c: char| !c.is_ascii_alphabetic()).next()?;
        let unit =
            UNITS.iter().find(|(unit, _)| word == *unit || word.strip_suffix('s') == Some(*unit));
        if let (false, Some((_, unit))) = (number.is_empty(), unit) {
            let help = format!(
                "a duration is a number and a unit without a space: write {}{unit}",
                &bare[number.clone()]
            );
            let range = number.start..at + word.len();
            return Some(
                Fault::error(range.clone(), format!("`{}` is not a duration", &bare[range]))
                    .help(help),
            );
        }
    }
    None
}

/// The byte of a line and column, both from 1.
fn position(text: &str, (line, column): (isize, isize)) -> usize {
    let line = usize::try_from(line - 1).unwrap_or(0);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let column = usize::try_from(column - 1).unwrap_or(0);
    let rest = text.get(start..).unwrap_or("");
    start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}

/// The range inside of the text and on the borders of its characters.
fn clamp(text: &str, range: Range<usize>) -> Range<usize> {
    let end = text.ceil_char_boundary(range.end.min(text.len()));
    text.floor_char_boundary(range.start.min(end))..end
}
