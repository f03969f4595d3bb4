//! Numbers, exactly. Money is never computed in binary fractions: what Liquid hands over is read as the decimal that was written.

use liquid_core::model::{Value, ValueView};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// The number that a value is: a number, or a text that is one and nothing else (`20.50`, as Shopify writes prices). Ruby's Liquid reads `1,299.00` as 1
/// and `20 EUR` as 20; here such a text is no number, because a wrong amount is worse than none.
///
/// A fraction arrives as the `f64` that JSON was parsed to. Its shortest text is the decimal that was written, up to 15 digits, so nothing is lost
/// below ten trillion with two digits behind the point.
pub(super) fn read(value: &dyn ValueView) -> Option<Decimal> {
    let scalar = value.as_scalar()?;
    if scalar.to_bool().is_some() || value.is_nil() {
        return None;
    }
    parse(scalar.to_kstr().trim())
}

/// As [`read`]; 0 where there is no number: Liquid's rule for arithmetic.
pub(super) fn or_zero(value: &dyn ValueView) -> Decimal {
    read(value).unwrap_or_default()
}

/// Whether arithmetic with this value stays whole, as Liquid has it: `7 | divided_by: 2` is 3, `7.0 | divided_by: 2` is 3.5.
pub(super) fn is_whole(value: &dyn ValueView) -> bool {
    value.type_name() != "fractional number" && read(value).is_none_or(|number| number.scale() == 0)
}

/// The value that a template goes on with.
pub(super) fn value(number: Decimal) -> Value {
    let number = number.normalize();
    if let Some(whole) = number.to_i64().filter(|_| number.scale() == 0) {
        return Value::scalar(whole);
    }
    let written = number.to_string();
    match written.parse::<f64>() {
        Ok(fraction) if fraction.to_string() == written => Value::scalar(fraction),
        // More digits than a fraction holds: a text, which the next filter reads as the number that it is.
        _ => Value::scalar(written),
    }
}

fn parse(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    Decimal::from_str_exact(text.strip_prefix('+').unwrap_or(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_it_was_written() {
        for (written, shown) in [
            ("12.345", Some("12.345")),
            ("0.1", Some("0.1")),
            ("1234567890123.45", Some("1234567890123.45")),
            ("-5", Some("-5")),
            ("1e2", Some("100")),
            ("1e300", None),
        ] {
            let json: f64 = written.parse().unwrap();
            let number = read(&json).map(|number| number.to_string());
            assert_eq!(number.as_deref(), shown, "{written}");
        }
    }

    #[test]
    fn a_text_is_a_number_only_as_a_whole() {
        for (text, shown) in [
            ("20.50", Some("20.50")),
            (" 7 ", Some("7")),
            ("+7", Some("7")),
            ("1,299.00", None),
            ("$20.50", None),
            ("20 EUR", None),
            ("", None),
            (".", None),
            ("5.", None),
            ("--5", None),
            ("\u{661}", None),
            ("99999999999999999999999999999999", None),
        ] {
            let number = read(&text).map(|number| number.to_string());
            assert_eq!(number.as_deref(), shown, "{text}");
        }
        assert_eq!(read(&true), None);
        assert_eq!(read(&Value::Nil), None);
    }
}
