//! The small pages that people see who open a link of ours. They have no scripts and load nothing.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

/// A page with a heading, and what stands below it as HTML.
pub(crate) fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    );
    // The token is in the address: keep it out of caches, other sites' logs and frames.
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ];
    (status, headers, Html(html)).into_response()
}

/// The same for every token that is not one of ours.
pub(crate) fn not_found() -> Response {
    page(StatusCode::NOT_FOUND, "Not found", "")
}

/// The body is longer than any that we ask for.
pub(crate) fn too_large() -> Response {
    page(StatusCode::PAYLOAD_TOO_LARGE, "Too large", "")
}

/// It could not be written: it is to come again.
pub(crate) fn try_again() -> Response {
    let mut response = page(StatusCode::SERVICE_UNAVAILABLE, "Please try again", "");
    let later = axum::http::HeaderValue::from_static("30");
    response.headers_mut().insert(header::RETRY_AFTER, later);
    response
}
