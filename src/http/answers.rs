//! Answers of the API, made once and given to whoever asks: any number of pages costs what one does.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use axum::http::StatusCode;
use serde::Serialize;
use tokio::{
    sync::{Mutex, Semaphore},
    time::{Instant, timeout},
};

use super::body::Packed;
use crate::link::{FleetSummary, GroupSummary, View, ViewDoor, Viewport};

/// How long a group's answer is given again before it is made anew.
const FRESH: Duration = Duration::from_secs(5);
/// How long the loop may take to show a group.
const PATIENCE: Duration = Duration::from_secs(20);
/// Answers of groups that are remembered.
const MOST_GROUPS: usize = 32;
/// Groups that are shown at once: each is a screen at the engine.
const MOST_SHOWN: usize = 2;
/// Pages that hear of news at once.
const MOST_LISTENING: usize = 40;
/// Points of a line.
const POINTS: usize = 480;

/// Which answer about a group: its name, hours of past and future.
pub(super) type Asked = (String, u32, u32);

/// What has been answered of late.
#[derive(Debug)]
pub(super) struct Answers {
    fleet: Mutex<Option<(u64, Packed)>>,
    groups: Mutex<VecDeque<(Asked, Instant, Packed)>>,
    shown: Semaphore,
    pub(super) listening: Arc<Semaphore>,
    viewers: ViewDoor,
}

impl Answers {
    /// Nothing yet; groups are shown through `viewers`.
    pub(super) fn new(viewers: ViewDoor) -> Answers {
        Answers {
            fleet: Mutex::default(),
            groups: Mutex::default(),
            shown: Semaphore::new(MOST_SHOWN),
            listening: Arc::new(Semaphore::new(MOST_LISTENING)),
            viewers,
        }
    }

    /// The fleet, made once a view.
    pub(super) async fn fleet(&self, view: &View) -> Result<Packed, StatusCode> {
        let mut made = self.fleet.lock().await;
        if let Some((_, packed)) = made.as_ref().filter(|(serial, _)| *serial == view.serial) {
            return Ok(packed.clone());
        }
        let packed = json(&FleetSummary::of(view))?;
        *made = Some((view.serial, packed.clone()));
        Ok(packed)
    }

    /// One group, in a view that the engine cuts for it.
    pub(super) async fn group(&self, asked: Asked) -> Result<Packed, StatusCode> {
        // Nobody closes it. Whoever waits finds what the one before has made.
        let _turn = self.shown.acquire().await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        if let Some(packed) = self.remembered(&asked).await {
            return Ok(packed);
        }
        let shown = timeout(PATIENCE, show(&self.viewers, &asked)).await;
        let view = shown.ok().flatten().ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
        let summary = GroupSummary::of(&view, &asked.0).ok_or(StatusCode::NOT_FOUND)?;
        let packed = json(&summary)?;
        let mut groups = self.groups.lock().await;
        groups.retain(|(key, ..)| *key != asked);
        groups.truncate(MOST_GROUPS - 1);
        groups.push_front((asked, Instant::now(), packed.clone()));
        Ok(packed)
    }

    async fn remembered(&self, asked: &Asked) -> Option<Packed> {
        let groups = self.groups.lock().await;
        let found = groups.iter().find(|(key, made, _)| key == asked && made.elapsed() < FRESH);
        found.map(|(.., packed)| packed.clone())
    }
}

/// The view of a group; `None` when the engine is gone.
async fn show(viewers: &ViewDoor, (group, past, ahead): &Asked) -> Option<Arc<View>> {
    let mut viewer = viewers.open().await?;
    let hours = |hours: u32| i64::from(hours) * 3_600;
    let viewport = Viewport {
        group: Some(group.clone()),
        past: hours(*past),
        ahead: hours(*ahead),
        points: POINTS,
        ..Viewport::default()
    };
    if !viewer.show(viewport).await {
        return None;
    }
    loop {
        let view = viewer.newest();
        // Of a group that was not read yet there is no detail.
        if view.serial > 0 && view.detail.as_ref().is_none_or(|detail| detail.name == *group) {
            return Some(view);
        }
        if !viewer.changed().await {
            return None;
        }
    }
}

/// `value` as the body of an answer.
pub(super) fn json(value: &impl Serialize) -> Result<Packed, StatusCode> {
    let text = serde_json::to_vec(value).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Packed::new(text).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}
