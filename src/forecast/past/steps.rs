//! What is kept of every step that has ended: as few bytes as it takes, and no more steps than anybody looks back to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{domain::Seconds, forecast::marks::Kind};

/// Steps for which room is made at once.
const ROOM: usize = 1_024;

/// Steps by their number, the first that there ever was being 0. The oldest go when there are too many.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Steps {
    /// Steps that have gone.
    gone: usize,
    /// Values with gaps filled, and without what the operator expects of events.
    filled: Vec<f64>,
    /// Sums of `filled` before each step.
    sums: Vec<f64>,
    /// The sum of all of `filled`.
    sum: f64,
    /// What kind of day it was, where it was not an ordinary one.
    kinds: Vec<Option<Kind>>,
    /// What was seen, where that is not what is filled in.
    seen: BTreeMap<usize, Option<f64>>,
    /// Seconds by which the local clock was ahead of UTC, from a step on.
    offsets: Vec<(usize, Seconds)>,
}

/// One step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub seen: Option<f64>,
    pub filled: f64,
    pub kind: Option<Kind>,
    pub offset: Seconds,
}

impl Steps {
    /// Appends a step, and lets the oldest go where there are more than `most` and a sixteenth.
    pub fn push(&mut self, step: Step, most: usize) {
        let number = self.len();
        if step.seen != Some(step.filled) {
            self.seen.insert(number, step.seen);
        }
        if self.offsets.last().is_none_or(|(_, offset)| *offset != step.offset) {
            self.offsets.push((number, step.offset));
        }
        push(&mut self.filled, step.filled);
        push(&mut self.sums, self.sum);
        self.sum += step.filled;
        push(&mut self.kinds, step.kind);
        if self.filled.len() > most + most / 16 {
            self.let_go(self.filled.len() - most);
        }
    }

    fn let_go(&mut self, count: usize) {
        self.filled.drain(..count);
        self.sums.drain(..count);
        self.kinds.drain(..count);
        self.gone += count;
        self.seen = self.seen.split_off(&self.gone);
        // The last that began before what is left holds there.
        let begun = self.offsets.partition_point(|(from, _)| *from <= self.gone);
        self.offsets.drain(..begun.saturating_sub(1));
    }

    /// The number of the next step.
    pub fn len(&self) -> usize {
        self.gone + self.filled.len()
    }

    /// The first step that is still there.
    pub fn first(&self) -> usize {
        self.gone
    }

    fn place(&self, number: usize) -> Option<usize> {
        number.checked_sub(self.gone).filter(|place| *place < self.filled.len())
    }

    /// The value of a step, gaps filled.
    pub fn filled(&self, number: usize) -> Option<f64> {
        self.filled.get(number.checked_sub(self.gone)?).copied()
    }

    /// The values of the newest `count` steps, gaps filled; fewer where there are not so many.
    pub fn newest(&self, count: usize) -> &[f64] {
        &self.filled[self.filled.len().saturating_sub(count)..]
    }

    /// The value of a step as it was seen; `None` for a gap.
    pub fn seen(&self, number: usize) -> Option<f64> {
        let place = self.place(number)?;
        self.seen.get(&number).copied().unwrap_or(Some(self.filled[place]))
    }

    /// The kind of day of a step; `None` for an ordinary one.
    pub fn kind(&self, number: usize) -> Option<Kind> {
        self.kinds[self.place(number)?]
    }

    /// Seconds by which the local clock was ahead of UTC.
    pub fn offset(&self, number: usize) -> Option<Seconds> {
        self.place(number)?;
        let after = self.offsets.partition_point(|(from, _)| *from <= number);
        Some(self.offsets[after.checked_sub(1)?].1)
    }

    /// Mean of the filled values over `[from, until)`, cut to what there is; `None` if nothing is left.
    pub fn mean(&self, from: usize, until: usize) -> Option<f64> {
        let (from, until) = (from.max(self.gone), until.min(self.len()));
        let before = |number: usize| self.sums.get(number - self.gone).copied().unwrap_or(self.sum);
        (from < until).then(|| (before(until) - before(from)) / (until - from) as f64)
    }
}

/// Appends a value. Where there is no room, it is made for a few days, and not for as much as there is already.
fn push<T>(values: &mut Vec<T>, value: T) {
    if values.len() == values.capacity() {
        values.reserve_exact(ROOM);
    }
    values.push(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn step(i: usize) -> Step {
        let seen = (!i.is_multiple_of(7)).then_some(i as f64);
        let filled = if i.is_multiple_of(11) { 0.5 } else { seen.unwrap_or(1.0) };
        Step { seen, filled, kind: None, offset: 3_600 * (i / 40 % 2) as Seconds }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_what_was_told(count in 0usize..300, most in 16usize..200) {
            let mut steps = Steps::default();
            (0..count).for_each(|i| steps.push(step(i), most));
            prop_assert_eq!(steps.len(), count);
            prop_assert!(count - steps.first() <= most + most / 16);
            prop_assert!(count < most || count - steps.first() >= most);
            for i in 0..count {
                let told = (i >= steps.first()).then(|| step(i));
                prop_assert_eq!(steps.filled(i), told.map(|t| t.filled));
                prop_assert_eq!(steps.seen(i), told.and_then(|t| t.seen));
                prop_assert_eq!(steps.offset(i), told.map(|t| t.offset));
            }
            prop_assert_eq!((steps.filled(count), steps.seen(count), steps.offset(count)), (None, None, None));
            let left = steps.newest(5);
            let mean = left.iter().sum::<f64>() / left.len() as f64;
            let said = steps.mean(count.saturating_sub(5), count + 9);
            prop_assert!(said.map_or(count == 0, |said| (said - mean).abs() < 1e-9), "{said:?} {mean}");
        }
    }

    #[test]
    fn a_step_takes_few_bytes() {
        let mut steps = Steps::default();
        (0..100_000)
            .for_each(|_| steps.push(Step { seen: Some(1.0), filled: 1.0, kind: None, offset: 0 }, 1_000));
        let each = 2 * size_of::<f64>() + size_of::<Option<Kind>>();
        assert!(each <= 18 && steps.filled.capacity() <= 3 * ROOM && steps.seen.is_empty(), "{each}");
    }
}
