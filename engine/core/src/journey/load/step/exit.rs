//! `exit: true`.

use super::layout::Layout;
use crate::journey::at::At;
use crate::journey::definition::Step;
use crate::journey::load::fields::Reader;
use crate::journey::load::yaml::Node;
use crate::journey::op::Exit;

/// Reads one.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node, _: usize) -> Option<Step> {
    let fields = reader.fields(node, "an exit step", &["exit", "id"])?;
    let id = reader.id(&fields);
    let exit = reader
        .required(&fields, "exit")
        .and_then(|node| reader.word(node, "a value for `exit`", &[("true", true)]));
    Some(Step::Exit { exit: exit?, id: id? })
}

/// Lays it out.
pub(super) fn lay_out(layout: &mut Layout<'_, '_>, exit: &At<bool>, id: Option<&At<String>>) {
    let step = layout.name(id, &format!("exit-{}", layout.count), &exit.span);
    layout.push(Exit { step });
}
