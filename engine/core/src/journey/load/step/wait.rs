//! `wait: 23h` and `wait: { until: "10:00", at_most: 24h }`.

use super::layout::Layout;
use crate::journey::at::At;
use crate::journey::definition::{Step, WaitFor, WaitUntil, ZoneOf};
use crate::journey::load::fields::Reader;
use crate::journey::load::yaml::{Kind, Node};
use crate::journey::op::{Until, Wait};

/// Reads one.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node, _: usize) -> Option<Step> {
    let fields = reader.fields(node, "a wait step", &["wait", "id"])?;
    let id = reader.id(&fields);
    let wait = reader.required(&fields, "wait").and_then(|node| match node.kind {
        Kind::Map(_) => {
            wait_until(reader, node).map(|until| At::new(WaitFor::Until(until), node.span.clone()))
        }
        _ => reader.span(node).map(|delay| At::new(WaitFor::Delay(delay.value), delay.span)),
    });
    Some(Step::Wait { wait: wait?, id: id? })
}

fn wait_until(reader: &mut Reader<'_>, node: &Node) -> Option<WaitUntil> {
    let fields = reader.fields(node, "a wait until a local time", &["until", "zone", "at_most"])?;
    let until = reader.required(&fields, "until").and_then(|node| reader.local_time(node));
    let zone = reader.optional(&fields, "zone", |reader, node| {
        reader.word(node, "a zone", &[("customer", ZoneOf::Customer)])
    });
    let at_most = reader.required(&fields, "at_most").and_then(|node| reader.span(node));
    Some(WaitUntil {
        until: until?,
        zone: zone?.map_or(ZoneOf::Customer, |zone| zone.value),
        at_most: at_most?,
    })
}

/// Lays it out.
pub(super) fn lay_out(layout: &mut Layout<'_, '_>, wait: &At<WaitFor>, id: Option<&At<String>>) {
    let step = layout.name(id, &format!("wait-{}", layout.count), &wait.span);
    let until = match &wait.value {
        WaitFor::Delay(delay) => {
            layout.compiler.bounded(&At::new(*delay, wait.span.clone()));
            Until::Elapsed(*delay)
        }
        WaitFor::Until(until) => {
            layout.compiler.positive(&until.at_most);
            Until::Local { time: until.until, at_most: until.at_most.value }
        }
    };
    layout.push(Wait { step, until });
}
