//! The reference of the language: every key of every file that a marketer writes, from the JSON Schemas, which are made of the types that the loader reads into.
//! It is checked in as `config/journeys/REFERENCE.md`.

use crate::settings::schema::settings;
use cartwheel_core::journey::load::{events_schema, facts_schema, journey_schema};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write;

const HEAD: &str = "\
<!-- Written by `cartwheel config reference > config/journeys/REFERENCE.md`; a test keeps it true. -->

# Reference

Every key of the files of a configuration. How to begin: [README.md](README.md). What exactly is decided: `engine/docs/semantics.md`; templates: `engine/docs/templates.md`.
A key in bold must be there. The examples pass `cartwheel check`.
";

/// A part of the reference: its heading, whose keys it has, and an example.
struct Part {
    heading: &'static str,
    schema: Value,
    example: &'static str,
}

fn parts() -> [Part; 4] {
    let mut policy = settings();
    policy["$ref"] = Value::from("#/$defs/Policy");
    [
        Part {
            heading: "A journey: `journeys/NAME.yaml`",
            schema: journey_schema(),
            example: include_str!("journey.yaml"),
        },
        Part {
            heading: "What is remembered of customers: `facts.yaml`",
            schema: facts_schema(),
            example: include_str!("facts.yaml"),
        },
        Part {
            heading: "Events of the shop's own: `events.yaml`",
            schema: events_schema(),
            example: include_str!("events.yaml"),
        },
        Part {
            heading: "What holds over all journeys: `policy:` in `cartwheel.yaml`",
            schema: policy,
            example: include_str!("policy.yaml"),
        },
    ]
}

