//! What is answered where, and the guards before it: limits, time, access, headers.

use super::access::{Access, Scope};
use super::console;
use super::drawing::svg;
use super::source::{AdminSource, SourceError};
use super::stream;
use super::view::{ConfigurationView, CustomerView, InboxEntry, JourneyView, Overview, ShardView};
use crate::current::Current;
use crate::metrics::Metrics;
use axum::body::HttpBody;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// An answer may take so long.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Longest path and query in bytes.
const MAX_URI: usize = 2_048;

/// Scripts, styles and data from this listener only; nothing inline, nothing framed elsewhere.
const CONSOLE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                              frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A mail is a stranger's HTML: no scripts, no origin, nothing loaded, framed by the console only.
const MAIL_POLICY: &str =
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

pub(super) struct App<S> {
    pub access: Arc<Current<Access>>,
    pub source: Arc<S>,
    pub metrics: Arc<Metrics>,
    pub streams: Arc<Semaphore>,
    pub closing: watch::Receiver<bool>,
}

impl<S> Clone for App<S> {
    fn clone(&self) -> Self {
        let Self { access, source, metrics, streams, closing } = self;
        Self {
            access: access.clone(),
            source: source.clone(),
            metrics: metrics.clone(),
            streams: streams.clone(),
            closing: closing.clone(),
        }
    }
}

pub(super) fn router<S: AdminSource>(app: App<S>) -> Router {
    let api = Router::new()
        .route("/overview", get(overview::<S>))
        .route("/shards", get(shards::<S>))
        .route("/journeys/{name}", get(journey::<S>))
        .route("/journeys/{name}/drawing", get(drawing::<S>))
        .route("/configuration", get(configuration::<S>))
        .route("/customers/{id}", get(customer::<S>))
        .route("/inbox", get(inbox::<S>))
        .route("/inbox/{n}/html", get(mail::<S>))
        .route("/stream", get(stream::overview::<S>))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "not_found", "no such endpoint"))
        .layer(middleware::from_fn_with_state(app.clone(), authorise::<S>));
    Router::new()
        .route("/metrics", get(metrics::<S>))
        .nest("/api/v1", api)
        .with_state(app.clone())
        .merge(health(app.clone()))
        .fallback(get(asset))
        .layer(middleware::from_fn_with_state(app, guard::<S>))
}

/// What is answered when all other places are taken: whoever decides whether this process lives must not find it dead for being popular.
pub(super) fn probes<S: AdminSource>(app: App<S>) -> Router {
    let full = async || Problem::busy("all connections are in use");
    health(app.clone()).fallback(full).layer(middleware::from_fn_with_state(app, guard::<S>))
}

fn health<S: AdminSource>(app: App<S>) -> Router {
    Router::new()
        .route("/livez", get(livez::<S>))
        .route("/readyz", get(readyz::<S>))
        .with_state(app)
}

/// A refusal or failure, as JSON: `{"error":{"code":"not_found","message":"..."}}`.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(super) fn busy(message: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
    }
}

impl From<SourceError> for Problem {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::NotFound(message) => {
                Self::new(StatusCode::NOT_FOUND, "not_found", message)
            }
            SourceError::Unavailable(message) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response =
            Json(serde_json::json!({ "error": { "code": self.code, "message": self.message } }))
                .into_response();
        *response.status_mut() = self.status;
        if self.status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Limits and time before, security headers after every answer.
async fn guard<S: AdminSource>(
    State(app): State<App<S>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match refuse(&app.access.get(), &request) {
        Some(problem) => problem.into_response(),
        None => match tokio::time::timeout(PATIENCE, next.run(request)).await {
            Ok(response) => response,
            Err(_) => {
                Problem::new(StatusCode::GATEWAY_TIMEOUT, "timeout", "the engine does not answer")
                    .into_response()
            }
        },
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONSOLE_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Nothing here takes a body or changes anything.
fn refuse(access: &Access, request: &Request) -> Option<Problem> {
    if !access.host_allowed(request.headers()) {
        return Some(Problem::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "without a token, only localhost is served",
        ));
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Some(Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "this listener only answers GET and HEAD",
        ));
    }
    if !request.body().is_end_stream() {
        return Some(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body",
            "this listener takes no bodies",
        ));
    }
    let uri = request.uri().path_and_query().map_or(0, |uri| uri.as_str().len());
    (uri > MAX_URI).then(|| {
        Problem::new(StatusCode::URI_TOO_LONG, "uri_too_long", format!("at most {MAX_URI} bytes"))
    })
}

