//! What systemd is told of a service of `Type=notify`: ready, reloading, stopping, alive, and a line of state.
//!
//! Alive means that the loop answers: a process whose loop hangs is started again, however lively its other tasks are.
//! Without `NOTIFY_SOCKET` nobody is told anything.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{
    domain::text::clean,
    link::{View, ViewDoor, Viewer, Viewport},
};

/// How often the loop is asked where there is no watchdog: never, in the life of a service.
const NEVER: Duration = Duration::from_secs(100 * 365 * 86_400);
/// Most characters of a line of state.
const WIDEST: usize = 200;

/// Tells systemd how the loop behind `viewers` is, until `stop`. Nothing without systemd.
pub(super) fn report(viewers: ViewDoor, mut stop: watch::Receiver<bool>) {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return;
    }
    tokio::spawn(async move {
        tokio::select! {
            () = follow(viewers, sd_notify::watchdog_enabled()) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
        tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
    });
}

/// The configuration is about to be read again.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!("systemd is not told of the reload: {error}"),
    }
}

/// It was read, with this outcome.
pub(super) fn reloaded(said: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(&clean(said, WIDEST))]);
}

async fn follow(viewers: ViewDoor, watchdog: Option<Duration>) {
    let Some(mut viewer) = viewers.open().await else { return };
    // Often enough that one late answer is no end.
    let patience = watchdog.map_or(NEVER, |within| within / 2);
    let mut ticks = interval(watchdog.map_or(NEVER, |within| within / 4));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut is_ready, mut said) = (false, String::new());
    loop {
        tokio::select! {
            changed = viewer.changed() => {
                if !changed {
                    return;
                }
                let view = viewer.newest();
                let status = status(&view);
                if view.engine_loop.minutes > 0 && !std::mem::replace(&mut is_ready, true) {
                    tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
                } else if status != said {
                    tell(&[NotifyState::Status(&status)]);
                }
                said = status;
            }
            _ = ticks.tick() => {
                if answers(&viewer, patience).await && watchdog.is_some() {
                    tell(&[NotifyState::Watchdog]);
                }
            }
        }
    }
}

/// True if the loop takes a request within `patience`.
async fn answers(viewer: &Viewer, patience: Duration) -> bool {
    timeout(patience, viewer.show(Viewport::fleet())).await.unwrap_or(false)
}

/// The state in a line, as `systemctl status` shows it. It has no time in it, so that it is said when something changes.
fn status(view: &View) -> String {
    let notice = view.notices.first().map(|notice| format!("; {}: {}", notice.level.name(), notice.text));
    let brake = if view.brake { "; scale-in frozen" } else { "" };
    let text = format!(
        "{}: {} groups, {} proposals{brake}{}",
        view.source,
        view.groups.len(),
        view.proposals.len(),
        notice.unwrap_or_default()
    );
    clean(&text, WIDEST)
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!("systemd cannot be told: {error}");
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::link::{Level, Notice, door};

    #[tokio::test]
    async fn a_loop_that_hangs_does_not_answer() {
        let (door, mut end) = door();
        let viewer = door.viewing().open().await.expect("the engine is there");
        let short = Duration::from_millis(50);
        assert!(!answers(&viewer, short).await, "nobody takes requests");
        let engine = tokio::spawn(async move {
            while let Some(request) = end.request().await {
                // It may have given up.
                let _ = request.reply.send(Ok(String::new()));
                let Ok(()) = end.publish(|_, _| Ok::<_, Infallible>(View::default()));
            }
        });
        assert!(answers(&viewer, Duration::from_secs(30)).await);
        engine.abort();
        // Aborted tasks end at their next wait.
        let _ = engine.await;
        assert!(!answers(&viewer, short).await, "the engine is gone");
    }

    #[test]
    fn the_line_of_state_says_what_matters() {
        let notices = vec![Notice { level: Level::Critical, text: "reading from the cloud failed".into() }];
        let view = View { source: "SIMULATED".into(), brake: true, notices, ..View::default() };
        assert_eq!(
            status(&view),
            "SIMULATED: 0 groups, 0 proposals; scale-in frozen; critical: reading from the cloud failed"
        );
    }
}
