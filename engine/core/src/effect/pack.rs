//! A decision in as few bytes as its texts allow; self-contained, so that it can be read under any later configuration.
//!
//! `at i64, verdict u8, reason u8, channel u8 (255: none), flags u8 (1 run, 2 command, 4 step), [run u128], [command u128],
//! journey, [step], count u8, (name, value)*` where a text is `length u8, bytes` (names of steps and journeys are bounded by
//! the loader; longer values are cut at 255 bytes) and a value is a tag u8 and its content. Little endian.

use super::Decided;
use crate::channel::Channel;
use crate::decision::{Decision, Reason, Values, Verdict};
use crate::id::{CommandId, RunId};
use crate::journey::plan::Plan;
use crate::value::Value;
use compact_str::CompactString;

const NONE: u8 = 255;
const HAS_RUN: u8 = 1;
const HAS_COMMAND: u8 = 2;
const HAS_STEP: u8 = 4;

/// Appends the packed decision to `out`.
pub fn pack(plan: &Plan, decided: &Decided<'_>, out: &mut Vec<u8>) {
    let journey = plan.journeys.get(usize::from(decided.journey));
    let step = decided.op.and_then(|op| journey?.ops.get(usize::from(op))?.step());
    let flag = |present: bool, bit| if present { bit } else { 0 };
    out.extend_from_slice(&decided.at.to_le_bytes());
    out.push(decided.verdict as u8);
    out.push(decided.reason as u8);
    out.push(decided.channel.map_or(NONE, |channel| channel as u8));
    out.push(flag(decided.run.is_some(), HAS_RUN) | flag(decided.command.is_some(), HAS_COMMAND) | flag(step.is_some(), HAS_STEP));
    if let Some(run) = decided.run {
        out.extend_from_slice(&run.0.to_le_bytes());
    }
    if let Some(command) = decided.command {
        out.extend_from_slice(&command.0.to_le_bytes());
    }
    put_text(out, journey.map_or("", |journey| &journey.name));
    if let Some(step) = step {
        put_text(out, step);
    }
    out.push(decided.values.len().min(255) as u8);
    for (name, value) in decided.values.iter().take(255) {
        put_text(out, name);
        put_value(out, value);
    }
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    let mut end = text.len().min(255);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    out.push(end as u8);
    out.extend_from_slice(&text.as_bytes()[..end]);
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(0),
        Value::Bool(value) => out.extend_from_slice(&[1, u8::from(*value)]),
        Value::Number(value) => {
            out.push(2);
            out.extend_from_slice(&value.to_le_bytes());
        }
        Value::Text(value) => {
            out.push(3);
            put_text(out, value);
        }
    }
}

/// Reads a packed decision of `customer`; none if the bytes are not one.
pub fn unpack(bytes: &[u8], customer: &str) -> Option<Decision> {
    let mut rest = Bytes(bytes);
    let at = i64::from_le_bytes(rest.array()?);
    let decision = Verdict::from_number(rest.byte()?)?;
    let reason = Reason::from_number(rest.byte()?)?;
    let channel = rest.byte()?;
    let channel = if channel == NONE { None } else { Some(*Channel::ALL.get(usize::from(channel))?) };
    let flags = rest.byte()?;
    let run = if flags & HAS_RUN != 0 { Some(RunId(u128::from_le_bytes(rest.array()?))) } else { None };
    let command_id = if flags & HAS_COMMAND != 0 { Some(CommandId(u128::from_le_bytes(rest.array()?))) } else { None };
    let journey = rest.text()?;
    let step = if flags & HAS_STEP != 0 { Some(rest.text()?) } else { None };
    let mut values = Values::new();
    for _ in 0..rest.byte()? {
        values.push((rest.text()?, rest.value()?));
    }
    Some(Decision { at, customer: customer.into(), journey, run, step, decision, reason, channel, command_id, values })
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn text(&mut self) -> Option<CompactString> {
        let len = usize::from(self.byte()?);
        let (text, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        CompactString::from_utf8(text).ok()
    }

    fn value(&mut self) -> Option<Value> {
        Some(match self.byte()? {
            0 => Value::Null,
            1 => Value::Bool(self.byte()? != 0),
            2 => Value::Number(f64::from_le_bytes(self.array()?)),
            3 => Value::Text(self.text()?),
            _ => return None,
        })
    }
}
