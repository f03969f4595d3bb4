//! Tags and blocks as the bounds have them: a step each, and not nested deeper than parser and rendering can recurse.

use super::budget::spend;
use super::limits::MAX_DEPTH;
use liquid_core::parser::{BlockReflection, ParseBlock, ParseTag, TagBlock, TagReflection};
use liquid_core::{Language, Renderable, Result, Runtime, TagTokenIter};
use std::cell::Cell;
use std::io::Write;

/// A tag that counts as a step.
#[derive(Clone)]
pub(super) struct CountedTag(pub Box<dyn ParseTag>);

impl ParseTag for CountedTag {
    fn parse(
        &self,
        arguments: TagTokenIter<'_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        Ok(Box::new(Counted(self.0.parse(arguments, options)?)))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self.0.reflection()
    }
}

/// A block that counts as a step and stands in at most [`MAX_DEPTH`] others.
#[derive(Clone)]
pub(super) struct CountedBlock(pub Box<dyn ParseBlock>);

impl ParseBlock for CountedBlock {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        block: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let Some(_level) = Level::deeper() else {
            return Err(
                arguments.raise_error(&format!("blocks are nested more than {MAX_DEPTH} deep"))
            );
        };
        Ok(Box::new(Counted(self.0.parse(arguments, block, options)?)))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self.0.reflection()
    }
}

thread_local! {
    /// How many blocks this thread is parsing now, one inside the other. The parser hands nothing from block to block that could hold the number.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// One more block that is being parsed, until it is dropped.
struct Level;

impl Level {
    fn deeper() -> Option<Self> {
        let depth = DEPTH.get();
        (depth < MAX_DEPTH).then(|| {
            DEPTH.set(depth + 1);
            Self
        })
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

#[derive(Debug)]
struct Counted(Box<dyn Renderable>);

impl Renderable for Counted {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        spend(runtime, 1)?;
        self.0.render_to(writer, runtime)
    }
}
