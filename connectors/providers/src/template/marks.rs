//! How `capture` and `escape` are kept from escaping twice.
//!
//! What a template's author wrote inside of `capture` is markup, what it prints there is data, and both become one text that later filters cut, join
//! and turn around. So the signs of the author's markup are written as marks meanwhile: characters that Unicode promises never to assign, one for
//! each sign. Data has none (they are taken out of everything that comes in), filters carry them along like any letter, and the place where the
//! text is printed at last writes marks as the signs they stand for and escapes everything else, once.

/// Signs that mean something in HTML or JSON, each with its mark.
const MARKS: [(char, char); 9] = [
    ('<', '\u{fdd0}'),
    ('>', '\u{fdd1}'),
    ('&', '\u{fdd2}'),
    ('"', '\u{fdd3}'),
    ('\'', '\u{fdd4}'),
    ('\\', '\u{fdd5}'),
    ('\n', '\u{fdd6}'),
    ('\r', '\u{fdd7}'),
    ('\t', '\u{fdd8}'),
];

/// The sign that the mark stands for.
pub(super) fn sign(mark: char) -> Option<char> {
    // Nearly every letter is none.
    if !('\u{fdd0}'..='\u{fdd8}').contains(&mark) {
        return None;
    }
    MARKS.iter().find(|(_, known)| *known == mark).map(|(sign, _)| *sign)
}

/// Text in which each of `signs` is written as its mark.
pub(super) fn mark(text: &str, signs: &str) -> String {
    let marked = |char: char| {
        let known = MARKS.iter().find(|(sign, _)| *sign == char && signs.contains(char));
        known.map_or(char, |(_, mark)| *mark)
    };
    text.chars().map(marked).collect()
}

/// Text in which marks are signs again: as data.
pub(super) fn unmark(text: &str) -> String {
    text.chars().map(|char| sign(char).unwrap_or(char)).collect()
}

/// As [`unmark`], for the marks of these signs alone.
pub(super) fn unmark_only(text: &str, signs: &str) -> String {
    let plain = |char: char| sign(char).filter(|sign| signs.contains(*sign)).unwrap_or(char);
    text.chars().map(plain).collect()
}

/// Text without marks: what comes from outside.
pub(super) fn without(text: &str) -> String {
    text.chars().filter(|char| sign(*char).is_none()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_and_go() {
        let marked = mark("<b>\"a\" & c</b>\n", "<>&");
        assert_eq!(unmark(&marked), "<b>\"a\" & c</b>\n");
        assert!(marked.contains('"') && !marked.contains('<'));
        assert_eq!(without(&marked), "b\"a\"  c/b\n");
        assert_eq!(unmark(&unmark_only(&marked, "<>")), unmark(&marked));
        assert!(MARKS.iter().all(|(sign, mark)| super::sign(*mark) == Some(*sign)));
    }
}
