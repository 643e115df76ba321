//! How far ahead a group's forecasts reach: as far as its lead time takes, at least two hours.

use super::{ready::Ready, runtime::GroupRuntime};
use crate::domain::{Seconds, journal::JournalKind};

const HOUR: Seconds = 3_600;
/// The longest horizon. What takes longer to boot than half a day is not scaled by forecasts of minutes.
const LONGEST: Seconds = 12 * HOUR;

impl GroupRuntime {
    /// Forecasts as far ahead as an instance takes that is ordered a cycle from now, in whole hours so that small changes of
    /// the lead time change nothing. A horizon once reached is kept. Returns whether it grew.
    pub(in crate::engine) fn reach_lead_time(&mut self) -> bool {
        let lead = self.lead.0.saturating_add(self.actuator().delay());
        let needed = lead.saturating_add(self.options.settings.cycle + self.options.step).clamp(0, LONGEST);
        let before = self.forecasters.horizon();
        self.forecasters.extend((needed + HOUR - 1) / HOUR * HOUR);
        self.forecasters.horizon() > before
    }

    /// The same after a look at the group, with a line in the journal.
    pub(super) fn follow_lead_time(&mut self, ready: &mut Ready) {
        if self.reach_lead_time() {
            let (lead, hours) = (self.lead.0 / 60, self.forecasters.horizon() / HOUR);
            let text = format!("new instances take {lead} min to serve: forecasts now reach {hours} h ahead");
            ready.note(JournalKind::Model, text);
        }
    }
}
