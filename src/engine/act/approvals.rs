//! What operators say to proposals: yes, no, later; and taking back what was done.

use crate::{
    domain::{
        Answer,
        decision::{Decision, Mode, Stage},
        journal::JournalKind,
        plan::Plan,
        shift,
        text::clean,
    },
    engine::{Engine, group::runtime::GroupRuntime},
    store::{SettingWrite, StoreError, keys},
};

/// Least and most minutes of a snooze.
const SNOOZE: (u32, u32) = (1, 1_440);

impl Engine {
    /// The place of the group whose open proposal is `id` in `revision`, or why there is none.
    fn open_proposal(&self, id: i64, revision: u32) -> Result<usize, String> {
        let at = self.groups.iter().position(|w| w.proposal.as_ref().is_some_and(|p| p.id == id));
        let at = at.ok_or_else(|| {
            format!("proposal {id} is no longer open: it was answered, replaced or expired")
        })?;
        match &self.groups[at].proposal {
            Some(open) if open.revision != revision => Err(format!(
                "proposal {id} has changed since you saw it (now {} → {}): look again",
                open.from, open.to
            )),
            _ => Ok(at),
        }
    }

    /// Approves a proposal: looks at the group again, runs preflight on what it finds, then acts.
    pub(in crate::engine) async fn approve(
        &mut self,
        operator: &str,
        id: i64,
        revision: u32,
    ) -> Result<Answer, StoreError> {
        let at = match self.open_proposal(id, revision) {
            Ok(at) => at,
            Err(why) => return Ok(Err(why)),
        };
        let Some(mut decision) = self.groups[at].proposal.clone() else {
            return Ok(Err("it is gone".into()));
        };
        let (checks, to) = match self.anew(at, decision.to).await {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        self.groups[at].proposal = None;
        decision.from = self.groups[at].steered_from().unwrap_or(decision.from);
        (decision.to, decision.preflight) = (to, checks);
        decision.act = Some(self.act_for(at, to));
        let text = format!("proposal {id} approved: {} → {to}", decision.from);
        let entry = self.entry(operator, Some(&decision.group), JournalKind::Approved, text, None);
        self.carry_out(at, &mut decision, operator, vec![entry]).await?;
        if decision.undoes.is_some() {
            self.groups[at].rejected = Some((decision.to, decision.from));
        }
        Ok(match &decision.stage {
            Stage::Failed { error } => Err(error.clone()),
            _ => {
                let (group, what) = (&decision.group, decision.moves());
                Ok(format!("{group}: {what} {} → {}", decision.from, decision.to))
            }
        })
    }

    /// Rejects a proposal. The same change is not proposed again before the numbers move.
    pub(in crate::engine) fn reject(
        &mut self,
        operator: &str,
        id: i64,
        revision: u32,
        reason: String,
    ) -> Result<Answer, StoreError> {
        let at = match self.open_proposal(id, revision) {
            Ok(at) => at,
            Err(why) => return Ok(Err(why)),
        };
        let Some(open) = self.groups[at].proposal.take() else { return Ok(Err("it is gone".into())) };
        let reason = clean(&reason, 300);
        let text = format!("proposal {id} ({} → {}) rejected: {reason}", open.from, open.to);
        let answer = format!("rejected; {} stays at {}", open.group, open.from);
        self.groups[at].rejected = Some((open.from, open.to));
        self.operator_state_changed();
        self.close(open, Stage::Rejected { by: operator.to_owned(), reason }, operator, text)?;
        Ok(Ok(answer))
    }

    /// Puts a proposal off. It comes back after `minutes`, or as soon as more is needed than it asked for.
    pub(in crate::engine) fn snooze(
        &mut self,
        operator: &str,
        id: i64,
        revision: u32,
        minutes: u32,
    ) -> Result<Answer, StoreError> {
        if !(SNOOZE.0..=SNOOZE.1).contains(&minutes) {
            return Ok(Err(format!("a snooze lasts {} to {} minutes", SNOOZE.0, SNOOZE.1)));
        }
        let at = match self.open_proposal(id, revision) {
            Ok(at) => at,
            Err(why) => return Ok(Err(why)),
        };
        let Some(open) = self.groups[at].proposal.take() else { return Ok(Err("it is gone".into())) };
        let until = shift(self.now, 60 * i64::from(minutes));
        let stage = Stage::Snoozed { by: operator.to_owned(), until };
        let text = format!("proposal {id} ({} → {}) put off for {minutes} min", open.from, open.to);
        let answer = format!("{}: asked again in {minutes} min, or when more is needed", open.group);
        self.groups[at].snoozed = Some(Decision { stage: stage.clone(), ..open.clone() });
        self.operator_state_changed();
        self.close(open, stage, operator, text)?;
        Ok(Ok(answer))
    }

    /// Proposes the inverse of what decision `id` did, after a fresh look at the group. A person must approve it,
    /// whatever the mode.
    pub(in crate::engine) async fn undo(&mut self, operator: &str, id: i64) -> Result<Answer, StoreError> {
        let Some(done) = self.store.decision(id)? else {
            return Ok(Err(format!("there is no decision {id}")));
        };
        let mut decision = match self.inverse(operator, &done).await {
            Ok(decision) => decision,
            Err(why) => return Ok(Err(why)),
        };
        let Some(at) = self.groups.iter().position(|w| w.name == done.group) else {
            return Ok(Err(format!("there is no group {}", done.group)));
        };
        self.withdraw(at, &format!("{operator} asks to undo decision {id}"))?;
        let text = format!("to undo decision {id}: {} {} → {}", decision.moves(), decision.from, decision.to);
        let entry = self.entry(operator, Some(&decision.group), JournalKind::Proposed, text, None);
        self.store.record(&mut decision, entry)?;
        let answer = format!("proposal {} waits on the proposals page", decision.id);
        self.groups[at].proposal = Some(decision);
        Ok(Ok(answer))
    }

    /// The decision that takes `done` back, or why there can be none.
    async fn inverse(&mut self, operator: &str, done: &Decision) -> Result<Decision, String> {
        let id = done.id;
        if done.stage != Stage::Applied {
            return Err(format!("decision {id} is {}: only what was done can be undone", done.stage.name()));
        }
        let at = self.groups.iter().position(|w| w.name == done.group);
        let at = at.ok_or_else(|| format!("there is no group {}", done.group))?;
        let group = &self.groups[at];
        if group.mode == Mode::Observe {
            return Err(format!("{} is in observe: nothing is proposed there", done.group));
        }
        if group.actuator().moves() != done.moves() {
            let now = group.actuator().moves();
            return Err(format!("decision {id} moved the {}; the {now} is moved now", done.moves()));
        }
        let from = group.steered_from().ok_or("the group has not been seen yet")?;
        if from == done.from {
            return Err(format!("the {} of {} is {from} already", done.moves(), done.group));
        }
        let (checks, to) = self.anew(at, done.from).await?;
        if to == from {
            return Err(format!(
                "no check lets the {} of {} go anywhere from {from}",
                done.moves(),
                done.group
            ));
        }
        let plan = Plan {
            at: self.now,
            policy: "undo".into(),
            from,
            want: done.from,
            unheld: None,
            reasons: vec![format!(
                "{operator} asks to undo decision {id} ({} → {}, {})",
                done.from,
                done.to,
                done.at.format("%d %b %H:%M UTC")
            )],
            basis: None,
            reactive: self.groups[at].plan.as_ref().and_then(|(plan, _)| plan.reactive),
        };
        let decision = self.decision(at, &plan, &checks, (from, to));
        Ok(Decision { stage: Stage::Proposed, undoes: Some(id), ..decision })
    }

    /// What an earlier run left: the open proposal, and the one that sleeps.
    pub(in crate::engine) fn restore_answers(&self, group: &mut GroupRuntime) {
        if let Ok(open) = self.store.open_decisions() {
            let ours = |d: &Decision| d.group == group.name && d.stage == Stage::Proposed;
            group.proposal = open.into_iter().rfind(ours);
        }
        let snoozed_id = self.store.get(&keys::snoozed(&group.name)).ok().flatten().flatten();
        let is_snoozed = |d: &Decision| matches!(d.stage, Stage::Snoozed { .. });
        group.snoozed = snoozed_id.and_then(|id| self.store.decision(id).ok().flatten()).filter(is_snoozed);
    }

    /// Changes how far `prescale` may go with a group. On the way to `observe` a floor of ours goes back first.
    pub(in crate::engine) async fn set_mode(
        &mut self,
        operator: &str,
        group: &str,
        mode: Mode,
    ) -> Result<Answer, StoreError> {
        let Some(at) = self.groups.iter().position(|w| w.name == group) else {
            return Ok(Err(format!("there is no group {group}")));
        };
        let before = self.groups[at].mode;
        if before == mode {
            return Ok(Ok(format!("{group} is in {} already", mode.name())));
        }
        self.withdraw(at, &format!("the mode is {} now", mode.name()))?;
        if mode == Mode::Observe {
            self.put_back(at, "the group goes to observe: MinSize goes back to its own", operator).await?;
        }
        let text = format!("{group}: {} → {}", before.name(), mode.name());
        let entry = self.entry(operator, Some(group), JournalKind::Mode, text.clone(), None);
        let setting = SettingWrite::new(&keys::mode(group), &mode)?;
        self.store.set_noted(&[setting], &entry)?;
        self.operator_state_changed();
        self.groups[at].mode = mode;
        self.groups[at].last_message = None;
        if self.groups.iter().all(|w| w.mode == Mode::Observe && w.held.is_none()) {
            self.scaler = None;
        }
        Ok(Ok(match self.groups[at].held {
            Some(held) => format!("{text}; MinSize is to go back to {}, tried again each cycle", held.own),
            None => text,
        }))
    }

    /// Freezes or releases scale-in everywhere.
    pub(in crate::engine) fn set_brake(&mut self, operator: &str, on: bool) -> Result<Answer, StoreError> {
        let text = if on { "scale-in is frozen everywhere" } else { "scale-in is released" };
        let entry = self.entry(operator, None, JournalKind::Brake, text.into(), None);
        self.store.set_noted(&[SettingWrite::new(&keys::brake(), &on)?], &entry)?;
        self.operator_state_changed();
        self.brake = on;
        self.anomalies.released = (!on).then_some(self.now);
        if !on {
            self.incidents_end(self.now)?;
        }
        Ok(Ok(text.into()))
    }
}
