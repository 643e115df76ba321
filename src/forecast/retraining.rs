//! Retraining while recorded load is replayed, as production does it: once a local day, with what was known then.

use std::ops::ControlFlow;

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::{
    domain::{Time, event::Event, series::Series},
    forecast::{
        adaptation::adapt,
        prior::{Prior, adapted::AdaptedPrior, finetune::FinetuneOptions},
        training::TrainingOptions,
    },
};

/// Adapts the prior that the program ships with to the history of one load.
#[derive(Debug, Default)]
pub struct Retraining {
    serving: Option<AdaptedPrior>,
    /// The local day of the last training.
    day: Option<NaiveDate>,
}

impl Retraining {
    /// The prior that is heard from `now` on, if a training was due and another one won: `history` is what was known, and only
    /// asked for once a day.
    pub fn at(
        &mut self,
        now: Time,
        history: impl FnOnce() -> Series,
        events: &[Event],
        zone: Tz,
    ) -> Option<Prior> {
        let day = Some(now.with_timezone(&zone).date_naive());
        if self.day == day {
            return None;
        }
        self.day = day;
        let history = history();
        if history.len() < TrainingOptions::default().enough(history.step()) {
            return None;
        }
        let options = FinetuneOptions::default();
        let serving = self.serving.as_ref();
        let made =
            adapt(&history, events, zone, &options, serving, &mut |_| ControlFlow::Continue(())).ok()?;
        let won = made.scores.prior.is_some_and(|losses| losses.gained());
        self.serving = won.then_some(made.adapted).or(self.serving.take());
        won.then(|| self.serving.as_ref().map(AdaptedPrior::prior)).flatten()
    }
}
