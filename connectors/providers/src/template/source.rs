//! What a source must be like before any parser sees it, and where its lines are.
//!
//! Liquid's parser and MJML's recurse, and Liquid's goes over some sources again and again. Both may be given only what they come to an end with.

use super::limits::{MAX_BLANKS, MAX_CAROUSEL_IMAGES, MAX_ELEMENT_DEPTH, MAX_INDEX_DEPTH};
use htmlparser::{ElementEnd, Token, Tokenizer};

/// In which byte something is wrong, and what.
type Problem = (usize, String);

/// Whether Liquid's parser may have this source, which is no longer than `longest` bytes.
pub(super) fn check(source: &str, longest: usize) -> Result<(), Problem> {
    if source.len() > longest {
        return Err((0, format!("is longer than {} KiB", longest / 1024)));
    }
    blanks(source)?;
    indexes(source)
}

/// Whether it has no long row of blanks. At each of them the parser looks whether the row ends in a tag that takes it away.
fn blanks(source: &str) -> Result<(), Problem> {
    let mut row = 0;
    for (at, byte) in source.bytes().enumerate() {
        row = if matches!(byte, b' ' | b'\n' | b'\r') { row + 1 } else { 0 };
        if row > MAX_BLANKS {
            return Err((at, format!("more than {MAX_BLANKS} blanks or line breaks in a row")));
        }
    }
    Ok(())
}

/// Whether no variable stands deep in the brackets of others: `a[b[c]]`. Between such brackets there are names, dots, blanks and whole pairs of brackets,
/// no other signs; a text right behind a bracket ends with it. So it does not matter which of the source is text and which is tags.
fn indexes(source: &str) -> Result<(), Problem> {
    let bytes = source.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'[' => {
                depth += 1;
                at = behind_text(bytes, at + 1);
                if depth > MAX_INDEX_DEPTH {
                    let message = format!("brackets are nested more than {MAX_INDEX_DEPTH} deep");
                    return Err((at, message));
                }
                continue;
            }
            b']' => depth = depth.saturating_sub(1),
            b'.' | b'_' | b'-' | b'+' | b' ' | b'\n' | b'\r' => {}
            letter if letter.is_ascii_alphanumeric() => {}
            _ => depth = 0,
        }
        at += 1;
    }
    Ok(())
}

/// Behind the blanks here, and behind the quoted text that they end in, if they do.
fn behind_text(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|byte| matches!(byte, b' ' | b'\n' | b'\r')) {
        at += 1;
    }
    let Some(quote @ (b'"' | b'\'')) = bytes.get(at) else { return at };
    let end = bytes[at + 1..].iter().position(|byte| byte == quote);
    end.map_or(at, |end| at + end + 2)
}

/// Whether MJML's parser may have this source, in which no Liquid is left.
pub(super) fn check_mjml(source: &str) -> Result<(), Problem> {
    let (mut depth, mut images, mut void) = (0_usize, 0, false);
    // The parser reads the same tokens; where they end in an error it says so itself.
    for token in Tokenizer::from(source).map_while(Result::ok) {
        match token {
            Token::ElementStart { local, span, .. } => {
                void = is_void(local.as_str());
                images += usize::from(local.as_str() == "mj-carousel-image");
                if images > MAX_CAROUSEL_IMAGES {
                    let message =
                        format!("its carousels have more than {MAX_CAROUSEL_IMAGES} images");
                    return Err((span.start(), message));
                }
            }
            Token::ElementEnd { end: ElementEnd::Open, span } if !void => {
                depth += 1;
                if depth > MAX_ELEMENT_DEPTH {
                    let message = format!("elements are nested more than {MAX_ELEMENT_DEPTH} deep");
                    return Err((span.start(), message));
                }
            }
            Token::ElementEnd { end: ElementEnd::Close(..), .. } => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Elements without an end; the parser does not look for any inside of them.
fn is_void(element: &str) -> bool {
    const VOID: [&str; 14] = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
        "source", "track", "wbr",
    ];
    VOID.contains(&element)
}

/// Where the lines of a source begin.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    /// The lines of a source.
    pub(super) fn of(source: &str) -> Self {
        Self(source.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// The line, from 1, of a byte offset.
    pub(super) fn at(&self, offset: usize) -> usize {
        1 + self.0.partition_point(|end| *end < offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::limits::MAX_SOURCE;

    fn problem(source: &str) -> Option<String> {
        check(source, MAX_SOURCE).err().map(|(_, message)| message)
    }

    #[test]
    fn rows_of_blanks_are_bounded() {
        assert_eq!(problem(&" ".repeat(MAX_BLANKS)), None);
        assert_eq!(problem(&("a b\n".repeat(1_000))), None);
        for blank in [" ", "\n", "\r\n", " \n"] {
            let row = format!("a{}", blank.repeat(MAX_BLANKS + 1));
            assert!(problem(&row).unwrap().contains("in a row"), "{blank:?}");
        }
    }

    #[test]
    fn brackets_in_brackets_are_counted_wherever_they_stand() {
        let deep = |each: &str, depth: usize| format!("{{{{ a{} }}}}", each.repeat(depth));
        for each in ["[b", "[ b.c", "[\nb", "['x'][b", "[ \"}}\" ][b", "[0][b", "[b][c"] {
            assert_eq!(problem(&deep(each, MAX_INDEX_DEPTH)), None, "{each}");
            assert!(problem(&deep(each, MAX_INDEX_DEPTH + 1)).is_some(), "{each}");
        }
        for fine in ["[x] ".repeat(99), "[, ".repeat(99), "]".repeat(99), "a[0][1]".repeat(99)] {
            assert_eq!(problem(&fine), None, "{fine}");
        }
    }

    #[test]
    fn elements_in_elements_are_counted() {
        let nested = |open: &str, depth: usize| {
            check_mjml(&format!("<mjml>{}", open.repeat(depth - 1))).is_err()
        };
        for open in ["<b>", "<b class=\"x\">", "<br><b>", "<i/><b>", "<!-- </b> --><b>", "<a:b>"] {
            assert!(!nested(open, MAX_ELEMENT_DEPTH), "{open}");
            assert!(nested(open, MAX_ELEMENT_DEPTH + 1), "{open}");
        }
        for fine in ["<b></b>", "<br>", "<img src=\"x\">", "<b/>", "text"] {
            assert!(!nested(fine, 1_000), "{fine}");
        }
    }

    #[test]
    fn lines_are_found() {
        let source = "a\nbc\n\nd";
        let lines = Lines::of(source);
        let found: Vec<_> = (0..=source.len()).map(|at| lines.at(at)).collect();
        assert_eq!(found, [1, 1, 2, 2, 2, 3, 4, 4]);
    }
}
