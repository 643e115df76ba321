//! Business events, resolved to moments: one value is one occurrence.

use serde::{Deserialize, Serialize};

use super::Time;

/// What sort of event it is; effects are learned per kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A sale: demand rises for its length.
    Sale,
    /// A promotion, newsletter or campaign.
    Promotion,
    /// A launch, broadcast or match.
    Launch,
    /// A public holiday.
    Holiday,
    /// No capacity change may be made while it lasts.
    Freeze,
    /// An outage or incident: left out of training.
    Incident,
    /// Anything else that has its own shape.
    Other,
}

impl EventKind {
    /// All kinds, in the order of the form.
    pub const ALL: [EventKind; 7] = [
        EventKind::Sale,
        EventKind::Promotion,
        EventKind::Launch,
        EventKind::Holiday,
        EventKind::Freeze,
        EventKind::Incident,
        EventKind::Other,
    ];

    /// The word in `calendar.toml` and on the screen.
    pub fn name(self) -> &'static str {
        match self {
            EventKind::Sale => "sale",
            EventKind::Promotion => "promotion",
            EventKind::Launch => "launch",
            EventKind::Holiday => "holiday",
            EventKind::Freeze => "freeze",
            EventKind::Incident => "incident",
            EventKind::Other => "other",
        }
    }

    /// The kind called `name`.
    pub fn from_name(name: &str) -> Option<EventKind> {
        EventKind::ALL.into_iter().find(|k| k.name() == name)
    }
}

/// One occurrence of a business event: `[start, end)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Name as the operator wrote it, cleaned.
    pub name: String,
    /// Kind by which effects are learned; a free word for events read from a CSV falls under `Other`.
    pub kind: EventKind,
    /// The word that effects are learned by: the kind's name, or the CSV's own word.
    pub label: String,
    /// First moment.
    pub start: Time,
    /// First moment after.
    pub end: Time,
    /// Demand expected against an ordinary day (2.0 = twice), where the operator gave one.
    pub multiplier: Option<f64>,
    /// Least number of instances while it lasts, where the operator gave one.
    pub min_instances: Option<u32>,
    /// Groups it speaks of; empty means all.
    pub groups: Vec<String>,
}

impl Event {
    /// True while `time` lies inside.
    pub fn covers(&self, time: Time) -> bool {
        self.start <= time && time < self.end
    }

    /// True if any moment of `[from, until)` lies inside.
    pub fn touches(&self, from: Time, until: Time) -> bool {
        self.start < until && from < self.end
    }

    /// True if the event speaks of `group`.
    pub fn concerns(&self, group: &str) -> bool {
        self.groups.is_empty() || self.groups.iter().any(|g| g == group)
    }
}
