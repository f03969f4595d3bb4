//! Reading a received mail: the headers and the HTML part, as far as the inbox shows them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cartwheel_core::id::CommandId;

/// What the inbox shows of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The first recipient.
    pub to: String,
    /// The sender's header as it stands.
    pub from: String,
    /// The subject in plain text.
    pub subject: String,
    /// The HTML part; empty if there is none.
    pub html: String,
    /// The command that the `Message-ID` names.
    pub command: Option<CommandId>,
}

impl Mail {
    /// Reads a mail (lines end with CR LF, dots are unstuffed).
    pub fn read(content: &[u8]) -> Self {
        let text = String::from_utf8_lossy(content);
        let (head, body) = split(&text);
        let id = header(head, "Message-ID").unwrap_or_default();
        Self {
            to: header(head, "To").unwrap_or_default().trim_matches(['<', '>']).to_owned(),
            from: words(&header(head, "From").unwrap_or_default()),
            subject: words(&header(head, "Subject").unwrap_or_default()),
            html: html(head, body).unwrap_or_default(),
            command: id
                .trim_start_matches('<')
                .split('@')
                .next()
                .and_then(|local| u128::from_str_radix(local, 16).ok())
                .map(CommandId),
        }
    }
}

/// Headers and body.
fn split(text: &str) -> (&str, &str) {
    text.split_once("\r\n\r\n").unwrap_or((text, ""))
}

/// The value of a header, unfolded.
fn header(head: &str, name: &str) -> Option<String> {
    let mut lines = head.split("\r\n").skip_while(|line| {
        let found = line.split_once(':').is_some_and(|(own, _)| own.eq_ignore_ascii_case(name));
        !found
    });
    let mut value = lines.next()?.split_once(':')?.1.trim().to_owned();
    for more in lines.take_while(|line| line.starts_with([' ', '\t'])) {
        value.push(' ');
        value.push_str(more.trim());
    }
    Some(value)
}

/// The HTML part: the body itself, or the part of a multipart.
fn html(head: &str, body: &str) -> Option<String> {
    let kind = header(head, "Content-Type")?;
    if let Some(boundary) = parameter(&kind, "boundary") {
        return body.split(&format!("--{boundary}")).skip(1).find_map(|part| {
            let (head, body) = split(part.trim_start_matches("\r\n"));
            html(head, body)
        });
    }
    if !kind.to_lowercase().starts_with("text/html") {
        return None;
    }
    let bytes =
        match header(head, "Content-Transfer-Encoding").unwrap_or_default().to_lowercase().as_str()
        {
            "base64" => STANDARD.decode(body.split_whitespace().collect::<String>()).ok()?,
            "quoted-printable" => quoted(body.as_bytes(), false),
            _ => body.as_bytes().to_vec(),
        };
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn parameter(value: &str, name: &str) -> Option<String> {
    let found = value
        .split(';')
        .skip(1)
        .filter_map(|part| part.split_once('='))
        .find(|(own, _)| own.trim().eq_ignore_ascii_case(name))?;
    Some(found.1.trim().trim_matches('"').to_owned())
}

/// Quoted-printable (RFC 2045); in a header `_` is a blank (RFC 2047).
fn quoted(text: &[u8], in_header: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let pair = text.get(at + 1..at + 3).filter(|_| byte == b'=');
        let value =
            pair.and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        match (value, pair) {
            (Some(value), _) => out.push(value),
            (None, Some(b"\r\n")) => {}
            (None, _) => {
                out.push(if in_header && byte == b'_' { b' ' } else { byte });
                at += 1;
                continue;
            }
        }
        at += 3;
    }
    out
}

/// Decodes the encoded words of a header (RFC 2047, UTF-8). Blanks between two of them do not count.
fn words(text: &str) -> String {
    let (mut out, mut rest, mut after_word) = (String::new(), text, false);
    while let Some(start) = rest.find("=?") {
        let parts: Vec<&str> = rest[start + 2..].splitn(4, '?').collect();
        let word = match parts.as_slice() {
            [_, encoding, content, tail] if tail.starts_with('=') => {
                decoded(encoding, content).map(|word| (word, &tail[1..]))
            }
            _ => None,
        };
        let Some((word, tail)) = word else { break };
        if !(after_word && rest[..start].trim().is_empty()) {
            out.push_str(&rest[..start]);
        }
        out.push_str(&word);
        (rest, after_word) = (tail, true);
    }
    out + rest
}

fn decoded(encoding: &str, content: &str) -> Option<String> {
    let bytes = match encoding {
        "b" | "B" => STANDARD.decode(content).ok()?,
        "q" | "Q" => quoted(content.as_bytes(), true),
        _ => return None,
    };
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multipart_mail_is_read() {
        let mail = Mail::read(
            b"From: Ada <a@shop.example>\r\nTo: ana@example.test\r\nSubject: =?utf-8?b?SGFsbMOkIA==?=\r\n =?utf-8?Q?d=C3=BC_da?= now\r\n\
              Message-ID: <0000000000000000000000000000002a@shop.example>\r\nContent-Type: multipart/alternative;\r\n boundary=\"x-1\"\r\n\r\n\
              --x-1\r\nContent-Type: text/plain\r\n\r\nplain\r\n--x-1\r\nContent-Type: text/html; charset=utf-8\r\n\
              Content-Transfer-Encoding: quoted-printable\r\n\r\n<p style=3D\"a\">Gr=C3=BC=\r\n=C3=9Fe</p>\r\n--x-1--\r\n",
        );
        assert_eq!(mail.subject, "Hall\u{e4} d\u{fc} da now");
        assert_eq!(mail.html.trim(), "<p style=\"a\">Gr\u{fc}\u{df}e</p>");
        assert_eq!((mail.to.as_str(), mail.command), ("ana@example.test", Some(CommandId(0x2a))));
    }

    #[test]
    fn nonsense_is_read_as_far_as_it_goes() {
        let mail = Mail::read(b"Subject: =?utf-8?b?%%?= =?x\r\n\r\n=");
        assert_eq!(
            (mail.subject.as_str(), mail.html.as_str(), mail.command),
            ("=?utf-8?b?%%?= =?x", "", None)
        );
        assert_eq!(quoted(b"a=4", false), b"a=4");
        assert_eq!(Mail::read(b"").to, "");
    }
}
