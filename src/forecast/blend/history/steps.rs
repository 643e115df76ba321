//! Storage of the steps that have ended: few bytes per step, and no more steps than any lookup needs.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::{domain::Seconds, forecast::blend::calendar_features::DayKind};

/// Steps in a chunk. One growing vector would be reallocated again and again and fragment the heap.
const CHUNK: usize = 1_024;

/// Steps by index, counted from the first one ever appended. The oldest chunks are dropped when there are too
/// many.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Steps {
    /// Steps that were dropped: whole chunks.
    dropped: usize,
    /// All full but the last.
    chunks: VecDeque<StepChunk>,
    /// The sum of all values so far.
    sum: f64,
    /// Observed values, where they differ from the filled ones.
    observed: BTreeMap<usize, Option<f64>>,
    /// What is usual at odd steps.
    usual: BTreeMap<usize, f64>,
    /// Seconds by which local time was ahead of UTC, from a step on.
    offsets: Vec<(usize, Seconds)>,
}

/// Consecutive steps.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct StepChunk {
    /// Values with gaps filled, divided by the operator's multiplier.
    filled: Vec<f64>,
    /// Sums of all values before each step.
    sums: Vec<f64>,
    /// Kind of day; `None` for an ordinary one.
    kinds: Vec<Option<DayKind>>,
}

/// One step.
#[derive(Debug, Clone, Copy)]
pub(super) struct DemandStep {
    pub observed: Option<f64>,
    pub filled: f64,
    pub kind: Option<DayKind>,
    pub offset: Seconds,
}

impl Steps {
    /// Appends a step, and drops the oldest chunk if `most` steps are left without it.
    pub fn push(&mut self, step: DemandStep, most: usize) {
        let index = self.len();
        if step.observed != Some(step.filled) {
            self.observed.insert(index, step.observed);
        }
        if self.offsets.last().is_none_or(|(_, offset)| *offset != step.offset) {
            self.offsets.push((index, step.offset));
        }
        if self.chunks.back().is_none_or(|chunk| chunk.filled.len() == CHUNK) {
            self.chunks.push_back(StepChunk {
                filled: Vec::with_capacity(CHUNK),
                sums: Vec::with_capacity(CHUNK),
                kinds: Vec::with_capacity(CHUNK),
            });
        }
        if let Some(chunk) = self.chunks.back_mut() {
            chunk.filled.push(step.filled);
            chunk.sums.push(self.sum);
            chunk.kinds.push(step.kind);
        }
        self.sum += step.filled;
        if self.len() - self.dropped >= most + CHUNK {
            self.drop_oldest();
        }
    }

    /// Replaces the values of a step, if it is kept.
    pub fn correct(&mut self, index: usize, observed: f64, filled: f64) {
        let Some((chunk, place)) =
            self.place(index).map(|(_, place)| ((index - self.dropped) / CHUNK, place))
        else {
            return;
        };
        let Some(first) = self.chunks.get_mut(chunk) else { return };
        let change = filled - first.filled[place];
        first.filled[place] = filled;
        first.sums[place + 1..].iter_mut().for_each(|sum| *sum += change);
        let later = self.chunks.iter_mut().skip(chunk + 1).flat_map(|chunk| &mut chunk.sums);
        later.for_each(|sum| *sum += change);
        self.sum += change;
        if observed == filled {
            self.observed.remove(&index);
        } else {
            self.observed.insert(index, Some(observed));
        }
    }

    fn drop_oldest(&mut self) {
        self.chunks.pop_front();
        self.dropped += CHUNK;
        self.observed = self.observed.split_off(&self.dropped);
        self.usual = self.usual.split_off(&self.dropped);
        // The newest offset from before the first step that is left still applies to it.
        let begun = self.offsets.partition_point(|(from, _)| *from <= self.dropped);
        self.offsets.drain(..begun.saturating_sub(1));
    }

