//! Load of which nothing is published: zero where the metric counts and the account answers for the rest of the group
//! ([`crate::plan::silence`]), else unknown. Both are said in the journal once they last.

mod count;

use serde::{Deserialize, Serialize};

use crate::domain::Time;

/// What is remembered of load that is not published.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::engine) struct SilentLoad {
    /// Since when load is unknown, and whether the journal says so.
    unknown: Option<(Time, bool)>,
    /// When the journal last said that silence counts as zero.
    zero_said: Option<Time>,
    /// Minutes of the newest answer that were silent under load, and not believed.
    #[serde(skip)]
    busy: usize,
}
