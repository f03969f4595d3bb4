//! Letting an event of the same customer happen.

use super::next::Next;
use crate::apply::context::Context;
use crate::customer::Run;
use crate::decision::{Reason, Verdict};
use crate::effect::Happening;
use crate::event::vocabulary::Envelope;
use crate::id::CommandId;
use crate::journey::op::Emit;
use crate::value::Value;
use serde_json::{Map, Value as Json};

/// The run reaches the step.
pub(super) fn run(emit: &Emit, context: &mut Context<'_>, run: &Run, op: u16) -> Next {
    let event = || Value::Text(emit.event.clone());
    if let Some(holdout) = context.held_out(run) {
        let held_out = context.by_step(run, op, Verdict::HeldOut, holdout.reason());
        context.decide(&held_out.value("event", event()));
        return Next::Op(op + 1);
    }
    let number = CommandId::of(run.id, &emit.step, 0).0 as u64;
    let (kind, text, at) = (emit.event.clone(), text(emit, context, run), context.t);
    let happening = Happening { kind, text, number, at };
    let decided = match context.let_happen(happening) {
        Ok(()) => context.by_step(run, op, Verdict::Emitted, Reason::Step),
        Err(limit) => {
            let dropped = context.by_step(run, op, Verdict::Dropped, Reason::EmitLimit);
            dropped.number("limit", limit)
        }
    };
    context.decide(&decided.value("event", event()));
    Next::Op(op + 1)
}

/// The event as an object. Its type is one of its fields: facts may be kept by it.
fn text(emit: &Emit, context: &Context<'_>, run: &Run) -> String {
    let mut event = Map::new();
    event.insert(Envelope::Type.name().into(), emit.event.as_str().into());
    for (name, given) in &emit.with {
        put(&mut event, name, context.given(run, given).to_json());
    }
    Json::Object(event).to_string()
}

/// Puts a value where its path leads. The loader refuses a field that is a value and an object.
fn put(object: &mut Map<String, Json>, path: &str, value: Json) {
    let Some((first, rest)) = path.split_once('.') else {
        object.insert(path.to_owned(), value);
        return;
    };
    let inner = object.entry(first).or_insert_with(|| Json::Object(Map::new()));
    if let Json::Object(inner) = inner {
        put(inner, rest, value);
    }
}
