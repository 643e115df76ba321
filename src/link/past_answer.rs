//! What the engine keeps of the past that it told a screen.

use super::{GroupDetail, PastFleet, Viewport};
use crate::domain::Time;

/// What a screen was told last of the past. The engine's own: it passes over no connection.
#[derive(Debug, Clone)]
pub struct PastAnswer {
    /// What the screen showed.
    pub viewport: Viewport,
    /// The number of changes of decisions at which it was read.
    pub changes: u64,
    /// Decisions of later moments change nothing of it; `None` where any may.
    pub decided_until: Option<Time>,
    /// The last moment of which metrics are shown.
    pub measured_until: Option<Time>,
    /// How often the configuration had been read again.
    pub reloads: u64,
    /// The engine's moment at which it was read.
    pub read: Time,
    /// The fleet, where it was asked for.
    pub fleet: Option<Box<PastFleet>>,
    /// The group in detail.
    pub detail: Option<GroupDetail>,
}
