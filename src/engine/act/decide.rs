//! From a checked plan to a decision: nothing, advice, a proposal, or an act.

use crate::{
    domain::{
        Time,
        actuator::Actuator,
        cost_and_risk::CostAndRisk,
        decision::{Decision, Mode, Stage},
        journal::JournalKind,
        plan::Plan,
        preflight::Preflight,
        shift,
    },
    engine::{Engine, GroupDecision, SELF},
    plan::cost_and_risk::{CostInputs, cost_and_risk},
    store::{SettingWrite, StoreError, keys},
};

impl Engine {
    /// What follows from a checked plan: nothing, advice, a proposal, or an act.
    pub(in crate::engine) async fn decide(
        &mut self,
        at: usize,
        plan: &Plan,
        checks: &Preflight,
        cycle_due: bool,
    ) -> Result<Option<GroupDecision>, StoreError> {
        let Some(from) = self.groups[at].steered_from() else { return Ok(None) };
        let Some(to) = checks.allowed else {
            return self.blocked(at, (from, plan.want), checks).map(|()| None);
        };
        if to == from {
            self.withdraw_own(at, "no change is needed any more")?;
            (self.groups[at].last_message, self.groups[at].rejected) = (None, None);
            return Ok(None);
        }
        let mut decision = self.decision(at, plan, checks, (from, to));
        let news = match decision.mode {
            Mode::Observe => cycle_due && self.advise(at, &mut decision)?,
            Mode::Approve => self.propose(at, &mut decision, cycle_due)?,
            Mode::Auto => self.act(at, &mut decision).await?,
        };
        Ok(news.then(|| GroupDecision { group: decision.group.clone(), decision }))
    }

    /// The decision to go from what is steered now to another value of it.
    pub(in crate::engine) fn decision(
        &self,
        at: usize,
        plan: &Plan,
        checks: &Preflight,
        (from, to): (u32, u32),
    ) -> Decision {
        let group = &self.groups[at];
        let mut plan = plan.clone();
        if group.options.actuator.is_none() && group.actuator() == Actuator::Floor {
            plan.reasons
                .push("a policy of AWS sizes the group: MinSize is moved, the policy does the rest".into());
        }
        Decision {
            id: 0,
            revision: 1,
            group: group.name.clone(),
            at: self.now,
            from,
            to,
            stage: Stage::Advised,
            expires: shift(self.now, group.options.proposal_life),
            mode: group.mode,
            plan,
            preflight: checks.clone(),
            act: Some(self.act_for(at, to)),
            cost_and_risk: self.cost_and_risk(at, (from, to)),
            undoes: None,
            lease: None,
        }
    }

    /// Price and risk of a change. A floor changes instances only beyond the desired capacity, and at the most
    /// down to itself.
    fn cost_and_risk(&self, at: usize, (from, to): (u32, u32)) -> Option<CostAndRisk> {
        let group = &self.groups[at];
        let desired = group.state.as_ref()?.desired;
        let after = if to > from { to.max(desired) } else { to };
        let settings = &group.options.settings;
        let inputs = CostInputs {
            forecast: group.forecast.as_ref(),
            now: self.now,
            until: shift(self.now, group.lead.0 + group.actuator().delay() + settings.cycle),
            carries: group.capacity.as_ref().map(|(c, _)| c * settings.target),
            price: group.options.price,
        };
        Some(cost_and_risk(desired, after, &inputs))
    }

    /// Tells once why a wish is blocked.
    fn blocked(&mut self, at: usize, (from, want): (u32, u32), checks: &Preflight) -> Result<(), StoreError> {
        let Some((check, reason)) = checks.blocked_by() else { return Ok(()) };
        if want == from {
            return Ok(());
        }
        let direction = if want > from { "adding" } else { "removing" };
        let word = format!("{direction} is blocked by “{check}”");
        let text = format!("{from} → {want} wanted; {check}: {reason}");
        self.withdraw_own(at, "a check stands against it now")?;
        self.journal_once(at, word, JournalKind::Blocked, text)
    }

