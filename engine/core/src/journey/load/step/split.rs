//! `split: NAME` with its arms and their shares.

use super::layout::Layout;
use crate::journey::at::At;
use crate::journey::definition::{SplitArm, Step};
use crate::journey::load::fields::Reader;
use crate::journey::load::names::{self, NameOf};
use crate::journey::load::yaml::{Kind, Node};
use crate::journey::op::{self, End, Jump, Split};
use crate::policy::Percent;
use compact_str::{CompactString, format_compact};
use std::collections::BTreeMap;

/// Most arms of a split.
const MAX_ARMS: usize = 16;
/// Basis points of everybody.
const ALL: u32 = 10_000;

/// Arms by name.
type Arms = BTreeMap<String, At<SplitArm>>;

/// Reads one. `depth` says in how many branches and splits it stands.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node, depth: usize) -> Option<Step> {
    reader.deep_enough(node, depth)?;
    let fields = reader.fields(node, "a split step", &["split", "arms", "id"])?;
    let split = reader.required(&fields, "split").and_then(|node| name(reader, node));
    let arms = reader.required(&fields, "arms").and_then(|node| arms(reader, node, depth + 1));
    let id = reader.id(&fields);
    Some(Step::Split { split: split?, arms: arms?, id: id? })
}

fn name(reader: &mut Reader<'_>, node: &Node) -> Option<At<String>> {
    if let Kind::Map(_) = node.kind {
        let help =
            "write `- split: NAME` and below it `arms:`, such as `a: { share: 50%, steps: [...] }`";
        return reader.fail(node, "a split has a name, from which chance follows", help);
    }
    reader.text(node, "the split's name")
}

fn arms(reader: &mut Reader<'_>, node: &Node, depth: usize) -> Option<At<Arms>> {
    let Kind::Map(entries) = &node.kind else {
        let message = format!("the arms are a mapping, not {}", node.describe());
        return reader.fail(node, message, "write `a: { share: 50%, steps: [...] }` for each");
    };
    let arms: Vec<_> = entries
        .iter()
        .map(|entry| Some((entry.key.clone(), arm(reader, &entry.value, depth)?)))
        .collect();
    Some(At::new(arms.into_iter().collect::<Option<Arms>>()?, node.span.clone()))
}

fn arm(reader: &mut Reader<'_>, node: &Node, depth: usize) -> Option<At<SplitArm>> {
    let fields = reader.fields(node, "an arm of a split", &["share", "steps"])?;
    let share = reader
        .required(&fields, "share")
        .and_then(|node| reader.percent(node).map(|share| At::new(share, node.span.clone())));
    let steps = reader.steps(&fields, depth);
    Some(At::new(SplitArm { share: share?, steps: steps?.value }, node.span.clone()))
}

/// Lays it out as a branch: the arms one after the other as they are written. Whose lot falls to which arm follows from the arms' names
/// and shares alone.
pub(super) fn lay_out(
    layout: &mut Layout<'_, '_>,
    name: &At<String>,
    arms: &At<Arms>,
    id: Option<&At<String>>,
) {
    names::check(layout.compiler.source, name, NameOf::Split, layout.compiler.problems);
    let step = layout.name(id, name, &name.span);
    check_arms(layout, arms);
    let head = layout.ops.len();
    layout.push(End);
    let mut written: Vec<(&String, &At<SplitArm>)> = arms.iter().collect();
    written.sort_by_key(|(_, arm)| arm.span.start);
    let mut targets = BTreeMap::new();
    let mut jumps = Vec::new();
    for (number, (arm, at)) in written.iter().enumerate() {
        targets.insert(*arm, layout.next());
        let variant = format_compact!("{}:{arm}", name.value);
        let outer = layout.variant.replace(variant);
        layout.steps(&at.steps);
        layout.variant = outer;
        if number + 1 < written.len() {
            jumps.push(layout.ops.len());
            layout.push(End);
        }
    }
    let end = layout.next();
    for jump in jumps {
        layout.ops[jump] = Jump { to: end }.into();
    }
    let arms = laid_out(arms, &targets);
    layout.ops[head] = Split { step, name: name.as_str().into(), arms }.into();
}

/// In order of names, each with where its part of the lots ends.
fn laid_out(arms: &Arms, targets: &BTreeMap<&String, u16>) -> Vec<op::SplitArm> {
    let mut until = 0;
    let arm = |(name, arm): (&String, &At<SplitArm>)| {
        until += arm.share.value.0;
        let target = targets.get(name).copied().unwrap_or(u16::MAX);
        op::SplitArm { name: CompactString::from(name.as_str()), until, target }
    };
    arms.iter().map(arm).collect()
}

fn check_arms(layout: &mut Layout<'_, '_>, arms: &At<Arms>) {
    if !(2..=MAX_ARMS).contains(&arms.len()) {
        let message = format!("the split has {} arms", arms.len());
        layout.compiler.error(arms, message, format!("write 2 to {MAX_ARMS} of them"));
    }
    for (name, arm) in arms.iter() {
        let at = At::new(name.clone(), arm.span.clone());
        names::check(layout.compiler.source, &at, NameOf::Arm, layout.compiler.problems);
    }
    let all: u32 = arms.values().map(|arm| u32::from(arm.share.value.0)).sum();
    if all != ALL {
        let shown = Percent(u16::try_from(all).unwrap_or(u16::MAX));
        let message = format!("the arms' shares are {shown} together, not 100%");
        layout.compiler.error(arms, message, "who shall get nothing takes an arm with `steps: []`");
    }
}
