//! After a crash: intents without an outcome.

use crate::domain::journal::JournalKind;
use crate::{
    domain::{actuator::Act, decision::Stage},
    engine::{Engine, SELF, observe::collect::Looks},
    store::StoreError,
};

impl Engine {
    /// Checks the group of each intent without an outcome and journals the result. Once, as soon as the groups
    /// have been read.
    pub(in crate::engine) fn reconcile(&mut self, looks: &Looks) -> Result<(), StoreError> {
        if self.observing.reconciled || self.groups.is_empty() || looks.error.is_some() {
            return Ok(());
        }
        self.observing.reconciled = true;
        for mut decision in self.store.open_decisions()? {
            if decision.stage != Stage::Intended {
                continue;
            }
            let state = looks.states.get(&decision.group);
            let (what, wanted, seen) = match decision.act() {
                Act::Desired { to } => ("desired capacity", to, state.map(|s| s.desired)),
                Act::Floor { min, .. } => ("MinSize", min, state.map(|s| s.min)),
                Act::Schedule(window) => ("MinSize", window.min, state.map(|s| s.min)),
            };
            let text = match seen {
                Some(seen) if seen == wanted => {
                    decision.stage = Stage::Applied;
                    format!("confirmed after a restart: {what} is {seen}")
                }
                found => {
                    let found =
                        found.map_or("the group was not found".into(), |seen| format!("{what} is {seen}"));
                    decision.stage = Stage::Failed { error: format!("interrupted by a restart; {found}") };
                    format!("interrupted by a restart before its outcome; {found}; it will be planned again")
                }
            };
            let entry = self.entry(SELF, Some(&decision.group), JournalKind::Outcome, text, None);
            self.store.record(&mut decision, entry)?;
        }
        Ok(())
    }
}
