//! Other options for a group that runs.

use super::GroupRuntime;
use crate::{engine::options::GroupOptions, plan::lead};

impl GroupRuntime {
    /// Takes `options` from now on, except their mode, which is changed as an operator changes it. `false` where demand is
    /// counted in another way or another step: then the group must be restored from its history, and nothing was taken.
    pub(in crate::engine) fn reconfigure(&mut self, options: GroupOptions) -> bool {
        let now = &self.options;
        if (&options.demand, options.step, options.late) != (&now.demand, now.step, now.late) {
            return false;
        }
        if options.capacity != now.capacity {
            // One that is no longer given is measured again.
            self.memory.capacity = options.capacity.map(|capacity| (capacity, "given".to_owned()));
        }
        if options.lead != now.lead {
            let measured = self.memory.lead.unwrap_or(((lead::UNKNOWN, 0), None));
            (self.lead, self.warm) = options.lead.map_or(measured, |given| ((given, 0), None));
        }
        self.options = options;
        self.reach_lead_time();
        true
    }
}
