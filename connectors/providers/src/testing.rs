//! What the tests of several providers need.

use crate::{Email, Rendered, Sender};
use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::command::Command;
use cartwheel_core::id::{CommandId, RunId};
use serde_json::json;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A cart reminder for Ana.
pub(crate) fn command() -> Command {
    Command {
        command_id: CommandId(0x2a),
        run_id: RunId(1),
        journey: "cart abandonment".into(),
        version: "0a1b2c3d".into(),
        step: "cart_reminder".into(),
        customer: "c1".into(),
        channel: Channel::Email,
        class: Class::Marketing,
        template: "cart_reminder".into(),
        to: "ana@example.com".into(),
        data: json!({
            "profile": {"first_name": "Ana", "email": "ana@example.com"},
            "cart": {"id": "k1", "total": 61.5, "currency": "USD", "items": [
                {"product": "p1", "name": "Blue <b>mug</b> & saucer", "quantity": 2, "price": 20.5},
                {"product": "p2", "quantity": 1, "price": 20.5, "url": "https://shop.example/p2?a=1&b=2"},
            ]},
        }),
        variant: None,
        team: None,
        answers: Vec::new(),
        side: None,
        due_at: 1_767_261_600_000,
        decided_at: 1_767_261_600_123,
        not_after: 1_767_348_000_000,
    }
}

/// An e-mail to Ana with a subject and text that need encoding.
pub(crate) fn email() -> Email {
    Email {
        from: Sender { name: "Caf\u{e9}, \"Ltd\"".into(), address: "hello@shop.example".into() },
        reply_to: Some("help@shop.example".into()),
        to: "ana@example.com".into(),
        subject: "Your cart \u{2014} still here".into(),
        text: "Hello Ana\n.\nBye".into(),
        html: "<p>Hello Ana \u{2764}</p>".into(),
        unsubscribe_url: Some(format!("https://u.shop.example/u/cwu1.{}.mac", "x".repeat(200))),
    }
}

/// [`email`] as a message.
pub(crate) fn message() -> Rendered {
    Rendered::Email(email())
}

/// An address at which nothing listens.
pub(crate) async fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// A server that reads one request up to `end` and then closes the connection without a word, or says `reply` first.
pub(crate) async fn abrupt_server(end: &'static [u8], reply: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = Vec::new();
            while !seen.windows(end.len()).any(|window| window == end) {
                let mut chunk = [0; 4096];
                match stream.read(&mut chunk).await {
                    Ok(read) if read > 0 => seen.extend_from_slice(&chunk[..read]),
                    _ => break,
                }
            }
            let _ = stream.write_all(reply).await;
        }
    });
    address
}
