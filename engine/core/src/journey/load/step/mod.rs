//! Steps: each kind is read from its field of the YAML file, and laid out to operations, in a room of its own. The tree of branches
//! becomes flat, every jump goes forwards.

mod branch;
mod emit;
mod exit;
mod given;
mod layout;
mod send;
mod set;
mod split;
mod wait;
mod with;

use super::compiler::Compiler;
use super::fields::{Fields, Reader};
use super::yaml::{Kind, Node};
use crate::channel::Class;
use crate::journey::at::At;
use crate::journey::definition::Step;
use crate::journey::op::{End, Op};
use crate::journey::plan::MAX_OPS;
use crate::journey::problem::Problem;
use compact_str::CompactString;
pub(super) use given::is_name;
use layout::Layout;
pub(super) use send::TEAM;

type Read = fn(&mut Reader<'_>, &Node, usize) -> Option<Step>;

/// Kinds of steps: the first field of a step that is one of these says what it is, and its reader is given the whole.
const KINDS: [(&str, Read); 7] = [
    ("send", send::read),
    ("wait", wait::read),
    ("branch", branch::read),
    ("split", split::read),
    ("set", set::read),
    ("emit", emit::read),
    ("exit", exit::read),
];
/// What others call a kind of step, and how it is written here.
const OTHERS: [(&str, &str); 2] = [
    ("update", "write `- set: { ATTRIBUTE: VALUE }`"),
    ("notify", "write `- send: TEMPLATE` with `to: team:NAME`"),
];

/// Deepest nesting of branches and splits.
const MAX_DEPTH: usize = 8;

impl Reader<'_> {
    /// Reads the field `steps`. `depth` says in how many branches and splits it stands.
    pub(super) fn steps(&mut self, fields: &Fields<'_>, depth: usize) -> Option<At<Vec<Step>>> {
        let node = self.required(fields, "steps")?;
        let steps =
            self.list(node, "one step a line, each starting with `- `", 64, |reader, item| {
                reader.step(item, depth)
            })?;
        Some(At::new(steps, node.span.clone()))
    }

    fn step(&mut self, node: &Node, depth: usize) -> Option<Step> {
        let Kind::Map(entries) = &node.kind else {
            return self.fail(
                node,
                format!("a step is a mapping, not {}", node.describe()),
                "write `- send: TEMPLATE`, `- wait: 23h` and so on",
            );
        };
        let kinds = KINDS.map(|(kind, _)| kind);
        let other = |key: &str| OTHERS.iter().find(|(other, _)| *other == key);
        if let Some((entry, (_, help))) =
            entries.iter().find_map(|entry| Some((entry, other(&entry.key)?)))
        {
            self.error(entry.at.clone(), format!("`{}` is no kind of step", entry.key), *help);
            return None;
        }
        let kind_of = |key: &str| KINDS.iter().find(|(kind, _)| *kind == key);
        if let Some((_, read)) = entries.iter().find_map(|entry| kind_of(&entry.key)) {
            return read(self, node, depth);
        }
        // The unknown kind is the field to point at.
        self.fields(node, "a step", &[&kinds[..], &["id"]].concat())?;
        let at = entries.first().map_or(node.span.clone(), |entry| entry.at.clone());
        self.error(
            at,
            "this step does nothing",
            format!("a step has one of: {}", kinds.join(", ")),
        );
        None
    }

    /// Says that a step with steps of its own stands too deep.
    pub(super) fn deep_enough(&mut self, node: &Node, depth: usize) -> Option<()> {
        if depth < MAX_DEPTH {
            return Some(());
        }
        self.fail(
            node,
            format!("branches and splits are nested deeper than {MAX_DEPTH} levels"),
            "join conditions with && instead",
        )
    }

    /// A step's own name, which every kind may have.
    pub(super) fn id(&mut self, fields: &Fields<'_>) -> Option<Option<At<String>>> {
        self.optional(fields, "id", |reader, node| reader.text(node, "the step's name"))
    }
}

/// Lays the steps out.
pub(super) fn lay_out(
    compiler: &mut Compiler<'_>,
    class: Class,
    steps: &At<Vec<Step>>,
) -> (Vec<Op>, Vec<CompactString>) {
    if steps.is_empty() {
        compiler.error(
            steps,
            "the journey has no steps",
            "add one, such as `- send: welcome` with `channels: [email]`",
        );
    }
    let (ops, names, pools) = (Vec::new(), Vec::new(), Vec::new());
    let mut layout = Layout { compiler, ops, names, pools, count: 0, class, variant: None };
    layout.steps(steps);
    layout.push(End);
    let Layout { compiler, ops, pools, .. } = layout;
    if ops.len() > MAX_OPS {
        let message = format!(
            "the journey has {} operations (steps, and one for each arm's end); at most {MAX_OPS} are allowed",
            ops.len()
        );
        compiler.error(steps, message, "split it into two journeys");
    }
    (ops, pools)
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
            Step::Send { send, channels, class, to, with, id } => {
                let (class, to, with) = (class.as_ref(), to.as_ref(), with.as_ref());
                let written = send::Written { class, to, with, channels };
                send::lay_out(self, send, written, id.as_ref());
            }
            Step::Wait { wait, id } => wait::lay_out(self, wait, id.as_ref()),
            Step::Branch { branch, id } => branch::lay_out(self, branch, id.as_ref()),
            Step::Split { split, arms, id } => split::lay_out(self, split, arms, id.as_ref()),
            Step::Set { set, id } => set::lay_out(self, set, id.as_ref()),
            Step::Emit { emit, id } => emit::lay_out(self, emit, id.as_ref()),
            Step::Exit { exit, id } => exit::lay_out(self, exit, id.as_ref()),
        }
    }
}
