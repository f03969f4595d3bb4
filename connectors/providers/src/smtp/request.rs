//! The bytes of an e-mail. They follow from the command alone, so that a repeated attempt sends the same message.

use crate::message::is_web_url;
use crate::{Email, RejectReason};
use cartwheel_core::command::Command;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use lettre::{Address, address::Envelope};
use std::time::{Duration, SystemTime};

const LIST_UNSUBSCRIBE: HeaderName = HeaderName::new_from_ascii_str("List-Unsubscribe");
const LIST_UNSUBSCRIBE_POST: HeaderName = HeaderName::new_from_ascii_str("List-Unsubscribe-Post");

/// The envelope and the content for one e-mail. `Date`, `Message-ID` and the boundary derive from the command.
pub(super) fn build(email: &Email, command: &Command) -> Result<(Envelope, Vec<u8>), RejectReason> {
    let to = address(&email.to).ok_or(RejectReason::BadAddress)?;
    let from = address(&email.from.address).ok_or(RejectReason::BadRequest)?;
    let date =
        SystemTime::UNIX_EPOCH + Duration::from_millis(command.decided_at.max(0).unsigned_abs());
    let mut message = Message::builder()
        .from(Mailbox::new(Some(one_line(&email.from.name)?), from.clone()))
        .to(Mailbox::new(None, to))
        .date(date)
        .message_id(Some(format!("<{}@{}>", command.command_id, from.domain())))
        .subject(one_line(&email.subject)?);
    if let Some(reply_to) = &email.reply_to {
        message = message
            .reply_to(Mailbox::new(None, address(reply_to).ok_or(RejectReason::BadRequest)?));
    }
    if let Some(url) = &email.unsubscribe_url {
        for header in one_click(url)? {
            message = message.raw_header(header);
        }
    }
    let parts = MultiPart::alternative()
        .boundary(format!("cartwheel-{}", command.command_id))
        .singlepart(SinglePart::plain(email.text.clone()))
        .singlepart(SinglePart::html(email.html.clone()));
    let message = message.multipart(parts).map_err(|_| RejectReason::BadRequest)?;
    Ok((message.envelope().clone(), message.formatted()))
}

/// An address without anything that could end a header line or an SMTP command.
fn address(text: &str) -> Option<Address> {
    if text.contains(|char: char| {
        char.is_control() || char.is_whitespace() || matches!(char, '<' | '>')
    }) {
        return None;
    }
    text.parse().ok()
}

/// Refuses control characters: a line break would begin another header.
fn one_line(text: &str) -> Result<String, RejectReason> {
    if text.contains(char::is_control) {
        Err(RejectReason::BadRequest)
    } else {
        Ok(text.to_owned())
    }
}

/// The two headers of RFC 8058. They must not be folded inside of the URL or encoded, hence the check of every byte.
fn one_click(url: &str) -> Result<[HeaderValue; 2], RejectReason> {
    if !is_web_url(url) || url.len() > 900 {
        return Err(RejectReason::BadRequest);
    }
    let plain =
        |name, text: String| HeaderValue::dangerous_new_pre_encoded(name, text.clone(), text);
    Ok([
        plain(LIST_UNSUBSCRIBE, format!("<{url}>")),
        plain(LIST_UNSUBSCRIBE_POST, "List-Unsubscribe=One-Click".to_owned()),
    ])
}
