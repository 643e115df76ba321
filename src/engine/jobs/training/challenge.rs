//! One challenger: a network of the group's own or the prior adapted to it, trained on all but the newest days, scored on those, saved, and promoted if it has won.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono_tz::Tz;

use super::{TrainingOptions, score};
use crate::{
    domain::{Seconds, Time, event::Event, series::Series, shift},
    forecast::{
        ForecastInput, Forecaster,
        adaptation::adapt,
        lstm::{
            demand::{DemandNet, TrainOptions},
            fit::{Epoch, TrainError},
            trained::DataRange,
        },
        prior::finetune::{FinetuneError, FinetuneOptions, FinetuneProgress},
        registry::{Model, ModelOrigin, PriorLosses, Registry, Scores},
        training::ModelKind,
    },
};

/// Seconds of newest history that challengers are scored on.
pub(in crate::engine::jobs::training) const HELD_OUT: Seconds = 2 * 86_400;

/// What a challenger is made from.
pub struct Challenge {
    /// The group.
    pub group: String,
    /// Its demand; excluded periods are gaps.
    pub history: Series,
    /// Its calendar.
    pub events: Vec<Event>,
    /// Time zone of local days.
    pub zone: Tz,
    /// Creation time written into the manifest.
    pub now: Time,
    /// Registry that stores it.
    pub registry: Registry,
    /// Training options.
    pub options: TrainingOptions,
}

/// Result of a training.
#[derive(Debug, Clone)]
pub struct Trained {
    /// Version in the registry.
    pub version: String,
    /// Scores on the days held out.
    pub scores: Scores,
    /// It is in service from now on.
    pub promoted: bool,
    /// Why, or why not.
    pub words: String,
}

/// Why a training produced no model.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// It was cancelled.
    #[error("the training was cancelled")]
    Cancelled,
    /// In words.
    #[error("{0}")]
    Failed(String),
}

impl From<TrainError> for Stopped {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Cancelled => Stopped::Cancelled,
            other => Stopped::Failed(other.to_string()),
        }
    }
}

impl From<FinetuneError> for Stopped {
    fn from(error: FinetuneError) -> Self {
        match error {
            FinetuneError::Cancelled => Stopped::Cancelled,
            other => Stopped::Failed(other.to_string()),
        }
    }
}

impl Challenge {
    /// Trains, scores and saves; `cancel` stops it at the next batch, as `progress` does after an epoch.
    ///
    /// # Errors
    /// [`Stopped`]; nothing is saved then.
    pub fn train(
        &self,
        cancel: &Arc<AtomicBool>,
        progress: &mut dyn FnMut(Epoch) -> ControlFlow<()>,
    ) -> Result<Trained, Stopped> {
        let (model, scores, data) = match self.options.kind {
            ModelKind::Prior => self.adapt(cancel, progress)?,
            ModelKind::Lstm => self.train_network(cancel, progress)?,
        };
        let origin = ModelOrigin {
            group: self.group.clone(),
            seed: self.options.seed,
            data,
            scores,
            trained_at: self.now,
        };
        let version = self.registry.save(&model, &origin).map_err(|e| Stopped::Failed(e.to_string()))?;
        let (promoted, words) = verdict(&scores);
        if promoted {
            self.registry.promote(&self.group, &version).map_err(|e| Stopped::Failed(e.to_string()))?;
        }
        Ok(Trained { version, scores, promoted, words })
    }