    /// Puts a line into the journal unless `word` was said of the group last.
    fn journal_once(
        &mut self,
        at: usize,
        word: String,
        kind: JournalKind,
        text: String,
    ) -> Result<(), StoreError> {
        if self.groups[at].last_message.as_deref() == Some(&word) {
            return Ok(());
        }
        self.groups[at].last_message = Some(word);
        let name = self.groups[at].name.clone();
        self.note(Some(&name), kind, text)
    }

    /// `observe`: says what it would do, once for each new answer.
    fn advise(&mut self, at: usize, decision: &mut Decision) -> Result<bool, StoreError> {
        let word = format!("advised {}", decision.to);
        if self.groups[at].last_message.as_deref() == Some(&word) {
            return Ok(false);
        }
        self.groups[at].last_message = Some(word);
        let entry = self.entry(SELF, Some(&decision.group), JournalKind::Advised, words(decision), None);
        self.store.record(decision, entry).map(|_| true)
    }

    /// `auto`: looks at the group again, runs preflight on what it finds, and acts.
    async fn act(&mut self, at: usize, decision: &mut Decision) -> Result<bool, StoreError> {
        let rests = self.groups[at].pause.is_some_and(|(_, until)| self.now < until);
        if rests || self.groups[at].rejected == Some((decision.from, decision.to)) {
            return Ok(false);
        }
        match self.anew(at, decision.to).await {
            Ok((checks, to)) => {
                let Some(from) = self.groups[at].steered_from().filter(|from| *from != to) else {
                    return Ok(false);
                };
                (decision.from, decision.to, decision.preflight) = (from, to, checks);
                decision.act = Some(self.act_for(at, to));
                self.carry_out(at, decision, SELF, vec![]).await.map(|()| true)
            }
            Err(why) => {
                let text = format!("{} → {} wanted; {why}", decision.from, decision.to);
                self.journal_once(at, why, JournalKind::Blocked, text).map(|()| false)
            }
        }
    }

    /// `approve`: opens a proposal, or brings the open one up to date. Between two cycles an open one in the
    /// same direction stands as it is, so that a person can read it and answer. One that a person asked for
    /// stands until it is answered.
    fn propose(&mut self, at: usize, decision: &mut Decision, cycle_due: bool) -> Result<bool, StoreError> {
        decision.stage = Stage::Proposed;
        let asked_for = self.groups[at].proposal.as_ref().is_some_and(|open| open.undoes.is_some());
        if asked_for || self.groups[at].rejected == Some((decision.from, decision.to)) {
            return Ok(false);
        }
        self.groups[at].rejected = None;
        if let Some(snoozed) = self.groups[at].snoozed.as_ref().filter(|s| s.undoes.is_none()) {
            if stays_snoozed(snoozed, decision, self.now) {
                return Ok(false);
            }
            return self.resume_snoozed(at, decision).map(|()| true);
        }
        if let Some(open) = &self.groups[at].proposal {
            let same_way =
                open.from == decision.from && (open.to > open.from) == (decision.to > decision.from);
            if same_way && (open.to == decision.to || !cycle_due) {
                return Ok(false);
            }
            decision.id = open.id;
            decision.revision = open.revision + 1;
            self.store.update_decision(decision)?;
        } else {
            let entry = self.entry(SELF, Some(&decision.group), JournalKind::Proposed, words(decision), None);
            self.store.record(decision, entry)?;
        }
        self.groups[at].proposal = Some(decision.clone());
        Ok(true)
    }

    /// Brings a snoozed proposal back with the numbers of `decision`.
    fn resume_snoozed(&mut self, at: usize, decision: &mut Decision) -> Result<(), StoreError> {
        if let Some(snoozed) = self.groups[at].snoozed.take() {
            (decision.id, decision.revision) = (snoozed.id, snoozed.revision + 1);
        }
        let text = format!("back after a snooze, {}", words(decision));
        let entry = self.entry(SELF, Some(&decision.group), JournalKind::Proposed, text, None);
        let unsnoozed = SettingWrite::new(&keys::snoozed(&decision.group), &None)?;
        self.store.record_with(decision, vec![entry], &[unsnoozed])?;
        self.groups[at].proposal = Some(decision.clone());
        Ok(())
    }

