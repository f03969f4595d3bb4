//! A journey's operations while they are laid out.

use crate::channel::Class;
use crate::journey::at::At;
use crate::journey::load::compiler::Compiler;
use crate::journey::load::names::{self, NameOf};
use crate::journey::op::Op;
use compact_str::CompactString;
use std::ops::Range;

/// The operations so far.
pub(super) struct Layout<'l, 'c> {
    pub compiler: &'l mut Compiler<'c>,
    pub ops: Vec<Op>,
    pub names: Vec<CompactString>,
    /// The pools from which the sends so far have coupons.
    pub pools: Vec<CompactString>,
    /// Steps so far, depth first.
    pub count: usize,
    /// The class of sends that do not say theirs.
    pub class: Class,
    /// The arm of a split in which the step stands, as `split:arm`.
    pub variant: Option<CompactString>,
}

impl Layout<'_, '_> {
    /// The step's name: its id, else `default`; unique.
    pub fn name(
        &mut self,
        id: Option<&At<String>>,
        default: &str,
        at: &Range<usize>,
    ) -> CompactString {
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

    pub fn push(&mut self, op: impl Into<Op>) {
        self.ops.push(op.into());
    }

    /// The number of a pool among those of the journey.
    pub fn pool(&mut self, name: &str) -> Option<u8> {
        let known = self.pools.iter().position(|pool| pool == name);
        let place = known.unwrap_or(self.pools.len());
        if known.is_none() {
            self.pools.push(name.into());
        }
        u8::try_from(place).ok()
    }

    /// Where the next operation will stand.
    pub fn next(&self) -> u16 {
        u16::try_from(self.ops.len()).unwrap_or(u16::MAX)
    }
}
