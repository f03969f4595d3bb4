//! Values that a step gives, by name: literals, and paths that are read when the step comes.

use super::layout::Layout;
use crate::event::Subject;
use crate::journey::at::At;
use crate::journey::condition;
use crate::journey::definition::Given;
use crate::journey::load::compiler::Compiler;
use crate::journey::load::fields::Reader;
use crate::journey::load::yaml::{Kind, Node};
use crate::journey::op;
use crate::suggest::closest;
use crate::value::Value;
use compact_str::CompactString;
use std::collections::BTreeMap;
use std::ops::Range;

/// Most values of a step.
const MAX_VALUES: usize = 16;
/// Longest text in bytes.
const MAX_TEXT: usize = 256;
/// What a path begins with.
const ROOTS: [&str; 6] = ["event", "cart", "profile", "customer", "waited", "local"];
/// A path of its own.
const NOW: &str = "now";
/// A double holds so many digits exactly.
const DIGITS: usize = 15;

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
        Kind::Text(text) if is_quoted(&reader.source.text, &node.span) => Given::Text(text.clone()),
        Kind::Text(text) => plain(text),
        Kind::List(_) | Kind::Map(_) => {
            let message = format!("a value is no {}", node.describe().trim_start_matches("a "));
            return reader.fail(node, message, "write a text, a number, true, false or null");
        }
    };
    Some(At::new(given, node.span.clone()))
}

/// What stands in quotes, or in a block, is a text whatever it says.
fn is_quoted(source: &str, span: &Range<usize>) -> bool {
    let text = source.get(span.clone()).unwrap_or_default();
    text.starts_with(['"', '\'', '|', '>'])
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
    let compiler = &mut *layout.compiler;
    let quoted = is_quoted(&compiler.source.text, &given.span);
    let value = match &given.value {
        Given::Null(()) => Value::Null,
        Given::Bool(value) => Value::Bool(*value),
        Given::Number(value) => {
            warn_of_number(compiler, &given.span);
            Value::Number(*value)
        }
        Given::Text(text)
            if !quoted
                && (is_path(text) || is_of_item(compiler, text) || is_of_fact(compiler, text)) =>
        {
            let at = At::new(text.clone(), given.span.clone());
            let (slots, captures) = (&mut *compiler.slots, &mut compiler.captures);
            let (field, faults) = condition::compile_read(text, slots, captures);
            faults.into_iter().for_each(|fault| compiler.fault(&at, fault));
            let path = |field| op::Given::Path(text.as_str().into(), field);
            return field.map_or(op::Given::Value(Value::Null), path);
        }
        Given::Text(text) => {
            warn_of_text(compiler, text, quoted, &given.span);
            Value::Text(CompactString::from(text.as_str()))
        }
    };
    op::Given::Value(value)
}

/// Whether the text, without quotes, names something that is read when the step comes.
fn is_path(text: &str) -> bool {
    let rest = ROOTS.iter().find_map(|root| text.strip_prefix(root));
    text == NOW
        || text.starts_with(condition::OPENS)
        || rest.is_some_and(|rest| rest.starts_with('.'))
}

/// Whether it names a part of the item that the run is about.
fn is_of_item(compiler: &Compiler<'_>, text: &str) -> bool {
    let each = compiler.slots.each.as_ref();
    each.is_some_and(|each| text.split_once('.').is_some_and(|(root, _)| root == each.name))
}

/// Whether the text, without quotes, begins with the name of a fact, or asks a ledger what expires.
fn is_of_fact(compiler: &Compiler<'_>, text: &str) -> bool {
    let parts = || text.split('.');
    let named = |name| compiler.slots.names.facts.named(name).is_some();
    let call = |part: &str| part.starts_with("expiring(") && part.ends_with(')');
    let rest = |part: &str| is_name(part) || call(part);
    parts().next().is_some_and(named) && parts().all(rest)
}

/// A text that may have been meant as a path, or the other way round.
fn warn_of_text(compiler: &mut Compiler<'_>, text: &str, quoted: bool, span: &Range<usize>) {
    let (root, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.is_empty() || !text.split('.').all(is_name) {
        return;
    }
    let (message, help) = if quoted {
        if !is_path(text) {
            return;
        }
        let message = format!("`{text}` stands in quotes: it is this text, not what it names");
        (message, format!("leave the quotes out to read `{text}`; else all is well"))
    } else {
        let near = match Subject::parse(root.as_bytes()) {
            Some(_) => format!("event.{text}"),
            None => match closest(root, ROOTS) {
                Some(near) => format!("{near}.{rest}"),
                None => return,
            },
        };
        let message = format!("`{text}` is written as a text: nothing is called `{root}`");
        (message, format!("did you mean `{near}`? A text that looks so stands in quotes"))
    };
    compiler.warning(span, message, help);
}

/// A number of which the file says more than a number keeps, such as a code with zeros before it.
fn warn_of_number(compiler: &mut Compiler<'_>, span: &Range<usize>) {
    let text = compiler.source.text.get(span.clone()).unwrap_or_default().to_owned();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits && (text.len() > DIGITS || text.len() > 1 && text.starts_with('0')) {
        let message = format!("`{text}` is a number, which does not keep all of its digits");
        compiler.warning(span, message, format!("write \"{text}\" in quotes: then it is a text"));
    }
}

/// Whether the text is a field's name.
pub(in crate::journey::load) fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    text.len() <= 64
        && letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
