//! What the prior says of the steps within the next hour.

use super::{features::StepContext, history::DemandHistory};
use crate::{
    domain::{
        Seconds,
        forecast::{Quantiles, tidy},
    },
    forecast::prior::{
        features::{DAYS, InputRow, LeadTime, Origin, SeenRoots},
        inference::Inference,
    },
};

/// Seconds ahead that the prior speaks of.
const FARTHEST: Seconds = 3_600;
/// Days of history that it sees.
const SEEN_DAYS: usize = 28;

/// True for what the prior knows nothing of: it sees no calendar.
pub(super) fn is_special(step: &StepContext) -> bool {
    step.calendar.strongest().is_some() || step.calendar.day.is_some()
}

/// The last of the steps of `step` seconds ahead that the prior speaks of.
pub(super) fn farthest(step: Seconds) -> usize {
    (FARTHEST / step) as usize
}

/// Square roots of the load that the prior sees.
pub(super) fn seen_roots(history: &DemandHistory) -> Vec<f32> {
    history.roots(SEEN_DAYS * history.day() + history.day() / 12)
}

/// The prior's quantiles of the steps `targets`, the next one first, as far as it speaks of them: the net is asked about
/// `leads`, and a step between two of them lies between their quantiles.
pub(super) fn rows(
    net: &Inference,
    history: &DemandHistory,
    now: &StepContext,
    targets: &[StepContext],
    leads: impl Iterator<Item = usize>,
) -> Vec<Option<Quantiles>> {
    let roots = seen_roots(history);
    let seen = SeenRoots { roots: &roots, step: history.step(), day: history.day() };
    let Some(origin) = Origin::new(seen).filter(|_| !is_special(now)) else { return Vec::new() };
    let within = farthest(history.step());
    let asked: Vec<(usize, &StepContext)> =
        leads.filter(|l| *l <= within).filter_map(|l| Some((l, targets.get(l.checked_sub(1)?)?))).collect();
    let inputs: Vec<InputRow> =
        asked.iter().map(|(lead, target)| origin.row(&lead_time(history, *lead, target))).collect();
    let said =
        net.quantiles(&inputs).into_iter().zip(&inputs).zip(&asked).map(|((units, row), (lead, target))| {
            let silent = is_special(target) || units.iter().any(|units| !units.is_finite());
            let load = units.map(|units| row.scale.load(units) * target.calendar.multiplier);
            (*lead, load, silent)
        });
    between(&said.collect::<Vec<_>>())
}

/// A step ahead as the prior sees it: where the same local time of earlier days lies.
pub(super) fn lead_time(history: &DemandHistory, lead: usize, target: &StepContext) -> LeadTime {
    let newest = history.len() - 1;
    let back = |days: usize| {
        let index = history.days_before(target.index, target.local, days)?;
        newest.checked_sub(index)
    };
    LeadTime { steps: lead, back: DAYS.map(|days| back(days).unwrap_or(usize::MAX / 2)) }
}

/// A row for each step up to the last of `said`: lead, quantiles, and whether nothing can be said of it.
fn between(said: &[(usize, Quantiles, bool)]) -> Vec<Option<Quantiles>> {
    let last = said.last().map_or(0, |(lead, ..)| *lead);
    let row = |lead: usize| {
        let after = said.partition_point(|(l, ..)| *l < lead);
        let (far, high, special) = said.get(after)?;
        let (near, low, before) = after.checked_sub(1).map_or((far, high, special), |b| {
            let (near, low, special) = &said[b];
            (near, low, special)
        });
        if *special || *before || (after == 0 && *far > lead) {
            return None;
        }
        let share = if far > near { (lead - near) as f64 / (far - near) as f64 } else { 1.0 };
        let mut row: Quantiles = std::array::from_fn(|i| low[i] + share * (high[i] - low[i]));
        tidy(&mut row);
        Some(row)
    };
    (1..=last).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::forecast::LEVELS;

    #[test]
    fn steps_between_two_leads_lie_between_them_and_special_ones_have_no_row() {
        let at = |lead: usize, load: f64, special: bool| (lead, [load; LEVELS.len()], special);
        let first =
            |rows: Vec<Option<Quantiles>>| rows.iter().map(|row| row.map(|q| q[0])).collect::<Vec<_>>();
        assert_eq!(
            first(between(&[at(1, 10.0, false), at(3, 30.0, false)])),
            [Some(10.0), Some(20.0), Some(30.0)]
        );
        assert_eq!(first(between(&[at(1, 10.0, false), at(2, 30.0, true)])), [Some(10.0), None]);
        assert_eq!(first(between(&[at(2, 10.0, false)])), [None, Some(10.0)]);
        assert!(between(&[]).is_empty());
    }
}
