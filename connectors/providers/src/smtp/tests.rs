use super::{Smtp, SmtpConfig, SmtpTls};
use crate::testing::{closed_port, command, email, message};
use crate::{
    AmbiguousReason, Email, Outcome, Provider, RejectReason, Rendered, RetryReason, Secret, Sender,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cartwheel_core::time::Span;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server does at a verb (`*` is the greeting, `.` the end of the content) instead of saying yes.
#[derive(Clone, Copy)]
enum Act {
    Say(&'static str),
    Close,
    Hang,
}

/// A scripted SMTP server: records every line it is told, and the contents.
#[derive(Default)]
struct Seen {
    lines: Vec<String>,
    contents: Vec<String>,
    connections: usize,
}

async fn server(script: &'static [(&'static str, Act)]) -> (Smtp, Arc<Mutex<Seen>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::<Mutex<Seen>>::default();
    let shared = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            shared.lock().unwrap().connections += 1;
            tokio::spawn(talk(stream, script, Arc::clone(&shared)));
        }
    });
    (Smtp::new(&SmtpConfig { timeout: Span(5_000), ..local(port) }).unwrap(), seen)
}

fn local(port: u16) -> SmtpConfig {
    SmtpConfig {
        port: Some(port),
        tls: SmtpTls::None,
        hello_name: Some("shop.example".into()),
        ..SmtpConfig::new("127.0.0.1")
    }
}

