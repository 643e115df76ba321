//! Training of the prior on recorded and synthetic loads.
//!
//! - `library` draws loads: recorded ones in several steps and sums of two, roughened (`load`); `synthetic` ones.
//! - `rows` draws origins, times ahead and lengths of history from them; a batch is a function of the seed and its number, so
//!   that training can stop and go on, and a second thread changes nothing.
//! - `loss` is what is made small, `backprop` its gradient; `adam` moves the parameters.
//!
//! The loss on loads that were left out chooses whose parameters are kept.

pub(super) mod adam;
mod backprop;
mod chance;
mod checkpoint;
mod library;
mod load;
pub(super) mod loss;
mod recorded;
pub(super) mod rows;
mod synthetic;

use std::{ops::ControlFlow, sync::mpsc::sync_channel, thread};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

pub use self::recorded::{Loads, Recorded};
use self::{
    adam::Learned,
    backprop::Backprop,
    rows::{Batches, Rows, of_recorded},
};
use super::{
    features::{ANCHORS, INPUTS},
    net::{Net, Normal, Shape},
};

/// Learning rate at its highest, and the steps until it is.
const RATE: f64 = 2e-3;
const WARM_UP: usize = 100;
/// The rate ends at this share of the highest.
const LAST_RATE: f64 = 0.02;
/// Batches whose inputs give means and deviations.
const NORMAL_BATCHES: usize = 8;
/// Rows of each load that was left out.
const HELD_OUT_ROWS: usize = 1_500;
/// Batches that a second thread makes ahead.
const AHEAD: usize = 4;

/// How to train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PretrainOptions {
    /// Sizes of the net.
    pub shape: Shape,
    /// Seed of every random number.
    pub seed: u64,
    /// Steps, over which the learning rate falls.
    pub steps: usize,
    /// Rows of a step.
    pub batch: usize,
    /// Steps from one look at the loads that were left out to the next.
    pub look: usize,
    /// Looks without a smaller loss before it ends.
    pub patience: usize,
}

/// How far training has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PretrainProgress {
    /// Steps done.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// Mean loss since the last look.
    pub loss: f64,
    /// Loss on the loads that were left out.
    pub held_out: Option<f64>,
}

/// Hears of each step, and at each look how far training has come.
pub type Progress<'a> = dyn FnMut(&Training, Option<PretrainProgress>) -> ControlFlow<()> + 'a;

/// A training that can be put away and gone on with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Training {
    options: PretrainOptions,
    /// SHA-256 of the loads.
    loads: String,
    mean: Vec<f32>,
    deviation: Vec<f32>,
    learned: Learned,
    /// Steps, loss and parameters of the best look so far.
    best: Option<(usize, f64, Vec<f32>)>,
    /// Looks since.
    worse: usize,
}

impl Training {
    /// A training that has not begun.
    ///
    /// # Errors
    /// A sentence about an option that no training can have, or about a load that teaches nothing.
    pub fn new(options: PretrainOptions, loads: &Loads) -> Result<Training, String> {
        options.shape.check()?;
        loads.check()?;
        if options.steps == 0 || options.batch == 0 || options.look == 0 {
            return Err("steps and batch must be above zero".into());
        }
        let batches = Batches::new(&loads.learned, options.seed, options.batch, 0).take(NORMAL_BATCHES);
        let Normal { mean, deviation } = normal(&batches.collect::<Vec<_>>());
        let learned = Learned::new(first_parameters(options.shape, options.seed));
        Ok(Training { options, loads: loads.digest(), mean, deviation, learned, best: None, worse: 0 })
    }

    /// Trains to the end, or until `progress` says otherwise: it is asked after each step, hears how far training has come at
    /// each look, and may keep the training. With two `threads`, one makes the batches; the weights are the same.
    ///
    /// # Errors
    /// A sentence when the loss is no longer a number.
    pub fn run(
        &mut self,
        loads: &Loads,
        threads: usize,
        progress: &mut Progress<'_>,
    ) -> Result<ControlFlow<()>, String> {
        let PretrainOptions { seed, batch, steps, .. } = self.options;
        let held_out = of_recorded(&loads.held_out, HELD_OUT_ROWS);
        let batches = Batches::new(&loads.learned, seed, batch, self.learned.steps);
        let left = steps - self.learned.steps.min(steps);
        if threads < 2 {
            return self.learn(batches.take(left), &held_out, progress);
        }
        thread::scope(|scope| {
            let (to, from) = sync_channel(AHEAD);
            scope.spawn(move || {
                for rows in batches.take(left) {
                    if to.send(rows).is_err() {
                        break;
                    }
                }
            });
            self.learn(from.into_iter(), &held_out, progress)
        })
    }

