//! Ridge regressions on recent values, the same time of earlier days, clock and calendar.

use serde::{Deserialize, Serialize};

use super::{Expert, ExpertInput, MOST_LOADS, Prediction, Regressors};
use crate::forecast::blend::{
    features::{self, FLAGS, WIDTH},
    ridge::OnlineRidge,
};

/// A ridge regression on the features of [`features::fill`], on transformed loads.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Regression {
    transform: Transform,
    ridge: OnlineRidge,
}

/// Transforms of load, in typical loads, that make its variance more even.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Transform {
    Root,
    Log,
}

impl Transform {
    /// The transformed load; `unit` is a typical load.
    fn apply(self, load: f64, unit: f64) -> f64 {
        let share = load.max(0.0) / unit;
        match self {
            Transform::Root => share.sqrt(),
            Transform::Log => (share + 0.1).ln(),
        }
    }

    /// Back to load.
    fn invert(self, value: f64, unit: f64) -> f64 {
        unit * match self {
            Transform::Root => value.max(0.0).powi(2),
            Transform::Log => value.min(20.0).exp() - 0.1,
        }
        .max(0.0)
    }
}

impl Regression {
    /// On square roots, which suit counts.
    pub fn on_roots(day: usize) -> Self {
        Regression::new(Transform::Root, day)
    }

    /// On logarithms, which suit growth by factors.
    pub fn on_logs(day: usize) -> Self {
        Regression::new(Transform::Log, day)
    }

    fn new(transform: Transform, day: usize) -> Self {
        let half_life = 45.0 * day as f64;
        let ridge = OnlineRidge::new(WIDTH, 30.0, half_life).with_rare(FLAGS..WIDTH, day as f64 / 96.0);
        Regression { transform, ridge }
    }
}

impl Expert for Regression {
    fn name(&self) -> &'static str {
        match self.transform {
            Transform::Root => "ridge on roots",
            Transform::Log => "ridge on logs",
        }
    }

    fn predict(&self, input: &ExpertInput<'_>) -> Option<Prediction> {
        let ExpertInput { history, now, target, unit, .. } = *input;
        // Coefficients of the newest values hold for the lead that they were learned at: a step beside it is in another
        // phase of the period.
        if let Some(load) = history.period_ago(target.index).filter(|_| !input.at_lead) {
            return Some(load.into());
        }
        let mut row = Vec::with_capacity(WIDTH);
        features::fill(&mut row, history, now, target, |load| self.transform.apply(load, unit));
        let baseline = self.transform.apply(history.last(), unit);
        let load = self.transform.invert(baseline + self.ridge.predict(&row), unit).min(MOST_LOADS * unit);
        Some(Prediction { load, regressors: Regressors { row, baseline } })
    }

    fn learn(&mut self, Regressors { row, baseline }: &Regressors, actual: f64, unit: f64) {
        self.ridge.learn(row, self.transform.apply(actual, unit) - baseline);
    }

    fn refit(&mut self) {
        self.ridge.solve();
    }
}