async fn talk(stream: TcpStream, script: &[(&str, Act)], seen: Arc<Mutex<Seen>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    act(&mut stream, script, "*", "220 ready").await?;
    loop {
        let line = read_line(&mut stream).await?;
        seen.lock().unwrap().lines.push(line.trim_end().to_owned());
        let verb = line.split([' ', ':', '\r']).next().unwrap_or_default().to_owned();
        let usual = match verb.as_str() {
            "EHLO" => "250-hello\r\n250 8BITMIME",
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        act(&mut stream, script, &verb, usual).await?;
        if verb == "DATA" {
            let content = read_content(&mut stream).await?;
            seen.lock().unwrap().contents.push(content);
            act(&mut stream, script, ".", "250 2.0.0 queued").await?;
        }
    }
}

async fn act(
    stream: &mut BufReader<TcpStream>,
    script: &[(&str, Act)],
    verb: &str,
    usual: &str,
) -> Option<()> {
    let reply = match script.iter().find(|(name, _)| *name == verb) {
        Some((_, Act::Close)) => return None,
        Some((_, Act::Hang)) => std::future::pending().await,
        Some((_, Act::Say(reply))) => reply,
        None => usual,
    };
    stream.write_all(format!("{reply}\r\n").as_bytes()).await.ok()
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    (stream.read_line(&mut line).await.ok()? > 0).then_some(line)
}

async fn read_content(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut content = String::new();
    loop {
        let line = read_line(stream).await?;
        if line == ".\r\n" {
            return Some(content);
        }
        content.push_str(&line);
    }
}

#[tokio::test]
async fn the_mail_carries_the_one_click_headers() {
    let (smtp, seen) = server(&[]).await;
    assert_eq!(smtp.send(&message(), &command()).await, Outcome::Accepted { provider_id: None });
    let seen = seen.lock().unwrap();
    assert_eq!(
        seen.lines[..4],
        [
            "EHLO shop.example",
            "MAIL FROM:<hello@shop.example>",
            "RCPT TO:<ana@example.com>",
            "DATA"
        ]
    );
    let (head, body) = seen.contents[0].split_once("\r\n\r\n").unwrap();
    let lines: Vec<_> = head.split("\r\n").collect();
    for line in [
        format!("List-Unsubscribe: <{}>", email().unsubscribe_url.unwrap()),
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click".into(),
        "Message-ID: <0000000000000000000000000000002a@shop.example>".into(),
        "To: ana@example.com".into(),
        "Reply-To: help@shop.example".into(),
        "Date: Thu, 01 Jan 2026 10:00:00 +0000".into(),
        "MIME-Version: 1.0".into(),
    ] {
        assert!(lines.contains(&line.as_str()), "{line} in\n{head}");
    }
    assert!(
        head.contains("Content-Type: multipart/alternative;")
            && head.contains("From: ")
            && head.contains("<hello@shop.example>"),
        "{head}"
    );
    let (plain, html) = (
        body.find("Content-Type: text/plain").unwrap(),
        body.find("Content-Type: text/html").unwrap(),
    );
    assert!(plain < html, "the richest part comes last");
    assert!(body.contains("Hello Ana\r\n..\r\nBye"), "dots are stuffed: {body}");
}

#[tokio::test]
async fn a_repeated_attempt_sends_the_same_bytes_over_the_same_connection() {
    let (smtp, seen) = server(&[]).await;
    for _ in 0..2 {
        assert!(matches!(smtp.send(&message(), &command()).await, Outcome::Accepted { .. }));
    }
    let seen = seen.lock().unwrap();
    assert_eq!((seen.connections, seen.contents.len()), (1, 2));
    assert_eq!(seen.contents[0], seen.contents[1]);
}

#[tokio::test]
async fn a_transactional_mail_has_no_unsubscribe() {
    let (smtp, seen) = server(&[]).await;
    let message = Rendered::Email(Email { unsubscribe_url: None, ..email() });
    assert!(matches!(smtp.send(&message, &command()).await, Outcome::Accepted { .. }));
    assert!(!seen.lock().unwrap().contents[0].contains("List-Unsubscribe"));
}

#[tokio::test]
async fn nothing_can_add_a_header_or_a_recipient() {
    let (smtp, seen) = server(&[]).await;
    let evil = "x\r\nBcc: eve@example.com";
    let sender = |name: &str, address: &str| Sender { name: name.into(), address: address.into() };
    for email in [
        Email { subject: evil.into(), ..email() },
        Email { from: sender(evil, "hello@shop.example"), ..email() },
        Email { from: sender("Shop", "hello@shop.example\r\nBcc: eve@example.com"), ..email() },
        Email { to: "ana@example.com\r\nRCPT TO:<eve@example.com>".into(), ..email() },
        Email { to: "ana@example.com>\r\nX: y".into(), ..email() },
        Email { to: "\"a\r\nb\"@example.com".into(), ..email() },
        Email { to: "ana@example.com, eve@example.com".into(), ..email() },
        Email { reply_to: Some(evil.into()), ..email() },
        Email { unsubscribe_url: Some(format!("https://u.example/{evil}")), ..email() },
        Email {
            unsubscribe_url: Some("https://u.example/>,<mailto:eve@example.com".into()),
            ..email()
        },
    ] {
        let outcome = smtp.send(&Rendered::Email(email), &command()).await;
        assert!(
            matches!(
                outcome,
                Outcome::Rejected {
                    reason: RejectReason::BadRequest | RejectReason::BadAddress,
                    ..
                }
            ),
            "{outcome:?}"
        );
    }
    assert_eq!(seen.lock().unwrap().connections, 0);
}

/// The subject that a reader of the header gets: unfolded, encoded words decoded and joined.
fn decoded(content: &str) -> String {
    let (head, _) = content.split_once("\r\n\r\n").unwrap();
    for line in head.split("\r\n") {
        assert!(line.len() <= 78, "a long line: {line}");
    }
    let head = head.replace("\r\n ", " ");
    let subject = head.split("\r\n").find_map(|line| line.strip_prefix("Subject: ")).unwrap();
    let words: Vec<&str> = subject.split(' ').collect();
    let encoded = words.iter().map(|word| {
        let inner = word.strip_prefix("=?utf-8?b?")?.strip_suffix("?=")?;
        String::from_utf8(STANDARD.decode(inner).unwrap()).ok()
    });
    encoded.collect::<Option<Vec<String>>>().map_or_else(|| subject.to_owned(), |all| all.concat())
}

#[tokio::test]
async fn subjects_are_encoded_whole() {
    let long = "x".repeat(2_000);
    let emoji = "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467} ".repeat(40);
    let sentence = "A plain sentence of many words ".repeat(20);
    for subject in [
        "Your cart",
        "Your cart \u{2014} still  here, \u{c4}nna",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{645}\u{631}\u{62d}\u{628}\u{627}",
        "=?utf-8?b?ZXZpbA==?= hello",
        long.as_str(),
        emoji.trim_end(),
        sentence.trim_end(),
    ] {
        let (smtp, seen) = server(&[]).await;
        let email = Email { subject: subject.into(), unsubscribe_url: None, ..email() };
        let outcome = smtp.send(&Rendered::Email(email), &command()).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{subject}: {outcome:?}");
        assert_eq!(decoded(&seen.lock().unwrap().contents[0]), subject);
    }
}

#[tokio::test]
async fn a_senders_name_is_encoded_whole() {
    for name in ["Caf\u{e9} \u{1f600} ".repeat(12).trim_end(), "Shop, \"the\" <one>", "Anna; B: c"]
    {
        let (smtp, seen) = server(&[]).await;
        let from = Sender { name: name.into(), address: "hello@b\u{fc}cher.example".into() };
        let outcome = smtp.send(&Rendered::Email(Email { from, ..email() }), &command()).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
        let seen = seen.lock().unwrap();
        assert_eq!(seen.lines[1], "MAIL FROM:<hello@xn--bcher-kva.example>");
        let (head, _) = seen.contents[0].split_once("\r\n\r\n").unwrap();
        let head = head.replace("\r\n ", " ");
        let from = head.split("\r\n").find_map(|line| line.strip_prefix("From: ")).unwrap();
        let shown = from.strip_suffix(" <hello@xn--bcher-kva.example>").unwrap();
        let words: Option<Vec<String>> = shown
            .split(' ')
            .map(|word| {
                let inner = word.strip_prefix("=?utf-8?b?")?.strip_suffix("?=")?;
                String::from_utf8(STANDARD.decode(inner).ok()?).ok()
            })
            .collect();
        let read = words
            .map_or_else(|| shown.trim_matches('"').replace("\\\"", "\""), |words| words.concat());
        assert_eq!(read, name);
    }
}

#[tokio::test]
async fn an_address_goes_out_in_its_one_form() {
    let utf8: &'static [(&'static str, Act)] = &[("EHLO", Act::Say("250-hello\r\n250 SMTPUTF8"))];
    for (to, script, expected) in [
        ("info@B\u{fc}cher.example", &[][..], Ok("RCPT TO:<info@xn--bcher-kva.example>")),
        (" kontakt@xn--bcher-kva.example", &[], Ok("RCPT TO:<kontakt@xn--bcher-kva.example>")),
        ("mu\u{308}ller@example.test", utf8, Ok("RCPT TO:<m\u{fc}ller@example.test>")),
        ("m\u{fc}ller@example.test", &[], Err("SMTPUTF8")),
    ] {
        let (smtp, seen) = server(script).await;
        let email = Email { to: to.into(), ..email() };
        let outcome = smtp.send(&Rendered::Email(email), &command()).await;
        match (expected, outcome) {
            (Ok(line), Outcome::Accepted { .. }) => {
                assert!(seen.lock().unwrap().lines.iter().any(|seen| seen == line), "{line}");
            }
            (Err(why), Outcome::Unsendable { reason: RejectReason::BadAddress, detail }) => {
                assert!(detail.contains(why), "{detail}");
            }
            (_, outcome) => panic!("{to}: {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn replies_are_told_apart() {
    let retry = |reason| Outcome::Retry { after: None, reason };
    let rejected = |reason, suppress| Outcome::Rejected { reason, suppress };
    let cases: [(&'static [(&'static str, Act)], Outcome); 12] = [
        (&[("*", Act::Say("421 busy"))], retry(RetryReason::TemporaryRefusal)),
        (&[("*", Act::Close)], retry(RetryReason::Connect)),
        (&[("MAIL", Act::Say("451 4.7.0 too fast"))], retry(RetryReason::RateLimited)),
        (&[("MAIL", Act::Close)], retry(RetryReason::Connect)),
        (&[("RCPT", Act::Say("450 4.2.0 greylisted"))], retry(RetryReason::TemporaryRefusal)),
        (&[("RCPT", Act::Say("550 5.1.1 no such user"))], rejected(RejectReason::BadAddress, true)),
        (
            &[("RCPT", Act::Say("550-5.7.1 blocked\r\n550 5.7.1 see our page"))],
            rejected(RejectReason::Policy, false),
        ),
        (&[("DATA", Act::Close)], retry(RetryReason::Connect)),
        (&[(".", Act::Say("451 4.3.0 later"))], retry(RetryReason::TemporaryRefusal)),
        (&[(".", Act::Say("554 5.7.1 spam"))], rejected(RejectReason::Policy, false)),
        (&[(".", Act::Close)], Outcome::Ambiguous { reason: AmbiguousReason::ConnectionLost }),
        (&[(".", Act::Hang)], Outcome::Ambiguous { reason: AmbiguousReason::Timeout }),
    ];
    for (script, outcome) in cases {
        let (smtp, _) = server(script).await;
        let (verb, _) = script[0];
        assert_eq!(smtp.send(&message(), &command()).await, outcome, "at {verb}");
    }
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_is_replaced() {
    // Every connection takes one message and then falls silent at the next MAIL: the client must notice before any content.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let contents = Arc::<Mutex<Vec<String>>>::default();
    let shared = Arc::clone(&contents);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            act(&mut stream, &[], "*", "220 ready").await.unwrap();
            for reply in ["250 hello", "250 fine", "250 fine", "354 go on"] {
                read_line(&mut stream).await.unwrap();
                act(&mut stream, &[], "", reply).await.unwrap();
            }
            let content = read_content(&mut stream).await.unwrap();
            shared.lock().unwrap().push(content);
            act(&mut stream, &[], "", "250 queued").await.unwrap();
        }
    });
    let smtp = Smtp::new(&local(port)).unwrap();
    for sent in 1..=3 {
        assert!(matches!(smtp.send(&message(), &command()).await, Outcome::Accepted { .. }));
        assert_eq!(contents.lock().unwrap().len(), sent);
    }
}