    /// Brings a snoozed proposal that a person asked for back when its time has come, in place of the loop's own.
    fn resume_requested(&mut self, at: usize) -> Result<(), StoreError> {
        let now = self.now;
        let due = |p: &Decision| matches!(p.stage, Stage::Snoozed { until, .. } if until <= now);
        let Some(back) = self.groups[at].snoozed.take_if(|p| p.undoes.is_some() && due(p)) else {
            return Ok(());
        };
        self.withdraw(at, &format!("proposal {} is back after its snooze", back.id))?;
        let expires = shift(now, self.groups[at].options.proposal_life);
        let mut back = Decision { stage: Stage::Proposed, revision: back.revision + 1, expires, ..back };
        let text = format!("back after a snooze, {}", words(&back));
        let entry = self.entry(SELF, Some(&back.group), JournalKind::Proposed, text, None);
        let unsnoozed = SettingWrite::new(&keys::snoozed(&back.group), &None)?;
        self.store.record_with(&mut back, vec![entry], &[unsnoozed])?;
        self.groups[at].proposal = Some(back);
        Ok(())
    }

    /// Takes back the open and the snoozed proposal of a group, unless a person asked for them.
    fn withdraw_own(&mut self, at: usize, why: &str) -> Result<(), StoreError> {
        self.withdraw_if(at, why, |proposal| proposal.undoes.is_none())
    }

    /// Takes back the open and the snoozed proposal of a group, if there are any.
    pub(in crate::engine) fn withdraw(&mut self, at: usize, why: &str) -> Result<(), StoreError> {
        self.withdraw_if(at, why, |_| true)
    }

    fn withdraw_if(
        &mut self,
        at: usize,
        why: &str,
        which: impl Fn(&Decision) -> bool,
    ) -> Result<(), StoreError> {
        let group = &mut self.groups[at];
        let gone = [group.proposal.take_if(|p| which(p)), group.snoozed.take_if(|p| which(p))];
        for open in gone.into_iter().flatten() {
            let text = format!("proposal {} ({} → {}) taken back: {why}", open.id, open.from, open.to);
            self.close(open, Stage::Superseded, SELF, text)?;
        }
        Ok(())
    }

    /// Ends proposals that nobody answered in time.
    pub(in crate::engine) fn expire(&mut self, now: Time) -> Result<(), StoreError> {
        for at in 0..self.groups.len() {
            self.resume_requested(at)?;
            let Some(open) = self.groups[at].proposal.take_if(|p| p.expires <= now) else { continue };
            let text = format!("proposal {} ({} → {}) expired unanswered", open.id, open.from, open.to);
            self.close(open, Stage::Expired, SELF, text)?;
        }
        Ok(())
    }

    /// The end of a proposal and its line in the journal, as one.
    pub(in crate::engine) fn close(
        &mut self,
        mut open: Decision,
        stage: Stage,
        operator: &str,
        text: String,
    ) -> Result<(), StoreError> {
        open.stage = stage;
        let entry = self.entry(operator, Some(&open.group), JournalKind::of(&open.stage), text, None);
        let group = self.groups.iter().find(|w| w.name == open.group);
        let snoozed_id = group.and_then(|w| w.snoozed.as_ref()).map(|snoozed| snoozed.id);
        let setting = SettingWrite::new(&keys::snoozed(&open.group), &snoozed_id)?;
        self.store.record_with(&mut open, vec![entry], &[setting]).map(drop)
    }
}

/// True while `snoozed` holds back `decision`: its time is not over, the direction is the same, and no more is
/// needed than when it was put off.
fn stays_snoozed(snoozed: &Decision, decision: &Decision, now: Time) -> bool {
    let Stage::Snoozed { until, .. } = snoozed.stage else { return false };
    let adds = snoozed.to > snoozed.from;
    now < until && adds == (decision.to > decision.from) && (!adds || decision.to <= snoozed.to)
}

/// A decision in one line.
pub(in crate::engine) fn words(decision: &Decision) -> String {
    let why = decision.plan.reasons.first().map_or("", String::as_str);
    format!("{} {} → {}: {why}", decision.moves(), decision.from, decision.to)
}
