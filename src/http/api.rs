//! `/api/v1`: the fleet, one group, journal, calendar as JSON, and news of a new view as server-sent events.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use tokio::time::sleep;

use super::{answers::json, body::Packed, latest::Latest, state::Shared};
use crate::link::View;

const JSON: &str = "application/json";
/// Time between two pieces of news.
const PACE: Duration = Duration::from_secs(1);
/// Hours of a group's past and future that can be asked for.
const HOURS: (u32, u32) = (336, 48);

/// The newest view.
fn newest(latest: &Latest) -> Result<Arc<View>, StatusCode> {
    latest.get().map(|(view, _)| view).ok_or(StatusCode::TOO_EARLY)
}

fn answered(made: Result<Packed, StatusCode>, headers: &HeaderMap) -> Response {
    match made {
        Ok(packed) => packed.answer(headers, JSON),
        Err(StatusCode::NOT_FOUND) => (StatusCode::NOT_FOUND, "there is no such group\n").into_response(),
        Err(StatusCode::SERVICE_UNAVAILABLE) => {
            (StatusCode::SERVICE_UNAVAILABLE, "the loop did not answer in time\n").into_response()
        }
        Err(StatusCode::TOO_EARLY) => {
            (StatusCode::SERVICE_UNAVAILABLE, "the first minute is not over\n").into_response()
        }
        Err(status) => status.into_response(),
    }
}

/// `/api/v1/fleet`.
pub(super) async fn fleet(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let made = match newest(&shared.latest) {
        Ok(view) => shared.answers.fleet(&view).await,
        Err(status) => Err(status),
    };
    answered(made, &headers)
}

/// `/api/v1/group/{name}?past=HOURS&ahead=HOURS`.
pub(super) async fn group(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let view = match newest(&shared.latest) {
        Ok(view) => view,
        Err(status) => return answered(Err(status), &headers),
    };
    // What is not there is not worth a screen at the engine.
    if !view.groups.iter().any(|row| row.name == name) {
        return answered(Err(StatusCode::NOT_FOUND), &headers);
    }
    match hours(query.as_deref().unwrap_or_default()) {
        Ok((past, ahead)) => answered(shared.answers.group((name, past, ahead)).await, &headers),
        Err(why) => (StatusCode::BAD_REQUEST, why).into_response(),
    }
}

/// `/api/v1/journal`: the newest lines.
pub(super) async fn journal(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    answered(newest(&shared.latest).and_then(|view| json(&view.journal)), &headers)
}

/// `/api/v1/calendar`.
pub(super) async fn calendar(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    answered(newest(&shared.latest).and_then(|view| json(&view.calendar)), &headers)
}

/// Hours of past and future in a query, `past=24&ahead=6`; six and two where it says nothing.
fn hours(query: &str) -> Result<(u32, u32), &'static str> {
    let (mut past, mut ahead) = (6, 2);
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let (into, most) = match &*key {
            "past" => (&mut past, HOURS.0),
            "ahead" => (&mut ahead, HOURS.1),
            _ => return Err("known are past and ahead, in hours\n"),
        };
        *into = value
            .parse()
            .ok()
            .filter(|hours| (1..=most).contains(hours))
            .ok_or("past is a whole number of hours from 1 to 336, ahead one from 1 to 48\n")?;
    }
    Ok((past, ahead))
}

/// `/api/v1/events`: `fleet` with the serial of each new view, at most one a second.
pub(super) async fn events(State(shared): State<Shared>) -> Response {
    let Ok(place) = Arc::clone(&shared.answers.listening).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many pages listen already\n").into_response();
    };
    let news = stream::unfold((shared.latest, place, true), |(mut latest, place, first)| async move {
        if !first {
            sleep(PACE).await;
        }
        while first && latest.get().is_none() && latest.changed().await {}
        if !first && !latest.changed().await {
            return None;
        }
        let serial = latest.seen()?;
        let event = Event::default().event("fleet").data(serial.to_string());
        Some((Ok::<_, Infallible>(event), (latest, place, false)))
    });
    Sse::new(news).keep_alive(KeepAlive::default()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_bounded() {
        assert_eq!(
            (hours(""), hours("past=24"), hours("past=336&ahead=48")),
            (Ok((6, 2)), Ok((24, 2)), Ok((336, 48)))
        );
        for wrong in
            ["past=0", "past=337", "ahead=49", "past=-1", "past=1.5", "past=x", "hours=3", "past=1&x=2"]
        {
            assert!(hours(wrong).is_err(), "{wrong}");
        }
    }
}
