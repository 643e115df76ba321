//! Training of the demand network: examples from a history, the newest part held out for validation.

use std::{
    ops::ControlFlow,
    sync::{Arc, atomic::AtomicBool},
};

use chrono_tz::Tz;

use super::{
    DemandNet, DemandSpec,
    features::{self, Anchor, Flags, Sight},
};
use crate::{
    domain::{event::Event, series::Series},
    forecast::lstm::{
        Backend,
        batch::{Examples, SHARDS},
        fit::{self, Epoch, Fit, TrainError},
        loss::LossFunction,
    },
};

/// How to train a demand network.
#[derive(Debug, Clone)]
pub struct TrainOptions {
    /// Most epochs; early stopping ends sooner.
    pub epochs: usize,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Back end that trains.
    pub backend: Backend,
    /// Steps of the input window.
    pub window: usize,
    /// Units of each LSTM layer.
    pub hidden: usize,
    /// LSTM layers.
    pub layers: usize,
    /// Horizons with outputs of their own, in steps ahead from 1, ascending; those between are interpolated.
    pub horizons: Vec<usize>,
    /// Most windows an epoch; a longer history is thinned evenly.
    pub most_windows: usize,
    /// Parts of a batch that run side by side; see [`Fit::shards`].
    pub shards: usize,
    /// Set from another thread, it stops training at the next batch.
    pub cancel: Option<Arc<AtomicBool>>,
}

impl Default for TrainOptions {
    fn default() -> Self {
        TrainOptions {
            epochs: 12,
            seed: 0,
            backend: Backend::Flex,
            window: 24,
            hidden: 64,
            layers: 1,
            horizons: vec![1, 2, 3, 6, 12, 24],
            most_windows: 4_000,
            shards: SHARDS,
            cancel: None,
        }
    }
}

/// Fewest windows that are worth learning from.
const FEWEST_WINDOWS: usize = 32;

impl DemandNet {
    /// Trains on `history` (demand a step; incidents are gaps) and `events`; the newest 15 % choose the epoch.
    ///
    /// `progress` gets every epoch and may stop the training; [`TrainOptions::cancel`] stops it at a batch.
    ///
    /// # Errors
    /// [`TrainError`], in words for the operator.
    pub fn train(
        history: &Series,
        events: &[Event],
        zone: Tz,
        options: &TrainOptions,
        progress: &mut dyn FnMut(Epoch) -> ControlFlow<()>,
    ) -> Result<DemandNet, TrainError> {
        let reach = check(options)?;
        let flags = Flags::new(history, events, reach);
        let sight = Sight { history, flags: &flags, zone };
        let cut = history.len() * 85 / 100;
        let spread = spread(history, options, cut).ok_or_else(|| too_little(history))?;
        let spec = DemandSpec {
            window: options.window,
            hidden: options.hidden,
            layers: options.layers,
            horizons: options.horizons.clone(),
            spread,
            step: history.step(),
        };
        // A target before the cut may not be seen while validating, so training origins end a reach earlier.
        let train =
            examples(sight, &spec, options.window..cut.saturating_sub(reach) + 1, options.most_windows);
        let valid = examples(sight, &spec, cut..history.len(), options.most_windows.div_ceil(4));
        if train.count < FEWEST_WINDOWS || valid.count == 0 {
            return Err(too_little(history));
        }
        let how = Fit {
            epochs: options.epochs,
            batch: 64,
            learning_rate: 2e-3,
            clip: Some(1.0),
            patience: Some(4),
            plateau: Some(2),
            shards: options.shards,
            seed: options.seed,
            cancel: options.cancel.clone(),
        };
        let data = (&train, &valid);
        let (net, _) = fit::fit(&spec.shape(), LossFunction::Pinball, data, &how, options.backend, progress)?;
        Ok(DemandNet { spec, net })
    }
}

/// The longest horizon of sensible options.
fn check(options: &TrainOptions) -> Result<usize, TrainError> {
    let spec = DemandSpec {
        window: options.window,
        hidden: options.hidden,
        layers: options.layers,
        horizons: options.horizons.clone(),
        spread: vec![1.0; options.horizons.len()],
        step: 1,
    };
    spec.check().map_err(TrainError::Options)?;
    options.horizons.last().copied().ok_or_else(|| TrainError::Options("no horizon is given".into()))
}

fn too_little(history: &Series) -> TrainError {
    TrainError::TooLittle(format!(
        "{} steps of demand, {} of them known, are too few to train on; wait for more history",
        history.len(),
        history.known().count()
    ))
}

/// Root mean square change to each horizon, as a share of the level, over training origins.
fn spread(history: &Series, options: &TrainOptions, cut: usize) -> Option<Vec<f64>> {
    let stride = (cut / 2_000).max(1);
    let anchors: Vec<(usize, Anchor)> = (options.window..cut)
        .step_by(stride)
        .filter_map(|origin| Some((origin, Anchor::at(history, origin, options.window)?)))
        .collect();
    let at = |horizon: usize| {
        let changes: Vec<f64> = anchors
            .iter()
            .filter(|(origin, _)| origin + horizon - 1 < cut)
            .filter_map(|(origin, anchor)| Some(anchor.relative(history.get(origin + horizon - 1)?)))
            .collect();
        let square = changes.iter().map(|c| c * c).sum::<f64>() / changes.len().max(1) as f64;
        (!changes.is_empty()).then(|| square.sqrt().clamp(1e-4, 1e4))
    };
    options.horizons.iter().map(|horizon| at(*horizon)).collect()
}

/// Examples at evenly thinned origins; a horizon whose value is a gap, or beyond the end, has weight zero.
fn examples(sight: Sight<'_>, spec: &DemandSpec, origins: std::ops::Range<usize>, most: usize) -> Examples {
    let mut out = Examples::default();
    let stride = origins.len().div_ceil(most.max(1)).max(1);
    for origin in origins.step_by(stride) {
        let targets: Vec<Option<f64>> =
            spec.horizons.iter().map(|h| sight.history.get(origin + h - 1)).collect();
        if targets.iter().all(Option::is_none) {
            continue;
        }
        let Some((steps, context, anchor)) =
            features::inputs(sight, origin, spec.window, &spec.horizons, spec.unit())
        else {
            continue;
        };
        out.inputs.extend(steps);
        out.context.extend(context);
        for (target, spread) in targets.into_iter().zip(&spec.spread) {
            let value = target.map(|v| (anchor.relative(v) / spread).clamp(-50.0, 50.0));
            out.targets.push(value.unwrap_or(0.0) as f32);
            out.weights.push(f32::from(u8::from(value.is_some())));
        }
        out.count += 1;
    }
    out
}
