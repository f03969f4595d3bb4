//! The file of a customer to render for: what is known of somebody, as events bring it.

use crate::failure::Fault;
use crate::files;
use crate::settings::place;
use crate::shipped;
use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::command::{COUPON, Command};
use cartwheel_core::event::Subject;
use cartwheel_core::id::{CommandId, RunId};
use cartwheel_core::journey::shown::BROWSED;
use cartwheel_core::time::{HOUR, Millis};
use cartwheel_sim::trace::suggest;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::Path;

/// The name of the file in a configuration folder, and of the one that is built in.
pub const SAMPLE: &str = "customer.yaml";

const CUSTOMER: &str = "customer";
const VARIANT: &str = "variant";

/// What is known of somebody.
pub struct Customer {
    /// As it is shown.
    path: String,
    text: String,
    known: Map<String, Value>,
}

/// What a message is, beside what it shows.
pub struct Message<'m> {
    /// The journey's name.
    pub journey: &'m str,
    /// The step's.
    pub step: &'m str,
    /// The template's.
    pub template: &'m str,
    /// The medium.
    pub channel: Channel,
    /// Marketing or transactional.
    pub class: Class,
    /// The answers that it offers.
    pub answers: Vec<String>,
}

impl Customer {
    /// The file that is named, else the one of the folder, else the one that is built in. Faults name file and line.
    pub fn find(given: Option<&Path>, dir: &Path) -> Result<Self, Fault> {
        let usual = dir.join(SAMPLE);
        let path = given.or_else(|| usual.exists().then_some(usual.as_path()));
        let (path, text) = match path {
            Some(path) => (path.display().to_string(), files::text(path)?),
            None => {
                let text = shipped::text(SAMPLE).map_err(|missing| missing.fault())?;
                (SAMPLE.to_owned(), text)
            }
        };
        Self::read(path, text)
    }

    fn read(path: String, text: String) -> Result<Self, Fault> {
        let value: Value = serde_saphyr::from_str(&text).map_err(|error| {
            let error = error.without_snippet();
            let span = error.location().map_or(0..0, |location| place::bytes(&text, location));
            let help = "write it as config/customer.yaml is written, or as JSON";
            let message = format!("this is no YAML or JSON: {error}");
            Fault::at(&path, &text, span, message, Some(help.into()))
        })?;
        let Value::Object(known) = value else {
            let help = "write `profile:` and the documents that the template shows";
            return Err(Fault::at(&path, &text, 0..0, "this is no customer", Some(help.into())));
        };
        let customer = Self { path, text, known };
        for (key, value) in &customer.known {
            if !keys().any(|known| known == key) {
                let help = suggest::help(key, keys());
                return Err(customer.at(&[key], format!("unknown key `{key}`"), Some(help)));
            }
            let what = Kind::of(key);
            if !what.is(value) {
                let (what, help) = (what.words(), what.help(key));
                return Err(customer.at(&[key], format!("`{key}` is not {what}"), Some(help)));
            }
        }
        Ok(customer)
    }

    /// The command by which the engine would ask for this message. A fault: there is no address on the channel.
    pub fn command(&self, message: &Message<'_>, now: Millis) -> Result<Command, Fault> {
        let mut data = self.known.clone();
        let customer = data.remove(CUSTOMER).and_then(|value| Some(value.as_str()?.to_owned()));
        let variant = data.remove(VARIANT).and_then(|value| Some(value.as_str()?.to_owned()));
        let profile = Subject::Profile.name();
        let to = match message.channel.address_field() {
            None => String::new(),
            Some(field) => match data.get(profile).and_then(|known| known.get(field)?.as_str()) {
                Some(address) => address.to_owned(),
                None => {
                    let why = format!(
                        "by {} nobody is reached without `{profile}.{field}`",
                        message.channel
                    );
                    return Err(self.at(
                        &[profile],
                        why,
                        Some(format!("write {field} into {profile}")),
                    ));
                }
            },
        };
        Ok(Command {
            command_id: CommandId(1),
            run_id: RunId(1),
            journey: message.journey.to_owned(),
            version: "00000000".to_owned(),
            step: message.step.to_owned(),
            customer: customer.unwrap_or_else(|| CUSTOMER.to_owned()),
            channel: message.channel,
            class: message.class,
            template: message.template.to_owned(),
            to,
            data: Value::Object(data),
            variant,
            team: None,
            answers: message.answers.clone(),
            side: None,
            due_at: now,
            decided_at: now,
            not_after: now + HOUR,
        })
    }

    /// Every name that some object in it has, at whatever depth.
    pub fn names(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        self.known.values().for_each(|value| collect(value, &mut names));
        names
    }

    /// How the file is called.
    pub fn path(&self) -> &str {
        &self.path
    }

    fn at(&self, key: &[&str], message: String, help: Option<String>) -> Fault {
        let key: Vec<String> = key.iter().map(|part| (*part).to_owned()).collect();
        let span = place::of_path(&self.text, &key).map_or(0..0, |found| found.at);
        Fault::at(&self.path, &self.text, span, message, help)
    }
}

/// The JSON Schema of the file, checked in as `config/schema/customer.json`: what stands in the documents is the shop's.
#[cfg(test)]
fn schema() -> Value {
    let says = |key: &str| match key {
        CUSTOMER => "Whom it is about: the id.",
        VARIANT => "The arm that a split has taken.",
        COUPON => "The code that {{ coupon }} shows.",
        BROWSED => "The products that the customer looked at, the newest first.",
        _ => "As events bring it.",
    };
    let property = |key| {
        let kind = Kind::of(key).schema();
        (key, serde_json::json!({ "description": says(key), "type": kind }))
    };
    let properties: Map<String, Value> =
        keys().map(property).map(|(key, says)| (key.to_owned(), says)).collect();
    serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Somebody who is made up, for `cartwheel render`",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

/// What the value of a key is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    List,
    Object,
}

impl Kind {
    fn of(key: &str) -> Self {
        match key {
            CUSTOMER | VARIANT | COUPON => Self::Text,
            BROWSED => Self::List,
            _ => Self::Object,
        }
    }

    fn is(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::List => value.as_array().is_some_and(|list| list.iter().all(Value::is_object)),
            Self::Object => value.is_object(),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::List => "a list of objects",
            Self::Object => "an object",
        }
    }

    /// How it is written.
    fn help(self, key: &str) -> String {
        match self {
            Self::Text => format!("write it as a text, such as `{key}: ana`"),
            Self::List => format!("write each below `{key}:`, behind a `-`"),
            Self::Object => format!("write its fields below `{key}:`"),
        }
    }

    /// As JSON Schema calls it.
    #[cfg(test)]
    fn schema(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::List => "array",
            Self::Object => "object",
        }
    }
}

/// What may stand in the file.
fn keys() -> impl Iterator<Item = &'static str> + Clone {
    let documents = Subject::KEPT.into_iter().map(Subject::name);
    let known = [CUSTOMER, VARIANT, COUPON, Subject::Profile.name()];
    known.into_iter().chain(documents).chain([BROWSED])
}

fn collect<'v>(value: &'v Value, names: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                names.insert(name);
                collect(value, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_the_repository_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/schema/customer.json");
        let text = format!("{:#}\n", schema());
        if std::env::var_os("CARTWHEEL_UPDATE_SCHEMA").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let checked_in = std::fs::read_to_string(path).unwrap_or_default();
        assert!(checked_in == text, "CARTWHEEL_UPDATE_SCHEMA=1 writes it anew");
    }
}
