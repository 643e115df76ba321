//! The prior of one group: adapted to its history, and compared with the prior as it ships and with the one that serves.

use std::ops::ControlFlow;

use chrono_tz::Tz;

use super::{
    blend::prior_examples::{Draw, examples},
    prior::{
        Prior,
        adapted::{AdaptedPrior, AdaptedSpec},
        features::{DAY_AGO, InputRow},
        file,
        finetune::{Example, FinetuneError, FinetuneOptions, FinetuneProgress, finetune, loss, newest},
    },
    registry::{PriorLosses, Scores},
};
use crate::domain::{
    Time,
    event::Event,
    forecast::{MEDIAN, P95},
    series::Series,
};

/// Loss must fall by this share before an adapted prior takes the place of the one that is heard.
const MARGIN: f64 = 0.01;

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Adaptation {
    /// The adapted prior.
    pub adapted: AdaptedPrior,
    /// Its scores on the newest examples, which it did not learn from.
    pub scores: Scores,
    /// End of what it learned from.
    pub until: Time,
}

/// Adapts the prior that the program ships with to `history`; `serving` is what the group hears now, if that was adapted.
///
/// # Errors
/// A sentence, also when `progress` says to stop.
pub fn adapt(
    history: &Series,
    events: &[Event],
    zone: Tz,
    options: &FinetuneOptions,
    serving: Option<&AdaptedPrior>,
    progress: &mut dyn FnMut(FinetuneProgress) -> ControlFlow<()>,
) -> Result<Adaptation, FinetuneError> {
    let (net, _) = file::shipped().map_err(|e| FinetuneError::Prior(e.to_string()))?;
    let draw = Draw { seed: options.seed, ..Draw::default() };
    let known = examples(history, events, zone, &draw);
    let tuned = finetune(&net, &known, options, progress)?;
    let newest = newest(&known, options);
    let spec = AdaptedSpec::new(tuned.steps).map_err(FinetuneError::Prior)?;
    let adapted = AdaptedPrior::new(spec, tuned.head);
    let losses = PriorLosses {
        own: loss(&net, adapted.head(), newest),
        shipped: loss(&net, net.head(), newest),
        serving: serving.map(|serving| loss(&net, serving.head(), newest)),
    };
    let scores = Scores { prior: Some(losses), ..score(&adapted, serving, newest) };
    let until = newest.first().map_or(history.known_until(), |first| first.target);
    Ok(Adaptation { adapted, scores, until })
}

/// Errors of the adapted prior beside those of the one that is heard now and of seasonal-naive.
fn score(adapted: &AdaptedPrior, serving: Option<&AdaptedPrior>, newest: &[Example]) -> Scores {
    let known: Vec<&Example> = newest.iter().filter(|example| example.row.known[DAY_AGO]).collect();
    let rows: Vec<InputRow> = known.iter().map(|example| example.row.clone()).collect();
    let said = |prior: Prior| prior.net().map(|net| net.quantiles(&rows)).unwrap_or_default();
    let (own, other) =
        (said(adapted.prior()), said(serving.map_or_else(Prior::shipped, AdaptedPrior::prior)));
    let (mut load, mut errors, mut covered) = (0.0, [0.0; 3], 0usize);
    for ((example, own), other) in known.iter().zip(&own).zip(&other) {
        let (scale, actual) = (example.row.scale, example.actual);
        let predicted = [own[MEDIAN], other[MEDIAN], example.row.anchors[DAY_AGO]];
        errors.iter_mut().zip(predicted).for_each(|(sum, units)| *sum += (actual - scale.load(units)).abs());
        covered += usize::from(actual <= scale.load(own[P95]));
        load += actual.abs();
    }
    let share = |sum: f64| if load > 0.0 { sum / load } else { 0.0 };
    Scores {
        wape: share(errors[0]),
        champion_wape: Some(share(errors[1])),
        naive_wape: share(errors[2]),
        coverage: covered as f64 / known.len().max(1) as f64,
        count: known.len(),
        prior: None,
    }
}

impl PriorLosses {
    /// True if the adapted prior is better than the one that is heard now. It is never worse than the one that ships, which a
    /// training without any gain gives back.
    pub fn gained(&self) -> bool {
        self.own < (1.0 - MARGIN) * self.heard()
    }

    /// The loss of the prior that is heard now.
    pub fn heard(&self) -> f64 {
        self.serving.unwrap_or(self.shipped)
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};

    use super::*;
    use crate::domain::at_epoch;

    /// Ten days at one of two levels, at random; from step `from` on at `after`.
    fn two_levels(from: usize, after: f64) -> Series {
        let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(2);
        let values = (0..288 * 10).map(|i| {
            let level = if rng.random::<f64>() < 0.5 { 50.0 } else { 150.0 };
            let load = level * (0.98 + 0.04 * rng.random::<f64>());
            Some(if i < from { load } else { after })
        });
        Series::from_values(at_epoch(0), 300, values.collect::<Vec<_>>())
    }

    fn adapted(history: &Series, serving: Option<&AdaptedPrior>) -> Adaptation {
        let options = FinetuneOptions { steps: 60, ..FinetuneOptions::default() };
        let go_on = &mut |_| ControlFlow::Continue(());
        adapt(history, &[], Tz::UTC, &options, serving, go_on).expect("enough")
    }

    #[test]
    fn what_was_adapted_is_scored_beside_what_ships_and_what_serves() {
        let history = two_levels(usize::MAX, 0.0);
        let first = adapted(&history, None);
        let losses = first.scores.prior.expect("scored");
        assert!(
            losses.gained() && losses.own < 0.97 * losses.shipped && losses.serving.is_none(),
            "{losses:?}"
        );
        assert!(first.until < history.known_until() && first.until > history.time_of(288 * 8));
        assert!(first.scores.count > 500 && first.scores.champion_wape.is_some(), "{:?}", first.scores);
        let again = adapted(&history, Some(&first.adapted));
        let losses = again.scores.prior.expect("scored");
        assert_eq!((again.adapted, losses.serving), (first.adapted, Some(losses.own)));
        assert!(!losses.gained(), "the same is not better: {losses:?}");
    }

    #[test]
    fn what_comes_later_changes_nothing_that_was_learned() {
        let whole = two_levels(usize::MAX, 0.0);
        let cut = whole.time_of(288 * 9);
        let poisoned = two_levels(288 * 9, 7e5);
        let until = |history: &Series| adapted(&history.between(history.start(), cut), None);
        assert_eq!(until(&whole), until(&poisoned));
    }
}
