//! Loads that nobody recorded: businesses by the clock, mixtures of curves, walks, bursts, jobs.

use super::{chance::Chance, load::Load};
use crate::domain::Seconds;

/// Most steps of a load.
const MOST_STEPS: usize = 16_000;

/// One load.
pub(super) fn synthetic(chance: &mut Chance) -> Load {
    let step: Seconds = chance.of(&[60, 300, 300, 300, 300, 300, 600, 600, 900, 900, 1_800, 3_600]);
    let day = (86_400 / step) as usize;
    let count = (day * chance.of(&[5, 10, 20, 35, 60])).min(MOST_STEPS);
    let mut values = match chance.whole(0, 20) {
        0..=10 => business(chance, count, day),
        11..=12 => walk(chance, count, day),
        _ => mixture(chance, count, day),
    };
    if chance.is(0.3) {
        bursts(chance, &mut values, day);
    }
    if chance.is(0.3) {
        jobs(chance, &mut values, day);
    }
    if chance.is(0.4) {
        let size = chance.ten_to(-2.0, -0.3);
        values.iter_mut().for_each(|v| *v *= (size * chance.normal()).exp());
    }
    Load { step, day, values }
}

/// A service by the clock: a daily profile, other weekends, slow noise, growth.
fn business(chance: &mut Chance, count: usize, day: usize) -> Vec<f64> {
    let profile = |chance: &mut Chance, most: usize| {
        let (harmonics, fading) = (chance.whole(1, most), chance.between(0.7, 1.5));
        chance.periodic(day, day as f64, harmonics, fading)
    };
    let weekday = profile(chance, 7);
    let weekend = if chance.is(0.4) {
        weekday.clone()
    } else {
        let share = chance.between(0.3, 1.0);
        profile(chance, 5).into_iter().map(|x| share * x).collect()
    };
    let amplitude = chance.between(0.05, 1.0);
    let quieter = if chance.is(0.6) { 0.4 * chance.normal() } else { 0.0 };
    let of_weekday: [f64; 7] = {
        let size = if chance.is(0.4) { chance.between(0.0, 0.2) } else { 0.0 };
        std::array::from_fn(|_| size * chance.normal())
    };
    let first = chance.whole(0, 7);
    let keep = (-1.0 / (day as f64 * chance.ten_to(-2.3, 0.5))).exp();
    let size = (1.0 - keep * keep).sqrt() * chance.ten_to(-2.0, -0.3);
    let noise = chance.autoregression(count, keep, size);
    let drift = if chance.is(0.3) { chance.ten_to(-2.5, -1.0) / (day as f64).sqrt() } else { 0.0 };
    let drift = chance.autoregression(count, 1.0, drift);
    let logs: Vec<f64> = (0..count)
        .map(|i| {
            let weekday_of = (i / day + first) % 7;
            let (curve, level) = if weekday_of >= 5 { (&weekend, quieter) } else { (&weekday, 0.0) };
            amplitude * curve[i % day] + level + of_weekday[weekday_of] + noise[i] + drift[i]
        })
        .collect();
    if chance.is(0.7) {
        return logs.into_iter().map(|z| z.clamp(-9.0, 9.0).exp()).collect();
    }
    let most = logs.iter().fold(0.0f64, |most, z| most.max(z.abs())) + 0.1;
    logs.into_iter().map(|z| (1.0 + z / most).max(0.0)).collect()
}

/// A load without a clock: a walk that forgets slowly or never, with steps now and then.
fn walk(chance: &mut Chance, count: usize, day: usize) -> Vec<f64> {
    let keep = if chance.is(0.4) { 1.0 } else { (-1.0 / (day as f64 * chance.ten_to(-1.5, 1.0))).exp() };
    let size = chance.ten_to(-1.5, 0.0) / (day as f64).sqrt();
    let mut logs = chance.autoregression(count, keep, size);
    let jumps = (count as f64 / day as f64 * chance.ten_to(-1.0, 0.7)) as usize;
    for _ in 0..jumps {
        let (from, height) = (chance.whole(0, count), 0.5 * chance.normal());
        let lasts = (day as f64 * chance.ten_to(-1.5, 0.5)) as usize;
        logs.iter_mut().skip(from).take(lasts).for_each(|z| *z += height);
    }
    logs.into_iter().map(|z| z.clamp(-6.0, 6.0).exp()).collect()
}

