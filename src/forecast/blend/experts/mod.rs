//! The experts of the blend: each predicts the load of one step ahead in its own way.
//!
//! An [`Expert`] gives one number for a step. The horizon model puts quantiles around it, learned from the
//! expert's own errors, and the aggregation decides how much the expert counts, so that an expert may be
//! simple and often wrong.
//!
//! Experts work on load without the operator's multiplier: it is divided out of the history and of the
//! outcomes that they learn from, and [`Experts::predict`] multiplies it into what they predict.
//!
//! To add an expert: write its file, declare it as a module here, and add one line to the list `experts!`.
//! Nothing else names experts, except for the three positions below the list.

mod clock;
mod last_value;
mod network;
mod regression;
mod seasonal;

use serde::{Deserialize, Serialize};

use super::{features::StepContext, history::DemandHistory};

/// The highest prediction of a regression, in typical loads: one that has gone wrong must not ruin the blend.
const MOST_LOADS: f64 = 1e3;

/// Predicts the load of one step, a fixed number of steps ahead.
pub trait Expert {
    /// Name for people and records.
    fn name(&self) -> &'static str;

    /// The load of the target step, without the operator's multiplier, or `None` while the expert has no
    /// prediction.
    fn predict(&self, input: &ExpertInput<'_>) -> Option<Prediction>;

    /// Learns that the target of a forecast made with `regressors` had the load `actual` (without the
    /// multiplier). `unit` is as in [`ExpertInput`].
    fn learn(&mut self, _regressors: &Regressors, _actual: f64, _unit: f64) {}

    /// Refits to everything learned so far. Called now and then, because it may take long.
    fn refit(&mut self) {}
}

/// What an expert may look at: everything known at the origin of the forecast.
#[derive(Debug, Clone, Copy)]
pub struct ExpertInput<'a> {
    /// Demand of the steps that have ended.
    pub history: &'a DemandHistory,
    /// The newest step that has ended.
    pub now: &'a StepContext,
    /// The step to predict.
    pub target: &'a StepContext,
    /// A typical load of the group.
    pub unit: f64,
    /// Number of outcomes that the experts of this horizon have learned from.
    pub learned: usize,
    /// The target is the step that the experts of this horizon learn from, not one beside it.
    pub at_lead: bool,
    /// The trained network's median for the target, where there is one.
    pub network: Option<f64>,
}

/// One expert's prediction of one step.
#[derive(Debug, Clone)]
pub struct Prediction {
    /// Load, without the operator's multiplier.
    pub load: f64,
    /// What the expert needs again once the outcome is known.
    pub regressors: Regressors,
}

impl From<f64> for Prediction {
    /// The prediction of an expert that learns nothing.
    fn from(load: f64) -> Self {
        Prediction { load, regressors: Regressors::default() }
    }
}

/// The row of a regression, kept from the forecast until its outcome is known. Empty for an expert that
/// learns nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Regressors {
    /// Values of the features.
    row: Vec<f64>,
    /// What the regression's output is added to.
    baseline: f64,
}

/// One prediction per expert, in the order of the list.
pub type PointForecasts = [f64; Experts::COUNT];

/// Makes the struct of all experts, which can be stored and read back, and its view as a list of [`Expert`]s.
macro_rules! experts {
    ($($field:ident: $module:ident::$expert:ident::$new:ident,)+) => {
        /// The experts of one horizon.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        pub struct Experts {
            $($field: $module::$expert,)+
        }

        impl Experts {
            /// Number of experts.
            pub const COUNT: usize = [$(stringify!($field)),+].len();

            /// Experts that have learned nothing, for steps of which `day` make a day.
            pub fn new(day: usize) -> Self {
                Experts { $($field: $module::$expert::$new(day),)+ }
            }

            /// All of them, in order.
            pub fn list(&self) -> [&dyn Expert; Self::COUNT] {
                [$(&self.$field),+]
            }

            fn list_mut(&mut self) -> [&mut dyn Expert; Self::COUNT] {
                [$(&mut self.$field),+]
            }
        }
    };
}

experts! {
    last_value: last_value::LastValue::new,
    day_ago: seasonal::Seasonal::daily,
    week_ago: seasonal::Seasonal::weekly,
    ridge_on_roots: regression::Regression::on_roots,
    ridge_on_logs: regression::Regression::on_logs,
    clock: clock::Clock::new,
    network: network::TrainedNetwork::new,
}

/// Position of the last value, which the blend is hedged with.
pub const LAST_VALUE: usize = 0;
/// Position of seasonal-naive with the period of a day, which forecasts are scored against.
pub const DAY_AGO: usize = 1;
/// Position of the expert whose prediction stands in for those that have none; a repeated prediction changes
/// nothing in the blend.
const STAND_IN: usize = 3;

impl Experts {
    /// Every expert's prediction of the target, with the operator's multiplier, and what they need to learn
    /// from its outcome.
    pub fn predict(&self, input: &ExpertInput<'_>) -> (PointForecasts, Vec<Regressors>) {
        let predictions = self.list().map(|expert| expert.predict(input));
        let load = |index: usize| predictions[index].as_ref().map(|prediction| prediction.load);
        let stand_in = load(STAND_IN).unwrap_or(input.history.last());
        let points = std::array::from_fn(|i| load(i).unwrap_or(stand_in) * input.target.calendar.multiplier);
        let regressors = predictions.into_iter().map(|p| p.map(|p| p.regressors).unwrap_or_default());
        (points, regressors.collect())
    }

    /// Lets every expert learn from an outcome (without the multiplier); `regressors` as [`Experts::predict`]
    /// gave them.
    pub fn learn(&mut self, regressors: &[Regressors], actual: f64, unit: f64) {
        for (expert, regressors) in self.list_mut().into_iter().zip(regressors) {
            expert.learn(regressors, actual, unit);
        }
    }

    /// Refits every expert.
    pub fn refit(&mut self) {
        self.list_mut().into_iter().for_each(Expert::refit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_positions_are_those_of_the_list() {
        let experts = Experts::new(288);
        let name = |position: usize| experts.list()[position].name();
        assert_eq!([LAST_VALUE, DAY_AGO, STAND_IN].map(name), ["last value", "day ago", "ridge on roots"]);
    }

    #[test]
    fn names_differ() {
        let experts = Experts::new(288);
        let names: std::collections::BTreeSet<_> = experts.list().map(|expert| expert.name()).into();
        assert_eq!(names.len(), Experts::COUNT);
    }
}