/// The whole reference, in Markdown.
pub fn text() -> String {
    let mut text = HEAD.to_owned();
    let mut told = BTreeSet::new();
    for part in parts() {
        // Writing into a String cannot fail.
        let _ = write!(text, "\n## {}\n\n```yaml\n{}```\n\n", part.heading, part.example);
        Section { schema: &part.schema, told: &mut told, waiting: VecDeque::new() }
            .write(&mut text);
    }
    while text.contains("\n\n\n") {
        text = text.replace("\n\n\n", "\n\n");
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// The keys of one file: first those of the file itself, then what they refer to, each once in the whole reference.
struct Section<'s> {
    schema: &'s Value,
    told: &'s mut BTreeSet<String>,
    waiting: VecDeque<String>,
}

impl Section<'_> {
    fn write(&mut self, text: &mut String) {
        let schema = self.schema;
        let root = schema["$ref"].as_str().and_then(|to| schema["$defs"].get(last(to)));
        self.body(root.unwrap_or(schema), text);
        while let Some(name) = self.waiting.pop_front() {
            let _ = write!(text, "\n### {name}\n\n");
            if let Some(found) = schema["$defs"].get(&name) {
                self.body(found, text);
            }
        }
    }

    /// What it says of itself, then its keys or its forms.
    fn body(&mut self, node: &Value, text: &mut String) {
        if let Some(says) = node["description"].as_str() {
            let _ = writeln!(text, "{}\n", one_line(says));
        }
        if let Some(keys) = node["properties"].as_object() {
            self.keys(node, keys, text);
        }
        for form in forms(node) {
            self.form(form, text);
        }
    }

    fn keys(&mut self, node: &Value, keys: &Map<String, Value>, text: &mut String) {
        let required: Vec<&str> =
            node["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        text.push_str("| key | value | |\n| --- | --- | --- |\n");
        for (name, value) in keys {
            let key = if required.contains(&name.as_str()) {
                format!("**`{name}`**")
            } else {
                format!("`{name}`")
            };
            let says = cell(value["description"].as_str().unwrap_or_default());
            let _ = writeln!(text, "| {key} | {} | {says} |", self.kind(value));
        }
    }

    /// One of several forms that a value may have: a list item, and for an object its keys below it.
    fn form(&mut self, form: &Value, text: &mut String) {
        let says = one_line(form["description"].as_str().unwrap_or_default());
        match (form["const"].as_str(), form["properties"].as_object()) {
            (Some(word), _) => {
                let _ = writeln!(text, "- `{word}`: {says}");
            }
            (None, Some(keys)) => {
                let _ = writeln!(text, "\n{says}\n");
                self.keys(form, keys, text);
            }
            (None, None) => {
                let _ = writeln!(text, "- {}: {says}", self.kind(form));
            }
        }
    }

    /// What a value is, in short; what it refers to is told later.
    fn kind(&mut self, value: &Value) -> String {
        if let Some(to) = value["$ref"].as_str() {
            let name = last(to).to_owned();
            if self.told.insert(name.clone()) {
                self.waiting.push_back(name.clone());
            }
            return format!("[{name}](#{})", name.to_lowercase());
        }
        let forms: Vec<&Value> = forms(value).filter(|form| form["type"] != "null").collect();
        if !forms.is_empty() {
            let kinds: Vec<String> = forms.into_iter().map(|form| self.kind(form)).collect();
            return kinds.join(" or ");
        }
        let kinds: Vec<&str> = match &value["type"] {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            kind => kind.as_str().into_iter().collect(),
        };
        match kinds.iter().find(|kind| **kind != "null").or(kinds.first()) {
            Some(&"array") => format!("list of {}", self.kind(&value["items"])),
            Some(&"object") => match value.get("additionalProperties") {
                Some(inner @ Value::Object(_)) => format!("by name: {}", self.kind(inner)),
                _ => "object".into(),
            },
            Some(&"string") => "text".into(),
            Some(&("integer" | "number")) => "number".into(),
            Some(&"boolean") => "`true` or `false`".into(),
            Some(&"null") => "nothing".into(),
            Some(other) => (*other).to_owned(),
            None => "any".into(),
        }
    }
}

fn forms(node: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf"].into_iter().filter_map(|key| node[key].as_array()).flatten()
}

/// `Span` of `#/$defs/Span`.
fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_in_the_repository_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/journeys/REFERENCE.md");
        if std::env::var_os("CARTWHEEL_UPDATE_GUIDE").is_some() {
            std::fs::write(path, text()).unwrap();
        }
        let checked_in = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            checked_in == text(),
            "run: cargo run -p cartwheel -- config reference > config/journeys/REFERENCE.md"
        );
    }

    #[test]
    fn every_key_of_every_schema_is_in_it_and_every_link_leads_somewhere() {
        let text = text();
        for part in parts() {
            let mut keys = BTreeSet::new();
            collect(&part.schema["properties"], &part.schema, &mut BTreeSet::new(), &mut keys);
            for key in keys.iter().filter(|_| part.schema.get("$ref").is_none()) {
                assert!(text.contains(&format!("`{key}`")), "{key}");
            }
        }
        for link in text.split("](#").skip(1) {
            let to = link.split(')').next().unwrap();
            let heading = |line: &str| line.strip_prefix("### ").map(str::to_lowercase);
            assert!(text.lines().any(|line| heading(line).as_deref() == Some(to)), "{to}");
        }
    }

    /// The names of all properties that can be reached.
    fn collect(
        node: &Value,
        schema: &Value,
        seen: &mut BTreeSet<String>,
        keys: &mut BTreeSet<String>,
    ) {
        match node {
            Value::Object(entries) => {
                if let Some(properties) = entries.get("properties").and_then(Value::as_object) {
                    keys.extend(properties.keys().cloned());
                }
                if let Some(to) = entries.get("$ref").and_then(Value::as_str)
                    && seen.insert(to.to_owned())
                {
                    collect(&schema["$defs"][last(to)], schema, seen, keys);
                }
                entries.values().for_each(|value| collect(value, schema, seen, keys));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, schema, seen, keys)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}