    fn learn(
        &mut self,
        batches: impl Iterator<Item = Rows>,
        held_out: &Rows,
        progress: &mut Progress<'_>,
    ) -> Result<ControlFlow<()>, String> {
        let PretrainOptions { steps, look, patience, .. } = self.options;
        let (mut sum, mut count) = (0.0, 0);
        let mut net = self.net(self.learned.parameters.clone());
        let mut backprop = Backprop::new(self.options.shape);
        for rows in batches {
            if self.worse >= patience {
                break;
            }
            let (loss, gradient) = backprop.gradient(&net, &rows);
            if !loss.is_finite() {
                return Err("the loss is no longer a number; look at the recorded loads".into());
            }
            self.learned.step(self.rate(), gradient);
            net.parameters.clone_from(&self.learned.parameters);
            (sum, count) = (sum + f64::from(loss), count + 1);
            let step = self.learned.steps;
            let done = (step.is_multiple_of(look) || step >= steps).then(|| {
                let held_out = (held_out.count > 0).then(|| self.look(held_out, &mut backprop));
                let loss = sum / f64::from(count);
                (sum, count) = (0.0, 0);
                PretrainProgress { step, steps, loss, held_out }
            });
            if progress(self, done).is_break() && step < steps {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The loss of the mean parameters on loads that were left out; keeps them if it is the smallest so far.
    fn look(&mut self, held_out: &Rows, backprop: &mut Backprop) -> f64 {
        let loss = backprop.mean_loss(&self.net(self.learned.mean.clone()), held_out);
        if self.best.as_ref().is_none_or(|(_, best, _)| loss < *best) {
            self.best = Some((self.learned.steps, loss, self.learned.mean.clone()));
            self.worse = 0;
        } else {
            self.worse += 1;
        }
        loss
    }

    /// Rises for some steps, then falls as a cosine.
    fn rate(&self) -> f32 {
        let (step, steps) = (self.learned.steps, self.options.steps);
        let rise = ((step + 1) as f64 / WARM_UP as f64).min(1.0);
        let fall = 0.5 * (1.0 + (std::f64::consts::PI * step as f64 / steps as f64).cos());
        (RATE * rise * (LAST_RATE + (1.0 - LAST_RATE) * fall)) as f32
    }

    fn net(&self, parameters: Vec<f32>) -> Net {
        let normal = Normal { mean: self.mean.clone(), deviation: self.deviation.clone() };
        Net { shape: self.options.shape, normal, parameters }
    }

    /// The best net so far, its steps, and its loss on the loads that were left out.
    pub fn best(&self) -> (Net, usize, Option<f64>) {
        match &self.best {
            Some((steps, loss, parameters)) => (self.net(parameters.clone()), *steps, Some(*loss)),
            None => (self.net(self.learned.mean.clone()), self.learned.steps, None),
        }
    }
}

/// Means and deviations of inputs.
fn normal(batches: &[Rows]) -> Normal {
    let rows = || batches.iter().flat_map(|rows| rows.inputs.chunks_exact(INPUTS));
    let count = rows().count().max(1) as f64;
    let mut mean = vec![0.0f64; INPUTS];
    rows().for_each(|row| mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += f64::from(*x) / count));
    let mut squares = vec![0.0f64; INPUTS];
    for row in rows() {
        for ((sum, x), mean) in squares.iter_mut().zip(row).zip(&mean) {
            *sum += (f64::from(*x) - mean).powi(2) / count;
        }
    }
    Normal {
        mean: mean.iter().map(|x| *x as f32).collect(),
        // What hardly ever differs does not become large.
        deviation: squares.iter().map(|x| x.sqrt() as f32 + 0.05).collect(),
    }
}

/// Uniform within ±1/√inputs; heads begin at zero, so that all anchors begin with the same weight.
fn first_parameters(shape: Shape, seed: u64) -> Vec<f32> {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let sizes = shape.tensors();
    let last = sizes.len();
    let mut parameters = Vec::with_capacity(shape.size());
    // In each block and before the head, two rows are gain and bias of a layer norm.
    let is_gain =
        |place: usize| place + 5 == last || (place >= 2 && place + 5 < last && (place - 2).is_multiple_of(6));
    for (place, (rows, columns)) in sizes.into_iter().enumerate() {
        let bound = 1.0 / (rows as f32).sqrt();
        let head = place + 3 >= last;
        for column in 0..rows * columns {
            parameters.push(match (is_gain(place), rows > 1 && !head) {
                (true, _) => 1.0,
                (_, true) => rng.random_range(-bound..bound),
                _ if place + 2 == last => first_output(column),
                _ => 0.0,
            });
        }
    }
    parameters
}

/// Bias of an output: gaps begin at what is usual between quantiles.
fn first_output(output: usize) -> f32 {
    match output.checked_sub(ANCHORS + 1) {
        // Between 0.75 and 0.80 lies little.
        Some(3) => -2.0,
        Some(4..) => -0.5,
        _ => 0.0,
    }
}

#[cfg(test)]
pub(in crate::forecast) mod tests;
