use super::*;
use crate::secrets::Secrets;
use crate::testing::{Recorder, call};
use axum::body::Body;
use cartwheel_core::address::AddressHash;
use cartwheel_core::channel::Channel;
use cartwheel_core::id::CommandId;

fn claim(id: u128) -> Claim {
    let (channel, command_id) = (Channel::Email, CommandId(id));
    let address = Some(AddressHash::of(channel, "ana@example.com"));
    Claim { customer: "ana".into(), channel, command_id, address }
}

fn token(claim: &Claim) -> String {
    Secrets::new(b"secret", None).token(claim)
}

/// A listener without a socket.
struct Listener {
    sink: Arc<Recorder>,
    router: Router,
}

impl Listener {
    fn new(sink: Recorder) -> Self {
        let sink = Arc::new(sink);
        let desk = sink.desk(|| 1_767_261_600_123);
        Self { router: router(desk, Arc::new(|_| ())), sink }
    }

    async fn call(&self, method: &str, token: &str, body: impl Into<Body>) -> (StatusCode, String) {
        call(&self.router, method, &format!("/u/{token}"), body).await
    }

    async fn post(&self, claim: &Claim) -> StatusCode {
        self.call("POST", &token(claim), "").await.0
    }
}

#[tokio::test]
async fn a_post_writes_the_event() {
    for body in ["List-Unsubscribe=One-Click", ""] {
        let listener = Listener::new(Recorder::default());
        let (status, _) = listener.call("POST", &token(&claim(0x2a)), body).await;
        assert_eq!(status, StatusCode::OK);
        let [(customer, json)] = &listener.sink.written()[..] else { panic!("one event") };
        assert_eq!(customer, "ana");
        let event: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(event["message"]["command_id"], "0000000000000000000000000000002a");
        let address = AddressHash::of(Channel::Email, "ana@example.com").to_string();
        assert_eq!(event["message"]["address"], address);
        assert!(!json.contains("\"id\""), "an id would make a later click a duplicate: {json}");
    }
}

#[tokio::test]
async fn a_get_only_asks() {
    let listener = Listener::new(Recorder::default());
    let token = token(&claim(1));
    for method in ["GET", "HEAD"] {
        assert_eq!(listener.call(method, &token, "").await.0, StatusCode::OK);
    }
    let (_, page) = listener.call("GET", &token, "").await;
    assert!(page.contains("<form method=\"post\">"));
    assert_eq!(listener.sink.written(), []);
}

#[tokio::test]
async fn a_wrong_token_is_not_found() {
    let listener = Listener::new(Recorder::default());
    let other = Secrets::new(b"other", None).token(&claim(1));
    for wrong in [other, "cwu1.e30.x".to_owned(), "x".to_owned()] {
        for method in ["GET", "POST"] {
            let (status, page) = listener.call(method, &wrong, "").await;
            assert_eq!(status, StatusCode::NOT_FOUND);
            assert!(!page.contains("token") && !page.contains(&wrong), "{page}");
        }
    }
    assert_eq!(listener.sink.written(), []);
}

#[tokio::test]
async fn success_waits_for_the_acknowledgement() {
    let listener = Listener::new(Recorder::refusing(1));
    assert_eq!(listener.post(&claim(1)).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(listener.post(&claim(1)).await, StatusCode::OK, "it is tried again");
    assert_eq!(listener.sink.written().len(), 1);
}

/// Of links that no shard would understand: they are ours, and yet nothing is unsubscribed by them.
#[tokio::test]
async fn what_cannot_be_applied_is_never_answered_as_if_it_were() {
    let listener = Listener::new(Recorder::default());
    let webhook = Claim { channel: Channel::Webhook, ..claim(1) };
    for claim in [
        Claim { address: None, ..webhook.clone() },
        webhook,
        Claim { customer: "x".repeat(257), ..claim(2) },
        Claim { customer: String::new(), ..claim(3) },
    ] {
        let (status, page) = listener.call("POST", &token(&claim), "").await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("not unsubscribed"));
    }
    assert_eq!(listener.sink.written(), []);
}

#[tokio::test]
async fn two_thousand_posts_of_a_link_cost_one_event() {
    let listener = Arc::new(Listener::new(Recorder::refusing(1)));
    let refused = listener.post(&claim(1)).await;
    assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
    let mut posts = Vec::new();
    for _ in 0..1_000 {
        let listener = Arc::clone(&listener);
        posts.push(tokio::spawn(async move { listener.post(&claim(1)).await }));
    }
    for post in posts {
        assert_eq!(post.await.unwrap(), StatusCode::OK);
    }
    for _ in 0..1_000 {
        assert_eq!(listener.post(&claim(1)).await, StatusCode::OK);
    }
    assert_eq!(listener.sink.written().len(), 1);
    assert_eq!(listener.post(&claim(2)).await, StatusCode::OK);
    let without = Claim { address: None, ..claim(1) };
    assert_eq!(listener.post(&without).await, StatusCode::OK, "an old token says less");
    assert_eq!(listener.sink.written().len(), 3);
}

#[tokio::test]
async fn a_long_body_is_refused() {
    let listener = Listener::new(Recorder::default());
    let body = vec![b'x'; LONGEST_BODY + 1];
    let (status, _) = listener.call("POST", &token(&claim(1)), body).await;
    assert_eq!((status, listener.sink.written().len()), (StatusCode::PAYLOAD_TOO_LARGE, 0));
}
