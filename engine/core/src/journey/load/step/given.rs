//! Values that a step gives, by name: literals, and paths that are read when the step comes.

use super::layout::Layout;
use crate::journey::at::At;
use crate::journey::condition;
use crate::journey::definition::Given;
use crate::journey::load::fields::Reader;
use crate::journey::load::yaml::{Kind, Node};
use crate::journey::op;
use crate::value::Value;
use compact_str::CompactString;
use std::collections::BTreeMap;

/// Most values of a step.
const MAX_VALUES: usize = 16;
/// Longest text in bytes.
const MAX_TEXT: usize = 256;
/// What a path begins with.
const ROOTS: [&str; 5] = ["event.", "cart.", "profile.", "customer.", "waited."];

/// Values by name.
pub(super) type Values = BTreeMap<String, At<Given>>;

/// Reads a mapping of values.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node, expected: &str) -> Option<At<Values>> {
    let Kind::Map(entries) = &node.kind else {
        let message = format!("here stands {}", node.describe());
        return reader.fail(node, message, format!("write {expected}"));
    };
    if entries.is_empty() || entries.len() > MAX_VALUES {
        let message = format!("here stand {} values", entries.len());
        return reader.fail(node, message, format!("write 1 to {MAX_VALUES}: {expected}"));
    }
    let values: Vec<_> = entries
        .iter()
        .map(|entry| Some((entry.key.clone(), value(reader, &entry.value)?)))
        .collect();
    Some(At::new(values.into_iter().collect::<Option<Values>>()?, node.span.clone()))
}

fn value(reader: &mut Reader<'_>, node: &Node) -> Option<At<Given>> {
    let given = match &node.kind {
        Kind::Null => Given::Null(()),
        Kind::Text(text) if text.len() > MAX_TEXT => {
            let help = format!("write at most {MAX_TEXT} bytes");
            return reader.fail(node, "the text is too long", help);
        }
        Kind::Text(text) if is_quoted(reader, node) => Given::Text(text.clone()),
        Kind::Text(text) => plain(text),
        Kind::List(_) | Kind::Map(_) => {
            let message = format!("a value is no {}", node.describe().trim_start_matches("a "));
            return reader.fail(node, message, "write a text, a number, true, false or null");
        }
    };
    Some(At::new(given, node.span.clone()))
}

fn is_quoted(reader: &Reader<'_>, node: &Node) -> bool {
    let text = reader.source.text.get(node.span.clone()).unwrap_or_default();
    text.starts_with(['"', '\''])
}

fn plain(text: &str) -> Given {
    let number = || text.parse::<f64>().ok().filter(|number| number.is_finite());
    match text {
        "true" => Given::Bool(true),
        "false" => Given::Bool(false),
        _ => number().map_or_else(|| Given::Text(text.to_owned()), Given::Number),
    }
}

/// Lays a value out.
pub(super) fn lay_out(layout: &mut Layout<'_, '_>, given: &At<Given>) -> op::Given {
    let value = match &given.value {
        Given::Null(()) => Value::Null,
        Given::Bool(value) => Value::Bool(*value),
        Given::Number(value) => Value::Number(*value),
        Given::Text(text) if ROOTS.iter().any(|root| text.starts_with(root)) => {
            let at = At::new(text.clone(), given.span.clone());
            let compiler = &mut *layout.compiler;
            let (slots, captures) = (&mut *compiler.slots, &mut compiler.captures);
            let (field, faults) = condition::compile_read(text, slots, captures);
            faults.into_iter().for_each(|fault| compiler.fault(&at, fault));
            let path = |field| op::Given::Path(text.as_str().into(), field);
            return field.map_or(op::Given::Value(Value::Null), path);
        }
        Given::Text(text) => Value::Text(CompactString::from(text.as_str())),
    };
    op::Given::Value(value)
}

/// Whether the text is a field's name.
pub(super) fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    text.len() <= 64
        && letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
