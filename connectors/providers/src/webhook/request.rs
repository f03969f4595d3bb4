//! The bytes of a call and their signature.

use crate::{Rendered, Secret};
use aws_lc_rs::hmac;
use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::command::Command;
use cartwheel_core::id::{CommandId, RunId};
use cartwheel_core::time::{Millis, rfc3339};
use serde::Serialize;
use std::borrow::Cow;
use std::fmt::Write;

/// The header with the time and the signatures: `t=SECONDS,v1=HEX[,v1=HEX]`.
pub const SIGNATURE: &str = "cartwheel-signature";

/// The value of [`SIGNATURE`] for a body: HMAC-SHA256 over `SECONDS.BODY`, once for each live secret. The receiver recomputes it over
/// the bytes as they came, accepts any of the `v1`, and refuses times that are far from its own.
pub fn signature(secrets: &[Secret], seconds: i64, body: &[u8]) -> String {
    let mut value = format!("t={seconds}");
    for secret in secrets {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
        let mut context = hmac::Context::with_key(&key);
        context.update(seconds.to_string().as_bytes());
        context.update(b".");
        context.update(body);
        // Writing into a String cannot fail.
        let _ = write!(value, ",v1={}", hex::encode(context.sign()));
    }
    value
}

/// What is posted for a message: on the channel webhook the JSON that the template wrote, as it is; on every other an [`Envelope`]. It follows from
/// message and command alone, so that a repeated call carries the same bytes. None if it cannot be written as JSON.
pub(super) fn body<'a>(message: &'a Rendered, command: &Command) -> Option<Cow<'a, [u8]>> {
    let content = match message {
        Rendered::Webhook { body } => return Some(Cow::Borrowed(body)),
        Rendered::Email(email) => Content {
            from: Some(From { name: &email.from.name, address: &email.from.address }),
            reply_to: email.reply_to.as_deref(),
            subject: Some(&email.subject),
            text: &email.text,
            html: Some(&email.html),
            unsubscribe_url: email.unsubscribe_url.as_deref(),
        },
        Rendered::Sms { text, .. } | Rendered::Push { text, .. } => {
            Content { text, ..Content::default() }
        }
    };
    let to = match message {
        Rendered::Email(email) => &email.to,
        Rendered::Sms { to, .. } | Rendered::Push { to, .. } => to,
        Rendered::Webhook { .. } => return None,
    };
    serde_json::to_vec(&Envelope::of(message.channel(), to, content, command)).ok().map(Cow::Owned)
}

/// A message and where it comes from. `engine/docs/webhook.md` is its contract: fields may be added, none changes its meaning.
#[derive(Serialize)]
struct Envelope<'a> {
    command_id: CommandId,
    channel: Channel,
    to: &'a str,
    message: Content<'a>,
    customer: &'a str,
    journey: &'a str,
    version: &'a str,
    run_id: RunId,
    step: &'a str,
    template: &'a str,
    class: Class,
    variant: Option<&'a str>,
    #[serde(with = "rfc3339")]
    due_at: Millis,
    #[serde(with = "rfc3339")]
    decided_at: Millis,
    #[serde(with = "rfc3339")]
    not_after: Millis,
}

/// What the recipient sees. Only an e-mail has more than a text.
#[derive(Default, Serialize)]
struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<From<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unsubscribe_url: Option<&'a str>,
}

#[derive(Serialize)]
struct From<'a> {
    name: &'a str,
    address: &'a str,
}

impl<'a> Envelope<'a> {
    fn of(channel: Channel, to: &'a str, message: Content<'a>, command: &'a Command) -> Self {
        Self {
            command_id: command.command_id,
            channel,
            to,
            message,
            customer: &command.customer,
            journey: &command.journey,
            version: &command.version,
            run_id: command.run_id,
            step: &command.step,
            template: &command.template,
            class: command.class,
            variant: command.variant.as_deref(),
            due_at: command.due_at,
            decided_at: command.decided_at,
            not_after: command.not_after,
        }
    }
}
