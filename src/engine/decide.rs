//! From a checked plan to a decision, and the life of proposals.

use super::{Engine, SELF, Step};
use crate::{
    domain::{
        Time,
        decision::{Decision, Mode, Stage},
        plan::Plan,
        preflight::Preflight,
        shift,
    },
    link::Answer,
    store::StoreError,
};

impl Engine {
    /// What follows from a checked plan: nothing, advice, a proposal, or an act.
    pub(super) async fn decide(
        &mut self,
        at: usize,
        plan: &Plan,
        checks: &Preflight,
        cycle_due: bool,
    ) -> Result<Option<Step>, StoreError> {
        let Some(to) = checks.allowed else {
            return self.blocked(at, plan, checks).map(|()| None);
        };
        if to == plan.from {
            self.withdraw(at, "no change is needed any more")?;
            (self.groups[at].last_word, self.groups[at].rejected) = (None, None);
            return Ok(None);
        }
        let mut decision = self.decision(at, plan, checks, to);
        let news = match decision.mode {
            Mode::Observe => cycle_due && self.advise(at, &mut decision)?,
            Mode::Approve => self.propose(at, &mut decision, cycle_due)?,
            Mode::Auto => {
                self.act(at, &mut decision, SELF).await?;
                true
            }
        };
        Ok(news.then(|| Step { group: decision.group.clone(), decision }))
    }

    fn decision(&self, at: usize, plan: &Plan, checks: &Preflight, to: u32) -> Decision {
        let watched = &self.groups[at];
        Decision {
            id: 0,
            revision: 1,
            group: watched.name.clone(),
            at: self.now,
            from: plan.from,
            to,
            stage: Stage::Advised,
            expires: shift(self.now, watched.options.proposal_life),
            mode: watched.mode,
            plan: plan.clone(),
            preflight: checks.clone(),
        }
    }

    /// Tells once why a wish is blocked.
    fn blocked(&mut self, at: usize, plan: &Plan, checks: &Preflight) -> Result<(), StoreError> {
        let Some((check, reason)) = checks.blocked_by() else { return Ok(()) };
        if plan.want == plan.from {
            return Ok(());
        }
        let direction = if plan.want > plan.from { "adding" } else { "removing" };
        let word = format!("{direction} is blocked by “{check}”");
        if self.groups[at].last_word.as_deref() == Some(&word) {
            return Ok(());
        }
        let text = format!("{} → {} wanted; {check}: {reason}", plan.from, plan.want);
        self.groups[at].last_word = Some(word);
        let name = self.groups[at].name.clone();
        self.withdraw(at, "a check stands against it now")?;
        self.note(Some(&name), "blocked", text)
    }

    /// `observe`: says what it would do, once for each new answer.
    fn advise(&mut self, at: usize, decision: &mut Decision) -> Result<bool, StoreError> {
        let word = format!("advised {}", decision.to);
        if self.groups[at].last_word.as_deref() == Some(&word) {
            return Ok(false);
        }
        self.groups[at].last_word = Some(word);
        let entry = self.entry(SELF, Some(&decision.group), "advised", words(decision), None);
        self.store.record(decision, entry).map(|_| true)
    }

    /// `approve`: opens a proposal, or brings the open one up to date. Between two cycles an open one in the
    /// same direction stands as it is, so that a person can read it and answer.
    fn propose(&mut self, at: usize, decision: &mut Decision, cycle_due: bool) -> Result<bool, StoreError> {
        decision.stage = Stage::Proposed;
        if self.groups[at].rejected == Some((decision.from, decision.to)) {
            return Ok(false);
        }
        self.groups[at].rejected = None;
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
            let entry = self.entry(SELF, Some(&decision.group), "proposed", words(decision), None);
            self.store.record(decision, entry)?;
        }
        self.groups[at].proposal = Some(decision.clone());
        Ok(true)
    }

    /// Takes back the open proposal of a group, if there is one.
    pub(super) fn withdraw(&mut self, at: usize, why: &str) -> Result<(), StoreError> {
        let Some(mut open) = self.groups[at].proposal.take() else { return Ok(()) };
        open.stage = Stage::Superseded;
        self.store.update_decision(&open)?;
        let text = format!("proposal {} ({} → {}) taken back: {why}", open.id, open.from, open.to);
        let entry = self.entry(SELF, Some(&open.group), "superseded", text, Some(open.id));
        self.store.note(&entry).map(drop)
    }

    /// Ends proposals that nobody answered in time.
    pub(super) fn expire(&mut self, now: Time) -> Result<(), StoreError> {
        for at in 0..self.groups.len() {
            let due = self.groups[at].proposal.as_ref().is_some_and(|p| p.expires <= now);
            if !due {
                continue;
            }
            let Some(mut open) = self.groups[at].proposal.take() else { continue };
            open.stage = Stage::Expired;
            self.store.update_decision(&open)?;
            let text = format!("proposal {} ({} → {}) expired unanswered", open.id, open.from, open.to);
            let entry = self.entry(SELF, Some(&open.group), "expired", text, Some(open.id));
            self.store.note(&entry)?;
        }
        Ok(())
    }

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
    pub(super) async fn approve(
        &mut self,
        operator: &str,
        id: i64,
        revision: u32,
    ) -> Result<Answer, StoreError> {
        let at = match self.open_proposal(id, revision) {
            Ok(at) => at,
            Err(why) => return Ok(Err(why)),
        };
        let now = self.now;
        if let Err(error) = self.look_again(at, now).await {
            return Ok(Err(format!("the group could not be read again, nothing was done: {error}")));
        }
        let Some(mut decision) = self.groups[at].proposal.clone() else {
            return Ok(Err("it is gone".into()));
        };
        let Some(checks) = self.check(at, decision.to) else { return Ok(Err("the group is gone".into())) };
        let Some(to) = checks.allowed else {
            let why = checks.blocked_by().map(|(name, why)| format!("{name}: {why}")).unwrap_or_default();
            return Ok(Err(format!("not done, a check stands against it now: {why}")));
        };
        self.groups[at].proposal = None;
        decision.from = self.groups[at].state.as_ref().map_or(decision.from, |s| s.desired);
        (decision.to, decision.preflight) = (to, checks);
        let text = format!("proposal {id} approved: {} → {to}", decision.from);
        let entry = self.entry(operator, Some(&decision.group), "approved", text, Some(id));
        self.store.note(&entry)?;
        self.act(at, &mut decision, operator).await?;
        Ok(match &decision.stage {
            Stage::Failed { error } => Err(error.clone()),
            _ => Ok(format!("{}: desired capacity {} → {}", decision.group, decision.from, decision.to)),
        })
    }

    /// Rejects a proposal. The same change is not proposed again before the numbers move.
    pub(super) fn reject(
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
        let Some(mut open) = self.groups[at].proposal.take() else { return Ok(Err("it is gone".into())) };
        let reason = crate::domain::text::clean(&reason, 300);
        open.stage = Stage::Rejected { by: operator.to_owned(), reason: reason.clone() };
        self.store.update_decision(&open)?;
        let text = format!("proposal {id} ({} → {}) rejected: {reason}", open.from, open.to);
        let entry = self.entry(operator, Some(&open.group), "rejected", text, Some(id));
        self.store.note(&entry)?;
        self.groups[at].rejected = Some((open.from, open.to));
        Ok(Ok(format!("rejected; {} stays at {}", open.group, open.from)))
    }
}

/// A decision in one line.
pub(super) fn words(decision: &Decision) -> String {
    let why = decision.plan.reasons.first().map_or("", String::as_str);
    format!("{} → {}: {why}", decision.from, decision.to)
}
