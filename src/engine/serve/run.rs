//! The live task that runs an engine: minutes, commands, training, views.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::session::{Session, stopped};
use crate::{
    domain::Time,
    engine::{Engine, GroupDecision, clock::Clock},
    link::{EngineEnd, LoopView},
    store::StoreError,
};

/// Minimum real time between two views when no command arrives.
const VIEW_EVERY: Duration = Duration::from_millis(60);
/// How often a running training or backtest is polled.
const NEWS_EVERY: Duration = Duration::from_millis(150);

/// Time limit for restoring floors at shutdown.
const LEAVE: Duration = Duration::from_secs(10);
/// A minute that takes longer to process is logged.
const LONG: Duration = Duration::from_secs(5);

/// Runs `engine` until `stop` turns true or every sender of commands is gone.
///
/// `tell` receives every decision as it is made.
///
/// # Errors
/// When the store cannot be written.
pub async fn run(
    mut engine: Engine,
    clock: Clock,
    end: EngineEnd,
    stop: watch::Receiver<bool>,
    mut on_step: impl FnMut(&GroupDecision),
) -> Result<(), StoreError> {
    let mut report = |step: &GroupDecision| {
        tracing::info!("{}", words(step));
        on_step(step);
    };
    tracing::info!("engine loop started");
    let mut session = Session::new(end, clock, stop);
    let first = engine.now();
    let mut next = session.clock.next_minute(engine.now());
    timed(&mut engine, first, &mut session).await?.iter().for_each(&mut report);
    let mut shown = publish(&mut engine, &mut session)?;
    let mut served = false;
    loop {
        let due = session.clock.until(next);
        // At most one request before a minute that is due: a flood of requests cannot delay the loop.
        let minute_first = std::mem::take(&mut served) && due.is_some_and(|due| due.is_zero());
        tokio::select! {
            biased;
            () = stopped(&mut session.stop) => break,
            request = session.end.request(), if !minute_first => {
                served = true;
                let Some(request) = request else { break };
                engine.serve(&mut session, request).await?;
                shown = publish(&mut engine, &mut session)?;
            }
            () = wait(due) => {
                next = session.clock.revised(next);
                if session.clock.until(next).is_none_or(|left| !left.is_zero()) {
                    continue;
                }
                timed(&mut engine, next, &mut session).await?.iter().for_each(&mut report);
                engine.checkpoint(next)?;
                next = session.clock.next_minute(next);
                session.clock.hold(next);
                if shown.elapsed() >= VIEW_EVERY || due.is_some_and(|d| d > VIEW_EVERY) {
                    shown = publish(&mut engine, &mut session)?;
                }
                engine.tidy(next)?;
                // A clock faster than the work leaves no pause: yield to timers, signals and sockets here.
                tokio::task::yield_now().await;
            }
            () = wait(engine.leases_due()) => engine.keep_leases().await?,
            () = tokio::time::sleep(NEWS_EVERY), if engine.is_training() || engine.is_backtesting() => {
                engine.follow_training(engine.now())?;
                engine.follow_backtest();
                shown = publish(&mut engine, &mut session)?;
            }
        }
    }
    leave(&mut engine).await
}

/// The shutdown. An unresponsive account must not delay it; the intent is in the journal.
async fn leave(engine: &mut Engine) -> Result<(), StoreError> {
    let left = match tokio::time::timeout(LEAVE, engine.leave()).await {
        Ok(left) => left,
        Err(_) => engine.checkpoint_now(),
    };
    tracing::info!("engine loop stopped");
    left
}

/// One minute of the engine, then the requests that had to wait for it; a minute that takes long is
/// logged.
async fn timed(
    engine: &mut Engine,
    minute: Time,
    session: &mut Session,
) -> Result<Vec<GroupDecision>, StoreError> {
    let (start, late) = (Instant::now(), (session.clock.now() - minute).as_seconds_f64().max(0.0));
    let steps = engine.minute_at(minute, Some(session)).await?;
    for request in std::mem::take(&mut session.waiting) {
        // Shutdown does not wait for it: it is neither executed nor answered.
        if !session.is_stopping() {
            engine.serve(session, request).await?;
        }
    }
    let took = start.elapsed();
    let pace = &mut engine.serving.pace;
    *pace = LoopView { minutes: pace.minutes + 1, took: took.as_secs_f64(), late, ..*pace };
    if took > LONG {
        tracing::warn!("processing one minute took {:.1} s", took.as_secs_f64());
    }
    Ok(steps)
}

/// A decision in one line.
fn words(step: &GroupDecision) -> String {
    let decision = &step.decision;
    format!("{}: {} {}", step.group, decision.stage.name(), decision.change())
}

async fn wait(due: Option<Duration>) {
    match due {
        Some(due) => tokio::time::sleep(due).await,
        None => std::future::pending().await,
    }
}

fn publish(engine: &mut Engine, session: &mut Session) -> Result<Instant, StoreError> {
    engine.publish(session)?;
    Ok(Instant::now())
}
