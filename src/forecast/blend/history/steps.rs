//! What is kept of every step that has ended: as few bytes as it takes, and no more steps than anybody looks back to.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::{domain::Seconds, forecast::blend::calendar_features::DayKind};

/// Steps of a piece. What grew in one piece would be moved again and again, and leave holes in memory that nothing fits.
const PIECE: usize = 1_024;

/// Steps by their number, the first that there ever was being 0. The oldest go when there are too many.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::forecast::blend::history) struct Steps {
    /// Steps that have gone: whole pieces.
    gone: usize,
    /// All full but the last.
    pieces: VecDeque<StepChunk>,
    /// The sum of all values so far.
    sum: f64,
    /// What was seen, where that is not what is filled in.
    seen: BTreeMap<usize, Option<f64>>,
    /// Seconds by which the local clock was ahead of UTC, from a step on.
    offsets: Vec<(usize, Seconds)>,
}

/// Some steps, one after the other.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct StepChunk {
    /// Values with gaps filled, and without what the operator expects of events.
    filled: Vec<f64>,
    /// Sums of all values before each step.
    sums: Vec<f64>,
    /// What kind of day it was, where it was not an ordinary one.
    kinds: Vec<Option<DayKind>>,
}

/// One step.
#[derive(Debug, Clone, Copy)]
pub(in crate::forecast::blend::history) struct DemandStep {
    pub seen: Option<f64>,
    pub filled: f64,
    pub kind: Option<DayKind>,
    pub offset: Seconds,
}

impl Steps {
    /// Appends a step, and lets the oldest piece go where `most` are left without it.
    pub fn push(&mut self, step: DemandStep, most: usize) {
        let number = self.len();
        if step.seen != Some(step.filled) {
            self.seen.insert(number, step.seen);
        }
        if self.offsets.last().is_none_or(|(_, offset)| *offset != step.offset) {
            self.offsets.push((number, step.offset));
        }
        if self.pieces.back().is_none_or(|piece| piece.filled.len() == PIECE) {
            self.pieces.push_back(StepChunk {
                filled: Vec::with_capacity(PIECE),
                sums: Vec::with_capacity(PIECE),
                kinds: Vec::with_capacity(PIECE),
            });
        }
        if let Some(piece) = self.pieces.back_mut() {
            piece.filled.push(step.filled);
            piece.sums.push(self.sum);
            piece.kinds.push(step.kind);
        }
        self.sum += step.filled;
        if self.len() - self.gone >= most + PIECE {
            self.let_go();
        }
    }

    fn let_go(&mut self) {
        self.pieces.pop_front();
        self.gone += PIECE;
        self.seen = self.seen.split_off(&self.gone);
        // The last that began before what is left holds there.
        let begun = self.offsets.partition_point(|(from, _)| *from <= self.gone);
        self.offsets.drain(..begun.saturating_sub(1));
    }

    /// The number of the next step.
    pub fn len(&self) -> usize {
        let last = self.pieces.back().map_or(0, |piece| piece.filled.len());
        self.gone + self.pieces.len().saturating_sub(1) * PIECE + last
    }

    /// The first step that is still there.
    pub fn first(&self) -> usize {
        self.gone
    }

    /// The piece of a step, and the step's place in it.
    fn place(&self, number: usize) -> Option<(&StepChunk, usize)> {
        let place = number.checked_sub(self.gone)?;
        let piece = self.pieces.get(place / PIECE)?;
        (place % PIECE < piece.filled.len()).then_some((piece, place % PIECE))
    }

    /// The value of a step, gaps filled.
    pub fn filled(&self, number: usize) -> Option<f64> {
        self.place(number).map(|(piece, place)| piece.filled[place])
    }

    /// The values of the newest `count` steps, gaps filled; fewer where there are not so many.
    pub fn newest(&self, count: usize) -> impl Iterator<Item = f64> {
        (self.len().saturating_sub(count)..self.len()).filter_map(|number| self.filled(number))
    }

    /// The value of a step as it was seen; `None` for a gap.
    pub fn seen(&self, number: usize) -> Option<f64> {
        let filled = self.filled(number)?;
        self.seen.get(&number).copied().unwrap_or(Some(filled))
    }

    /// The kind of day of a step; `None` for an ordinary one.
    pub fn kind(&self, number: usize) -> Option<DayKind> {
        self.place(number).and_then(|(piece, place)| piece.kinds[place])
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
        let before = |number| self.place(number).map_or(self.sum, |(piece, place)| piece.sums[place]);
        (from < until).then(|| (before(until) - before(from)) / (until - from) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn step(i: usize) -> DemandStep {
        let seen = (!i.is_multiple_of(7)).then_some(i as f64);
        let filled = if i.is_multiple_of(11) { 0.5 } else { seen.unwrap_or(1.0) };
        DemandStep { seen, filled, kind: None, offset: 3_600 * (i / 40 % 2) as Seconds }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_what_was_told(count in 0usize..4_000, most in 16usize..2_500) {
            let mut steps = Steps::default();
            (0..count).for_each(|i| steps.push(step(i), most));
            prop_assert_eq!(steps.len(), count);
            prop_assert!(count - steps.first() < most + PIECE);
            prop_assert!(count < most || count - steps.first() >= most);
            for i in (0..count).step_by(3) {
                let told = (i >= steps.first()).then(|| step(i));
                prop_assert_eq!(steps.filled(i), told.map(|t| t.filled));
                prop_assert_eq!(steps.seen(i), told.and_then(|t| t.seen));
                prop_assert_eq!(steps.offset(i), told.map(|t| t.offset));
            }
            prop_assert_eq!((steps.filled(count), steps.seen(count), steps.offset(count)), (None, None, None));
            let left: Vec<f64> = steps.newest(5).collect();
            let mean = left.iter().sum::<f64>() / left.len() as f64;
            let predicted = steps.mean(count.saturating_sub(5), count + 9);
            prop_assert!(predicted.map_or(count == 0, |predicted| (predicted - mean).abs() < 1e-6), "{predicted:?} {mean}");
        }
    }

    #[test]
    fn a_step_takes_few_bytes_and_the_oldest_go() {
        let mut steps = Steps::default();
        let step = DemandStep { seen: Some(1.0), filled: 1.0, kind: None, offset: 0 };
        (0..100_000).for_each(|_| steps.push(step, 1_000));
        assert!(2 * size_of::<f64>() + size_of::<Option<DayKind>>() <= 18);
        assert!(steps.pieces.len() <= 3 && steps.seen.is_empty() && steps.offsets.len() == 1);
    }
}
