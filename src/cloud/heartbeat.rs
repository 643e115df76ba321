//! Word of each answer that comes during a call, for whoever waits for the call.

use std::sync::Arc;

use tokio::sync::Notify;

/// Tells that a call of many questions goes on: each answer to one of them beats. One copy waits, the others tell.
#[derive(Debug, Clone, Default)]
pub struct Heartbeat(Arc<Notify>);

impl Heartbeat {
    /// An answer came.
    pub fn beat(&self) {
        self.0.notify_one();
    }

    /// Waits for the next answer; one that came since the last wait counts.
    pub async fn next(&self) {
        self.0.notified().await;
    }
}
