//! Which path gives what.

use super::{
    HttpOptions, api,
    body::{answer, takes_gzip, text},
    health, metrics, page,
    state::Shared,
};
use crate::link::ViewDoor;
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};

/// The paths, for a listener of these `options` on the engine behind `viewers`.
pub(super) fn router(options: &HttpOptions, viewers: ViewDoor) -> Router {
    let shared = Shared::new(options, viewers);
    let closed = Router::new()
        .route("/metrics", get(serve_metrics))
        .route("/api/v1/fleet", get(api::fleet))
        .route("/api/v1/group/{name}", get(api::group))
        .route("/api/v1/journal", get(api::journal))
        .route("/api/v1/calendar", get(api::calendar))
        .route("/api/v1/events", get(api::events))
        .route_layer(middleware::from_fn_with_state(shared.clone(), ask_for_token));
    Router::new()
        .route("/healthz", get(async |State(shared): State<Shared>| said(health::live(&shared.latest))))
        .route("/readyz", get(async |State(shared): State<Shared>| said(health::ready(&shared.latest))))
        .merge(closed)
        .merge(page::routes())
        .fallback(async || (StatusCode::NOT_FOUND, "there is nothing at this path\n"))
        .layer(middleware::from_fn_with_state(shared.clone(), ask_for_host))
        .with_state(shared)
}

fn said(health: Result<&'static str, String>) -> Response {
    match health {
        Ok(text) => text.into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, why).into_response(),
    }
}

/// Lets in what only reads and is addressed to this machine; marks every answer as nobody's to keep or to guess at.
async fn ask_for_host(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    let mut response = match shared.access.host(request.headers()) {
        Err(refusal) => refusal.into_response(),
        Ok(()) if !reads => (StatusCode::METHOD_NOT_ALLOWED, "only GET is answered\n").into_response(),
        Ok(()) => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn ask_for_token(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    match shared.access.token(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => ([(header::WWW_AUTHENTICATE, "Bearer")], refusal).into_response(),
    }
}

async fn serve_metrics(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let Some((view, age)) = shared.latest.get() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the first minute is not over\n").into_response();
    };
    let format = metrics::MetricFormat::accepted(text(&headers, header::ACCEPT));
    let gzip = takes_gzip(text(&headers, header::ACCEPT_ENCODING));
    // Nobody closes it.
    let Ok(_turn) = shared.at_work.acquire().await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let made = tokio::task::spawn_blocking(move || metrics::page(view, age, format, gzip)).await;
    let Ok(Ok(body)) = made else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written\n").into_response();
    };
    answer(body.into(), format.content_type(), gzip)
}
