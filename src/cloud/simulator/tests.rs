//! The world as a whole: faults, metrics, snapshots.
