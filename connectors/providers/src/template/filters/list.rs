//! Lists. What is no list is one of a single item, and nil is an empty one.

use super::{Given, Native};
use liquid_core::model::State;
use liquid_core::model::{Value, ValueView, ValueViewCmp};
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
fn field(item: &Value, given: &Given<'_>) -> Value {
    let name = given.argument(0).map(|name| name.to_kstr().into_owned()).unwrap_or_default();
    item.as_object().and_then(|object| object.get(&name)).map_or(Value::Nil, ValueView::to_value)
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
        (None, None) => i64::try_from(input.to_kstr().chars().count()).unwrap_or(i64::MAX),
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
    let text = input.to_kstr();
    let (start, length) = range(text.chars().count());
    Value::scalar(text.chars().skip(start).take(length).collect::<String>())
}
