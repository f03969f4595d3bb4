use super::{Clock, SIGNATURE, Webhook, WebhookConfig, signature};
use crate::testing::{abrupt_server, closed_port, command};
use crate::{
    AmbiguousReason, Email, Outcome, Provider, RejectReason, Rendered, RetryReason, Secret, Sender,
};
use cartwheel_core::channel::Channel;
use cartwheel_core::command::Command;
use cartwheel_core::time::Span;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const BODY: &[u8] = br#"{"a":1}"#;

fn config(url: &str) -> WebhookConfig {
    WebhookConfig {
        allow_http: vec!["127.0.0.1".into(), "localhost".into()],
        allow_private: true,
        ..WebhookConfig::new(url, Secret::new("one"))
    }
}

async fn send(config: &WebhookConfig) -> Outcome {
    let clock: Clock = Arc::new(|| 1_767_261_600_999);
    let message = Rendered::Webhook { body: BODY.to_vec() };
    Webhook::new(config, clock).unwrap().send(&message, &command()).await
}

fn rejected(reason: RejectReason) -> Outcome {
    Outcome::Rejected { reason, suppress: false }
}

#[test]
fn the_signature_is_as_documented() {
    // HMAC-SHA256 of `1767261600.{"a":1}` by the keys `one` and `two`, computed with Python's hmac.
    let expected = "t=1767261600,v1=8b753e049930e34f432cefcfea8afe89690342eae1aff08ba9f2c2b1a87506ca,v1=4591ec830eb7bb84a83dab35d37f4c8f5ac7f751511a01ce12deeaa9be045caf";
    assert_eq!(signature(&[Secret::new("one"), Secret::new("two")], 1_767_261_600, BODY), expected);
}

#[tokio::test]
async fn a_call_is_signed_by_both_secrets() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/in"))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    let config = WebhookConfig {
        second_secret: Some(Secret::new("two")),
        ..config(&format!("{}/in", server.uri()))
    };
    assert_eq!(send(&config).await, Outcome::Accepted { provider_id: None });
    let received = &server.received_requests().await.unwrap()[0];
    assert_eq!(received.body, BODY);
    assert_eq!(received.headers["content-type"], "application/json");
    assert_eq!(received.headers["idempotency-key"], "0000000000000000000000000000002a");
    assert_eq!(
        received.headers[SIGNATURE],
        signature(&[Secret::new("one"), Secret::new("two")], 1_767_261_600, BODY)
    );
}

#[tokio::test]
async fn replies_are_told_apart() {
    for (reply, outcome) in [
        (
            ResponseTemplate::new(429).insert_header("retry-after", "2"),
            Outcome::Retry {
                after: Some(Duration::from_secs(2)),
                reason: RetryReason::RateLimited,
            },
        ),
        (
            ResponseTemplate::new(503).insert_header("retry-after", "2"),
            Outcome::Retry {
                after: Some(Duration::from_secs(2)),
                reason: RetryReason::ServerError,
            },
        ),
        (
            ResponseTemplate::new(500),
            Outcome::Retry { after: None, reason: RetryReason::ServerError },
        ),
        (ResponseTemplate::new(502), Outcome::Ambiguous { reason: AmbiguousReason::BadReply }),
        (ResponseTemplate::new(504), Outcome::Ambiguous { reason: AmbiguousReason::Timeout }),
        (ResponseTemplate::new(400), rejected(RejectReason::BadRequest)),
        (ResponseTemplate::new(410), rejected(RejectReason::BadRequest)),
        (ResponseTemplate::new(413), rejected(RejectReason::TooLarge)),
        (ResponseTemplate::new(401), rejected(RejectReason::Unauthorized)),
        (
            ResponseTemplate::new(408),
            Outcome::Retry { after: None, reason: RetryReason::RequestTimeout },
        ),
        (ResponseTemplate::new(202), Outcome::Accepted { provider_id: None }),
    ] {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(reply).expect(1).mount(&server).await;
        assert_eq!(send(&config(&server.uri())).await, outcome);
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = MockServer::start().await;
    let there = ResponseTemplate::new(307).insert_header("location", "/there");
    Mock::given(path("/here")).respond_with(there).expect(1).mount(&server).await;
    Mock::given(path("/there"))
        .respond_with(ResponseTemplate::new(200))
        .expect(0)
        .mount(&server)
        .await;
    assert_eq!(
        send(&config(&format!("{}/here", server.uri()))).await,
        rejected(RejectReason::ForbiddenDestination)
    );
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_called() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(1).mount(&server).await;
    let inside = config(&format!("http://localhost:{}/", server.address().port()));
    let outside = WebhookConfig { allow_private: false, ..inside.clone() };
    assert_eq!(send(&outside).await, rejected(RejectReason::ForbiddenDestination));
    assert_eq!(send(&inside).await, Outcome::Accepted { provider_id: None });
}

#[tokio::test]
async fn failures_are_told_apart() {
    let slow = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(600)))
        .mount(&slow)
        .await;
    let hasty = WebhookConfig { timeout: Span(2_000), ..config(&slow.uri()) };
    assert_eq!(send(&hasty).await, Outcome::Ambiguous { reason: AmbiguousReason::Timeout });
    let abrupt = config(&format!("http://{}", abrupt_server(b"\r\n\r\n{", b"").await));
    assert_eq!(send(&abrupt).await, Outcome::Ambiguous { reason: AmbiguousReason::ConnectionLost });
    let closed = config(&format!("http://{}", closed_port().await));
    assert_eq!(send(&closed).await, Outcome::Retry { after: None, reason: RetryReason::Connect });
}

