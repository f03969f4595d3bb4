//! `comment`. The library's own parses what stands inside, and writes an error with the whole source for each tag that it does not know.

use liquid_core::parser::{BlockReflection, ParseBlock, TagBlock};
use liquid_core::{Language, Renderable, Result, Runtime, TagTokenIter};
use std::io::Write;

/// Everything up to its own `endcomment` is passed over; comments may stand in comments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment;

impl BlockReflection for Comment {
    fn start_tag(&self) -> &str {
        "comment"
    }

    fn end_tag(&self) -> &str {
        "endcomment"
    }

    fn description(&self) -> &str {
        "Is passed over."
    }
}

impl ParseBlock for Comment {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut tokens: TagBlock<'_, '_>,
        _: &Language,
    ) -> Result<Box<dyn Renderable>> {
        arguments.expect_nothing()?;
        tokens.escape_liquid(true)?;
        tokens.assert_empty();
        Ok(Box::new(*self))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

impl Renderable for Comment {
    fn render_to(&self, _: &mut dyn Write, _: &dyn Runtime) -> Result<()> {
        Ok(())
    }
}
