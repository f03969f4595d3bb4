use super::{Clock, SIGNATURE, Webhook, WebhookConfig, signature};
use crate::testing::{abrupt_server, closed_port, command, message};
use crate::{AmbiguousReason, Outcome, Provider, RejectReason, Rendered, RetryReason, Secret};
use cartwheel_core::time::Span;
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
    Mock::given(method("POST")).and(path("/in")).respond_with(ResponseTemplate::new(204)).expect(1).mount(&server).await;
    let config = WebhookConfig { second_secret: Some(Secret::new("two")), ..config(&format!("{}/in", server.uri())) };
    assert_eq!(send(&config).await, Outcome::Accepted { provider_id: None });
    let received = &server.received_requests().await.unwrap()[0];
    assert_eq!(received.body, BODY);
    assert_eq!(received.headers["content-type"], "application/json");
    assert_eq!(received.headers["idempotency-key"], "0000000000000000000000000000002a");
    assert_eq!(received.headers[SIGNATURE], signature(&[Secret::new("one"), Secret::new("two")], 1_767_261_600, BODY));
}

#[tokio::test]
async fn replies_are_told_apart() {
    for (reply, outcome) in [
        (
            ResponseTemplate::new(429).insert_header("retry-after", "2"),
            Outcome::Retry { after: Some(Duration::from_secs(2)), reason: RetryReason::RateLimited },
        ),
        (ResponseTemplate::new(502), Outcome::Retry { after: None, reason: RetryReason::ServerError }),
        (ResponseTemplate::new(400), rejected(RejectReason::BadRequest)),
        (ResponseTemplate::new(410), rejected(RejectReason::BadRequest)),
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
    Mock::given(path("/there")).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    assert_eq!(send(&config(&format!("{}/here", server.uri()))).await, rejected(RejectReason::ForbiddenDestination));
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
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(600))).mount(&slow).await;
    let hasty = WebhookConfig { timeout: Span(2_000), ..config(&slow.uri()) };
    assert_eq!(send(&hasty).await, Outcome::Ambiguous { reason: AmbiguousReason::Timeout });
    let abrupt = config(&format!("http://{}", abrupt_server(b"\r\n\r\n{", b"").await));
    assert_eq!(send(&abrupt).await, Outcome::Ambiguous { reason: AmbiguousReason::ConnectionLost });
    let closed = config(&format!("http://{}", closed_port().await));
    assert_eq!(send(&closed).await, Outcome::Retry { after: None, reason: RetryReason::Connect });
}

#[tokio::test]
async fn only_webhooks_are_sent() {
    let webhook = Webhook::new(&config("http://127.0.0.1:1"), Arc::new(|| 0)).unwrap();
    assert_eq!(webhook.send(&message(), &command()).await, rejected(RejectReason::WrongChannel));
}

#[test]
fn configurations_are_checked() {
    let error = |config: &WebhookConfig| Webhook::new(config, Arc::new(|| 0)).err().map(|error| error.field);
    let good = config("https://hooks.shop.example/in");
    assert_eq!(error(&good), None);
    assert_eq!(error(&WebhookConfig { secret: None, ..good.clone() }), Some("secret"));
    assert_eq!(error(&WebhookConfig { allow_http: Vec::new(), ..config("http://127.0.0.1/") }), Some("url"));
    assert_eq!(error(&WebhookConfig { allow_private: false, ..config("http://127.0.0.1/") }), Some("url"));
}
