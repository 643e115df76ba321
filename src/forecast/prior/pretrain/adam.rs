//! Adam on one list of parameters, and the mean of their newest values.

use serde::{Deserialize, Serialize};

const FIRST: f32 = 0.9;
const SECOND: f32 = 0.999;
const SMALL: f32 = 1e-8;
/// Largest norm of a gradient.
const CLIP: f32 = 1.0;
/// Steps that the mean reaches back, at the most.
const SPAN: f32 = 250.0;

/// Parameters in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::forecast::prior) struct Learned {
    /// Steps so far.
    pub steps: usize,
    /// The parameters.
    pub parameters: Vec<f32>,
    /// Means of the newest parameters: a net of them depends less on single batches.
    pub mean: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
}

impl Learned {
    /// Starts from `parameters`.
    pub fn new(parameters: Vec<f32>) -> Learned {
        let zeros = vec![0.0; parameters.len()];
        Learned { steps: 0, mean: parameters.clone(), first: zeros.clone(), second: zeros, parameters }
    }

    /// How many numbers its lists have.
    pub fn lengths(&self) -> [usize; 4] {
        [&self.parameters, &self.mean, &self.first, &self.second].map(Vec::len)
    }

    /// One step of `rate` against `gradient`, which is scaled down where it is large.
    pub fn step(&mut self, rate: f32, gradient: &[f32]) {
        self.steps += 1;
        let norm = gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt() as f32;
        let scale = if norm > CLIP { CLIP / norm } else { 1.0 };
        let steps = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let correction = (1.0 - SECOND.powi(steps)).sqrt();
        let rate = rate * correction / (1.0 - FIRST.powi(steps));
        let share = 1.0 / SPAN.min(1.0 + self.steps as f32 / 4.0);
        let moments = self.first.iter_mut().zip(&mut self.second).zip(&mut self.mean);
        for ((value, gradient), ((first, second), mean)) in
            self.parameters.iter_mut().zip(gradient).zip(moments)
        {
            let gradient = scale * gradient;
            *first = FIRST * *first + (1.0 - FIRST) * gradient;
            *second = SECOND * *second + (1.0 - SECOND) * gradient * gradient;
            *value -= rate * *first / (second.sqrt() + SMALL * correction);
            *mean += share * (*value - *mean);
        }
    }
}
