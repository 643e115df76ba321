//! The demand network of the live loop: quantiles of demand for a set of horizons at once.
//!
//! One network forecasts all horizons directly. Its outputs are changes against the newest known demand, in
//! units of the typical change to that horizon, so that one architecture serves every group and level. The
//! quantiles come as a median with gaps above and below it, and cannot cross.
//!
//! `features` makes its inputs, `train` trains it, and this file turns its outputs into forecasts and stores
//! it.

mod features;
mod train;

pub use train::TrainOptions;

use serde::{Deserialize, Serialize};

use self::features::{Anchor, CLOCK_FEATURES, Flags, HORIZON_FEATURES, STEP_FEATURES, Sight};
use super::{Backend, batch::Examples, loss::LossFunction, net::NetShape, predictor::Predictor};
use crate::{
    domain::{
        Seconds,
        forecast::{LEVELS, MEDIAN, Quantiles, tidy},
        series::Series,
    },
    forecast::{ForecastInput, Forecaster},
};

/// Everything besides the weights that determines the network's forecasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemandSpec {
    /// Steps of the input window.
    pub window: usize,
    /// Units of each LSTM layer.
    pub hidden: usize,
    /// LSTM layers.
    pub layers: usize,
    /// Horizons, in steps ahead from 1, ascending.
    pub horizons: Vec<usize>,
    /// Typical change to each horizon, as a share of the level; the unit of the outputs.
    pub spread: Vec<f64>,
    /// Seconds a step of the demand that it was trained on.
    pub step: Seconds,
}

impl DemandSpec {
    /// Says what is wrong with a specification from a file or an operator.
    ///
    /// # Errors
    /// A sentence that names the number.
    pub fn check(&self) -> Result<(), String> {
        let ascending = self.horizons.windows(2).all(|w| w[0] < w[1]);
        let within = self.horizons.iter().all(|h| (1..=2_000).contains(h));
        if !ascending || !within || self.horizons.is_empty() || self.horizons.len() > 64 {
            return Err("horizons must be 1 to 64 ascending numbers between 1 and 2000".into());
        }
        let known = self.spread.iter().all(|s| s.is_finite() && *s > 0.0);
        if self.spread.len() != self.horizons.len() || !known || self.step < 1 {
            return Err("one spread above zero a horizon and a step of at least a second are needed".into());
        }
        self.shape().check()
    }

    /// The network of this specification.
    pub fn shape(&self) -> NetShape {
        NetShape {
            window: self.window,
            features: STEP_FEATURES,
            context: CLOCK_FEATURES + self.horizons.len().saturating_mul(HORIZON_FEATURES),
            hidden: self.hidden,
            layers: self.layers,
            dense: vec![64],
            outputs: self.horizons.len().saturating_mul(LEVELS.len()),
            dropout: 0.1,
            attention: false,
            skip: true,
        }
    }

    /// One line for people (`lstm 64×1, 24 steps`).
    pub fn describe(&self) -> String {
        format!("lstm {}×{}, {} steps", self.hidden, self.layers, self.window)
    }

    fn unit(&self) -> f64 {
        self.spread.last().copied().unwrap_or(1.0)
    }
}

/// A trained demand network.
#[derive(Debug)]
pub struct DemandNet {
    spec: DemandSpec,
    net: Predictor,
}

impl DemandNet {
    /// What it is.
    pub fn spec(&self) -> &DemandSpec {
        &self.spec
    }

