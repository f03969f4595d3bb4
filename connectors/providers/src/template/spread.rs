//! Every template against a spread of customers: what would fail at a send is known before the first one.
//!
//! The spread begins with a customer of whom everything is known that a command of the template carries, as far as the vocabulary and the template's own names go. Then one field
//! after the other is taken through what a shop may send: absent, null, of another type, empty, 64 items, letters that take four bytes, text from right to left,
//! and what is as large as it can be: a text of ten thousand letters, a list that fills a command.

use super::compiled::Compiled;
use super::data::read_by;
use super::error::{RenderError, TemplateProblem};
use super::{Template, Templates};
use crate::message::{Brand, Links};
use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::command::{Command, MAX_BYTES};
use cartwheel_core::customer::MAX_BROWSED;
use cartwheel_core::event::Subject;
use cartwheel_core::event::vocabulary::Type;
use cartwheel_core::id::{CommandId, RunId};
use cartwheel_core::journey::shown::{BROWSED, Subjects};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What a field is taken through: the words for it, and the value; none for absent.
fn spread() -> Vec<(&'static str, Option<Value>)> {
    vec![
        ("is absent", None),
        ("is null", Some(Value::Null)),
        ("is a text", Some(json!("$1,299.00 \"off\" <b> & 'more'"))),
        ("is an empty text", Some(json!(""))),
        ("is a number", Some(json!(-12.345))),
        ("is a large number", Some(json!(9_007_199_254_740_993_i64))),
        ("is true", Some(json!(true))),
        ("is an empty list", Some(json!([]))),
        ("is a list", Some(json!([null, "a", 1, {"name": "b"}, [2]]))),
        ("is an object", Some(json!({"a": {"b": null}}))),
        ("has emoji", Some(json!("\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{1f1e9}\u{1f1ea}"))),
        (
            "runs from right to left",
            Some(json!("\u{202e}\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{645}\u{631}\u{62d}\u{628}\u{627}")),
        ),
        (
            "has 64 items",
            Some(Value::Array((0..64).map(|_| full_item(&BTreeSet::new())).collect())),
        ),
        ("is 10,000 letters long", Some(json!("word ".repeat(2_000)))),
    ]
}

/// As many items as a command holds beside what stands in `data`.
fn fill(data: &Value, names: &BTreeSet<&str>) -> Value {
    let item = full_item(names);
    let room = MAX_BYTES.saturating_sub(data.to_string().len());
    Value::Array(vec![item.clone(); room / (item.to_string().len() + 1)])
}

impl Templates {
    /// Renders every template on every channel for the spread. Errors: what would fail at a send, each with file, line and field. An empty list: all is
    /// well.
    pub fn check_spread(&self) -> Vec<TemplateProblem> {
        let mut problems = Vec::new();
        for (name, template) in &self.all {
            for channel in self.channels(name) {
                problems.extend(self.try_out(name, template, channel));
            }
        }
        problems
    }

    fn try_out(&self, name: &str, template: &Template, channel: Channel) -> Vec<TemplateProblem> {
        let names: BTreeSet<&str> = template.parts.values().flat_map(Compiled::fields).collect();
        let read = read_by(template.parts.values().flat_map(Compiled::reads));
        let full = full_data(&names, read);
        // Whichever of them are answers.
        let answers = names.iter().map(|name| ((*name).to_owned(), LINK.to_owned()));
        let links = Links { unsubscribe: LINK.to_owned(), answers: answers.collect() };
        let render =
            |data: Value| self.render(&command(name, channel, data), &brand(), &links).err();
        // What fails for a customer of whom everything is known is a matter of no field.
        if let Some(error) = render(full.clone()) {
            return vec![self.problem(template, &error, When::Always)];
        }
        let mut seen = BTreeSet::new();
        let mut problems = Vec::new();
        if let Some(error) = render(json!({ Subject::Profile.name(): {} })) {
            problems.push(self.problem(template, &error, When::Unknown));
        }
        for path in paths(&full) {
            if path.len() > 1 && !names.contains(path[path.len() - 1].as_str()) && !is_read(&path) {
                continue;
            }
            let is_list = at(&full, &path).is_some_and(Value::is_array);
            let longest = is_list.then(|| (FILLED, Some(fill(&full, &names))));
            for (how, value) in spread().into_iter().chain(longest) {
                let mut data = full.clone();
                if !set(&mut data, &path, value.as_ref()) {
                    continue;
                }
                let Some(error) = render(data) else { continue };
                let problem = self.problem(template, &error, When::Field(&path, how));
                // One way in which a field breaks a part is enough.
                if seen.insert((error.part, path.clone())) {
                    problems.push(problem);
                }
            }
        }
        problems
    }

