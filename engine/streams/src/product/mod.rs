//! Products as a shop writes them: a JSON object a line, or a table with a heading. Every line is read before anything is written.

mod field;
mod rows;
mod table;

pub use field::{Kind, Wrong};
pub use rows::{Form, Row, Rows};
pub use table::MAX_LINES;

use crate::record::{MAX_CONTENT, raw};
use cartwheel_core::product::ID;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Most fields of a product beside its id.
const MAX_FIELDS: usize = 64;

/// The content of a product's entry, from its fields as they are written; or all that is wrong with them.
fn product(fields: Vec<(String, Value)>) -> Result<Box<RawValue>, Vec<Wrong>> {
    let (mut content, mut wrong) = (Map::new(), Vec::new());
    for (name, value) in fields {
        let read = match name.as_str() {
            ID => field::id(&value),
            _ => field::value(&name, value),
        };
        match read {
            Err(problem) => wrong.push(problem),
            Ok(value) => {
                if content.insert(name.clone(), value).is_some() {
                    wrong.push(Wrong::new(&name, "it stands there twice", "leave one of them"));
                }
            }
        }
    }
    if !content.contains_key(ID) && !wrong.iter().any(|problem| problem.field == ID) {
        wrong.push(Wrong::new(ID, "it is missing", "say of which product it is: \"id\": \"p1\""));
    }
    if content.len() > MAX_FIELDS + 1 {
        wrong.push(Wrong::new(
            "",
            format!("{} fields", content.len() - 1),
            format!("a product has at most {MAX_FIELDS} beside its id"),
        ));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let content = raw(&content);
    match content.get().len() {
        ..=MAX_CONTENT => Ok(content),
        long => Err(vec![Wrong::new(
            "",
            format!("{long} bytes"),
            format!("a product has at most {MAX_CONTENT}"),
        )]),
    }
}