    /// Index of the next step.
    pub fn len(&self) -> usize {
        let last = self.chunks.back().map_or(0, |chunk| chunk.filled.len());
        self.dropped + self.chunks.len().saturating_sub(1) * CHUNK + last
    }

    /// Index of the oldest step that is kept.
    pub fn first(&self) -> usize {
        self.dropped
    }

    /// The chunk of a step, and the step's place in it.
    fn place(&self, index: usize) -> Option<(&StepChunk, usize)> {
        let place = index.checked_sub(self.dropped)?;
        let chunk = self.chunks.get(place / CHUNK)?;
        (place % CHUNK < chunk.filled.len()).then_some((chunk, place % CHUNK))
    }

    /// The value of a step, gaps filled.
    pub fn filled(&self, index: usize) -> Option<f64> {
        self.place(index).map(|(chunk, place)| chunk.filled[place])
    }

    /// Notes what is usual at an odd step.
    pub fn set_usual(&mut self, index: usize, usual: f64) {
        self.usual.insert(index, usual);
    }

    /// The value of a step, gaps filled; at an odd one, what is usual.
    pub fn usual(&self, index: usize) -> Option<f64> {
        self.usual.get(&index).copied().or_else(|| self.filled(index))
    }

    /// As [`Steps::mean`], of the usual values.
    pub fn usual_mean(&self, from: usize, until: usize) -> Option<f64> {
        let mean = self.mean(from, until)?;
        let (from, until) = (from.max(self.dropped), until.min(self.len()));
        let odd = self.usual.range(from..until);
        let change: f64 = odd.filter_map(|(index, usual)| Some(usual - self.filled(*index)?)).sum();
        Some(mean + change / (until - from) as f64)
    }

    /// The values of the newest `count` steps, gaps filled; fewer where fewer are kept.
    pub fn newest(&self, count: usize) -> impl Iterator<Item = f64> {
        (self.len().saturating_sub(count)..self.len()).filter_map(|index| self.filled(index))
    }

    /// Square roots of the newest `count` values, with what is usual at odd steps; gaps are not numbers.
    pub fn roots(&self, count: usize) -> Vec<f32> {
        let from = self.len().saturating_sub(count).max(self.dropped);
        let (chunk, mut place) = ((from - self.dropped) / CHUNK, (from - self.dropped) % CHUNK);
        let root = |load: f64| load.max(0.0).sqrt() as f32;
        let mut roots = Vec::with_capacity(self.len() - from);
        for chunk in self.chunks.iter().skip(chunk) {
            roots.extend(chunk.filled[place..].iter().map(|load| root(*load)));
            place = 0;
        }
        self.usual.range(from..).for_each(|(index, usual)| roots[index - from] = root(*usual));
        let gaps = self.observed.range(from..).filter(|(_, observed)| observed.is_none());
        gaps.for_each(|(index, _)| roots[index - from] = f32::NAN);
        roots
    }

    /// The observed value of a step; `None` for a gap.
    pub fn observed(&self, index: usize) -> Option<f64> {
        let filled = self.filled(index)?;
        self.observed.get(&index).copied().unwrap_or(Some(filled))
    }

    /// The kind of day of a step; `None` for an ordinary one.
    pub fn kind(&self, index: usize) -> Option<DayKind> {
        self.place(index).and_then(|(chunk, place)| chunk.kinds[place])
    }

    /// Seconds by which local time was ahead of UTC.
    pub fn offset(&self, index: usize) -> Option<Seconds> {
        self.place(index)?;
        let after = self.offsets.partition_point(|(from, _)| *from <= index);
        Some(self.offsets[after.checked_sub(1)?].1)
    }

