//! A decision in as few bytes as its texts allow; self-contained, so that it can be read under any later configuration.
//!
//! `head 3 bytes, at, [run u128], [command u128], journey, [step], (name, value)*` to the end, little endian, where `at` is a signed
//! number and values are as in [`crate::compact`]. The head's first byte is the version (4 bits) and the channel (4; 0: none); the second the
//! verdict (4) and whether there is a run, a command, a step; the third the reason. Journey and step are texts after their length. A name is the number of a frequent word or, from
//! [`NAME`] on, the length of a text. A value that is a frequent word is its number, and one that is an instant in RFC 3339 is its distance from `at`.
//! Names of journeys and steps are bounded by the loader; longer texts are cut at 255 bytes.

mod names;
mod words;

use crate::channel::Channel;
use crate::compact::{Bytes, OWN, TEXT, Writer};
use crate::decision::{Decided, Decision, Reason, Shown, Values, Verdict};
use crate::id::{CommandId, RunId};
use crate::time::{Millis, exact_rfc3339, format_rfc3339};
use crate::value::Value;
use compact_str::CompactString;
pub use names::Names;
use names::{MAX_TEXT, cut};
use words::NAME;

/// Of this form. Version 0 had 5 bits for a reason, in a head of two bytes.
const VERSION: u8 = 1;
const HAS_RUN: u8 = 1 << 4;
const HAS_COMMAND: u8 = 1 << 5;
const HAS_STEP: u8 = 1 << 6;
const UNUSED: u8 = 1 << 7;

const _: () = assert!(Verdict::ALL.len() <= 16 && Channel::ALL.len() < 16);

/// The value is an instant.
const INSTANT: u64 = OWN;
/// The value is a frequent word.
const WORD: u64 = OWN + 1;

/// A text with its length.
const TEXT_AT_MOST: usize = 9 + MAX_TEXT;
/// A decision without values: head, time, run, command, journey and step.
const HEAD_AT_MOST: usize = 3 + 9 + 2 * 16 + 2 * TEXT_AT_MOST;

/// The bytes that the packed decision takes at most.
pub fn most(decided: &Decided) -> usize {
    let values = usize::from(decided.first.is_some()) + decided.values.len();
    HEAD_AT_MOST + values * 2 * TEXT_AT_MOST
}

/// Appends the packed decision to `out`.
pub fn pack(names: &Names, decided: &Decided, out: &mut Vec<u8>) {
    let (name, has_step) = names.get(decided.journey, decided.op);
    let flag = |present: bool, bit| if present { bit } else { 0 };
    let what = decided.verdict as u8
        | flag(decided.run.is_some(), HAS_RUN)
        | flag(decided.command.is_some(), HAS_COMMAND)
        | flag(has_step, HAS_STEP);
    let channel = decided.channel.map_or(0, |channel| channel as u8 + 1);
    let mut writer = Writer::new(out);
    writer.bytes([VERSION << 4 | channel, what, decided.reason as u8]);
    writer.signed(decided.at);
    if let Some(run) = decided.run {
        writer.bytes(run.0.to_le_bytes());
    }
    if let Some(command) = decided.command {
        writer.bytes(command.0.to_le_bytes());
    }
    writer.room();
    writer.slice(name);
    if let Some((name, shown)) = &decided.first {
        put_value(&mut writer, name, shown, decided.at);
    }
    for (name, shown) in &decided.values {
        put_value(&mut writer, name, shown, decided.at);
    }
    writer.flush();
}

#[inline]
fn put_value(writer: &mut Writer<'_>, name: &str, shown: &Shown, at: Millis) {
    writer.room();
    match words::number(name) {
        Some(number) => writer.number(number),
        None => writer.text(NAME, cut(name)),
    }
    match shown {
        Shown::Value(Value::Text(text)) => put_text(writer, text, at),
        Shown::Value(other) => writer.value(other),
        Shown::Instant(instant) => put_instant(writer, *instant, at),
    }
}

fn put_text(writer: &mut Writer<'_>, text: &str, at: Millis) {
    writer.room();
    if let Some(instant) = exact_rfc3339(text) {
        put_instant(writer, instant, at);
    } else if let Some(number) = words::number(text) {
        writer.number(WORD);
        writer.number(number);
    } else {
        writer.text(TEXT, cut(text));
    }
}

fn put_instant(writer: &mut Writer<'_>, instant: Millis, at: Millis) {
    writer.room();
    writer.number(INSTANT);
    writer.signed(instant.wrapping_sub(at));
}

/// Reads a packed decision of `customer`; none if the bytes are not one.
pub fn unpack(bytes: &[u8], customer: &str) -> Option<Decision> {
    let mut rest = Bytes(bytes);
    let [form, what, reason] = rest.array()?;
    if form >> 4 != VERSION || what & UNUSED != 0 {
        return None;
    }
    let at = rest.signed()?;
    let decision = Verdict::from_number(what & 15)?;
    let reason = Reason::from_number(reason)?;
    let channel = match usize::from(form & 15) {
        0 => None,
        channel => Some(*Channel::ALL.get(channel - 1)?),
    };
    let run =
        if what & HAS_RUN != 0 { Some(RunId(u128::from_le_bytes(rest.array()?))) } else { None };
    let command_id = if what & HAS_COMMAND != 0 {
        Some(CommandId(u128::from_le_bytes(rest.array()?)))
    } else {
        None
    };
    let journey = name(&mut rest)?;
    let step = if what & HAS_STEP != 0 { Some(name(&mut rest)?) } else { None };
    let mut values = Values::new();
    while !rest.0.is_empty() {
        values.push((value_name(&mut rest)?, value(&mut rest, at)?));
    }
    Some(Decision {
        at,
        customer: customer.into(),
        journey,
        run,
        step,
        decision,
        reason,
        channel,
        command_id,
        values,
    })
}

fn name(rest: &mut Bytes<'_>) -> Option<CompactString> {
    let len = rest.number()?;
    rest.text(len)
}

fn value_name(rest: &mut Bytes<'_>) -> Option<CompactString> {
    match rest.number()? {
        number @ 0..NAME => words::word(number).map(CompactString::from),
        head => rest.text(head - NAME),
    }
}

fn value(rest: &mut Bytes<'_>, at: Millis) -> Option<Value> {
    match rest.number()? {
        INSTANT => Some(Value::Text(format_rfc3339(at.wrapping_add(rest.signed()?)).into())),
        WORD => {
            let number = rest.number()?;
            words::word(number).map(|word| Value::Text(word.into()))
        }
        head => rest.value_of(head),
    }
}

#[cfg(test)]
mod tests;
