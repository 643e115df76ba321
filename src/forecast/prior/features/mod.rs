//! What the prior sees of a load, freed of its level, its scale and the time ahead.
//!
//! Everything is in square roots of load, as the distance from a *reference* (the mean of the newest three steps) in *units*: the
//! mean change over this time ahead during the last day. So a service of ten requests a minute looks like one of ten million.
//! [`Origin`] is what all times ahead have in common; [`Origin::row`] makes the inputs of one of them, and the *anchors*: simple
//! forecasts, of which the net weighs the best. The clock is seen only through earlier days: few recorded loads say nothing of
//! what an hour is like for others.

mod origin;
mod recent;
mod season;
mod skill;

pub use self::origin::Origin;
use self::recent::shape;
use crate::domain::Seconds;

/// Numbers that the net sees for one step ahead.
pub const INPUTS: usize = 196;
/// Simple forecasts that the net weighs.
pub const ANCHORS: usize = 14;
/// The anchor that is the load of the same local time a day before.
pub const DAY_AGO: usize = 4;
/// Days before the target at whose local time the load is looked up.
pub const DAYS: [usize; 10] = [1, 2, 3, 4, 5, 6, 7, 14, 21, 28];
/// Anchors lie no farther from the reference than so many units.
const FARTHEST: f32 = 60.0;

/// Load that has been seen.
#[derive(Debug, Clone, Copy)]
pub struct SeenRoots<'a> {
    /// Square roots of load, one for each step, the newest last; not a number for a gap.
    pub roots: &'a [f32],
    /// Seconds of a step.
    pub step: Seconds,
    /// Steps in a day.
    pub day: usize,
}

/// A step ahead.
#[derive(Debug, Clone, Copy)]
pub struct LeadTime {
    /// Steps ahead, from 1.
    pub steps: usize,
    /// For each of [`DAYS`], how many steps before the newest one the same local time lies.
    pub back: [usize; DAYS.len()],
}

/// The inputs of one step ahead.
#[derive(Debug, Clone)]
pub struct InputRow {
    /// [`INPUTS`] numbers.
    pub inputs: Vec<f32>,
    /// Simple forecasts, in units from the reference.
    pub anchors: [f32; ANCHORS],
    /// Which of them there are.
    pub known: [bool; ANCHORS],
    /// In which the net's outputs are.
    pub scale: RowScale,
}

/// Turns what the net says into load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowScale {
    /// Square root of load that everything is relative to.
    pub reference: f32,
    /// Change that is usual over this time ahead, in square roots of load.
    pub unit: f32,
}

impl RowScale {
    /// The load that lies `units` from the reference.
    pub fn load(self, units: f32) -> f64 {
        let root = f64::from(self.reference) + f64::from(self.unit) * f64::from(units);
        root.max(0.0).powi(2)
    }

    /// Distance of a square root of load from the reference, compressed where it is large; 0 for what is not known.
    fn place(self, root: f32) -> f32 {
        self.change(root - self.reference)
    }

    /// A difference of square roots of load in units, likewise.
    fn change(self, difference: f32) -> f32 {
        if difference.is_nan() { 0.0 } else { shape(difference / self.unit) }
    }
}

impl Origin<'_> {
    /// The inputs for one step ahead.
    pub fn row(&self, lead: &LeadTime) -> InputRow {
        let mut inputs = Vec::with_capacity(INPUTS);
        let changes = self.changes(lead.steps);
        let scale = RowScale { reference: self.reference, unit: changes.unit };
        self.write_recent(scale, &mut inputs);
        let season = self.season(lead);
        self.write_season(lead, &season, scale, &mut inputs);
        self.write_sizes(lead.steps, &changes, &mut inputs);
        self.write_skill(lead.steps, scale.unit, &mut inputs);
        let anchors = self.anchors(lead.steps, &season);
        let known = std::array::from_fn(|i| i == 0 || !anchors[i].is_nan());
        let anchors = anchors.map(|root| {
            let units = (root - scale.reference) / scale.unit;
            if units.is_nan() { 0.0 } else { units.clamp(-FARTHEST, FARTHEST) }
        });
        InputRow { inputs, anchors, known, scale }
    }
}

#[cfg(test)]
mod tests;
