use super::request::body;
use super::{Resend, ResendConfig};
use crate::testing::{abrupt_server, closed_port, command, email, message};
use crate::{AmbiguousReason, Outcome, Provider, RejectReason, Rendered, RetryReason, Secret};
use cartwheel_core::time::Span;
use serde_json::{Value, json};
use std::time::Duration;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn client(base_url: &str, timeout: i64) -> Resend {
    let config = ResendConfig {
        base_url: base_url.to_owned(),
        timeout: Span(timeout),
        ..ResendConfig::new(Secret::new("re_key"))
    };
    Resend::new(&config).unwrap()
}

async fn outcome_of(reply: ResponseTemplate) -> Outcome {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/emails"))
        .respond_with(reply)
        .expect(1)
        .mount(&server)
        .await;
    client(&server.uri(), 20_000).send(&message(), &command()).await
}

/// Whether a value fits a schema of the OpenAPI file, as far as the schemas used here go.
fn check(spec: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = spec.pointer(reference.trim_start_matches('#')).unwrap();
        return check(spec, target, value, at);
    }
    if let Some(options) = schema["oneOf"].as_array() {
        let kind = if value.is_array() { "array" } else { "string" };
        let option = options
            .iter()
            .find(|option| option["type"] == kind)
            .unwrap_or_else(|| panic!("{at} fits no option"));
        return check(spec, option, value, at);
    }
    match schema["type"].as_str().unwrap() {
        "string" => assert!(value.is_string(), "{at}"),
        "array" => {
            let items = value.as_array().unwrap_or_else(|| panic!("{at} is not an array"));
            assert!(items.len() as u64 >= schema["minItems"].as_u64().unwrap_or(0), "{at}");
            assert!(items.len() as u64 <= schema["maxItems"].as_u64().unwrap_or(u64::MAX), "{at}");
            items.iter().for_each(|item| check(spec, &schema["items"], item, at));
        }
        "object" => {
            let fields = value.as_object().unwrap_or_else(|| panic!("{at} is not an object"));
            for required in schema["required"].as_array().into_iter().flatten() {
                assert!(fields.contains_key(required.as_str().unwrap()), "{at} lacks {required}");
            }
            let Some(known) = schema["properties"].as_object() else { return };
            for (name, field) in fields {
                let schema = known
                    .get(name)
                    .unwrap_or_else(|| panic!("{at}.{name} is not in the specification"));
                check(spec, schema, field, &format!("{at}.{name}"));
            }
        }
        other => panic!("{at}: no check for {other}"),
    }
}

#[test]
fn the_body_follows_the_specification() {
    let spec: Value = serde_saphyr::from_str(include_str!("openapi.yaml")).unwrap();
    let post = &spec["paths"]["/emails"]["post"];
    let schema = &post["requestBody"]["content"]["application/json"]["schema"];
    let bare = crate::Email { reply_to: None, unsubscribe_url: None, ..email() };
    for email in [email(), bare] {
        check(&spec, schema, &serde_json::to_value(body(&email, &command())).unwrap(), "body");
    }
    let key = &post["parameters"][0];
    assert_eq!(key["name"], "Idempotency-Key");
    assert!(
        command().command_id.to_string().len() as u64
            <= key["schema"]["maxLength"].as_u64().unwrap()
    );
}

#[test]
fn the_body_says_it_all() {
    let body = serde_json::to_value(body(&email(), &command())).unwrap();
    let url = email().unsubscribe_url.unwrap();
    assert_eq!(body["from"], "\"Caf\u{e9}, \\\"Ltd\\\"\" <hello@shop.example>");
    assert_eq!(body["to"], json!(["ana@example.com"]));
    assert_eq!(
        body["headers"],
        json!({"List-Unsubscribe": format!("<{url}>"), "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"})
    );
    assert_eq!(body["tags"][1], json!({"name": "journey", "value": "cart_abandonment"}));
}

