//! `emit: EVENT` and `emit: { event: EVENT, with: { FIELD: VALUE } }`.

use super::given::{self, Values, is_name};
use super::layout::Layout;
use crate::event::Subject;
use crate::event::vocabulary::{EVENT_TYPES, Envelope};
use crate::journey::at::At;
use crate::journey::definition::{Emitted, Step};
use crate::journey::load::fields::Reader;
use crate::journey::load::yaml::{Kind, Node};
use crate::journey::op::Emit;
use compact_str::CompactString;

/// Deepest field.
const MAX_PATH: usize = 8;

/// Reads one.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node, _: usize) -> Option<Step> {
    let fields = reader.fields(node, "an emit step", &["emit", "id"])?;
    let id = reader.id(&fields);
    let emit = reader.required(&fields, "emit").and_then(|node| emitted(reader, node));
    Some(Step::Emit { emit: emit?, id: id? })
}

fn emitted(reader: &mut Reader<'_>, node: &Node) -> Option<At<Emitted>> {
    let Kind::Map(_) = node.kind else {
        let event = reader.text(node, "the event's type, such as vip_reached")?;
        return Some(At::new(Emitted::Plain(event), node.span.clone()));
    };
    let fields = reader.fields(node, "an emitted event", &["event", "with"])?;
    let event = reader.required(&fields, "event");
    let event = event.and_then(|node| reader.text(node, "the event's type, such as vip_reached"));
    let with = reader
        .optional(&fields, "with", |reader, node| given::read(reader, node, "`{ FIELD: VALUE }`"));
    let with = with?.map(|with| with.value).unwrap_or_default();
    Some(At::new(Emitted::With { event: event?, with }, node.span.clone()))
}

/// Lays it out.
pub(super) fn lay_out(layout: &mut Layout<'_, '_>, emit: &At<Emitted>, id: Option<&At<String>>) {
    let step = layout.name(id, &format!("emit-{}", layout.count), &emit.span);
    let nothing = Values::new();
    let (event, with) = match &emit.value {
        Emitted::Plain(event) => (event, &nothing),
        Emitted::With { event, with } => (event, with),
    };
    check_event(layout, event);
    let mut values = Vec::with_capacity(with.len());
    for (name, given) in with {
        check_field(layout, name, with, given);
        values.push((CompactString::from(name.as_str()), given::lay_out(layout, given)));
    }
    layout.push(Emit { step, event: event.as_str().into(), with: values });
}

/// What a shop says of a customer a journey cannot say.
fn check_event(layout: &mut Layout<'_, '_>, event: &At<String>) {
    if EVENT_TYPES.contains(&event.as_str()) {
        let message = format!("`{}` happens in the shop: a journey cannot emit it", event.value);
        layout.compiler.error(event, message, "give the event a type of your own");
        return;
    }
    if layout.compiler.slots.names.changes.contains(&event.value) {
        let message =
            format!("`{}` happens when that changes: a journey cannot emit it", event.value);
        layout.compiler.error(event, message, "give the event a type of your own");
        return;
    }
    layout.compiler.check_emitted(event);
}

fn check_field<T>(layout: &mut Layout<'_, '_>, name: &str, with: &Values, at: &At<T>) {
    let parts: Vec<&str> = name.split('.').collect();
    let root = parts.first().copied().unwrap_or_default();
    let of_its_own = [Subject::Profile, Subject::Message].map(Subject::name);
    let inside =
        |other: &String| other.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    if Envelope::parse(root.as_bytes()).is_some() || of_its_own.contains(&root) {
        let message = format!("an emitted event has no `{root}` of its own");
        layout.compiler.error(at, message, "give the field another name");
    } else if parts.len() > MAX_PATH || !parts.iter().all(|part| is_name(part)) {
        let message = format!("`{name}` is not the name of a field");
        layout.compiler.error(at, message, "write names joined by dots, such as `cart.id`");
    } else if with.keys().any(inside) {
        let message = format!("`{name}` is given as a value and as an object");
        layout.compiler.error(at, message, "remove one of them");
    }
}
