use super::offer::offer;
use super::*;
use crate::secrets::Secrets;
use crate::testing::{Recorder, SECRET, call};
use axum::body::Body;
use cartwheel_core::time::Millis;
use std::sync::Mutex;

const NOW: Millis = 1_767_261_600_123;

/// A listener without a socket.
struct Listener {
    sink: Arc<Recorder>,
    router: Router,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Listener {
    fn at(now: Millis, sink: Recorder) -> Self {
        let (sink, came) = (Arc::new(sink), Arc::<Mutex<Vec<Came>>>::default());
        let heard = Arc::clone(&came);
        let heard: Heard = Arc::new(move |came| heard.lock().unwrap().push(came));
        Self { router: router(sink.desk(move || now), heard), sink, came }
    }

    fn new() -> Self {
        Self::at(NOW, Recorder::default())
    }

    async fn call(&self, method: &str, token: &str, body: impl Into<Body>) -> (StatusCode, String) {
        call(&self.router, method, &format!("/a/{token}"), body).await
    }

    async fn post(&self, offer: &Offer) -> StatusCode {
        self.call("POST", &token(offer), "").await.0
    }

    fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }
}

fn token(offer: &Offer) -> String {
    Secrets::new(SECRET, None).answer_token(offer)
}

/// Whatever scanners and previews do with a link that only reads: nothing is answered.
#[tokio::test]
async fn a_get_shows_the_answer_and_asks() {
    let listener = Listener::new();
    let token = token(&offer("too_dear"));
    for method in ["HEAD", "GET", "GET"] {
        assert_eq!(listener.call(method, &token, "").await.0, StatusCode::OK);
    }
    let (_, page) = listener.call("GET", &token, "").await;
    assert!(page.contains("<p>too dear</p><form method=\"post\"><button"), "{page}");
    assert!(!page.contains("ana") && !page.contains("<script"), "{page}");
    let others = ["PUT", "DELETE", "OPTIONS", "PATCH"];
    for method in others {
        let (status, _) = listener.call(method, &token, "").await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
    assert_eq!((listener.sink.written(), listener.came()), (vec![], vec![]));
}

#[tokio::test]
async fn a_post_writes_the_event_and_says_thank_you() {
    let listener = Listener::new();
    let (status, page) = listener.call("POST", &token(&offer("price")), "").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Thank you") && page.contains("Your answer: price"), "{page}");
    let [(customer, json)] = &listener.sink.written()[..] else { panic!("one event") };
    assert_eq!(customer, "ana");
    let event: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(
        (&event["survey"]["answer"], &event["type"]),
        (&"price".into(), &"survey_answered".into())
    );
    assert_eq!(listener.came(), [Came::Applied]);
}

/// A repeat costs nothing here for a while, and later has the id of the first; another answer of the message is an event of its own.
#[tokio::test]
async fn an_answer_counts_once_and_another_one_as_well() {
    let listener = Listener::new();
    for _ in 0..100 {
        assert_eq!(listener.post(&offer("price")).await, StatusCode::OK);
    }
    let later = Listener::at(NOW + 60_000, Recorder::default());
    assert_eq!(later.post(&offer("price")).await, StatusCode::OK);
    assert_eq!(later.post(&offer("doubt")).await, StatusCode::OK);
    let ids = |listener: &Listener| {
        let written = listener.sink.written();
        let id = |(_, json): &(String, String)| {
            let event: serde_json::Value = serde_json::from_str(json).unwrap();
            event["id"].as_str().unwrap().to_owned()
        };
        written.iter().map(id).collect::<Vec<_>>()
    };
    let (first, later) = (ids(&listener), ids(&later));
    assert_eq!((first.len(), later.len()), (1, 2));
    assert_eq!(first[0], later[0]);
    assert_ne!(later[0], later[1]);
}

#[tokio::test]
async fn what_is_no_token_of_ours_is_not_found() {
    let listener = Listener::new();
    let strange = Secrets::new(b"other", None).answer_token(&offer("price"));
    let claim = crate::Claim {
        customer: "ana".into(),
        channel: cartwheel_core::channel::Channel::Email,
        command_id: offer("price").command_id,
        address: None,
    };
    let unsubscribe = Secrets::new(SECRET, None).token(&claim);
    for wrong in [strange, unsubscribe, "cwa1.e30.x".to_owned(), "x".to_owned(), "y".repeat(9_000)]
    {
        for method in ["GET", "POST"] {
            let (status, page) = listener.call(method, &wrong, "").await;
            assert_eq!(status, StatusCode::NOT_FOUND);
            assert!(!page.contains(&wrong), "{page}");
        }
    }
    for path in ["/a", "/a/", "/a/x/y", "/", "/u/x", "/answer"] {
        assert_eq!(
            call(&listener.router, "GET", path, "").await.0,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    assert_eq!((listener.sink.written(), listener.came()), (vec![], vec![]));
}

#[tokio::test]
async fn an_answer_s_time_is_over_at_its_instant() {
    let offer = offer("price");
    for (now, status) in [(offer.expires - 1, StatusCode::OK), (offer.expires, StatusCode::GONE)] {
        let listener = Listener::at(now, Recorder::default());
        for method in ["GET", "POST"] {
            assert_eq!(listener.call(method, &token(&offer), "").await.0, status, "{method} {now}");
        }
        let written = usize::from(status == StatusCode::OK);
        assert_eq!(listener.sink.written().len(), written);
        let came = if written == 1 { Came::Applied } else { Came::Expired };
        assert_eq!(listener.came(), [came]);
    }
}

#[tokio::test]
async fn success_waits_for_the_acknowledgement() {
    let listener = Listener::at(NOW, Recorder::refusing(1));
    assert_eq!(listener.post(&offer("price")).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(listener.post(&offer("price")).await, StatusCode::OK, "it is tried again");
    assert_eq!(listener.sink.written().len(), 1);
    assert_eq!(listener.came(), [Came::Failed, Came::Applied]);
}

#[tokio::test]
async fn what_no_shard_would_apply_is_never_thanked_for() {
    let listener = Listener::new();
    let long = Offer { customer: "x".repeat(257), ..offer("price") };
    let (status, page) = listener.call("POST", &token(&long), "").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("was not taken"), "{page}");
    assert_eq!((listener.sink.written(), listener.came()), (vec![], vec![Came::Refused]));
}

#[tokio::test]
async fn a_long_body_is_refused() {
    let listener = Listener::new();
    let body = vec![b'x'; LONGEST_BODY + 1];
    let (status, _) = listener.call("POST", &token(&offer("price")), body).await;
    assert_eq!((status, listener.sink.written().len()), (StatusCode::PAYLOAD_TOO_LARGE, 0));
}

/// Nothing that stands in a token becomes HTML.
#[tokio::test]
async fn a_page_shows_letters_alone() {
    let listener = Listener::new();
    let (_, page) = listener.call("GET", &token(&offer("<b>&\"'x")), "").await;
    assert!(page.contains("<p> b    x</p>"), "{page}");
}