#[tokio::test]
async fn an_accepted_message_has_the_providers_id() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/emails"))
        .and(header("authorization", "Bearer re_key"))
        .and(header("idempotency-key", "0000000000000000000000000000002a"))
        .and(header("content-type", "application/json"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"id": "49a3999c"})))
        .expect(1)
        .mount(&server)
        .await;
    let outcome = client(&server.uri(), 20_000).send(&message(), &command()).await;
    assert_eq!(outcome, Outcome::Accepted { provider_id: Some("49a3999c".into()) });
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let retry = |seconds: Option<u64>, reason| Outcome::Retry {
        after: seconds.map(Duration::from_secs),
        reason,
    };
    let rejected = |reason| Outcome::Rejected { reason, suppress: false };
    let named = |status, name: &str| {
        ResponseTemplate::new(status)
            .set_body_json(json!({"statusCode": status, "name": name, "message": "..."}))
    };
    for (reply, outcome) in [
        (
            named(429, "rate_limit_exceeded").insert_header("retry-after", "7"),
            retry(Some(7), RetryReason::RateLimited),
        ),
        (
            named(429, "rate_limit_exceeded").insert_header("ratelimit-reset", "1"),
            retry(Some(1), RetryReason::RateLimited),
        ),
        (ResponseTemplate::new(500), retry(None, RetryReason::ServerError)),
        (
            ResponseTemplate::new(503).insert_header("retry-after", "3"),
            retry(Some(3), RetryReason::ServerError),
        ),
        (ResponseTemplate::new(502), Outcome::Ambiguous { reason: AmbiguousReason::BadReply }),
        (ResponseTemplate::new(504), Outcome::Ambiguous { reason: AmbiguousReason::Timeout }),
        (ResponseTemplate::new(408), retry(None, RetryReason::RequestTimeout)),
        (named(409, "concurrent_idempotent_requests"), retry(None, RetryReason::InProgress)),
        (named(409, "invalid_idempotent_request"), rejected(RejectReason::KeyConflict)),
        (ResponseTemplate::new(409), Outcome::Ambiguous { reason: AmbiguousReason::BadReply }),
        (named(422, "validation_error"), rejected(RejectReason::BadRequest)),
        (named(401, "missing_api_key"), rejected(RejectReason::Unauthorized)),
        (named(403, "invalid_api_key"), rejected(RejectReason::Unauthorized)),
        (
            ResponseTemplate::new(301).insert_header("location", "/elsewhere"),
            rejected(RejectReason::BadRequest),
        ),
        (
            ResponseTemplate::new(200).set_body_string("not json"),
            Outcome::Accepted { provider_id: None },
        ),
    ] {
        assert_eq!(outcome_of(reply).await, outcome);
    }
}

#[tokio::test]
async fn silence_and_a_broken_connection_are_ambiguous() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(600)))
        .mount(&server)
        .await;
    let outcome = client(&server.uri(), 2_000).send(&message(), &command()).await;
    assert_eq!(outcome, Outcome::Ambiguous { reason: AmbiguousReason::Timeout });
    let address = abrupt_server(b"\r\n\r\n{", b"").await;
    let outcome = client(&format!("http://{address}"), 20_000).send(&message(), &command()).await;
    assert_eq!(outcome, Outcome::Ambiguous { reason: AmbiguousReason::ConnectionLost });
}

#[tokio::test]
async fn what_never_left_may_be_retried() {
    let outcome = client(&format!("http://{}", closed_port().await), 20_000)
        .send(&message(), &command())
        .await;
    assert_eq!(outcome, Outcome::Retry { after: None, reason: RetryReason::Connect });
}

#[tokio::test]
async fn only_emails_are_sent() {
    let sms = Rendered::Sms { to: "+1".into(), text: "x".into() };
    let outcome = client("http://127.0.0.1:1", 1_000).send(&sms, &command()).await;
    assert_eq!(outcome, Outcome::Rejected { reason: RejectReason::WrongChannel, suppress: false });
}

#[test]
fn configurations_are_checked() {
    let error = |config: &ResendConfig| Resend::new(config).err().map(|error| error.field);
    let good = ResendConfig::new(Secret::new("re_key"));
    assert_eq!(error(&good), None);
    assert_eq!(error(&ResendConfig { api_key: None, ..good.clone() }), Some("api_key"));
    assert_eq!(
        error(&ResendConfig { base_url: "resend".into(), ..good.clone() }),
        Some("base_url")
    );
    assert!(serde_json::from_value::<ResendConfig>(json!({"api_kee": "x"})).is_err());
    assert!(
        !serde_json::to_string(&good).unwrap().contains("re_key")
            && !format!("{good:?}").contains("re_key")
    );
}