    /// Mean of the filled values over `[from, until)`, cut to the steps that are kept; `None` if none is left.
    pub fn mean(&self, from: usize, until: usize) -> Option<f64> {
        let (from, until) = (from.max(self.dropped), until.min(self.len()));
        let before = |index| self.place(index).map_or(self.sum, |(chunk, place)| chunk.sums[place]);
        (from < until).then(|| (before(until) - before(from)) / (until - from) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn step(i: usize) -> DemandStep {
        let observed = (!i.is_multiple_of(7)).then_some(i as f64);
        let filled = if i.is_multiple_of(11) { 0.5 } else { observed.unwrap_or(1.0) };
        DemandStep { observed, filled, kind: None, offset: 3_600 * (i / 40 % 2) as Seconds }
    }

    proptest! {
        #[test]
        fn steps_are_kept_as_they_were_appended(count in 0usize..4_000, most in 1usize..2_500, newest in 0usize..3_000) {
            let mut steps = Steps::default();
            for i in 0..count {
                steps.push(step(i), most);
                if i.is_multiple_of(13) {
                    steps.set_usual(i, 9.0);
                }
            }
            let root = |i: usize| {
                let usual = if i.is_multiple_of(13) { 9.0 } else { step(i).filled };
                step(i).observed.map(|_| usual.sqrt() as f32)
            };
            let expected: Vec<_> = (count.saturating_sub(newest).max(steps.first())..count).map(root).collect();
            let roots = steps.roots(newest);
            prop_assert_eq!(roots.iter().map(|r| (!r.is_nan()).then_some(*r)).collect::<Vec<_>>(), expected);
            prop_assert_eq!(steps.len(), count);
            prop_assert!(count - steps.first() < most + CHUNK);
            prop_assert!(count < most || count - steps.first() >= most);
            for i in (0..count).step_by(3) {
                let appended = (i >= steps.first()).then(|| step(i));
                prop_assert_eq!(steps.filled(i), appended.map(|t| t.filled));
                prop_assert_eq!(steps.observed(i), appended.and_then(|t| t.observed));
                prop_assert_eq!(steps.offset(i), appended.map(|t| t.offset));
            }
            prop_assert_eq!((steps.filled(count), steps.observed(count), steps.offset(count)), (None, None, None));
            let newest: Vec<f64> = steps.newest(5).collect();
            let expected = newest.iter().sum::<f64>() / newest.len() as f64;
            let mean = steps.mean(count.saturating_sub(5), count + 9);
            prop_assert!(mean.map_or(count == 0, |mean| (mean - expected).abs() < 1e-6), "{mean:?} {expected}");
        }
    }

    #[test]
    fn a_corrected_step_is_as_if_it_had_been_appended_so() {
        let (mut steps, mut right) = (Steps::default(), Steps::default());
        for i in 0..3_000 {
            let wrong = DemandStep { observed: None, filled: 7.0, ..step(i) };
            right.push(step(i), 9_000);
            steps.push(if i % 500 == 13 { wrong } else { step(i) }, 9_000);
        }
        for i in (13..3_000).step_by(500) {
            let DemandStep { observed, filled, .. } = step(i);
            steps.correct(i, observed.unwrap_or(filled), filled);
        }
        for i in 0..3_000 {
            assert_eq!(steps.filled(i), right.filled(i));
            let known = step(i).observed.or((i % 500 == 13).then_some(step(i).filled));
            assert_eq!(steps.observed(i), known, "{i}");
            let (a, b) = (steps.mean(0, i + 1).unwrap_or(0.0), right.mean(0, i + 1).unwrap_or(0.0));
            assert!((a - b).abs() < 1e-6, "{i}: {a} {b}");
        }
        steps.correct(9_000, 1.0, 1.0);
    }

    #[test]
    fn a_step_takes_few_bytes_and_the_oldest_are_dropped() {
        let mut steps = Steps::default();
        let step = DemandStep { observed: Some(1.0), filled: 1.0, kind: None, offset: 0 };
        (0..100_000).for_each(|_| steps.push(step, 1_000));
        assert!(2 * size_of::<f64>() + size_of::<Option<DayKind>>() <= 18);
        assert!(steps.chunks.len() <= 3 && steps.observed.is_empty() && steps.offsets.len() == 1);
    }
}
