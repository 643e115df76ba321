//! Load by clock and calendar alone: where load is noise around a daily pattern, recent values do not help.

use serde::{Deserialize, Serialize};

use super::{Expert, ExpertInput, MOST_LOADS, Prediction, Regressors};
use crate::forecast::blend::{
    features::{self, CLOCK_FLAGS, CLOCK_WIDTH},
    ridge::OnlineRidge,
};

/// A ridge regression on the time of day, the weekday and the events of the calendar.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Clock {
    ridge: OnlineRidge,
}

impl Clock {
    /// Nothing learned yet; `day` is the number of steps in a day.
    pub fn new(day: usize) -> Self {
        let ridge = OnlineRidge::new(CLOCK_WIDTH, 3.0, 45.0 * day as f64);
        Clock { ridge: ridge.with_rare(CLOCK_FLAGS..CLOCK_WIDTH, day as f64 / 96.0) }
    }
}

impl Expert for Clock {
    fn name(&self) -> &'static str {
        "clock and calendar"
    }

    fn predict(&self, input: &ExpertInput<'_>) -> Option<Prediction> {
        let ExpertInput { history, target, unit, learned, .. } = *input;
        let row = features::clock(target.local, &target.calendar);
        // The daily pattern is unknown until a whole day has been seen.
        let load = if learned < history.day() { history.last() } else { self.ridge.predict(&row) };
        let load = load.clamp(0.0, MOST_LOADS * unit);
        Some(Prediction { load, regressors: Regressors { row, baseline: 0.0 } })
    }

    fn learn(&mut self, Regressors { row, .. }: &Regressors, actual: f64, _unit: f64) {
        self.ridge.learn(row, actual);
    }

    fn refit(&mut self) {
        self.ridge.solve();
    }
}