    /// Its weights, as [`Predictor::to_bytes`].
    ///
    /// # Errors
    /// burn's words, when it cannot encode them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        self.net.to_bytes()
    }

    /// The network of `spec` with the weights in `bytes`.
    ///
    /// # Errors
    /// A sentence about what does not fit.
    pub fn from_bytes(spec: DemandSpec, bytes: Vec<u8>, backend: Backend) -> Result<DemandNet, String> {
        spec.check()?;
        let net = Predictor::from_bytes(&spec.shape(), bytes, backend)?;
        Ok(DemandNet { spec, net })
    }

    /// Quantiles at the horizons, as demand.
    fn knots(&self, known: &ForecastInput<'_>) -> Option<(Vec<Quantiles>, Anchor)> {
        let (history, spec) = (known.history, &self.spec);
        let reach = *spec.horizons.last()?;
        if history.step() != spec.step {
            return None;
        }
        let flags = Flags::new(history, known.events, reach);
        let sight = Sight { history, flags: &flags, zone: known.zone };
        let (inputs, context, anchor) =
            features::inputs(sight, history.len(), spec.window, &spec.horizons, spec.unit())?;
        let count = spec.horizons.len();
        let (targets, weights) = (vec![0.0; count], vec![0.0; count]);
        let example = Examples { count: 1, inputs, context, targets, weights };
        let predicted = self.net.predict(LossFunction::Pinball, &example);
        let demand = |value: f32, spread: f64| anchor.last + f64::from(value) * spread * anchor.scale;
        let knots = predicted.chunks_exact(LEVELS.len()).zip(&spec.spread).map(|(row, spread)| {
            let mut quantiles: Quantiles = std::array::from_fn(|level| demand(row[level], *spread));
            tidy(&mut quantiles);
            quantiles
        });
        let knots: Vec<Quantiles> = knots.collect();
        knots.iter().flatten().all(|v| v.is_finite()).then_some((knots, anchor))
    }
}

impl Forecaster for DemandNet {
    fn name(&self) -> String {
        self.spec.describe()
    }

    /// Rows between two horizons are interpolated. Beyond the last one the median follows the change of
    /// demand a day before, where that is known, and the distances to it grow with the root of the horizon.
    /// `None` as well when the step differs from the one trained on.
    fn forecast(&self, known: &ForecastInput<'_>, steps: usize) -> Option<Vec<Quantiles>> {
        let (knots, anchor) = self.knots(known)?;
        let horizons = &self.spec.horizons;
        let row = |ahead: usize| {
            let above = horizons.partition_point(|h| *h < ahead);
            let Some(upper) = knots.get(above) else { return beyond(known.history, horizons, &knots, ahead) };
            let (low, from) = match above.checked_sub(1) {
                Some(below) => (knots[below], horizons[below]),
                None => ([anchor.last.max(0.0); LEVELS.len()], 0),
            };
            let share = (ahead - from) as f64 / (horizons[above] - from) as f64;
            std::array::from_fn(|level| low[level] + share * (upper[level] - low[level]))
        };
        Some((1..=steps).map(row).collect())
    }
}

