//! `capture` and `ifchanged`. The library's own collect without an end what is rendered inside of them.

use super::budget::{fail, spend, steps_of};
use super::error::RenderFault;
use super::limits::MAX_TEXT;
use super::output::Capped;
use liquid_core::model::KString;
use liquid_core::parser::{BlockReflection, ParseBlock, TagBlock};
use liquid_core::{Error, Language, Renderable, Result, Runtime, TagTokenIter, Template, Value};
use std::io::Write;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Capture {
    /// `capture`: keeps what is rendered inside under a name.
    Named,
    /// `ifchanged`: shows what is rendered inside if the last one was different.
    Changed,
}

impl BlockReflection for Capture {
    fn start_tag(&self) -> &str {
        match self {
            Capture::Named => "capture",
            Capture::Changed => "ifchanged",
        }
    }

    fn end_tag(&self) -> &str {
        match self {
            Capture::Named => "endcapture",
            Capture::Changed => "endifchanged",
        }
    }

    fn description(&self) -> &str {
        "Collects what is rendered inside."
    }
}

impl ParseBlock for Capture {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut tokens: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let name = match self {
            Capture::Named => {
                let name = arguments.expect_next("Identifier expected")?.expect_identifier();
                Some(KString::from_ref(name.into_result()?))
            }
            Capture::Changed => None,
        };
        arguments.expect_nothing()?;
        let inside = Template::new(tokens.parse_all(options)?);
        tokens.assert_empty();
        Ok(Box::new(Parsed { name, inside }))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

#[derive(Debug)]
struct Parsed {
    /// None: `ifchanged`.
    name: Option<KString>,
    inside: Template,
}

/// What the last `ifchanged` rendered.
#[derive(Debug, Default)]
struct Last(Option<String>);

impl Renderable for Parsed {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let text = self.collect(runtime)?;
        let Some(name) = &self.name else {
            let mut last = runtime.registers().get_mut::<Last>();
            if last.0.as_ref() == Some(&text) {
                return Ok(());
            }
            let written = writer.write_all(text.as_bytes());
            last.0 = Some(text);
            return written.map_err(|_| Error::with_msg("the output is too long"));
        };
        runtime.set_global(name.clone(), Value::scalar(text));
        Ok(())
    }
}

impl Parsed {
    fn collect(&self, runtime: &dyn Runtime) -> Result<String> {
        let mut collected = Capped::of(MAX_TEXT);
        let rendered = self.inside.render_to(&mut collected, runtime);
        if collected.is_full() {
            return Err(fail(runtime, RenderFault::TextTooLong));
        }
        rendered?;
        let text = collected.into_string().unwrap_or_default();
        spend(runtime, steps_of(text.len()))?;
        Ok(text)
    }
}
