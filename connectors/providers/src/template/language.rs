//! The Liquid dialect: the standard tags and filters without includes, and the filters that escape.

use liquid::Parser;
use liquid::model::{Value, ValueView};
use liquid_core::error::Error;
use liquid_core::parser::{Language, ParseTag, TagReflection, TagTokenIter};
use liquid_core::{
    Display_filter, Filter, FilterReflection, ParseFilter, Renderable, Result, Runtime,
};

/// A parser for one kind of part.
pub(super) fn parser() -> Result<Parser> {
    liquid::ParserBuilder::with_stdlib()
        .tag(Refused("include", "templates cannot include others"))
        .tag(Refused("render", "templates cannot include others"))
        .tag(Refused("cycle", "cycle prints without escaping: use a branch on forloop.index"))
        .filter(Html)
        .filter(Json)
        .filter(JsonText)
        .build()
}

/// A tag that is refused, and why.
#[derive(Clone)]
struct Refused(&'static str, &'static str);

impl TagReflection for Refused {
    fn tag(&self) -> &str {
        self.0
    }

    fn description(&self) -> &str {
        self.1
    }
}

impl ParseTag for Refused {
    fn parse(
        &self,
        _arguments: TagTokenIter<'_>,
        _options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        Err(Error::with_msg(self.1))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}

/// Escapes for HTML text and quoted attributes.
#[derive(Clone, ParseFilter, FilterReflection)]
#[filter(
    name = "html",
    description = "Escapes for HTML; appended to everything that an HTML part prints.",
    parsed(HtmlFilter)
)]
struct Html;

#[derive(Debug, Default, Display_filter)]
#[name = "html"]
struct HtmlFilter;

impl Filter for HtmlFilter {
    fn evaluate(&self, input: &dyn ValueView, _runtime: &dyn Runtime) -> Result<Value> {
        Ok(Value::scalar(html(input.to_kstr().as_str())))
    }
}

/// The text escaped; one that begins like a script address, which a link would run, is dropped.
pub(super) fn html(text: &str) -> String {
    if is_script(text) {
        return String::new();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        match char {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\0' => {}
            char => out.push(char),
        }
    }
    out
}

/// Browsers ignore blanks and control characters in a scheme, so this does too.
fn is_script(text: &str) -> bool {
    let head: String = text
        .chars()
        .filter(|char| !char.is_control() && !char.is_whitespace())
        .take(11)
        .collect::<String>()
        .to_ascii_lowercase();
    ["javascript:", "vbscript:", "data:"].iter().any(|scheme| head.starts_with(scheme))
}

/// A whole value as JSON.
#[derive(Clone, ParseFilter, FilterReflection)]
#[filter(
    name = "json",
    description = "The value as JSON, strings with their quotes.",
    parsed(JsonFilter)
)]
struct Json;

#[derive(Debug, Default, Display_filter)]
#[name = "json"]
struct JsonFilter;

impl Filter for JsonFilter {
    fn evaluate(&self, input: &dyn ValueView, _runtime: &dyn Runtime) -> Result<Value> {
        let text = serde_json::to_string(&input.to_value())
            .map_err(|_| Error::with_msg("not a JSON value"))?;
        Ok(Value::scalar(text))
    }
}

/// Text for the inside of a JSON string.
#[derive(Clone, ParseFilter, FilterReflection)]
#[filter(
    name = "json_text",
    description = "Escapes for the inside of a JSON string; appended to what a webhook part prints.",
    parsed(JsonTextFilter)
)]
struct JsonText;

#[derive(Debug, Default, Display_filter)]
#[name = "json_text"]
struct JsonTextFilter;

impl Filter for JsonTextFilter {
    fn evaluate(&self, input: &dyn ValueView, _runtime: &dyn Runtime) -> Result<Value> {
        let quoted = serde_json::to_string(input.to_kstr().as_str())
            .map_err(|_| Error::with_msg("not a JSON value"))?;
        Ok(Value::scalar(quoted[1..quoted.len() - 1].to_owned()))
    }
}
