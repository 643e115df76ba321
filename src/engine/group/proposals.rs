//! The life cycle of proposals: opened, updated, reopened, withdrawn, expired.

use super::{
    decide::words,
    observation::Context,
    ready::{Line, Ready, Setting},
    runtime::GroupRuntime,
};
use crate::domain::journal::JournalKind;
use crate::domain::{
    Time,
    decision::{Decision, Stage},
    shift,
};

impl GroupRuntime {
    /// `approve`: opens a proposal, or updates the open one. Between two cycles an open one in the
    /// same direction stands as it is, so that a person can read it and answer. One that a person asked for
    /// stands until it is answered.
    pub(super) fn propose(&mut self, mut decision: Decision, cycle_due: bool, ready: &mut Ready) {
        decision.stage = Stage::Proposed;
        let requested = self.proposals.open.as_ref().is_some_and(|open| open.undoes.is_some());
        if requested || self.memory.rejected == Some((decision.from, decision.to)) {
            return;
        }
        self.memory.rejected = None;
        if let Some(snoozed) = self.proposals.snoozed.as_ref().filter(|s| s.undoes.is_none()) {
            if !stays_snoozed(snoozed, &decision) {
                self.wake(decision, ready);
            }
            return;
        }
        if let Some(open) = &self.proposals.open {
            let same_way =
                open.from == decision.from && (open.to > open.from) == (decision.to > decision.from);
            if same_way && (open.to == decision.to || !cycle_due) {
                return;
            }
            (decision.id, decision.revision) = (open.id, open.revision + 1);
            ready.update(&decision);
        } else {
            ready.record(&decision, Line::own(JournalKind::Proposed, words(&decision)), vec![]);
        }
        self.proposals.open = Some(decision.clone());
        ready.decided = Some(decision);
    }

    /// Reopens a snoozed proposal with the numbers of `decision`.
    fn wake(&mut self, mut decision: Decision, ready: &mut Ready) {
        if let Some(snoozed) = self.proposals.snoozed.take() {
            (decision.id, decision.revision) = (snoozed.id, snoozed.revision + 1);
        }
        self.reopen(decision.clone(), ready);
        ready.decided = Some(decision);
    }

    /// Opens a proposal that was snoozed until now.
    fn reopen(&mut self, decision: Decision, ready: &mut Ready) {
        let text = format!("snooze ended, {}", words(&decision));
        ready.record(&decision, Line::own(JournalKind::Proposed, text), vec![Setting::Snoozed(None)]);
        self.proposals.open = Some(decision);
    }

    /// Expires an unanswered proposal, after one that an operator asked for has reopened from its snooze.
    pub(super) fn expire(&mut self, context: &Context, ready: &mut Ready) {
        self.resume_requested(context.now, ready);
        if let Some(open) = self.proposals.open.take_if(|p| p.expires <= context.now) {
            let text = format!("proposal {} ({}) expired unanswered", open.id, open.change());
            self.close(open, Stage::Expired, None, text, ready);
        }
    }

    /// Reopens a snoozed proposal that an operator asked for when its snooze ends; it replaces the engine's own.
    fn resume_requested(&mut self, now: Time, ready: &mut Ready) {
        let due = |p: &Decision| matches!(p.stage, Stage::Snoozed { until, .. } if until <= now);
        let Some(back) = self.proposals.snoozed.take_if(|p| p.undoes.is_some() && due(p)) else { return };
        self.withdraw(&format!("the snooze of proposal {} ended", back.id), ready);
        let expires = shift(now, self.options.proposal_life);
        let back = Decision { stage: Stage::Proposed, revision: back.revision + 1, expires, ..back };
        self.reopen(back, ready);
    }

    /// Withdraws the open and the snoozed proposal, unless an operator asked for them.
    pub(super) fn withdraw_own(&mut self, why: &str, ready: &mut Ready) {
        self.withdraw_if(why, |proposal| proposal.undoes.is_none(), ready);
    }

    /// Withdraws the open and the snoozed proposal, if there are any.
    pub(in crate::engine) fn withdraw(&mut self, why: &str, ready: &mut Ready) {
        self.withdraw_if(why, |_| true, ready);
    }

    fn withdraw_if(&mut self, why: &str, which: impl Fn(&Decision) -> bool, ready: &mut Ready) {
        let proposals = &mut self.proposals;
        let gone = [proposals.open.take_if(|p| which(p)), proposals.snoozed.take_if(|p| which(p))];
        for open in gone.into_iter().flatten() {
            let text = format!("proposal {} ({}) withdrawn: {why}", open.id, open.change());
            self.close(open, Stage::Superseded, None, text, ready);
        }
    }

    /// The end of a proposal and its line in the journal, whose kind follows from the stage.
    pub(super) fn close(
        &self,
        open: Decision,
        stage: Stage,
        operator: Option<&str>,
        text: String,
        ready: &mut Ready,
    ) {
        let line = Line { operator: operator.map(str::to_owned), kind: JournalKind::of(&stage), text };
        let snoozed = Setting::Snoozed(self.proposals.snoozed.as_ref().map(|snoozed| snoozed.id));
        ready.record(&Decision { stage, ..open }, line, vec![snoozed]);
    }

    /// Stores the id under which a decision was written.
    pub(in crate::engine) fn recorded(&mut self, id: i64) {
        if let Some(open) = self.proposals.open.as_mut().filter(|open| open.id == 0) {
            open.id = id;
        }
    }
}

/// True while `snoozed` holds back `decision`: its time is not over, the direction is the same, and no more is
/// needed than when it was snoozed.
fn stays_snoozed(snoozed: &Decision, decision: &Decision) -> bool {
    let Stage::Snoozed { until, .. } = snoozed.stage else { return false };
    let adds = snoozed.to > snoozed.from;
    decision.at < until && adds == (decision.to > decision.from) && (!adds || decision.to <= snoozed.to)
}
