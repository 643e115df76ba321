//! What a group's size was at every tick, kept as changes.

use serde::{Deserialize, Serialize};

/// Size of a group while one tick was served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Instances that served.
    pub in_service: u32,
    /// Instances paid for: serving or booting.
    pub billed: u32,
    /// DesiredCapacity.
    pub desired: u32,
}

/// Sizes from the first tick on; one entry a change, so years of ticks stay small.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    changes: Vec<(i64, Size)>,
    /// The tick after the last one recorded.
    until: i64,
}

/// Most changes that are kept; the oldest go first, and their ticks become unknown.
const MOST: usize = 400_000;

impl Record {
    /// Records the size of tick `tick`, which follows the one before.
    pub fn push(&mut self, tick: i64, size: Size) {
        if self.changes.last().is_none_or(|(_, last)| *last != size) {
            if self.changes.len() == MOST {
                self.changes.drain(..MOST / 4);
            }
            self.changes.push((tick, size));
        }
        self.until = tick + 1;
    }

    /// Size at `tick`; `None` where nothing was recorded.
    pub fn at(&self, tick: i64) -> Option<Size> {
        let after = self.changes.partition_point(|(start, _)| *start <= tick);
        (tick < self.until).then(|| after.checked_sub(1).map(|i| self.changes[i].1)).flatten()
    }

    /// The changes from `tick` on, the first being the size at `tick` itself.
    pub fn since(&self, tick: i64) -> Vec<(i64, Size)> {
        let now = self.at(tick).map(|size| (tick, size));
        now.into_iter().chain(self.changes.iter().filter(|(start, _)| *start > tick).copied()).collect()
    }

    /// Lets go of all before `tick`, which become unknown.
    pub fn forget(&mut self, tick: i64) {
        let tick = tick.min(self.until);
        let gone = self.changes.partition_point(|(start, _)| *start <= tick).saturating_sub(1);
        self.changes.drain(..gone);
        if let Some((start, _)) = self.changes.first_mut() {
            *start = (*start).max(tick);
        }
    }

    /// Puts `changes` in place of everything from `tick` on; the last of them holds up to `until`. Where they begin later,
    /// all before them is unknown.
    pub fn replace_since(&mut self, tick: i64, changes: &[(i64, Size)], until: i64) {
        let begins = changes.first().map_or(tick, |(start, _)| *start);
        self.changes.retain(|(start, _)| *start < tick && begins <= tick);
        self.changes.extend(changes.iter().filter(|(start, _)| *start >= tick));
        self.changes.sort_by_key(|(start, _)| *start);
        self.until = until;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn size(n: u32) -> Size {
        Size { in_service: n, billed: n, desired: n }
    }

    proptest! {
        #[test]
        fn what_was_recorded_is_read(sizes in prop::collection::vec(0u32..3, 0..60), cut in 0i64..60) {
            let mut record = Record::default();
            for (i, n) in sizes.iter().enumerate() {
                record.push(i as i64, size(*n));
            }
            for (i, n) in sizes.iter().enumerate() {
                prop_assert_eq!(record.at(i as i64), Some(size(*n)));
            }
            prop_assert_eq!(record.at(sizes.len() as i64), None);
            prop_assert_eq!(record.at(-1), None);
            let mut short = record.clone();
            short.forget(cut);
            let mut told = Record::default();
            told.push(-9, size(9));
            told.replace_since(0, &short.since(0), short.until);
            for i in 0..sizes.len() as i64 {
                let known = record.at(i).filter(|_| i >= cut);
                prop_assert_eq!((short.at(i), told.at(i)), (known, known), "{}", i);
            }
            prop_assert!(short.since(0).first().is_none_or(|(i, _)| *i == 0 || told.at(-9).is_none()));
            let mut other = Record::default();
            (0..cut).for_each(|i| other.push(i, record.at(i).unwrap_or(size(9))));
            other.replace_since(cut, &record.since(cut), sizes.len() as i64);
            for (i, n) in sizes.iter().enumerate().filter(|(i, _)| *i as i64 >= cut) {
                prop_assert_eq!(other.at(i as i64), Some(size(*n)));
            }
        }
    }
}
