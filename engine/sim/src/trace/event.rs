//! An event line: `CUSTOMER TYPE [of TEMPLATE [CHANNEL]] [recorded TIME] [name=value ...]`.

use super::fault::{Wrong, no_assignment};
use super::json::{Fields, Json};
use super::word::Word;
use cartwheel_core::channel::Channel;
use cartwheel_core::id::{CommandId, key_hash};
use cartwheel_core::time::{Millis, format_rfc3339, parse_rfc3339};

/// An event that a trace makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The customer string.
    pub customer: String,
    /// The canonical event, but for what [`Event::json`] adds.
    body: Fields,
    /// The message that it is about.
    pub of: Option<Message>,
    /// The time that its record bears, if not the line's.
    pub recorded: Option<Millis>,
}

/// A customer's newest message from a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The template, or the step's name.
    pub template: String,
    /// The channel, where it matters.
    pub channel: Option<Channel>,
}

impl Event {
    /// Reads the words after the time. `clock` reads `HH:MM` of the line's day, or a local day with it.
    pub fn read(words: &[Word<'_>], clock: impl Fn(&str) -> Option<Millis>) -> Result<Self, Wrong> {
        let [customer, kind, rest @ ..] = words else {
            let span = words.first().map_or(0..0, Word::span);
            return Err((
                span,
                "an event needs a customer and a type".into(),
                Some("10:00 ana cart_updated cart.id=k1".into()),
            ));
        };
        if kind.text.contains('=') {
            return Err((
                kind.span(),
                format!("`{}` stands where the event's type is expected", kind.text),
                Some(
                    "write CUSTOMER TYPE, then the fields: 10:00 ana cart_updated cart.id=k1"
                        .into(),
                ),
            ));
        }
        let (of, rest) = message(rest)?;
        let (recorded, rest) = recorded(rest, &clock)?;
        let mut body = Fields::new();
        body.insert("type".into(), Json::text(kind.text));
        body.insert("customer".into(), Json::text(customer.text));
        for word in rest {
            let Some((name, value)) = word.assignment() else {
                return Err(no_assignment(word));
            };
            let value = if name.text == "time" { time(value, &clock)? } else { Json::read(value)? };
            insert(&mut body, name, value)?;
        }
        Ok(Self { customer: customer.text.into(), body, of, recorded })
    }

    /// The canonical event of line `line`, recorded at `at`, which is its time unless it brings its own; the id is derived from `scope` and the line.
    pub fn json(
        &self,
        at: Millis,
        scope: &str,
        line: usize,
        command: Option<(CommandId, Option<Channel>)>,
    ) -> Vec<u8> {
        let mut body = self.body.clone();
        body.entry("id".into()).or_insert_with(|| {
            Json::text(&format!("{:016x}", key_hash(Some(&format!("{scope}:{line}")))))
        });
        body.entry("time".into()).or_insert_with(|| Json::text(&format_rfc3339(at)));
        if let Some((command, channel)) = command {
            let message = body.entry("message".into()).or_insert_with(Json::nothing);
            message.put("command_id", Json::text(&command.to_string()));
            if let Some(channel) = channel {
                message.put("channel", Json::text(channel.name()));
            }
        }
        let mut text = String::new();
        Json::Object(body).write(&mut text);
        text.into_bytes()
    }
}

/// `of TEMPLATE [CHANNEL]` at the beginning, and what follows.
fn message<'w, 't>(words: &'w [Word<'t>]) -> Result<(Option<Message>, &'w [Word<'t>]), Wrong> {
    match words {
        [of, template, rest @ ..] if of.text == "of" && !template.text.contains('=') => {
            let channel = rest.first().and_then(|word| Channel::parse(word.text));
            let rest = if channel.is_some() { &rest[1..] } else { rest };
            Ok((Some(Message { template: template.text.into(), channel }), rest))
        }
        [of, ..] if of.text == "of" => {
            let help = Some("10:00 ana message_opened of cart_reminder".into());
            Err((of.span(), "`of` needs the template of a message".into(), help))
        }
        _ => Ok((None, words)),
    }
}

/// `recorded TIME`, and what follows.
pub(super) fn recorded<'w, 't>(
    words: &'w [Word<'t>],
    clock: impl Fn(&str) -> Option<Millis>,
) -> Result<(Option<Millis>, &'w [Word<'t>]), Wrong> {
    let [recorded, rest @ ..] = words else { return Ok((None, words)) };
    if recorded.text != "recorded" {
        return Ok((None, words));
    }
    let help = || Some("recorded 09:30; recorded 2026-03-01T09:30".to_owned());
    let [word, rest @ ..] = rest else {
        return Err((recorded.span(), "`recorded` needs a time".into(), help()));
    };
    match clock(word.text).or_else(|| parse_rfc3339(word.text)) {
        Some(at) => Ok((Some(at), rest)),
        None => Err((word.span(), format!("`{}` is not a time", word.text), help())),
    }
}

/// A time as a line has it, or whatever stands there.
pub(super) fn time(word: Word<'_>, clock: impl Fn(&str) -> Option<Millis>) -> Result<Json, Wrong> {
    match clock(word.text) {
        Some(at) => Ok(Json::text(&format_rfc3339(at))),
        None => Json::read(word),
    }
}

/// Puts `value` at the dotted `name`.
pub(super) fn insert(body: &mut Fields, name: Word<'_>, value: Json) -> Result<(), Wrong> {
    let wrong = |message: &str| {
        let help = "write each field once, with its names joined by dots: cart.id=k1 cart.total=80";
        (name.span(), format!("`{}`: {message}", name.text), Some(help.into()))
    };
    let mut parts: Vec<&str> = name.text.split('.').collect();
    if parts.iter().any(|part| part.is_empty()) {
        return Err(wrong("a part of the name is empty"));
    }
    let last = parts.pop().unwrap_or_default();
    let mut inner = body;
    for part in parts {
        inner = match inner.entry(part.into()).or_insert_with(Json::nothing) {
            Json::Object(fields) => fields,
            Json::Written(_) => return Err(wrong("is inside of something that is not an object")),
        };
    }
    match inner.insert(last.into(), value) {
        Some(_) => Err(wrong("is there already")),
        None => Ok(()),
    }
}
