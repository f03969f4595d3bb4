//! `with:` of a send: the answers that its message offers.

use super::layout::Layout;
use crate::journey::at::At;
use crate::journey::definition::With;
use crate::journey::load::fields::Reader;
use crate::journey::load::names::{self, NameOf};
use crate::journey::load::yaml::{Kind, Node};
use compact_str::CompactString;

/// Most answers of a message: from 0 to 10, and one more.
const MAX_ANSWERS: usize = 12;
/// What a template takes for something else behind `answers.`.
const TAKEN: [&str; 3] = ["first", "last", "size"];

/// Reads one.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<At<With>> {
    refuse_coupon(reader, node)?;
    let fields = reader.fields(node, "`with`", &["answers"])?;
    let list = reader.required(&fields, "answers")?;
    let expected = "[price, shipping, doubt]";
    let answers = reader
        .list(list, expected, MAX_ANSWERS, |reader, item| reader.text(item, "an answer's name"))?;
    let answers = At::new(answers, list.span.clone());
    Some(At::new(With { answers }, node.span.clone()))
}

/// Coupons are not there yet, wherever they are asked for.
pub(super) fn refuse_coupon(reader: &mut Reader<'_>, node: &Node) -> Option<()> {
    let Kind::Map(entries) = &node.kind else { return Some(()) };
    let Some(coupon) = entries.iter().find(|entry| entry.key == "coupon") else { return Some(()) };
    reader.error(
        coupon.at.clone(),
        "`coupon` is not yet supported",
        "leave it out; write a fixed code into the template",
    );
    None
}

/// The answers of a send, if it has some, each of them checked.
pub(super) fn answers(
    layout: &mut Layout<'_, '_>,
    with: Option<&At<With>>,
    to_team: bool,
) -> Vec<CompactString> {
    let Some(with) = with else { return Vec::new() };
    let compiler = &mut *layout.compiler;
    let answers = &with.answers;
    if to_team {
        let message = "a message to a team has no answers: they would be the customer's";
        compiler.error(answers, message, "remove `with:`, or `to:`");
    }
    if answers.is_empty() {
        compiler.error(answers, "there is no answer", "write some, such as `[yes, no]`");
    }
    for (place, answer) in answers.iter().enumerate() {
        names::check(compiler.source, answer, NameOf::Answer, compiler.problems);
        if TAKEN.contains(&answer.as_str()) {
            let message = format!("the name `{}` means something else in templates", answer.value);
            compiler.error(answer, message, "choose another name");
        }
        if answers[..place].iter().any(|earlier| earlier.value == answer.value) {
            let message = format!("the answer `{}` is given twice", answer.value);
            compiler.error(answer, message, "remove one of them");
        }
    }
    answers.iter().map(|answer| answer.as_str().into()).collect()
}
