//! The newest steps, the hours of the last day, and how large load and its changes are.

use super::{
    RowScale,
    origin::{Changes, Origin},
};

/// Newest steps that are seen one by one.
const NEWEST: usize = 36;
/// Hours that are seen as means.
const HOURS: usize = 24;

/// Linear for small numbers, logarithmic for large ones.
pub(super) fn shape(x: f32) -> f32 {
    let third = x.abs() / 3.0;
    (3.0 * (third + (third * third + 1.0).sqrt()).ln()).copysign(x)
}

impl Origin<'_> {
    /// The newest steps, the hours of the last day, and which of them are known.
    pub(super) fn write_recent(&self, scale: RowScale, to: &mut Vec<f32>) {
        to.extend((0..NEWEST).map(|back| scale.place(self.filled(back))));
        to.extend((0..NEWEST).step_by(6).map(|back| self.share_known(back, 6)));
        let hour = self.hour();
        to.extend((0..HOURS).map(|b| scale.place(self.mean(b * hour, hour))));
        to.extend((0..HOURS).step_by(8).map(|b| self.share_known(b * hour, 8 * hour)));
    }

    /// Sizes of level, changes and history, as logarithms, for a target `lead` steps ahead.
    pub(super) fn write_sizes(&self, lead: usize, changes: &Changes, to: &mut Vec<f32>) {
        let (day, step) = (self.seen.day as f32, self.seen.step as f32);
        let (unit, change, level, ahead) = (changes.unit, self.step_change, self.level, lead as f32);
        let last = self.filled(0);
        to.extend([
            (step / 300.0).ln(),
            ahead.ln(),
            (ahead * step / 900.0).ln(),
            (unit / level).ln(),
            (unit / change).ln(),
            (1.0 + self.seen.roots.len() as f32 / day).ln(),
            self.available,
            self.zeros,
            ((last + 0.1 * level) / level).ln(),
            self.of_week.ln(),
        ]);
        let hour = self.hour();
        for count in [hour.max(3), (3 * hour).max(3), 6] {
            to.push(((self.newest_change(1, count) + 0.1 * change) / change).ln());
            to.push(((self.newest_change(lead, count) + 0.1 * unit) / unit).ln());
        }
        let age = (0..self.seen.day).take_while(|back| self.at(*back).is_nan()).count();
        to.extend([
            (self.rough_change / change + 0.1).ln(),
            changes.upwards / unit,
            (self.spread / unit + 0.1).ln(),
            (age as f32).ln_1p(),
        ]);
    }
}
