//! The order of lists: turned around, sorted, each item once.

use super::list::{field_of, items};
use super::{Given, Native};
use crate::template::shown::text_of;
use liquid_core::model::{Value, ValueView};
use std::cmp::Ordering;
use std::collections::BTreeSet;

pub(super) const FILTERS: &[Native] = &[
    Native {
        name: "reverse",
        arguments: (0, 0),
        run: |input, _| Value::Array(items(input).into_iter().rev().collect()),
    },
    Native { name: "sort", arguments: (0, 1), run: |input, given| sorted(input, given, Key::of) },
    Native {
        name: "sort_natural",
        arguments: (0, 1),
        run: |input, given| sorted(input, given, Key::natural),
    },
    Native { name: "uniq", arguments: (0, 0), run: uniq },
];

/// What an item is sorted by. Numbers before texts before everything else, nil at the end: an order in which any two items have their place, whatever
/// a customer's list holds. (The library's own has none for items of two kinds, and sorting by that may panic.)
#[derive(Clone, Debug, PartialEq)]
enum Key {
    /// As a fraction, which orders all numbers, and whole, which tells large ones apart.
    Number(f64, i64),
    Text(String),
    Other,
    Nil,
}

impl Key {
    fn of(value: &dyn ValueView) -> Self {
        let Some(scalar) = value.as_scalar().filter(|_| !value.is_nil()) else {
            return if value.is_nil() { Key::Nil } else { Key::Other };
        };
        match scalar.type_name() {
            "whole number" | "fractional number" => Key::Number(
                scalar.to_float().unwrap_or_default(),
                scalar.to_integer().unwrap_or_default(),
            ),
            _ => Key::Text(scalar.to_kstr().into_string()),
        }
    }

    /// Everything as a text, in which capitals do not count.
    fn natural(value: &dyn ValueView) -> Self {
        if value.is_nil() { Key::Nil } else { Key::Text(text_of(value).to_lowercase()) }
    }

    fn kind(&self) -> u8 {
        match self {
            Key::Number(..) => 0,
            Key::Text(_) => 1,
            Key::Other => 2,
            Key::Nil => 3,
        }
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Key::Number(one, whole), Key::Number(other, other_whole)) => {
                one.total_cmp(other).then(whole.cmp(other_whole))
            }
            (Key::Text(one), Key::Text(other)) => one.cmp(other),
            (one, other) => one.kind().cmp(&other.kind()),
        }
    }
}

/// Sorted, or sorted by the field that the argument names. If not all are objects they have no fields, and stay as they are.
fn sorted(input: &dyn ValueView, given: &Given<'_>, key: fn(&dyn ValueView) -> Key) -> Value {
    let mut items = items(input);
    // Every item is compared with some others.
    let comparisons = items.len() * items.len().max(1).ilog2() as usize;
    if !given.charge(comparisons / 8) {
        return Value::Nil;
    }
    match given.argument(0).map(text_of) {
        None => items.sort_by_cached_key(|item| key(item)),
        Some(_) if !items.iter().all(ValueView::is_object) => {}
        Some(name) => items.sort_by_cached_key(|item| key(&field_of(item, &name))),
    }
    Value::Array(items)
}

fn uniq(input: &dyn ValueView, _: &Given<'_>) -> Value {
    let mut seen = BTreeSet::new();
    let mut items = items(input);
    items.retain(|item| {
        let mut written = String::new();
        write(item, &mut written);
        seen.insert(written)
    });
    Value::Array(items)
}

/// A text that is the same for values that are: `1` and `1.0` are, `1` and `"1"` are not.
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Nil | Value::State(_) => out.push('-'),
        Value::Scalar(scalar) => match scalar.type_name() {
            "string" => {
                let text = scalar.to_kstr();
                out.push_str(&format!("\"{}:", text.len()));
                out.push_str(&text);
            }
            kind => {
                let number = if kind == "boolean" { "b" } else { "n" };
                out.push_str(&format!("{number}{};", scalar.to_kstr()));
            }
        },
        Value::Array(items) => {
            out.push('[');
            items.iter().for_each(|item| write(item, out));
            out.push(']');
        }
        Value::Object(fields) => {
            let mut names: Vec<_> = fields.iter().collect();
            names.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (name, field) in names {
                out.push_str(&format!("{}:{name}", name.len()));
                write(field, out);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_two_items_have_their_order() {
        let values = [
            Value::scalar(-1_i64),
            Value::scalar(i64::MAX - 1),
            Value::scalar(i64::MAX),
            Value::scalar("1"),
            Value::scalar("b"),
            Value::Array(Vec::new()),
            Value::Nil,
        ];
        let keys: Vec<_> = values.iter().map(|value| Key::of(value)).collect();
        assert!(keys.is_sorted_by(|one, other| one < other), "{keys:?}");
        assert_eq!(
            Key::of(&Value::scalar(1.0)).cmp(&Key::of(&Value::scalar(1_i64))),
            Ordering::Less
        );
    }
}
