//! `/healthz` and `/readyz`: whether the process lives, and whether its loop keeps up.

use std::time::Duration;

use super::latest::Latest;
use crate::link::{ClockView, View};

/// A view older than this means that the loop does not keep up: it makes one a minute.
const MOST_AGE: Duration = Duration::from_secs(300);
const NO_MINUTE: &str = "not ready: the first minute is not over\n";

/// `Err` says why the process should be started again.
pub(super) fn live(latest: &Latest) -> Result<&'static str, String> {
    if latest.is_followed() { Ok("live\n") } else { Err("the engine loop has ended\n".into()) }
}

/// `Err` says why its answers are not to be relied on.
pub(super) fn ready(latest: &Latest) -> Result<&'static str, String> {
    live(latest)?;
    match latest.get() {
        Some((view, age)) => keeps_up(&view, age),
        None => Err(NO_MINUTE.into()),
    }
}

/// Whether a loop whose newest `view` is `age` old keeps up.
fn keeps_up(view: &View, age: Duration) -> Result<&'static str, String> {
    if view.engine_loop.minutes == 0 {
        return Err(NO_MINUTE.into());
    }
    // A clock that stands makes no minutes.
    let is_paused = matches!(view.clock, ClockView::Simulated { paused: true, .. });
    if age > MOST_AGE && !is_paused {
        return Err(format!("not ready: the loop has published nothing for {} s\n", age.as_secs()));
    }
    Ok("ready\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::LoopView;

    fn view(minutes: u64, paused: bool) -> View {
        let clock = ClockView::Simulated { speed: 60.0, paused };
        View { clock, engine_loop: LoopView { minutes, ..LoopView::default() }, ..View::default() }
    }

    #[test]
    fn it_is_ready_after_the_first_minute_and_as_long_as_views_come() {
        let of = |view: &View, seconds| keeps_up(view, Duration::from_secs(seconds));
        assert_eq!(of(&view(0, false), 0), Err("not ready: the first minute is not over\n".into()));
        assert!(of(&view(1, false), 300).is_ok());
        let why = "not ready: the loop has published nothing for 301 s\n";
        assert_eq!(of(&view(1, false), 301), Err(why.into()));
        assert!(of(&view(1, true), 301).is_ok(), "a clock that stands makes no minutes");
    }

    #[tokio::test]
    async fn it_lives_as_long_as_the_loop_does() {
        let (latest, keep) = Latest::fixed(view(3, false));
        assert!(live(&latest).is_ok() && ready(&latest).is_ok());
        drop(keep);
        let ended = Err("the engine loop has ended\n".to_owned());
        assert_eq!((live(&latest), ready(&latest)), (ended.clone(), ended));
    }
}
