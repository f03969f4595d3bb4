//! Lists. What is no list is one of a single item, and nil is an empty one.

use super::{Given, Native};
use crate::template::budget::size as size_of;
use crate::template::error::RenderFault;
use crate::template::shown::text_of;
use liquid_core::model::{State, Value, ValueView, ValueViewCmp};
use rust_decimal::prelude::ToPrimitive;

pub(super) const FILTERS: &[Native] = &[
    Native {
        name: "first",
        arguments: (0, 0),
        run: |input, _| items(input).into_iter().next().unwrap_or(Value::Nil),
    },
    Native {
        name: "last",
        arguments: (0, 0),
        run: |input, _| items(input).pop().unwrap_or(Value::Nil),
    },
    Native { name: "compact", arguments: (0, 1), run: compact },
    Native { name: "concat", arguments: (1, 1), run: concat },
    Native { name: "map", arguments: (1, 1), run: map },
    Native { name: "where", arguments: (1, 2), run: matching },
    Native { name: "size", arguments: (0, 0), run: size },
    Native { name: "slice", arguments: (1, 2), run: slice },
];

/// The items of a list.
pub(super) fn items(input: &dyn ValueView) -> Vec<Value> {
    match input.as_array() {
        Some(list) => list.values().map(ValueView::to_value).collect(),
        None if input.is_nil() || input.is_state() => Vec::new(),
        None => vec![input.to_value()],
    }
}

/// A field of an item; nil of what has none.
pub(super) fn field_of(item: &Value, name: &str) -> Value {
    item.as_object().and_then(|object| object.get(name)).map_or(Value::Nil, ValueView::to_value)
}

/// The field of an item that the first argument names.
fn field(item: &Value, given: &Given<'_>) -> Value {
    field_of(item, &given.text(0))
}

/// Without what is nil, or without those whose field is.
fn compact(input: &dyn ValueView, given: &Given<'_>) -> Value {
    let mut items = items(input);
    if given.argument(0).is_none() {
        items.retain(|item| !item.is_nil());
    } else if items.iter().all(ValueView::is_object) {
        items.retain(|item| !field(item, given).is_nil());
    }
    Value::Array(items)
}

/// With the items of another list behind; what is no list is left out.
fn concat(input: &dyn ValueView, given: &Given<'_>) -> Value {
    let Some(other) = given.argument(0).filter(|other| other.is_array()) else {
        return Value::Array(items(input));
    };
    let (one, other_size) = (size_of(input), size_of(other));
    if one.bytes + other_size.bytes > given.max_value() {
        return given.refuse(RenderFault::ValueTooLarge);
    }
    let mut all = items(input);
    all.extend(items(other));
    Value::Array(all)
}

fn map(input: &dyn ValueView, given: &Given<'_>) -> Value {
    Value::Array(items(input).iter().map(|item| field(item, given)).collect())
}

/// The items whose field equals the second argument; without one, those whose field is neither nil nor false.
fn matching(input: &dyn ValueView, given: &Given<'_>) -> Value {
    let keep = |item: &Value| {
        let field = field(item, given);
        match given.arguments.get(1) {
            Some(wanted) => ValueViewCmp::new(&field) == ValueViewCmp::new(wanted.as_view()),
            None => field.query_state(State::Truthy),
        }
    };
    Value::Array(items(input).into_iter().filter(keep).collect())
}

/// Items of a list or an object, letters of a text; 0 of nil.
fn size(input: &dyn ValueView, _: &Given<'_>) -> Value {
    let size = match (input.as_array(), input.as_object()) {
        (Some(list), _) => list.size(),
        (None, Some(object)) => object.size(),
        (None, None) => i64::try_from(text_of(input).chars().count()).unwrap_or(i64::MAX),
    };
    Value::scalar(size)
}

/// A part of a list or, by letters, of a text; from the end where the first argument is negative. One item without a second argument.
fn slice(input: &dyn ValueView, given: &Given<'_>) -> Value {
    let whole = |place| {
        let number = given.argument(place).map(super::super::number::or_zero);
        number.map(|number| number.trunc().to_i64().unwrap_or_default())
    };
    let (start, length) = (whole(0).unwrap_or(0), whole(1).unwrap_or(1));
    let range = |size: usize| {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        let start = if start < 0 { size.saturating_add(start) } else { start };
        // What lies before the beginning is nothing, as in Ruby.
        let length = if start < 0 { 0 } else { length.max(0) };
        let place = |number: i64| usize::try_from(number).unwrap_or_default();
        (place(start.max(0)), place(length))
    };
    if let Some(list) = input.as_array() {
        let (start, length) = range(usize::try_from(list.size()).unwrap_or_default());
        return Value::Array(
            list.values().skip(start).take(length).map(ValueView::to_value).collect(),
        );
    }
    let text = text_of(input);
    let (start, length) = range(text.chars().count());
    Value::scalar(text.chars().skip(start).take(length).collect::<String>())
}