    fn train_network(
        &self,
        cancel: &Arc<AtomicBool>,
        progress: &mut dyn FnMut(Epoch) -> ControlFlow<()>,
    ) -> Result<(Model, Scores, DataRange), Stopped> {
        let cut = self.cut();
        let learned = self.history.between(self.history.start(), cut);
        let options = TrainOptions {
            epochs: self.options.epochs,
            hidden: self.options.hidden,
            backend: self.options.backend,
            shards: self.options.shards,
            seed: self.options.seed,
            cancel: Some(cancel.clone()),
            ..TrainOptions::default()
        };
        let net = DemandNet::train(&learned, &self.events, self.zone, &options, progress)?;
        let incumbent = match self.incumbent() {
            Some(Model::Lstm(net)) => Some(net),
            _ => None,
        };
        let held_out =
            ForecastInput { origin: cut, history: &self.history, events: &self.events, zone: self.zone };
        let incumbent = incumbent.as_deref().map(|net| net as &dyn Forecaster);
        let scores = score::compare(&net, incumbent, &held_out);
        let data = DataRange { from: learned.start(), until: cut, step: learned.step() };
        Ok((Model::Lstm(Box::new(net)), scores, data))
    }

    fn adapt(
        &self,
        cancel: &Arc<AtomicBool>,
        progress: &mut dyn FnMut(Epoch) -> ControlFlow<()>,
    ) -> Result<(Model, Scores, DataRange), Stopped> {
        let options = FinetuneOptions { seed: self.options.seed, ..FinetuneOptions::default() };
        let serving = match self.incumbent() {
            Some(Model::Prior(adapted)) => Some(adapted),
            _ => None,
        };
        let mut looked = |look: FinetuneProgress| {
            if cancel.load(Ordering::Relaxed) {
                return ControlFlow::Break(());
            }
            progress(Epoch {
                epoch: look.step / options.look,
                epochs: options.looks(),
                rate: options.rate.into(),
                train_loss: look.loss,
                valid_loss: Some(look.held_out),
            })
        };
        let (history, events) = (&self.history, &self.events);
        let made = adapt(history, events, self.zone, &options, serving.as_ref(), &mut looked)?;
        let data = DataRange { from: history.start(), until: made.until, step: history.step() };
        Ok((Model::Prior(made.adapted), made.scores, data))
    }

    /// First moment of the days held out: two days, or a fifth of a shorter history.
    fn cut(&self) -> Time {
        let whole = self.history.step() * self.history.len() as i64;
        shift(self.history.known_until(), -HELD_OUT.min(whole / 5))
    }

    /// The model in service.
    fn incumbent(&self) -> Option<Model> {
        let version = self.registry.champion(&self.group).ok().flatten()?.live?;
        self.registry.load(&self.group, &version, self.options.backend).ok()
    }
}

/// The gate: whether the challenger is promoted, and why.
pub(in crate::engine::jobs::training) fn verdict(scores: &Scores) -> (bool, String) {
    let percent = |share: f64| 100.0 * share;
    let own = format!("WAPE {:.1} %", percent(scores.wape));
    if scores.count == 0 {
        return (false, "no data to score it on: not promoted".into());
    }
    if let Some(losses) = &scores.prior {
        return verdict_on_prior(losses);
    }
    if scores.wape >= scores.naive_wape {
        return (
            false,
            format!("{own} does not beat seasonal-naive's {:.1} %: not promoted", percent(scores.naive_wape)),
        );
    }
    match scores.champion_wape {
        Some(champion) if scores.wape >= champion => (
            false,
            format!(
                "{own} does not beat the {:.1} % of the network in service: not promoted",
                percent(champion)
            ),
        ),
        Some(champion) => (true, format!("{own} beats {:.1} %: promoted", percent(champion))),
        None => (true, format!("{own} beats seasonal-naive's {:.1} %: promoted", percent(scores.naive_wape))),
    }
}

/// The same for an adapted prior.
fn verdict_on_prior(losses: &PriorLosses) -> (bool, String) {
    let change = 100.0 * (losses.own / losses.heard() - 1.0);
    let other = match losses.serving {
        Some(_) => "of the one in service",
        None => "of the prior as it ships",
    };
    match losses.gained() {
        true => (true, format!("loss {change:+.1} % beside that {other}: promoted")),
        false => (false, format!("loss {change:+.1} % beside that {other}, not better by 1 %: not promoted")),
    }
}
