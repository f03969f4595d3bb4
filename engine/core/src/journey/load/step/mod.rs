//! Steps: each kind is read from its field of the YAML file, and laid out to operations, in a room of its own. The tree of branches
//! becomes flat, every jump goes forwards.

mod branch;
mod exit;
mod send;
mod wait;

use super::Problem;
use super::compile::Compiler;
use super::fields::{Fields, Reader};
use super::names::{self, NameOf};
use super::yaml::{Kind, Node};
use crate::journey::at::At;
use crate::journey::definition::Step;
use crate::journey::op::{End, Op};
use crate::journey::plan::MAX_OPS;
use compact_str::CompactString;
use std::ops::Range;

type Read = fn(&mut Reader<'_>, &Node, usize) -> Option<Step>;

/// Kinds of steps: the first field of a step that is one of these says what it is, and its reader is given the whole.
const KINDS: [(&str, Read); 4] =
    [("send", send::read), ("wait", wait::read), ("branch", branch::read), ("exit", exit::read)];
/// Kinds that design and documentation name and that no evaluator knows yet.
const LATER: [&str; 4] = ["split", "update", "notify", "emit"];

/// Reads the field `steps`. `depth` says how many branches it stands in.
pub(super) fn steps(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    depth: usize,
) -> Option<At<Vec<Step>>> {
    let node = reader.required(fields, "steps")?;
    let steps =
        reader.list(node, "one step a line, each starting with `- `", 64, |reader, item| {
            step(reader, item, depth)
        })?;
    Some(At::new(steps, node.span.clone()))
}

fn step(reader: &mut Reader<'_>, node: &Node, depth: usize) -> Option<Step> {
    let Kind::Map(entries) = &node.kind else {
        return reader.fail(
            node,
            format!("a step is a mapping, not {}", node.describe()),
            "write `- send: TEMPLATE`, `- wait: 23h` and so on",
        );
    };
    let kinds = KINDS.map(|(kind, _)| kind);
    if let Some(entry) = entries.iter().find(|entry| LATER.contains(&entry.key.as_str())) {
        let message = format!("steps of the kind `{}` are not yet supported", entry.key);
        reader.error(entry.at.clone(), message, format!("supported are: {}", kinds.join(", ")));
        return None;
    }
    let kind_of = |key: &str| KINDS.iter().find(|(kind, _)| *kind == key);
    if let Some((_, read)) = entries.iter().find_map(|entry| kind_of(&entry.key)) {
        return read(reader, node, depth);
    }
    // The unknown kind is the field to point at.
    reader.fields(node, "a step", &[&kinds[..], &["id"]].concat())?;
    let at = entries.first().map_or(node.span.clone(), |entry| entry.at.clone());
    reader.error(at, "this step does nothing", format!("a step has one of: {}", kinds.join(", ")));
    None
}

/// A step's own name, which every kind may have.
fn id(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Option<At<String>>> {
    reader.optional(fields, "id", |reader, node| reader.text(node, "the step's name"))
}

/// Lays the steps out.
pub(super) fn lay_out(compiler: &mut Compiler<'_>, steps: &At<Vec<Step>>) -> Vec<Op> {
    if steps.is_empty() {
        compiler.error(
            steps,
            "the journey has no steps",
            "add one, such as `- send: welcome` with `channels: [email]`",
        );
    }
    let mut layout = Layout { compiler, ops: Vec::new(), names: Vec::new(), count: 0 };
    layout.steps(steps);
    layout.push(End);
    let ops = layout.ops;
    if ops.len() > MAX_OPS {
        let message = format!(
            "the journey has {} operations (steps, and one for each arm's end); at most {MAX_OPS} are allowed",
            ops.len()
        );
        compiler.error(steps, message, "split it into two journeys");
    }
    ops
}

/// The operations so far.
struct Layout<'l, 'c> {
    compiler: &'l mut Compiler<'c>,
    ops: Vec<Op>,
    names: Vec<CompactString>,
    /// Steps so far, depth first.
    count: usize,
}

impl Layout<'_, '_> {
    fn steps(&mut self, steps: &[Step]) {
        for (at, step) in steps.iter().enumerate() {
            self.count += 1;
            self.step(step);
            if let (Step::Exit { exit, .. }, true) = (step, at + 1 < steps.len()) {
                let problem = Problem::warning(
                    &self.compiler.source.path,
                    exit.span.clone(),
                    "the steps after `exit` are never reached",
                );
                self.compiler
                    .problems
                    .push(problem.help("remove them, or put `exit` into an arm of a branch"));
            }
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Send { send, channels, id } => send::lay_out(self, send, channels, id.as_ref()),
            Step::Wait { wait, id } => wait::lay_out(self, wait, id.as_ref()),
            Step::Branch { branch, id } => branch::lay_out(self, branch, id.as_ref()),
            Step::Exit { exit, id } => exit::lay_out(self, exit, id.as_ref()),
        }
    }

    /// The step's name: its id, else `default`; unique.
    fn name(&mut self, id: Option<&At<String>>, default: &str, at: &Range<usize>) -> CompactString {
        let (name, at) = id.map_or((default, at), |id| (id.as_str(), &id.span));
        if let Some(id) = id {
            names::check(self.compiler.source, id, NameOf::Step, self.compiler.problems);
        }
        if self.names.iter().any(|known| known == name) {
            let at = At::new((), at.clone());
            self.compiler.error(
                &at,
                format!("a second step is called `{name}`"),
                "give one of them an `id:` of its own",
            );
        }
        self.names.push(name.into());
        name.into()
    }

    fn push(&mut self, op: impl Into<Op>) {
        self.ops.push(op.into());
    }

    /// Where the next operation will stand.
    fn next(&self) -> u16 {
        u16::try_from(self.ops.len()).unwrap_or(u16::MAX)
    }
}
