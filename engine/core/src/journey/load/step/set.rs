//! `set: { ATTRIBUTE: VALUE }`.

use super::given::{self, Values, is_name};
use super::layout::Layout;
use crate::event::Subject;
use crate::event::vocabulary::CONSENT;
use crate::journey::at::At;
use crate::journey::definition::Step;
use crate::journey::load::fields::Reader;
use crate::journey::load::yaml::Node;
use crate::journey::op::Set;
use compact_str::CompactString;

/// Reads one.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node, _: usize) -> Option<Step> {
    let fields = reader.fields(node, "a set step", &["set", "id"])?;
    let id = reader.id(&fields);
    let set = reader
        .required(&fields, "set")
        .and_then(|node| given::read(reader, node, "`{ ATTRIBUTE: VALUE }`"));
    Some(Step::Set { set: set?, id: id? })
}

/// Lays it out.
pub(super) fn lay_out(layout: &mut Layout<'_, '_>, set: &At<Values>, id: Option<&At<String>>) {
    let step = layout.name(id, &format!("set-{}", layout.count), &set.span);
    let mut values = Vec::with_capacity(set.len());
    for (name, given) in set.iter() {
        check_name(layout, name, given);
        let name = CompactString::from(name.as_str());
        // It has room in every profile, as what conditions read.
        let attributes = &mut layout.compiler.slots.attributes;
        if !attributes.contains(&name) {
            attributes.push(name.clone());
        }
        values.push((name, given::lay_out(layout, given)));
    }
    layout.push(Set { step, values });
}

/// What the product itself reads of a profile comes from events alone.
fn check_name<T>(layout: &mut Layout<'_, '_>, name: &str, at: &At<T>) {
    let known = Subject::Profile.fields().iter().any(|(known, _)| *known == name);
    if known || name == CONSENT {
        let message = format!("`{name}` cannot be set by a journey: it comes from events alone");
        layout.compiler.error(at, message, "set an attribute of your own");
    } else if !is_name(name) {
        let message = format!("`{name}` is not the name of an attribute");
        layout.compiler.error(at, message, "write at most 64 letters, digits and `_`");
    }
}
