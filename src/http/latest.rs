//! The newest view and when it came.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use crate::link::{View, ViewDoor, Viewport};

/// How often a loop that is too busy to open a screen is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// A view and when it came; `None` before the first.
pub(super) type Stamped = Option<(Arc<View>, Instant)>;

/// The newest view; every clone has the same.
#[derive(Debug, Clone)]
pub(super) struct Latest(watch::Receiver<Stamped>);

impl Latest {
    /// Follows the fleet until the engine is gone or nobody holds the result any more.
    pub(super) fn follow(viewers: ViewDoor) -> Latest {
        let (sender, latest) = watch::channel(None);
        tokio::spawn(async move {
            tokio::select! {
                () = feed(viewers, &sender) => {}
                () = sender.closed() => {}
            }
        });
        Latest(latest)
    }

    /// The newest view, and how old it is; `None` before the first.
    pub(super) fn get(&self) -> Option<(Arc<View>, Duration)> {
        self.0.borrow().as_ref().map(|(view, came)| (Arc::clone(view), came.elapsed()))
    }

    /// Waits for the next one; `false` when the engine is gone.
    pub(super) async fn changed(&mut self) -> bool {
        self.0.changed().await.is_ok()
    }

    /// The serial of the newest one, which [`changed`](Self::changed) does not report again.
    pub(super) fn seen(&mut self) -> Option<u64> {
        self.0.borrow_and_update().as_ref().map(|(view, _)| view.serial)
    }

    /// True while there is an engine.
    pub(super) fn is_followed(&self) -> bool {
        self.0.has_changed().is_ok()
    }

    /// One that shows `view` for ever, and what keeps it.
    #[cfg(test)]
    pub(super) fn fixed(view: View) -> (Latest, watch::Sender<Stamped>) {
        let (sender, latest) = watch::channel(Some((Arc::new(view), Instant::now())));
        (Latest(latest), sender)
    }
}

async fn feed(viewers: ViewDoor, sender: &watch::Sender<Stamped>) {
    let Some(mut viewer) = viewers.open().await else { return };
    while !viewer.show(Viewport::fleet()).await {
        sleep(AGAIN).await;
    }
    while viewer.changed().await {
        let view = viewer.newest();
        if view.serial > 0 {
            sender.send_replace(Some((view, Instant::now())));
        }
    }
}
