//! The tags that take the place of `{{ }}` and stand before others once a template is compiled: `{% print LINE PLACE VALUE | FILTERS %}`,
//! `{% keep LINE PLACE VALUE | FILTERS %}` (inside of `capture`) and `{% at LINE %}`.

use super::budget::{Budget, size, spend, steps_of};
use super::place::Place;
use super::shown::text_of;
use liquid_core::model::ValueView;
use liquid_core::parser::{FilterChain, ParseTag, TagReflection};
use liquid_core::{Error, Language, Renderable, Result, Runtime, TagTokenIter};
use std::io::Write;

/// Prints a value as its place demands.
pub(super) const PRINT: &str = "print";
/// Prints a value into a captured text.
pub(super) const KEEP: &str = "keep";
/// Notes the line.
pub(super) const AT: &str = "at";

/// Parses one of the three.
#[derive(Clone)]
pub(super) struct Compiled(pub &'static str);

impl TagReflection for Compiled {
    fn tag(&self) -> &str {
        self.0
    }

    fn description(&self) -> &str {
        "Written by the compiler."
    }
}

impl ParseTag for Compiled {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let line = arguments.expect_next("a line")?.as_str().trim().parse::<usize>();
        let line = line.map_err(|_| Error::with_msg("a line"))?;
        if self.0 == AT {
            return Ok(Box::new(At { line }));
        }
        let place = Place::parse(arguments.expect_next("a place")?.as_str().trim())
            .ok_or_else(|| Error::with_msg("a place"))?;
        let value = arguments.expect_next("a value")?.expect_filter_chain(options).into_result()?;
        arguments.expect_nothing()?;
        Ok(Box::new(Print { line, place, value, keeps: self.0 == KEEP }))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}

/// A step further; what failed before is told with its own line.
fn come_to(line: usize, runtime: &dyn Runtime) -> Result<()> {
    spend(runtime, 1)?;
    runtime.registers().get_mut::<Budget>().line = line;
    Ok(())
}

#[derive(Debug)]
struct At {
    line: usize,
}

impl Renderable for At {
    fn render_to(&self, _writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        come_to(self.line, runtime)
    }
}

#[derive(Debug)]
struct Print {
    line: usize,
    place: Place,
    value: FilterChain,
    /// It stands in `capture`.
    keeps: bool,
}

impl Renderable for Print {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        come_to(self.line, runtime)?;
        let value = self.value.evaluate(runtime)?;
        // Twice: it is read, and written in another form.
        spend(runtime, 2 * steps_of(size(value.as_view()).bytes))?;
        let text = text_of(value.as_view());
        let written = if self.keeps {
            self.place.capture(&text)
        } else if self.place == Place::JsonValue && value.is_nil() {
            // Nothing at all would be no JSON.
            "null".to_owned()
        } else {
            self.place.write(&text)
        };
        writer.write_all(written.as_bytes()).map_err(|_| Error::with_msg("the output is too long"))
    }
}
