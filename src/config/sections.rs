//! `[source]` and `[cycle]`: where groups come from, and how often they are looked at.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{Seconds, decision::Mode};

/// Where groups and metrics come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Source {
    /// The embedded world; touches nothing outside.
    Simulated {
        /// Simulated seconds a second, 1 to 3600.
        speed: f64,
        /// Of everything random.
        seed: u64,
    },
    /// An AWS account.
    Aws {
        /// Profile of `~/.aws/config`; the usual chain when absent.
        profile: Option<String>,
        /// Region; the profile's when absent.
        region: Option<String>,
        /// Groups to watch; all in the region when empty.
        groups: Vec<String>,
        /// Tags that a group must have to be watched.
        tags: BTreeMap<String, String>,
    },
}

/// The kinds, as an error lists them.
pub(super) const KINDS: &str = "\"simulated\" or \"aws\"";

/// Which world it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SourceKind {
    #[default]
    Simulated,
    Aws,
}

/// `[source]`: the keys of both kinds may stand side by side, so that one word switches.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SourceKeys {
    pub kind: SourceKind,
    pub speed: f64,
    pub seed: u64,
    pub profile: Option<String>,
    pub region: Option<String>,
    pub groups: Vec<String>,
    pub tags: BTreeMap<String, String>,
}

impl Default for SourceKeys {
    fn default() -> Self {
        SourceKeys {
            kind: SourceKind::default(),
            speed: 60.0,
            seed: 1,
            profile: None,
            region: None,
            groups: Vec::new(),
            tags: BTreeMap::new(),
        }
    }
}

/// The loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cycle {
    /// Minutes between two looks at the groups, 1 to 60.
    pub minutes: u32,
}

impl Default for Cycle {
    fn default() -> Self {
        Cycle { minutes: 5 }
    }
}

impl Cycle {
    /// Seconds between two looks.
    pub fn seconds(self) -> Seconds {
        Seconds::from(self.minutes) * 60
    }
}

impl Source {
    /// The mode of groups that say none. Anything real is watched before anything is proposed.
    pub(super) fn usual_mode(&self) -> Mode {
        if matches!(self, Source::Simulated { .. }) { Mode::Approve } else { Mode::Observe }
    }
}

impl From<SourceKeys> for Source {
    fn from(keys: SourceKeys) -> Source {
        let SourceKeys { kind, speed, seed, profile, region, groups, tags } = keys;
        match kind {
            SourceKind::Simulated => Source::Simulated { speed, seed },
            SourceKind::Aws => Source::Aws { profile, region, groups, tags },
        }
    }
}
