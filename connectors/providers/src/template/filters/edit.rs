//! What is put into a text, taken out of it or cut off. A few letters in a template can ask for terabytes here, so each looks at the length first.

use super::text::library;
use super::{Given, Native};
use crate::template::error::RenderFault;
use crate::template::limits::{MAX_ITEMS, MAX_TEXT};
use crate::template::shown::text_of;
use liquid_core::model::{State, Value, ValueView};
use liquid_lib::stdlib;

pub(super) const FILTERS: &[Native] = &[
    Native { name: "default", arguments: (1, 1), run: default },
    Native {
        name: "append",
        arguments: (1, 1),
        run: |input, given| together(&[&text_of(input), &given.text(0)], given),
    },
    Native {
        name: "prepend",
        arguments: (1, 1),
        run: |input, given| together(&[&given.text(0), &text_of(input)], given),
    },
    Native { name: "replace", arguments: (1, 2), run: replace },
    Native { name: "replace_first", arguments: (1, 2), run: replace_first },
    Native {
        name: "remove",
        arguments: (1, 1),
        run: |input, given| Value::scalar(text_of(input).replace(given.text(0).as_str(), "")),
    },
    Native { name: "remove_first", arguments: (1, 1), run: replace_first },
    Native { name: "split", arguments: (1, 1), run: split },
    Native { name: "join", arguments: (0, 1), run: join },
    Native {
        name: "truncate",
        arguments: (0, 2),
        run: |input, given| cut(&stdlib::Truncate, input, given),
    },
    Native {
        name: "truncatewords",
        arguments: (0, 2),
        run: |input, given| cut(&stdlib::TruncateWords, input, given),
    },
];

fn default(input: &dyn ValueView, given: &Given<'_>) -> Value {
    if input.query_state(State::DefaultValue) {
        given.argument(0).map_or(Value::Nil, ValueView::to_value)
    } else {
        input.to_value()
    }
}

/// The texts one behind the other, unless they are too long together.
fn together(texts: &[&str], given: &Given<'_>) -> Value {
    if texts.iter().map(|text| text.len()).sum::<usize>() > MAX_TEXT {
        return given.refuse(RenderFault::TextTooLong);
    }
    Value::scalar(texts.concat())
}

fn replace(input: &dyn ValueView, given: &Given<'_>) -> Value {
    let (text, search, by) = (text_of(input), given.text(0), given.text(1));
    let places = text.matches(search.as_str()).count();
    let added = places.saturating_mul(by.len());
    if (text.len() - places * search.len()).saturating_add(added) > MAX_TEXT {
        return given.refuse(RenderFault::TextTooLong);
    }
    Value::scalar(text.replace(search.as_str(), &by))
}

/// Without a second argument the first place is taken out.
fn replace_first(input: &dyn ValueView, given: &Given<'_>) -> Value {
    let (text, search) = (text_of(input), given.text(0));
    match text.split_once(search.as_str()) {
        Some((before, behind)) => together(&[before, &given.text(1), behind], given),
        None => Value::scalar(text.into_owned()),
    }
}

fn split(input: &dyn ValueView, given: &Given<'_>) -> Value {
    let (text, by) = (text_of(input), given.text(0));
    if text.is_empty() {
        return Value::Array(Vec::new());
    }
    let part = |part: &str| Value::scalar(part.to_owned());
    let parts: Vec<Value> = text.split(by.as_str()).take(MAX_ITEMS + 1).map(part).collect();
    if parts.len() > MAX_ITEMS {
        return given.refuse(RenderFault::TooManyItems);
    }
    Value::Array(parts)
}

fn join(input: &dyn ValueView, given: &Given<'_>) -> Value {
    let by = given.argument(0).map_or(" ".into(), text_of);
    let mut joined = String::new();
    for (place, item) in super::list::items(input).iter().enumerate() {
        let (by, item) = (if place == 0 { "" } else { by.as_str() }, text_of(item));
        if joined.len() + by.len() + item.len() > MAX_TEXT {
            return given.refuse(RenderFault::TextTooLong);
        }
        joined.push_str(by);
        joined.push_str(&item);
    }
    Value::scalar(joined)
}

/// The library counts letters as a reader does, so cutting is left to it.
fn cut(
    filter: &dyn liquid_core::parser::ParseFilter,
    input: &dyn ValueView,
    given: &Given<'_>,
) -> Value {
    let arguments = given.arguments.iter().map(ValueView::to_value).collect();
    let text = text_of(input);
    library(filter, &text, arguments).unwrap_or_else(|| Value::scalar(text.into_owned()))
}