/// Sums and products of a few curves, made positive.
fn mixture(chance: &mut Chance, count: usize, day: usize) -> Vec<f64> {
    let mut mixed = vec![0.0; count];
    for _ in 0..chance.whole(1, 6) {
        let weight = chance.ten_to(-1.0, 0.3);
        let daily = day as f64;
        let curve = match chance.whole(0, 6) {
            0 => {
                let harmonics = chance.whole(1, 6);
                chance.periodic(count, daily, harmonics, 1.0)
            }
            1 => {
                let harmonics = chance.whole(2, 14);
                chance.periodic(count, 7.0 * daily, harmonics, 0.7)
            }
            2 => {
                let (part, harmonics) = (chance.of(&[1.0 / 24.0, 1.0 / 12.0, 0.25, 0.5]), chance.whole(1, 4));
                chance.periodic(count, (daily * part).max(2.0), harmonics, 1.0)
            }
            3 => {
                let length = (chance.ten_to(0.0, 3.0) as usize).clamp(1, (count / 4).max(1));
                chance.smooth(count, length)
            }
            4 => chance.autoregression(count, 1.0, 1.0 / daily.sqrt()),
            _ => {
                let size = chance.ten_to(-1.5, 0.0);
                chance.autoregression(count, 0.0, size)
            }
        };
        let multiplied = chance.is(0.2);
        for (z, x) in mixed.iter_mut().zip(curve) {
            *z = if multiplied { *z * (1.0 + 0.5 * x) } else { *z + weight * x };
        }
    }
    super::chance::standardise(&mut mixed);
    let amplitude = chance.ten_to(-1.5, 0.0);
    if chance.is(0.5) {
        return mixed.into_iter().map(|z| (amplitude * z).clamp(-5.0, 4.0).exp()).collect();
    }
    let level = chance.between(0.0, 3.0);
    mixed.into_iter().map(|z| (3.0 * amplitude * z + level).exp().ln_1p()).collect()
}

/// Multiplies by crowds that come at once and fade.
fn bursts(chance: &mut Chance, values: &mut [f64], day: usize) {
    let count = ((values.len() as f64 / day as f64 * chance.ten_to(-1.0, 1.0)) as usize).max(1);
    for _ in 0..count {
        let from = chance.whole(0, values.len());
        let length = chance.ten_to(0.0, (day as f64 / 6.0 + 1.01).log10());
        let height = chance.ten_to(-0.5, 0.8);
        let fading = |(i, v): (usize, &mut f64)| *v *= 1.0 + height * (-(i as f64) / length).exp();
        values[from..].iter_mut().take(5 * length as usize).enumerate().for_each(fading);
    }
}

/// Adds a job that runs every so many steps.
fn jobs(chance: &mut Chance, values: &mut [f64], day: usize) {
    let periods = [day / 24, day / 24, day / 48, day / 12, day / 4, day / 2, day, 3, 4, 6, 12];
    let period = chance.of(&periods).max(2);
    let first = chance.whole(0, period);
    let lasts = chance.whole(1, (period / 2 + 1).max(2));
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let (factor, more) = if chance.is(0.6) {
        (1.0 + chance.ten_to(-1.0, 0.7), 0.0)
    } else {
        (1.0, mean * chance.ten_to(-1.0, 0.5))
    };
    for (i, value) in values.iter_mut().enumerate() {
        if (i + period - first) % period < lasts {
            *value = *value * factor + more;
        }
    }
}