#[tokio::test]
async fn encryption_is_never_given_up() {
    let (_, seen) = server(&[]).await;
    drop(seen);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::<Mutex<Seen>>::default();
    tokio::spawn({
        let seen = Arc::clone(&seen);
        async move {
            while let Ok((stream, _)) = listener.accept().await {
                talk(stream, &[], Arc::clone(&seen)).await;
            }
        }
    });
    let smtp = Smtp::new(&SmtpConfig { tls: SmtpTls::Starttls, ..local(port) }).unwrap();
    assert_eq!(
        smtp.send(&message(), &command()).await,
        Outcome::Retry { after: None, reason: RetryReason::Connect }
    );
    assert!(seen.lock().unwrap().lines.iter().all(|line| !line.starts_with("MAIL")));
}

#[tokio::test]
async fn what_never_left_may_be_retried() {
    let smtp = Smtp::new(&local(closed_port().await.port())).unwrap();
    assert_eq!(
        smtp.send(&message(), &command()).await,
        Outcome::Retry { after: None, reason: RetryReason::Connect }
    );
}

#[test]
fn configurations_are_checked() {
    let error = |config: &SmtpConfig| Smtp::new(config).err().map(|error| error.field);
    let (name, password) = (Some("shop".to_owned()), Some(Secret::new("pass")));
    let good = SmtpConfig { username: name, password, ..SmtpConfig::new("smtp.shop.example") };
    assert_eq!(error(&good), None);
    assert_eq!(error(&SmtpConfig { password: None, ..good.clone() }), Some("password"));
    assert_eq!(error(&SmtpConfig { username: None, ..good.clone() }), Some("username"));
    assert_eq!(error(&SmtpConfig { tls: SmtpTls::None, ..good.clone() }), Some("tls"));
    assert_eq!(
        error(&SmtpConfig { tls: SmtpTls::None, host: "localhost".into(), ..good.clone() }),
        None
    );
    assert_eq!(
        error(&SmtpConfig { ca_file: Some("/nowhere/ca.pem".into()), ..good.clone() }),
        Some("ca_file")
    );
    assert!(!format!("{good:?}").contains("pass\""), "{good:?}");
}
