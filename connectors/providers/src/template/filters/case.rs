//! Letters and blanks: what changes in a text without arguments.

use super::Native;
use crate::template::shown::text_of;
use liquid_core::model::Value;

pub(super) const FILTERS: &[Native] = &[
    Native {
        name: "capitalize",
        arguments: (0, 0),
        run: |input, _| Value::scalar(capitalize(&text_of(input))),
    },
    Native {
        name: "downcase",
        arguments: (0, 0),
        run: |input, _| Value::scalar(text_of(input).to_lowercase()),
    },
    Native {
        name: "upcase",
        arguments: (0, 0),
        run: |input, _| Value::scalar(text_of(input).to_uppercase()),
    },
    Native {
        name: "strip",
        arguments: (0, 0),
        run: |input, _| Value::scalar(text_of(input).trim().to_owned()),
    },
    Native {
        name: "lstrip",
        arguments: (0, 0),
        run: |input, _| Value::scalar(text_of(input).trim_start().to_owned()),
    },
    Native {
        name: "rstrip",
        arguments: (0, 0),
        run: |input, _| Value::scalar(text_of(input).trim_end().to_owned()),
    },
    Native {
        name: "strip_newlines",
        arguments: (0, 0),
        run: |input, _| Value::scalar(text_of(input).replace(['\n', '\r'], "")),
    },
];

fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
