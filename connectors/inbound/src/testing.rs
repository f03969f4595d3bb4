//! What the tests of the routes share.

use crate::desk::{Clocks, Desk};
use crate::secrets::{Keys, Secrets};
use crate::sink::{BoxFuture, EventSink, SinkError};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::Millis;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

/// Signs the links of the tests.
pub const SECRET: &[u8] = b"secret";

/// Keeps what is written.
#[derive(Default)]
pub struct Recorder {
    written: Mutex<Vec<(String, String)>>,
    /// So many writes fail first.
    refuses: AtomicUsize,
}

impl EventSink for Recorder {
    fn write<'a>(
        &'a self,
        customer: &'a str,
        json: Vec<u8>,
    ) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(async move {
            // Others come meanwhile.
            tokio::task::yield_now().await;
            let less = |left: usize| left.checked_sub(1);
            if self.refuses.fetch_update(Relaxed, Relaxed, less).is_ok() {
                return Err(SinkError);
            }
            let event = (customer.to_owned(), String::from_utf8(json).unwrap());
            self.written.lock().unwrap().push(event);
            Ok(())
        })
    }
}

impl Recorder {
    /// One of which so many writes fail first.
    pub fn refusing(writes: usize) -> Self {
        Self { refuses: writes.into(), ..Self::default() }
    }

    /// With this sink, at this wall time.
    pub fn desk(self: &Arc<Self>, wall: impl Fn() -> Millis + Send + Sync + 'static) -> Desk {
        let clocks = Clocks { wall: Arc::new(wall), mono: Arc::new(|| 0) };
        let (sink, secrets) = (Arc::<Self>::clone(self), Arc::new(Secrets::new(SECRET, None)));
        let keys: Keys = Arc::new(move || Arc::clone(&secrets));
        Desk { sink, keys, clocks, policy: Policy::default() }
    }

    /// Customer and event of each write.
    pub fn written(&self) -> Vec<(String, String)> {
        self.written.lock().unwrap().clone()
    }
}

/// Status and page.
pub async fn call(
    router: &Router,
    method: &str,
    uri: &str,
    body: impl Into<Body>,
) -> (StatusCode, String) {
    let request = Request::builder().method(method).uri(uri).body(body.into()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}