/// What is posted for a message to Ana by `channel`.
async fn posted(message: &Rendered, channel: Channel) -> String {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    let webhook = Webhook::new(&config(&server.uri()), Arc::new(|| 1_767_261_600_999)).unwrap();
    let command = Command { channel, data: Value::Null, ..command() };
    assert_eq!(webhook.send(message, &command).await, Outcome::Accepted { provider_id: None });
    let received = server.received_requests().await.unwrap().remove(0);
    assert_eq!(
        received.headers[SIGNATURE],
        signature(&[Secret::new("one")], 1_767_261_600, &received.body)
    );
    String::from_utf8(received.body).unwrap()
}

fn envelope(channel: &str, to: &str, message: &str) -> String {
    format!(
        r#"{{"command_id":"0000000000000000000000000000002a","channel":"{channel}","to":"{to}","message":{message},"customer":"c1","#
    ) + r#""journey":"cart abandonment","version":"0a1b2c3d","run_id":"00000000000000000000000000000001","step":"cart_reminder","#
        + r#""template":"cart_reminder","class":"marketing","variant":null,"due_at":"2026-01-01T10:00:00.000Z","#
        + r#""decided_at":"2026-01-01T10:00:00.123Z","not_after":"2026-01-02T10:00:00.000Z"}"#
}

#[tokio::test]
async fn every_channel_is_carried() {
    let (to, text) = ("+15550100".to_owned(), "Still here, \"Ana\"".to_owned());
    let message = r#"{"text":"Still here, \"Ana\""}"#;
    assert_eq!(
        posted(&Rendered::Sms { to: to.clone(), text: text.clone() }, Channel::Sms).await,
        envelope("sms", "+15550100", message)
    );
    assert_eq!(
        posted(&Rendered::Push { to, text }, Channel::Push).await,
        envelope("push", "+15550100", message)
    );
    let mail = Email {
        from: Sender { name: "Mug & Co".into(), address: "hello@shop.example".into() },
        reply_to: None,
        to: "ana@example.com".into(),
        subject: "Your cart".into(),
        text: "Hello".into(),
        html: "<p>Hello</p>".into(),
        unsubscribe_url: Some("https://u.shop.example/u/x".into()),
    };
    let message = r#"{"from":{"name":"Mug & Co","address":"hello@shop.example"},"subject":"Your cart","text":"Hello","html":"<p>Hello</p>","unsubscribe_url":"https://u.shop.example/u/x"}"#;
    assert_eq!(
        posted(&Rendered::Email(mail), Channel::Email).await,
        envelope("email", "ana@example.com", message)
    );
    assert_eq!(
        posted(&Rendered::Webhook { body: BODY.to_vec() }, Channel::Webhook).await.as_bytes(),
        BODY,
        "the template's own"
    );
}

#[test]
fn configurations_are_checked() {
    let error = |config: &WebhookConfig| {
        Webhook::new(config, Arc::new(|| 0)).err().map(|error| error.field)
    };
    let good = config("https://hooks.shop.example/in");
    assert_eq!(error(&good), None);
    assert_eq!(error(&WebhookConfig { secret: None, ..good.clone() }), Some("secret"));
    assert_eq!(
        error(&WebhookConfig { allow_http: Vec::new(), ..config("http://127.0.0.1/") }),
        Some("url")
    );
    assert_eq!(
        error(&WebhookConfig { allow_private: false, ..config("http://127.0.0.1/") }),
        Some("url")
    );
}