async fn authorise<S: AdminSource>(
    State(app): State<App<S>>,
    mut request: Request,
    next: Next,
) -> Response {
    match app.access.get().scope(request.headers()) {
        Some(scope) => {
            request.extensions_mut().insert(scope);
            next.run(request).await
        }
        None => unauthorised().into_response(),
    }
}

fn unauthorised() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "a bearer token is needed")
}

async fn livez<S: AdminSource>(State(app): State<App<S>>) -> (StatusCode, &'static str) {
    if app.source.alive() {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "stuck\n")
    }
}

async fn readyz<S: AdminSource>(State(app): State<App<S>>) -> Response {
    let readiness = app.source.readiness().await;
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

async fn metrics<S: AdminSource>(
    State(app): State<App<S>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let access = app.access.get();
    if !access.open_metrics && access.scope(&headers).is_none() {
        return Err(unauthorised());
    }
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], app.metrics.render()).into_response())
}

async fn overview<S: AdminSource>(State(app): State<App<S>>) -> Result<Json<Overview>, Problem> {
    Ok(Json(app.source.overview().await?))
}

async fn shards<S: AdminSource>(
    State(app): State<App<S>>,
) -> Result<Json<Vec<ShardView>>, Problem> {
    Ok(Json(app.source.overview().await?.shards))
}

async fn journey<S: AdminSource>(
    State(app): State<App<S>>,
    Path(name): Path<String>,
) -> Result<Json<JourneyView>, Problem> {
    Ok(Json(app.source.journey(&name).await?))
}

async fn drawing<S: AdminSource>(
    State(app): State<App<S>>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let drawing = svg(&app.source.journey(&name).await?);
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], drawing).into_response())
}

async fn configuration<S: AdminSource>(
    State(app): State<App<S>>,
) -> Result<Json<ConfigurationView>, Problem> {
    Ok(Json(app.source.configuration().await?))
}

/// Decisions of a customer in one answer, of one journey where one is named.
const SHOWN: usize = 64;

#[derive(Deserialize)]
struct Narrow {
    journey: Option<String>,
}

async fn customer<S: AdminSource>(
    State(app): State<App<S>>,
    Extension(scope): Extension<Scope>,
    Path(id): Path<String>,
    Query(narrow): Query<Narrow>,
) -> Result<Json<CustomerView>, Problem> {
    let mut customer = app.source.customer(&id).await?;
    if !scope.personal_data {
        customer.personal = None;
    }
    if let Some(journey) = narrow.journey {
        customer.decisions.retain(|decision| decision.journey == journey);
        customer.runs.retain(|run| run.journey == journey);
        customer.outlooks.retain(|of| of.journey == journey);
    } else {
        customer.outlooks.clear();
    }
    let older = customer.decisions.len().saturating_sub(SHOWN);
    customer.truncated |= older > 0;
    customer.decisions.drain(..older);
    Ok(Json(customer))
}

fn may_read_mail(scope: Scope) -> Result<(), Problem> {
    let refusal = || {
        Problem::new(StatusCode::FORBIDDEN, "forbidden", "the token lacks the scope personal_data")
    };
    scope.personal_data.then_some(()).ok_or_else(refusal)
}

async fn inbox<S: AdminSource>(
    State(app): State<App<S>>,
    Extension(scope): Extension<Scope>,
) -> Result<Json<Vec<InboxEntry>>, Problem> {
    may_read_mail(scope)?;
    Ok(Json(app.source.inbox().await?))
}

async fn mail<S: AdminSource>(
    State(app): State<App<S>>,
    Extension(scope): Extension<Scope>,
    Path(n): Path<u64>,
) -> Result<Response, Problem> {
    may_read_mail(scope)?;
    let html = app.source.mail_html(n).await?;
    let headers = [
        (header::CONTENT_SECURITY_POLICY, MAIL_POLICY),
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    ];
    Ok((headers, html).into_response())
}

async fn asset(request: Request) -> Response {
    let Some(file) = console::file(request.uri().path().trim_start_matches('/')) else {
        return Problem::new(StatusCode::NOT_FOUND, "not_found", "no such page").into_response();
    };
    let known = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .is_some_and(|tag| tag.as_bytes() == file.etag.as_bytes());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(file.mime)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            header::ETAG,
            HeaderValue::from_str(&file.etag).unwrap_or(HeaderValue::from_static("\"\"")),
        ),
    ];
    if known {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, file.content.into_owned()).into_response()
    }
}
