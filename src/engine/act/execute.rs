//! Acting: intent into the journal, the call, the outcome into the journal.
//!
//! The only file of the engine that calls a mutating method. Every act is an absolute value, taken from a look
//! at the group just before; a failure is never sent again as it was, but planned anew from the next look.

use std::time::Duration;

use super::decide::words;
use crate::{
    cloud::CloudError,
    domain::{
        Time,
        actuator::{Act, HeldFloor},
        decision::{Decision, Licence, Stage},
        journal::{JournalEntry, JournalKind},
        preflight::Preflight,
        shift,
    },
    engine::{Engine, SELF, fleet::leases, group::runtime::Awaited},
    store::{SettingWrite, StoreError, keys},
};

impl Engine {
    /// Looks at the group again and runs preflight on what it finds: the checklist, and how far towards `to` one
    /// may go now; or why not at all.
    pub(in crate::engine) async fn anew(&mut self, at: usize, to: u32) -> Result<(Preflight, u32), String> {
        let now = self.now;
        if let Err(error) = self.look_again(at, now).await {
            return Err(format!("the group could not be read again, nothing was done: {error}"));
        }
        let checks = self.check(at, to).ok_or("the group is gone")?;
        match checks.allowed {
            Some(to) => Ok((checks, to)),
            None => {
                let why = checks.blocked_by().map(|(name, why)| format!("{name}: {why}")).unwrap_or_default();
                Err(format!("not done, a check stands against it now: {why}"))
            }
        }
    }

    /// Carries out a decision that preflight has let through. The lines of `before` are written with the intent.
    pub(in crate::engine) async fn carry_out(
        &mut self,
        at: usize,
        decision: &mut Decision,
        operator: &str,
        mut before: Vec<JournalEntry>,
    ) -> Result<(), StoreError> {
        let act = decision.act();
        let (had, held) = (self.groups[at].held, self.held_by(at, &act));
        decision.lease = match self.secure(at, held).await? {
            Ok(token) => token,
            Err(why) => return self.unsecured(at, decision, before, &why),
        };
        decision.stage = Stage::Intended;
        let lease = decision.lease.map(|token| format!(" (lease {token})")).unwrap_or_default();
        let text = format!("{}{lease}", words(decision));
        before.push(self.entry(operator, Some(&decision.group), JournalKind::Intent, text, None));
        self.store.record_with(decision, before, &[self.held_setting(at, held)?])?;
        self.groups[at].held = held;
        if let Act::Desired { to } = act {
            self.groups[at].signals.requested = Some(to);
        }
        let now = self.now;
        let outcome = self.leased_call(at, now, &act).await;
        let had = if outcome.is_ok() { settled(held, &act) } else { had };
        self.outcome(at, decision, outcome, had)
    }

    /// Without a lease nothing is begun.
    fn unsecured(
        &mut self,
        at: usize,
        decision: &mut Decision,
        mut before: Vec<JournalEntry>,
        why: &str,
    ) -> Result<(), StoreError> {
        decision.stage = Stage::Failed { error: format!("not begun: {why}") };
        self.pause(at);
        before.push(self.entry(
            SELF,
            Some(&decision.group),
            JournalKind::Outcome,
            format!("not begun: {why}"),
            None,
        ));
        self.store.record_with(decision, before, &[]).map(drop)
    }

    /// The calls of `act`. Where leases count, they end with the deadline that the lease was asked for.
    async fn leased_call(&mut self, at: usize, now: Time, act: &Act) -> Result<(), CloudError> {
        if self.lease(at, leases::DEADLINE).map_err(CloudError::Retry)?.is_none() {
            return self.call(at, now, act).await;
        }
        let deadline = Duration::from_secs(leases::DEADLINE.unsigned_abs());
        let late = |_| CloudError::Retry(format!("no answer within {} s", leases::DEADLINE));
        tokio::time::timeout(deadline, self.call(at, now, act)).await.map_err(late)?
    }

    /// The calls of `act`.
    async fn call(&mut self, at: usize, now: Time, act: &Act) -> Result<(), CloudError> {
        if self.read_only {
            return Err(CloudError::Stop("this process is read-only: nothing is changed".into()));
        }
        let runtime = &self.groups[at];
        let back = || runtime.held.as_ref().and_then(|held| Licence::to_put_back(held, act));
        let Some(licence) = runtime.mode.licence().or_else(back) else {
            return Err(CloudError::Stop(format!("{} is in observe: nothing is changed", runtime.name)));
        };
        let group = runtime.name.as_str();
        let scaler = self.scaler.get_or_insert_with(|| (self.world.scaler)(&licence));
        match act {
            Act::Desired { to } => scaler.set_desired(now, group, *to).await,
            Act::Floor { min, unschedule } => {
                if *unschedule {
                    scaler.unschedule_floor(now, group).await?;
                }
                scaler.set_floor(now, group, *min).await
            }
            Act::Schedule(window) => scaler.schedule_floor(now, group, window).await,
        }
    }