    fn problem(&self, template: &Template, error: &RenderError, when: When<'_>) -> TemplateProblem {
        let folder = self.dir.join(&error.template);
        let file = error.part.map_or(folder.clone(), |part| folder.join(part.file()));
        let compiled = error.part.and_then(|part| template.part(part));
        let mut names = compiled.into_iter().flat_map(Compiled::names);
        let (whom, line) = match when {
            When::Always => ("every customer".to_owned(), None),
            When::Unknown => (
                "a customer of whom nothing is known".to_owned(),
                names.next().map(|(_, line)| *line),
            ),
            When::Field(path, how) => (
                format!("a customer whose {} {how}", path.join(".")),
                names
                    .find(|(name, _)| aliases(path.last()).any(|alias| alias == *name))
                    .map(|(_, line)| *line),
            ),
        };
        let message = format!("would fail for {whom}: {}", error.fault);
        TemplateProblem::new(&file, error.line.or(line), message)
    }
}

/// For whom a template fails.
#[derive(Clone, Copy)]
enum When<'a> {
    Always,
    /// A customer of whom nothing is known.
    Unknown,
    /// One whose field at this path is like this.
    Field(&'a [String], &'a str),
}

/// The names under which a template may read a field: `order.number` is also `order_number`.
fn aliases(field: Option<&String>) -> impl Iterator<Item = String> {
    let subjects = Subject::KEPT.map(Subject::name);
    field.into_iter().flat_map(move |field| {
        let joined = subjects.map(|subject| format!("{subject}_{field}"));
        std::iter::once(field.clone()).chain(joined)
    })
}

/// Fields that top-level variables read, whether or not the template names them behind a dot.
fn is_read(path: &[String]) -> bool {
    const READ: [&str; 14] = [
        "first_name",
        "last_name",
        "email",
        "locale",
        "time_zone",
        "items",
        "url",
        "total",
        "currency",
        "number",
        "name",
        "image",
        "price",
        "id",
    ];
    path.last().is_some_and(|name| READ.contains(&name.as_str()))
}

/// Every path of the data, the objects themselves included; of a list the first item's.
fn paths(data: &Value) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    collect(data, &mut Vec::new(), &mut found);
    found
}

fn collect(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), field)).collect(),
        Value::Array(items) => {
            items.first().map(|item| ("0".to_owned(), item)).into_iter().collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (name, child) in children {
        path.push(name);
        // A customer always has a profile.
        if path.len() > 1 || path[0] != Subject::Profile.name() {
            found.push(path.clone());
        }
        collect(child, path, found);
        path.pop();
    }
}

/// What a list is that fills a command.
const FILLED: &str = "has as many items as a command holds";

/// What stands at a path.
fn at<'a>(data: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(data, |at, name| match at {
        Value::Array(items) => items.first(),
        at => at.get(name),
    })
}

