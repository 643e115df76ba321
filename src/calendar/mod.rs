//! The business calendar.
use serde::{Deserialize, Serialize};

/// One entry as an operator writes it, every field as text so that a form can hold it while it is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Name.
    pub name: String,
    /// One of [`crate::domain::event::EventKind`]'s words.
    pub kind: String,
    /// Local start, `2026-11-27 00:00`.
    pub start: String,
    /// Local end, `2026-11-30 00:00`.
    pub end: String,
    /// IANA zone; empty for the calendar's own.
    pub zone: String,
    /// Empty, `daily`, `weekly`, `monthly`, `yearly`, or an RFC 5545 rule (`FREQ=…`).
    pub repeat: String,
    /// Demand against an ordinary day; empty if unknown.
    pub multiplier: String,
    /// Least number of instances; empty if none.
    pub min_instances: String,
    /// Comma-separated names of groups; empty for all.
    pub groups: String,
}
