//! Which snapshots fit which world.

use sha2::{Digest, Sha256};

use super::group::Group;
use crate::domain::Time;

/// Tells worlds apart whose snapshots do not fit each other.
pub(super) fn fingerprint(groups: &[Group], start: Time) -> String {
    let mut hash = Sha256::new();
    hash.update(start.timestamp().to_le_bytes());
    for group in groups {
        let spec = &group.spec;
        hash.update(spec.name.as_bytes());
        let sizes = (spec.min, spec.max, spec.boot, spec.warmup, spec.initial_desired, spec.target_tracking);
        hash.update(format!("{sizes:?} {} {:?}", spec.capacity, spec.interpolation));
        for (time, value) in spec.trace.series.iter() {
            hash.update(time.timestamp().to_le_bytes());
            hash.update(value.unwrap_or(-1.0).to_le_bytes());
        }
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