/// Quantiles `ahead` steps after the end of `history`, further than the last of `horizons`.
fn beyond(history: &Series, horizons: &[usize], knots: &[Quantiles], ahead: usize) -> Quantiles {
    let (Some(reach), Some(last)) = (horizons.last().copied(), knots.last()) else {
        return [0.0; LEVELS.len()];
    };
    let day = features::per_day(history.step());
    let reference = |h: usize| {
        // The latest whole number of days back that had been seen.
        let day = day?;
        let back = day * h.div_ceil(day);
        history.get((history.len() + h - 1).checked_sub(back)?)
    };
    let shift = reference(ahead).zip(reference(reach)).map_or(0.0, |(to, from)| to - from);
    let wider = (ahead as f64 / reach as f64).sqrt();
    let mut out = last.map(|value| last[MEDIAN] + shift + (value - last[MEDIAN]) * wider);
    tidy(&mut out);
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        domain::{at_epoch, forecast::pinball, series::Series},
        forecast::lstm::fit::{Epoch, TrainError},
    };
    use chrono_tz::Tz;
    use std::{
        ops::ControlFlow,
        sync::{Arc, atomic::AtomicBool},
    };

    /// Hourly demand: a daily wave with a little deterministic noise.
    pub(crate) fn wave(steps: usize) -> Series {
        let value = |i: usize| {
            let wave = (i as f64 / 24.0 * std::f64::consts::TAU).sin();
            let noise = (i as f64 * 12.9898).sin() * 43_758.545;
            Some(1_000.0 + 400.0 * wave + 40.0 * (noise - noise.floor() - 0.5))
        };
        Series::from_values(at_epoch(1_700_002_800), 3_600, (0..steps).map(value))
    }

    pub(crate) fn small(seed: u64) -> TrainOptions {
        TrainOptions {
            epochs: 6,
            seed,
            window: 8,
            hidden: 8,
            horizons: vec![1, 3, 6],
            ..TrainOptions::default()
        }
    }

    pub(crate) fn train(history: &Series, seed: u64) -> DemandNet {
        DemandNet::train(history, &[], Tz::UTC, &small(seed), &mut |_| ControlFlow::Continue(()))
            .expect("trains")
    }

    fn known(history: &Series) -> ForecastInput<'_> {
        ForecastInput { origin: history.known_until(), history, events: &[], zone: Tz::UTC }
    }

    #[test]
    fn it_beats_the_last_value_and_its_quantiles_ascend() {
        let whole = wave(700);
        let net = train(&whole.between(whole.start(), whole.time_of(600)), 1);
        let (mut own, mut naive) = (0.0, 0.0);
        for origin in (600..690).step_by(5) {
            let history = whole.between(whole.start(), whole.time_of(origin));
            let rows = net.forecast(&known(&history), 30).expect("a forecast");
            assert_eq!(rows.len(), 30);
            assert!(rows.iter().all(|row| row.is_sorted() && row[0] >= 0.0));
            let last = history.get(origin - 1).expect("no gap");
            for ahead in [1, 3, 6] {
                let actual = whole.get(origin + ahead - 1).expect("no gap");
                own += pinball(0.5, rows[ahead - 1][MEDIAN], actual);
                naive += pinball(0.5, last, actual);
            }
        }
        assert!(own < 0.6 * naive, "{own} against {naive} of the last value");
    }

    #[test]
    fn one_seed_gives_one_model_and_the_future_changes_nothing() {
        let whole = wave(400);
        let mut poisoned = whole.between(whole.start(), whole.time_of(300));
        poisoned.extend((0..100).map(|_| Some(1e12)));
        let bytes = |series: &Series, seed| {
            let history = series.before(series.time_of(300));
            let net = train(&history, seed);
            (net.to_bytes().expect("encodes"), net.forecast(&known(&history), 24))
        };
        let first = bytes(&whole, 5);
        assert!(first.1.is_some());
        assert_eq!(first, bytes(&poisoned, 5));
        assert_ne!(first.0, bytes(&whole, 6).0);
    }

    #[test]
    fn gaps_are_lived_with_and_too_little_is_said() {
        let mut history = wave(300);
        history.extend([None, Some(1_000.0)]);
        assert!(train(&history, 1).forecast(&known(&history), 3).is_some());
        let error = DemandNet::train(&wave(20), &[], Tz::UTC, &small(1), &mut |_| ControlFlow::Continue(()));
        assert!(matches!(error, Err(TrainError::TooLittle(_))));
        let empty = Series::new(at_epoch(0), 300);
        let error = DemandNet::train(&empty, &[], Tz::UTC, &small(1), &mut |_| ControlFlow::Continue(()));
        assert!(matches!(error, Err(TrainError::TooLittle(_))));
    }

    #[test]
    fn it_can_be_cancelled_by_the_listener_and_by_the_flag() {
        let mut last = 0;
        let mut stop = |epoch: Epoch| {
            last = epoch.epoch;
            ControlFlow::Break(())
        };
        let end = DemandNet::train(&wave(300), &[], Tz::UTC, &small(1), &mut stop);
        assert!(matches!(end, Err(TrainError::Cancelled)) && last == 1);
        let options = TrainOptions { cancel: Some(Arc::new(AtomicBool::new(true))), ..small(1) };
        let mut never = |_| panic!("no epoch ends after the flag was set");
        assert!(matches!(
            DemandNet::train(&wave(300), &[], Tz::UTC, &options, &mut never),
            Err(TrainError::Cancelled)
        ));
    }

    #[test]
    fn hostile_specifications_are_errors() {
        let good = train(&wave(300), 1).spec().clone();
        assert!(good.check().is_ok());
        for bad in [
            DemandSpec { hidden: usize::MAX, ..good.clone() },
            DemandSpec { window: 0, ..good.clone() },
            DemandSpec { horizons: vec![3, 1, 2], ..good.clone() },
            DemandSpec { spread: vec![f64::NAN; 3], ..good.clone() },
            DemandSpec { spread: vec![1.0], ..good.clone() },
        ] {
            assert!(DemandNet::from_bytes(bad, vec![], Backend::Flex).is_err());
        }
    }
}