    fn outcome(
        &mut self,
        at: usize,
        decision: &mut Decision,
        outcome: Result<(), CloudError>,
        held: Option<HeldFloor>,
    ) -> Result<(), StoreError> {
        let text = match outcome {
            Ok(()) => {
                decision.stage = Stage::Applied;
                self.groups[at].pause = None;
                self.applied(at, decision);
                // A simulated cloud must remember what it promised, as the real one does.
                self.checkpoint_now()?;
                format!("{} {} (was {})", done(&decision.act()), decision.to, decision.from)
            }
            Err(error) => {
                decision.stage = Stage::Failed { error: error.to_string() };
                self.pause(at);
                format!("not done: {error}")
            }
        };
        self.groups[at].last_message = None;
        self.groups[at].held = held;
        let entry = self.entry(SELF, Some(&decision.group), JournalKind::Outcome, text, None);
        self.store.record_with(decision, vec![entry], &[self.held_setting(at, held)?]).map(drop)
    }

    /// After a failure `auto` rests: a minute, then twice as long each time, three cycles at the most.
    fn pause(&mut self, at: usize) {
        let runtime = &mut self.groups[at];
        let failures = runtime.pause.map_or(0, |(failures, _)| failures) + 1;
        let most = 3 * runtime.options.settings.cycle;
        let wait = (60 << failures.min(10).saturating_sub(1)).min(most);
        runtime.pause = Some((failures, shift(self.now, wait)));
    }

    /// What is known of the group once the cloud has taken a decision.
    fn applied(&mut self, at: usize, decision: &Decision) {
        let since = self.now;
        let runtime = &mut self.groups[at];
        if decision.to != decision.from {
            runtime.actions.push_back((since, decision.to > decision.from));
        }
        let Some(state) = &mut runtime.state else { return };
        runtime.awaited = match decision.act() {
            Act::Desired { to } => {
                state.desired = to;
                Some(Awaited { floor: false, value: to, since })
            }
            Act::Floor { min, .. } => {
                (state.min, state.desired) = (min, state.desired.max(min));
                Some(Awaited { floor: true, value: min, since })
            }
            Act::Schedule(_) => None,
        };
    }

    fn held_setting(&self, at: usize, held: Option<HeldFloor>) -> Result<SettingWrite, StoreError> {
        SettingWrite::new(&keys::floor(&self.groups[at].name), &held)
    }

    /// Reads one group again, just before acting on it.
    async fn look_again(&mut self, at: usize, now: Time) -> Result<(), CloudError> {
        let name = self.groups[at].name.clone();
        let found = self.world.source.group(now, &name).await?;
        let state = found.ok_or_else(|| CloudError::Replan(format!("the group {name} no longer exists")))?;
        self.groups[at].look(state);
        Ok(())
    }

    /// After a crash: for each intention without an outcome, looks at the group and says what it finds.
    pub(in crate::engine) fn reconcile(&mut self, _now: Time) -> Result<(), StoreError> {
        if self.reconciled || self.groups.is_empty() {
            return Ok(());
        }
        self.reconciled = true;
        for mut decision in self.store.open_decisions()? {
            if decision.stage != Stage::Intended {
                continue;
            }
            let state = self.groups.iter().find(|w| w.name == decision.group).and_then(|w| w.state.as_ref());
            let (what, wanted, seen) = match decision.act() {
                Act::Desired { to } => ("desired capacity", to, state.map(|s| s.desired)),
                Act::Floor { min, .. } => ("MinSize", min, state.map(|s| s.min)),
                Act::Schedule(window) => ("MinSize", window.min, state.map(|s| s.min)),
            };
            let text = match seen {
                Some(seen) if seen == wanted => {
                    decision.stage = Stage::Applied;
                    format!("found done after a restart: {what} is {seen}")
                }
                found => {
                    let found =
                        found.map_or("the group was not found".into(), |seen| format!("{what} is {seen}"));
                    decision.stage = Stage::Failed { error: format!("interrupted by a restart; {found}") };
                    format!("interrupted by a restart before its outcome; {found}; planned anew")
                }
            };
            let entry = self.entry(SELF, Some(&decision.group), JournalKind::Outcome, text, None);
            self.store.record(&mut decision, entry)?;
        }
        Ok(())
    }
}

/// The floor held once `act` was taken: nothing after MinSize went back to the group's own.
fn settled(held: Option<HeldFloor>, act: &Act) -> Option<HeldFloor> {
    match (held, act) {
        (Some(held), Act::Floor { min, .. }) if *min == held.own => None,
        (Some(held), Act::Floor { min, .. }) => Some(HeldFloor { before: *min, ..held }),
        (held, _) => held,
    }
}

/// What an act leaves, up to its number.
fn done(act: &Act) -> String {
    match act {
        Act::Desired { .. } => "desired capacity is".into(),
        Act::Floor { .. } => "MinSize is".into(),
        Act::Schedule(window) => {
            let clock = |time: Time| time.format("%H:%M UTC").to_string();
            let start = window.start.map(|start| format!(" from {}", clock(start))).unwrap_or_default();
            format!("MinSize is ordered{start} until {} to be", clock(window.end))
        }
    }
}
