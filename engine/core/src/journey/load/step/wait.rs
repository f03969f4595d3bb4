//! `wait: 23h`, `wait: { days: 2 }`, `wait: { until: "10:00", at_most: 24h }`, `wait: { for: EVENT, at_most: 3d }` and `wait: { at: INSTANT }`.

use super::layout::Layout;
use crate::journey::at::At;
use crate::journey::condition::Scope;
use crate::journey::definition::{Step, WaitAt, WaitDays, WaitEvent, WaitFor, WaitUntil, ZoneOf};
use crate::journey::load::fields::Reader;
use crate::journey::load::yaml::{Kind, Node};
use crate::journey::op::{self, Until, Wait};
use compact_str::CompactString;

/// Longest wait in days.
const MAX_DAYS: u16 = 3_650;

/// Reads one.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node, _: usize) -> Option<Step> {
    let fields = reader.fields(node, "a wait step", &["wait", "id"])?;
    let id = reader.id(&fields);
    let wait = reader.required(&fields, "wait").and_then(|node| match node.kind {
        Kind::Map(_) => waited_for(reader, node).map(|wait| At::new(wait, node.span.clone())),
        _ => reader.span(node).map(|delay| At::new(WaitFor::Delay(delay.value), delay.span)),
    });
    Some(Step::Wait { wait: wait?, id: id? })
}

fn waited_for(reader: &mut Reader<'_>, node: &Node) -> Option<WaitFor> {
    let has = |name: &str| match &node.kind {
        Kind::Map(entries) => entries.iter().any(|entry| entry.key == name),
        _ => false,
    };
    if has("days") {
        return wait_days(reader, node).map(WaitFor::Days);
    }
    if has("for") {
        return wait_event(reader, node).map(WaitFor::Event);
    }
    if has("at") {
        let fields = reader.fields(node, "a wait until an instant", &["at"])?;
        let at = reader.required(&fields, "at").and_then(|node| reader.deadline(node))?;
        return Some(WaitFor::At(WaitAt { at }));
    }
    wait_until(reader, node).map(WaitFor::Until)
}

fn wait_event(reader: &mut Reader<'_>, node: &Node) -> Option<WaitEvent> {
    let fields = reader.fields(node, "a wait for an event", &["for", "where", "at_most"])?;
    let for_ = reader.required(&fields, "for").and_then(|node| reader.event_types(node));
    let where_ = reader.optional(&fields, "where", Reader::condition);
    let at_most = reader.required(&fields, "at_most").and_then(|node| reader.span(node));
    Some(WaitEvent { for_: for_?, where_: where_?, at_most: at_most? })
}

fn wait_days(reader: &mut Reader<'_>, node: &Node) -> Option<WaitDays> {
    let fields = reader.fields(node, "a wait of some days", &["days"])?;
    let node = reader.required(&fields, "days")?;
    let text = reader.text(node, "a number of days, such as 2")?;
    match text.parse::<u16>() {
        Ok(days @ 1..=MAX_DAYS) => Some(WaitDays { days: At::new(days, text.span) }),
        _ => reader.fail(
            node,
            format!("`{}` is not a number of days", text.value),
            format!("write a whole number from 1 to {MAX_DAYS}"),
        ),
    }
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
        WaitFor::Event(event) => return lay_out_event(layout, step, event),
        WaitFor::Delay(delay) => {
            layout.compiler.bounded(&At::new(*delay, wait.span.clone()));
            Until::Elapsed(*delay)
        }
        WaitFor::Days(wait) => Until::Days(wait.days.value),
        WaitFor::Until(until) => {
            layout.compiler.positive(&until.at_most);
            Until::Local { time: until.until, at_most: until.at_most.value }
        }
        WaitFor::At(wait) => match layout.compiler.deadline(Some(&wait.at), Scope::Step) {
            Some(deadline) => Until::At(Box::new(deadline)),
            // It was refused.
            None => return,
        },
    };
    layout.push(Wait { step, until });
}

fn lay_out_event(layout: &mut Layout<'_, '_>, step: CompactString, wait: &WaitEvent) {
    let compiler = &mut *layout.compiler;
    for event in wait.for_.names() {
        compiler.check_event(event);
    }
    compiler.positive(&wait.at_most);
    compiler.warn_of_twice(wait.for_.names());
    let condition = compiler.condition_on(wait.for_.names(), wait.where_.as_ref());
    compiler.slots.waits = true;
    compiler.slots.waits_for.extend(wait.for_.names().iter().map(|kind| kind.value.clone()));
    let mut events: Vec<CompactString> =
        wait.for_.names().iter().map(|event| event.as_str().into()).collect();
    events.dedup();
    layout.push(op::WaitFor { step, events, condition, at_most: wait.at_most.value });
}
