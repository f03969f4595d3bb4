//! `with:` of a send: the answers that its message offers, and its coupon.

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
    let fields = reader.fields(node, "`with`", &["answers", "coupon"])?;
    let answers = reader.optional(&fields, "answers", read_answers);
    let coupon =
        reader.optional(&fields, "coupon", |reader, node| reader.text(node, "a pool's name"));
    let with = With { answers: answers?, coupon: coupon? };
    if with.answers.is_none() && with.coupon.is_none() {
        return reader.fail(node, "`with` says nothing", "add `coupon:` or `answers:`");
    }
    Some(At::new(with, node.span.clone()))
}

fn read_answers(reader: &mut Reader<'_>, list: &Node) -> Option<At<Vec<At<String>>>> {
    let expected = "[price, shipping, doubt]";
    let answers = reader
        .list(list, expected, MAX_ANSWERS, |reader, item| reader.text(item, "an answer's name"))?;
    Some(At::new(answers, list.span.clone()))
}

/// A coupon stands in `with`, and not beside it.
pub(super) fn place_coupon(reader: &mut Reader<'_>, node: &Node) -> Option<()> {
    let Kind::Map(entries) = &node.kind else { return Some(()) };
    let Some(coupon) = entries.iter().find(|entry| entry.key == "coupon") else { return Some(()) };
    reader.error(
        coupon.at.clone(),
        "a coupon stands in `with`",
        "write `with: { coupon: NAME }`, NAME one of `coupons` of the policy",
    );
    None
}

/// The coupon of a send, if it has one: the number of its pool in the journey. Whether the policy has it is checked with the policy.
pub(super) fn coupon(
    layout: &mut Layout<'_, '_>,
    with: Option<&At<With>>,
    to_team: bool,
) -> Option<u8> {
    let coupon = with?.coupon.as_ref()?;
    if to_team {
        let message = "a message to a team has no coupon: it would be the customer's";
        layout.compiler.error(coupon, message, "remove `coupon:`, or `to:`");
    }
    layout.pool(coupon)
}

/// The answers of a send, if it has some, each of them checked.
pub(super) fn answers(
    layout: &mut Layout<'_, '_>,
    with: Option<&At<With>>,
    to_team: bool,
) -> Vec<CompactString> {
    let Some(answers) = with.and_then(|with| with.answers.as_ref()) else { return Vec::new() };
    let compiler = &mut *layout.compiler;
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
