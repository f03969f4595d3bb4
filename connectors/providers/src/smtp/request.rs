//! The bytes of an e-mail. They follow from the command alone, so that a repeated attempt sends the same message.

use crate::message::is_web_url;
use crate::{Email, RejectReason};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cartwheel_core::channel::Channel;
use cartwheel_core::command::Command;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use lettre::{Address, address::Envelope};
use std::time::{Duration, SystemTime};

const SUBJECT: HeaderName = HeaderName::new_from_ascii_str("Subject");
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
        .raw_header(subject(&one_line(&email.subject)?));
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

/// An address in its one form, which has nothing that could end a header line or an SMTP command.
fn address(text: &str) -> Option<Address> {
    let form = cartwheel_core::address::Address::parse(Channel::Email, text).ok()?;
    form.as_str().parse().ok()
}

/// Refuses control characters: a line break would begin another header.
fn one_line(text: &str) -> Result<String, RejectReason> {
    if text.contains(char::is_control) {
        Err(RejectReason::BadRequest)
    } else {
        Ok(text.to_owned())
    }
}

/// A subject as it is where it can stand so, else encoded whole (RFC 2047): word by word, as lettre does it, a customer's text that looks like an encoded
/// word would be decoded by the reader, and one without blanks would make a line longer than SMTP allows.
fn subject(text: &str) -> HeaderValue {
    let plain =
        text.is_ascii() && !text.contains("=?") && text.split(' ').all(|word| word.len() <= 60);
    if plain {
        return HeaderValue::new(SUBJECT, text.to_owned());
    }
    HeaderValue::dangerous_new_pre_encoded(SUBJECT, text.to_owned(), encoded(text))
}

/// Encoded words of one line each, cut between letters. 39 bytes become 52 letters, so that the first line, which begins with `Subject: `, has 73 of the 76
/// that are allowed.
fn encoded(text: &str) -> String {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let ends = rest.char_indices().map(|(at, char)| at + char.len_utf8());
        let end = ends.take_while(|end| *end <= 39).last().unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        words.push(format!("=?utf-8?b?{}?=", STANDARD.encode(word)));
        rest = after;
    }
    words.join("\r\n ")
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
