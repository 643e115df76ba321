//! Acting: intent into the journal, the call, the outcome into the journal.
//!
//! The only file of the engine that calls a mutating method.

use super::{Engine, SELF, decide::words};
use crate::{
    cloud::CloudError,
    domain::{
        Time,
        decision::{Decision, Mode, Stage},
    },
    store::StoreError,
};

impl Engine {
    /// Carries out a decision that preflight has let through.
    pub(super) async fn act(
        &mut self,
        at: usize,
        decision: &mut Decision,
        operator: &str,
    ) -> Result<(), StoreError> {
        debug_assert!(self.groups[at].mode > Mode::Observe, "observe never comes here");
        decision.stage = Stage::Intended;
        let entry = self.entry(operator, Some(&decision.group), "intent", words(decision), None);
        self.store.record(decision, entry)?;
        let now = self.now;
        let scaler = self.scaler.get_or_insert_with(|| (self.world.scaler)());
        let outcome = scaler.set_desired(now, &decision.group, decision.to).await;
        self.outcome(at, decision, outcome)
    }

    fn outcome(
        &mut self,
        at: usize,
        decision: &mut Decision,
        outcome: Result<(), CloudError>,
    ) -> Result<(), StoreError> {
        let text = match outcome {
            Ok(()) => {
                decision.stage = Stage::Applied;
                self.groups[at].actions.push_back((self.now, decision.to > decision.from));
                if let Some(state) = &mut self.groups[at].state {
                    state.desired = decision.to;
                }
                // A simulated cloud must remember what it promised, as the real one does.
                self.checkpoint_now()?;
                format!("desired capacity is {} (was {})", decision.to, decision.from)
            }
            Err(error) => {
                decision.stage = Stage::Failed { error: error.to_string() };
                format!("not done: {error}")
            }
        };
        self.groups[at].last_word = None;
        let entry = self.entry(SELF, Some(&decision.group), "outcome", text, None);
        self.store.record(decision, entry).map(drop)
    }

    /// Reads one group again, just before acting on it.
    pub(super) async fn look_again(&mut self, at: usize, now: Time) -> Result<(), CloudError> {
        let name = self.groups[at].name.clone();
        let found = self.world.source.groups(now).await?.into_iter().find(|s| s.name == name);
        let state = found.ok_or_else(|| CloudError::Replan(format!("the group {name} no longer exists")))?;
        self.groups[at].look(state);
        Ok(())
    }

    /// After a crash: for each intention without an outcome, looks at the group and says what it finds.
    pub(super) fn reconcile(&mut self, _now: Time) -> Result<(), StoreError> {
        if self.reconciled || self.groups.is_empty() {
            return Ok(());
        }
        self.reconciled = true;
        for mut decision in self.store.open_decisions()? {
            if decision.stage != Stage::Intended {
                continue;
            }
            let desired = self
                .groups
                .iter()
                .find(|w| w.name == decision.group)
                .and_then(|w| Some(w.state.as_ref()?.desired));
            let text = match desired {
                Some(desired) if desired == decision.to => {
                    decision.stage = Stage::Applied;
                    format!("found done after a restart: desired capacity is {desired}")
                }
                found => {
                    let found = found
                        .map_or("the group was not found".into(), |d| format!("desired capacity is {d}"));
                    decision.stage = Stage::Failed { error: format!("interrupted by a restart; {found}") };
                    format!("interrupted by a restart before its outcome; {found}; planned anew")
                }
            };
            let entry = self.entry(SELF, Some(&decision.group), "outcome", text, None);
            self.store.record(&mut decision, entry)?;
        }
        Ok(())
    }
}
