//! A shop's file of coupon codes, one a line, and the records of control that bring them.

use crate::record::{MAX_CONTENT, raw};
use cartwheel_core::coupon::{MAX_CODE, MAX_LOAD};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// What is wrong with a line. Codes are somebody's: none stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongLine {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub help: &'static str,
}

/// What stands above the codes where somebody has saved a table.
const HEADINGS: [&str; 7] =
    ["code", "codes", "coupon", "coupons", "coupon_code", "voucher", "voucher_code"];

/// The codes of a file, in order. Errors: every line that is wrong.
pub fn codes(text: &str) -> Result<Vec<&str>, Vec<WrongLine>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut codes, mut wrong) = (Vec::new(), Vec::new());
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (line, code) in (1..).zip(text.lines()) {
        let earlier = known.get(code).copied();
        match problem(line, code, earlier) {
            Some((problem, help)) => wrong.push(WrongLine { line, problem, help }),
            None => {
                known.insert(code, line);
                codes.push(code);
            }
        }
    }
    if wrong.is_empty() { Ok(codes) } else { Err(wrong) }
}

fn problem(line: usize, code: &str, earlier: Option<usize>) -> Option<(String, &'static str)> {
    let told = |problem: &str, help| Some((problem.to_owned(), help));
    if code.trim().is_empty() {
        return told("the line is empty", "remove it: a line is a code");
    }
    if code.trim() != code {
        return told("there are blanks around the code", "remove them: a line is a code");
    }
    if line == 1 && HEADINGS.iter().any(|heading| heading.eq_ignore_ascii_case(code)) {
        return told(
            "it looks like the heading of a table",
            "remove it: every line is a code that a customer gets",
        );
    }
    if code.contains([' ', ',', ';', '"', '\'']) {
        return told(
            "there is a blank, comma, semicolon or quote in it",
            "write one code a line and nothing else: of a table only the column of the codes",
        );
    }
    if code.contains(char::is_control) {
        return told(
            "there is a control character in it",
            "write one code a line and nothing else",
        );
    }
    if code.len() > MAX_CODE {
        let problem = format!("it has {} bytes: a code has at most {MAX_CODE}", code.len());
        return Some((problem, "write one code a line and nothing else"));
    }
    let earlier = earlier?;
    Some((format!("the same code stands in line {earlier}"), "remove one of them"))
}

/// The contents of the records that bring these codes to a pool, in order.
pub fn loads(pool: &str, codes: &[&str]) -> Vec<Box<RawValue>> {
    // Braces, the names of the two fields, and quotes.
    const AROUND: usize = 64;
    let room = MAX_CONTENT - AROUND - pool.len();
    let (mut loads, mut batch, mut bytes) = (Vec::new(), Vec::new(), 0);
    for code in codes {
        let code = Value::from(*code);
        let length = code.to_string().len() + 1;
        if batch.len() == MAX_LOAD || bytes + length > room {
            loads.push(load(pool, std::mem::take(&mut batch)));
            bytes = 0;
        }
        bytes += length;
        batch.push(code);
    }
    if !batch.is_empty() {
        loads.push(load(pool, batch));
    }
    loads
}

fn load(pool: &str, codes: Vec<Value>) -> Box<RawValue> {
    let fields = [("coupons", Value::from(pool)), ("codes", codes.into())];
    raw(&Map::from_iter(fields.map(|(name, value)| (name.to_owned(), value))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_core::coupon::Load;
    use cartwheel_core::event::Raw;

    #[test]
    fn a_line_is_a_code() {
        assert_eq!(codes("\u{feff}A-1\r\nB_2\nÜ3"), Ok(vec!["A-1", "B_2", "Ü3"]));
        assert_eq!(codes(""), Ok(Vec::new()));
        let long = "x".repeat(MAX_CODE + 1);
        let wrong =
            codes(&format!("Code\n\nA\nA\n C\nD\tE\n{long}\n  \nX,20\n\"Y\"\nZ 1\n")).unwrap_err();
        let told: Vec<String> =
            wrong.iter().map(|wrong| format!("{}: {}", wrong.line, wrong.problem)).collect();
        assert_eq!(
            told,
            [
                "1: it looks like the heading of a table",
                "2: the line is empty",
                "4: the same code stands in line 3",
                "5: there are blanks around the code",
                "6: there is a control character in it",
                "7: it has 65 bytes: a code has at most 64",
                "8: the line is empty",
                "9: there is a blank, comma, semicolon or quote in it",
                "10: there is a blank, comma, semicolon or quote in it",
                "11: there is a blank, comma, semicolon or quote in it",
            ]
        );
    }

    #[test]
    fn records_have_room_for_what_they_bring_and_a_shard_reads_them() {
        let pool = "p".repeat(64);
        for letter in ["x", "\"", "\u{7f}", "ü"] {
            let codes: Vec<String> = (0..2_500)
                .map(|number| format!("{number:04}{}", letter.repeat(60 / letter.len())))
                .collect();
            let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
            let mut found = Vec::new();
            for content in loads(&pool, &codes) {
                assert!(content.get().len() <= MAX_CONTENT, "{}", content.get().len());
                let Some(Ok(load)) = Load::read(Raw(content.get())) else {
                    assert_eq!(letter, "\u{7f}", "a shard refuses control characters");
                    continue;
                };
                assert_eq!(load.pool, pool);
                found.extend(load.codes.iter().map(ToString::to_string));
            }
            assert!(letter == "\u{7f}" || found == codes, "{letter}");
        }
        assert_eq!(loads("a", &[]).len(), 0);
        assert_eq!(loads("a", &["B"])[0].get(), r#"{"codes":["B"],"coupons":"a"}"#);
        assert_eq!(loads("a", &["B"; MAX_LOAD + 1]).len(), 2);
    }
}
