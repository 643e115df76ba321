//! A load, and the ways in which loads are rough.

use super::chance::Chance;
use crate::domain::Seconds;

/// A load: values of equal steps, gaps not numbers.
#[derive(Debug, Clone)]
pub(super) struct Load {
    /// Seconds of a step.
    pub step: Seconds,
    /// Steps in a day.
    pub day: usize,
    /// Load of each step.
    pub values: Vec<f64>,
}

/// Mean of what is known; 0 where nothing is.
pub(super) fn mean(values: &[f64]) -> f64 {
    let known = values.iter().filter(|v| !v.is_nan());
    let (sum, n) = known.fold((0.0, 0usize), |(sum, n), v| (sum + v, n + 1));
    sum / n.max(1) as f64
}

/// Makes a load rougher, in some of the ways in which loads differ.
pub(super) fn roughen(chance: &mut Chance, load: &mut Load) {
    let (day, count) = (load.day as f64, load.values.len());
    let values = &mut load.values;
    let level = mean(values).max(1e-12);
    values.iter_mut().for_each(|v| *v /= level);
    if chance.is(0.2) {
        let power = chance.between(0.6, 1.5);
        values.iter_mut().for_each(|v| *v = v.powf(power));
    }
    if chance.is(0.12) {
        let growth = 0.3 * chance.normal() / (7.0 * day);
        values.iter_mut().enumerate().for_each(|(i, v)| *v *= (growth * i as f64).clamp(-6.0, 6.0).exp());
    }
    if chance.is(0.15) {
        for _ in 0..chance.whole(1, 4) {
            let (from, factor) = (chance.whole(0, count), (0.6 * chance.normal()).exp());
            values[from..].iter_mut().for_each(|v| *v *= factor);
        }
    }
    if chance.is(0.15) {
        for _ in 0..((count as f64 / day * chance.ten_to(-1.3, 0.5)) as usize).max(1) {
            let (from, length) = (chance.whole(0, count), chance.ten_to(0.0, (day / 8.0 + 1.01).log10()));
            let height = chance.ten_to(-0.5, 0.9);
            let crowd = |(i, v): (usize, &mut f64)| *v += height * (-(i as f64) / length).exp();
            values[from..].iter_mut().take(4 * length as usize).enumerate().for_each(crowd);
        }
    }
    if chance.is(0.25) {
        let size = chance.ten_to(-2.3, -0.8);
        values.iter_mut().for_each(|v| *v *= (size * chance.normal()).exp());
    }
    counts_and_holes(chance, values, day);
}

/// Counts instead of rates, rounding, gaps, outages.
fn counts_and_holes(chance: &mut Chance, values: &mut [f64], day: f64) {
    let count = values.len();
    if chance.is(0.25) {
        let size = chance.ten_to(0.4, 3.3);
        values
            .iter_mut()
            .filter(|v| !v.is_nan())
            .for_each(|v| *v = chance.count((*v * size).min(1e7)) / size);
    }
    if chance.is(0.1) {
        let parts = 10.0 * chance.ten_to(0.0, 1.0);
        values.iter_mut().for_each(|v| *v = (*v * parts).round() / parts);
    }
    let mut holes = |chance: &mut Chance, times: usize, longest: f64, value: f64| {
        for _ in 0..times {
            let (from, length) = (chance.whole(0, count), chance.ten_to(0.0, longest.log10()) as usize);
            values[from..].iter_mut().take(length).for_each(|v| *v = value);
        }
    };
    if chance.is(0.2) {
        holes(chance, ((count as f64 / day / 3.0) as usize).max(1), day + 1.0, f64::NAN);
    }
    if chance.is(0.04) {
        let times = chance.whole(1, 3);
        holes(chance, times, day / 4.0 + 1.01, 0.0);
    }
}
