//! What the median was mixed of at the end of each of the last days.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::horizon::HorizonModel;
use crate::domain::{Seconds, Time, floor_to, shift};

/// Days that are kept.
const KEPT: usize = 7;
const DAY: Seconds = 86_400;

/// The weights of one lead in steps, in the order of its experts.
type LeadWeights = (usize, Vec<f32>);

/// The weights at the end of each of the last days (UTC), the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DailyWeights(VecDeque<(Time, Vec<LeadWeights>)>);

impl DailyWeights {
    /// Notes the weights of `models` if the step of `step` seconds that ended at `ended` was the last of a day.
    pub(super) fn note(&mut self, ended: Time, step: Seconds, models: &[HorizonModel], with_prior: bool) {
        let midnight = floor_to(ended, DAY);
        if shift(ended, -step) >= midnight {
            return;
        }
        let weights = |model: &HorizonModel| {
            let shares = model.shares(with_prior).into_iter();
            (model.lead(), shares.map(|(_, share)| share as f32).collect())
        };
        self.0.push_back((shift(midnight, -DAY), models.iter().map(weights).collect()));
        self.0.drain(..self.0.len().saturating_sub(KEPT));
    }

    /// The start of each day, with the weights of `lead` at its end.
    pub fn of(&self, lead: usize) -> impl Iterator<Item = (Time, &[f32])> {
        self.0.iter().filter_map(move |(day, leads)| {
            let (_, weights) = leads.iter().find(|(known, _)| *known == lead)?;
            Some((*day, weights.as_slice()))
        })
    }
}