/// Puts a value at a path, or takes it away. False: there is nothing to change.
fn set(data: &mut Value, path: &[String], value: Option<&Value>) -> bool {
    let Some((last, parents)) = path.split_last() else { return false };
    let mut at = data;
    for name in parents {
        let next = match at {
            Value::Object(fields) => fields.get_mut(name),
            Value::Array(items) => items.first_mut(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        let Some(next) = next else { return false };
        at = next;
    }
    match (at, value) {
        (Value::Object(fields), Some(value)) => drop(fields.insert(last.clone(), value.clone())),
        (Value::Object(fields), None) => drop(fields.remove(last)),
        (Value::Array(items), Some(value)) => {
            items.iter_mut().for_each(|item| *item = value.clone())
        }
        (Value::Array(items), None) => items.clear(),
        (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_), _) => return false,
    }
    true
}

/// A customer of whom everything is known; `names` are those that the template uses behind dots, which every object gets.
fn full_data(names: &BTreeSet<&str>, read: Subjects) -> Value {
    let of = |subject: Subject| {
        let mut object = own_fields(names);
        object.extend(
            subject
                .fields()
                .iter()
                .map(|(name, kind)| ((*name).to_owned(), known_value(name, *kind, names))),
        );
        Value::Object(object)
    };
    let documents = Subject::KEPT.into_iter().filter(|subject| read.has(*subject));
    let subjects = std::iter::once(Subject::Profile).chain(documents);
    let mut data: Map<String, Value> =
        subjects.map(|subject| (subject.name().to_owned(), of(subject))).collect();
    if read.has_browsed() {
        let looked_at = vec![of(Subject::Product); MAX_BROWSED];
        data.insert(BROWSED.to_owned(), looked_at.into());
    }
    Value::Object(data)
}

fn known_value(name: &str, kind: Type, names: &BTreeSet<&str>) -> Value {
    match (name, kind) {
        ("currency", _) => json!("USD"),
        ("locale", _) => json!("en-US"),
        ("time_zone", _) => json!("America/New_York"),
        ("country", _) => json!("US"),
        ("url", _) => json!("https://shop.example/p?a=1&b=2"),
        (_, Type::Number) => json!(20.5),
        (_, Type::List) => json!([full_item(names), full_item(names)]),
        (_, Type::Object) => json!({}),
        (_, Type::Text | Type::Id | Type::Any) => json!("Ana"),
    }
}

fn own_fields(names: &BTreeSet<&str>) -> Map<String, Value> {
    let loops = ["size", "first", "last"];
    let own = names.iter().filter(|name| !loops.contains(*name));
    own.map(|name| ((*name).to_owned(), json!("7"))).collect()
}

fn full_item(names: &BTreeSet<&str>) -> Value {
    let mut item = own_fields(names);
    for (name, value) in [
        ("product", json!("p1")),
        ("name", json!("Mug")),
        ("quantity", json!(2)),
        ("price", json!(20.5)),
        ("url", json!("https://shop.example/p1")),
        ("image", json!("https://shop.example/p1.png")),
    ] {
        item.insert(name.to_owned(), value);
    }
    Value::Object(item)
}

const LINK: &str = "https://shop.example/u/token";

fn brand() -> Brand {
    Brand {
        name: "Shop".to_owned(),
        sender_name: None,
        from: "hello@shop.example".to_owned(),
        reply_to: None,
        store_url: "https://shop.example".to_owned(),
        postal_address: Some("1 Main Street".to_owned()),
        currency: None,
    }
}

fn command(template: &str, channel: Channel, data: Value) -> Command {
    let to = match channel {
        Channel::Email => "ana@example.com",
        Channel::Sms | Channel::Whatsapp => "+15550100199",
        Channel::Push => "token",
        Channel::Webhook => "",
    };
    Command {
        command_id: CommandId(1),
        run_id: RunId(1),
        journey: "journey".to_owned(),
        version: "00000000".to_owned(),
        step: "step".to_owned(),
        customer: "ana".to_owned(),
        channel,
        class: Class::Marketing,
        template: template.to_owned(),
        to: to.to_owned(),
        data,
        variant: None,
        team: None,
        answers: Vec::new(),
        side: None,
        due_at: 1_767_261_600_000,
        decided_at: 1_767_261_600_000,
        not_after: 1_767_348_000_000,
    }
}
