//! What the engine keeps of the past that it told a screen.

use super::{GroupDetail, PastFleet, Viewport};
use crate::domain::Time;

/// What a screen was told last of the past. The engine's own: it passes over no connection.
#[derive(Debug, Clone)]
pub struct PastAnswer {
    /// What the screen showed.
    pub viewport: Viewport,
    /// The revision of the history that was read.
    pub revision: u64,
    /// The engine's moment at which it was read.
    pub read: Time,
    /// The fleet, where it was asked for.
    pub fleet: Option<Box<PastFleet>>,
    /// The group in detail.
    pub detail: Option<GroupDetail>,
}
