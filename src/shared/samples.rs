//! Samples on their way to the shared store and back.

use std::collections::BTreeMap;

use crate::domain::{Seconds, metric::Metric};

/// Samples: metric and step in seconds, then start of the step in seconds since the epoch.
pub type Samples = BTreeMap<(Metric, Seconds), BTreeMap<i64, f64>>;

/// Puts the samples of `more` that `samples` lacks into it; where both have one, `samples` keeps its own.
pub fn merge(samples: &mut Samples, more: Samples) {
    for (key, values) in more {
        let own = samples.entry(key).or_default();
        values.into_iter().for_each(|(time, value)| {
            own.entry(time).or_insert(value);
        });
    }
}
