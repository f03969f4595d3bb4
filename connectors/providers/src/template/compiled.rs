//! A part of a template, ready to render.

use super::budget::{Budget, Spent};
use super::error::RenderFault;
use super::lenient::Root;
use super::limits::MAX_OUTPUT;
use super::marks::unmark;
use super::output::Capped;
use super::reader::Reader;
use liquid_core::{Object, Renderable, Runtime, Template};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// See the module.
pub(super) struct Compiled {
    template: Template,
    /// The variables that it reads, and the names behind a dot or in brackets, each with the line of the source, from 1.
    reads: Vec<(String, usize)>,
    fields: Vec<(String, usize)>,
    /// Names directly below a variable.
    below: Vec<(String, String)>,
}

impl Compiled {
    pub(super) fn new(
        template: Template,
        reads: Vec<(String, usize)>,
        fields: Vec<(String, usize)>,
        below: Vec<(String, String)>,
    ) -> Self {
        Self { template, reads, fields, below }
    }

    /// What the part becomes; `spent` is what the parts of the message have cost before, and then with this one. Errors: the fault, and the line
    /// that was being rendered where it matters.
    pub(super) fn render(
        &self,
        globals: &Object,
        reader: &Reader,
        spent: &mut Spent,
    ) -> Result<String, (Option<usize>, RenderFault)> {
        let runtime = Root::new(globals);
        *runtime.registers().get_mut::<Reader>() = reader.clone();
        *runtime.registers().get_mut::<Budget>() = Budget::of(*spent, globals);
        let mut out = Capped::of(MAX_OUTPUT);
        let result = catch_unwind(AssertUnwindSafe(|| self.template.render_to(&mut out, &runtime)));
        let budget = std::mem::take(&mut *runtime.registers().get_mut::<Budget>());
        *spent = budget.spent;
        let line = (budget.line > 0).then_some(budget.line);
        if out.is_full() {
            return Err((line, RenderFault::TooLarge));
        }
        // The library's message may quote the data, so only what is ours to say is kept.
        match (result, budget.fault) {
            (Ok(Ok(())), None) => {}
            (Ok(_), Some(fault)) => return Err((line, fault)),
            (Ok(Err(_)), None) => return Err((line, RenderFault::Failed)),
            (Err(_), _) => return Err((line, RenderFault::Defect)),
        }
        let text = out.into_string().ok_or((line, RenderFault::Defect))?;
        Ok(unmark(&text))
    }

    /// The variables that it reads.
    pub(super) fn reads(&self) -> impl Iterator<Item = &str> {
        self.reads.iter().map(|(name, _)| name.as_str())
    }

    /// The names that it reads directly below the variable; none if it also reads the variable without one.
    pub(super) fn read_of(&self, variable: &str) -> Option<Vec<&str>> {
        let below = self.below.iter().filter(|(of, _)| of == variable);
        let names: Vec<&str> = below.map(|(_, name)| name.as_str()).collect();
        let reads = self.reads().filter(|read| *read == variable).count();
        (reads == names.len()).then_some(names)
    }

    /// The names that it uses: variables, and those behind a dot or in brackets.
    pub(super) fn names(&self) -> impl Iterator<Item = &(String, usize)> {
        self.reads.iter().chain(&self.fields)
    }

    /// The names behind a dot or in brackets, each with its line.
    pub(super) fn placed_fields(&self) -> impl Iterator<Item = (&str, usize)> {
        self.fields.iter().map(|(name, line)| (name.as_str(), *line))
    }

    /// The names behind a dot or in brackets.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }
}
