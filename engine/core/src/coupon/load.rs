//! A record of control that brings codes of a pool: `{ "coupons": POOL, "codes": [...] }`.

use crate::event::{Poison, Raw, Rejected, array_elements};
use compact_str::CompactString;

/// Longest name of a pool in bytes.
const MAX_NAME: usize = 64;
/// Longest code in bytes.
pub const MAX_CODE: usize = 64;
/// Most codes of a record.
pub const MAX_LOAD: usize = 1_000;

/// Its field with the pool's name.
const COUPONS: &str = "coupons";
/// Its field with the codes.
const CODES: &str = "codes";

/// What it says. It borrows from the record's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load<'a> {
    /// The pool's name.
    pub pool: CompactString,
    /// The codes, in order.
    pub codes: Vec<std::borrow::Cow<'a, str>>,
}

impl<'a> Load<'a> {
    /// Reads what is to be done by a record of control; none where that brings no coupons. What is wrong is told without the codes, which are somebody's.
    pub fn read(control: Raw<'a>) -> Option<Result<Self, Rejected>> {
        let pool = control.get(&[COUPONS])?;
        Some(Self::sound(pool, control.get(&[CODES])))
    }

    fn sound(pool: Raw<'a>, codes: Option<Raw<'a>>) -> Result<Self, Rejected> {
        let bad = |detail: &'static str| Rejected::new(Poison::BadValue, detail);
        let is_name = |name: &str| (1..=MAX_NAME).contains(&name.len());
        let pool = pool.string().filter(|name| is_name(name));
        let pool = pool.ok_or_else(|| bad("control.coupons"))?;
        let codes = codes.filter(|raw| raw.is_array()).ok_or_else(|| bad("control.codes"))?;
        let code = |raw: Raw<'a>| raw.string().filter(|code| is_code(code));
        let codes: Option<Vec<_>> = array_elements(codes).take(MAX_LOAD + 1).map(code).collect();
        let codes = codes.filter(|codes| (1..=MAX_LOAD).contains(&codes.len()));
        Ok(Self { pool: pool.as_ref().into(), codes: codes.ok_or_else(|| bad("control.codes"))? })
    }
}

/// 1 to 64 bytes without blanks around them and without control characters.
fn is_code(code: &str) -> bool {
    (1..=MAX_CODE).contains(&code.len()) && code.trim() == code && !code.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_read_or_its_fault_is_named() {
        let read = |text: &'static str| Load::read(Raw(text));
        let good = read(r#"{"coupons":"spring","codes":["A 1","Ü-2"]}"#).unwrap().unwrap();
        assert_eq!((good.pool.as_str(), good.codes.join("|")), ("spring", "A 1|Ü-2".to_owned()));
        assert_eq!(read(r#"{"pause":"win_back"}"#), None);
        assert_eq!(read(r#"{"coupons":null}"#), None);
        for (text, detail) in [
            (r#"{"coupons":7,"codes":["A"]}"#, "control.coupons"),
            (r#"{"coupons":"","codes":["A"]}"#, "control.coupons"),
            (r#"{"coupons":"spring"}"#, "control.codes"),
            (r#"{"coupons":"spring","codes":"A"}"#, "control.codes"),
            (r#"{"coupons":"spring","codes":[]}"#, "control.codes"),
            (r#"{"coupons":"spring","codes":["A",7]}"#, "control.codes"),
            (r#"{"coupons":"spring","codes":["A",""]}"#, "control.codes"),
            (r#"{"coupons":"spring","codes":[" A"]}"#, "control.codes"),
            (r#"{"coupons":"spring","codes":["A\n"]}"#, "control.codes"),
            (r#"{"coupons":"spring","codes":["A\u0000B"]}"#, "control.codes"),
        ] {
            assert_eq!(read(text), Some(Err(Rejected::new(Poison::BadValue, detail))), "{text}");
        }
        let many =
            |count| format!(r#"{{"coupons":"p","codes":[{}]}}"#, vec![r#""A""#; count].join(","));
        assert!(Load::read(Raw(&many(MAX_LOAD))).unwrap().is_ok());
        assert!(Load::read(Raw(&many(MAX_LOAD + 1))).unwrap().is_err());
        let long = format!(r#"{{"coupons":"p","codes":["{}"]}}"#, "x".repeat(MAX_CODE + 1));
        assert!(Load::read(Raw(&long)).unwrap().is_err());
    }
}
