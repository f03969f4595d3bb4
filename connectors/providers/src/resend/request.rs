//! The body of `POST /emails` (schema `SendEmailRequest` of Resend's OpenAPI file).

use crate::Email;
use cartwheel_core::command::Command;
use serde::Serialize;

/// Resend allows so many characters in a tag's name and value.
const LONGEST_TAG: usize = 256;

#[derive(Serialize)]
pub(super) struct SendEmail<'a> {
    from: String,
    to: [&'a str; 1],
    subject: &'a str,
    html: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<OneClick>,
    tags: [Tag; 4],
}

/// The headers of RFC 8058.
#[derive(Serialize)]
struct OneClick {
    #[serde(rename = "List-Unsubscribe")]
    list_unsubscribe: String,
    #[serde(rename = "List-Unsubscribe-Post")]
    list_unsubscribe_post: &'static str,
}

#[derive(Serialize)]
struct Tag {
    name: &'static str,
    value: String,
}

/// The body for one e-mail; it follows from its arguments alone, as the idempotency key demands.
pub(super) fn body<'a>(email: &'a Email, command: &Command) -> SendEmail<'a> {
    SendEmail {
        from: mailbox(&email.from.name, &email.from.address),
        to: [&email.to],
        subject: &email.subject,
        html: &email.html,
        text: &email.text,
        reply_to: email.reply_to.as_deref(),
        headers: email.unsubscribe_url.as_ref().map(|url| OneClick {
            list_unsubscribe: format!("<{url}>"),
            list_unsubscribe_post: "List-Unsubscribe=One-Click",
        }),
        tags: [
            tag("command_id", &command.command_id.to_string()),
            tag("journey", &command.journey),
            tag("step", &command.step),
            tag("variant", command.variant.as_deref().unwrap_or("none")),
        ],
    }
}

/// `"Name" <address>` with the name quoted, so that a comma or bracket in it stays part of it.
fn mailbox(name: &str, address: &str) -> String {
    format!("\"{}\" <{address}>", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Tag values may hold ASCII letters, digits, `_` and `-` only; anything else becomes `_`.
fn tag(name: &'static str, value: &str) -> Tag {
    let allowed = |char: char| if char.is_ascii_alphanumeric() || char == '-' { char } else { '_' };
    Tag { name, value: value.chars().map(allowed).take(LONGEST_TAG).collect() }
}
