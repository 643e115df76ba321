//! Commands of operators: approve, reject, snooze, undo; modes and the brake.

use crate::{
    domain::{
        Answer,
        decision::{Decision, Mode, Stage},
        journal::JournalKind,
        text::few,
    },
    engine::{
        Engine,
        group::{GroupRuntime, Line, Ready, Wish, WishKind},
    },
    store::{SettingWrite, StoreError, keys},
};

/// Groups that a line names before it counts the rest.
const NAMED: usize = 3;

impl Engine {
    /// The index of the group whose open proposal is `id` in `revision`, or why there is none.
    fn open_proposal(&self, id: i64, revision: u32) -> Result<usize, String> {
        let is_open = |group: &GroupRuntime| group.proposals.open.as_ref().is_some_and(|p| p.id == id);
        let Some(at) = self.groups.iter().position(is_open) else {
            return Err(format!("proposal {id} is no longer open: it was answered, replaced or expired"));
        };
        self.groups[at].open_proposal(id, revision).map(|_| at)
    }

    pub(super) fn group_named(&self, group: &str) -> Result<usize, String> {
        self.groups.iter().position(|w| w.name == group).ok_or_else(|| format!("there is no group {group}"))
    }

    /// Approves a proposal: re-reads the group, runs preflight on the fresh state, then acts.
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
        let Some(mut decision) = self.groups[at].proposals.open.clone() else {
            return Ok(Err("it is gone".into()));
        };
        let (checks, to) = match self.confirm(at, decision.to, true).await {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        let group = &mut self.groups[at];
        group.proposals.open = None;
        decision.from = group.steered_from().unwrap_or(decision.from);
        (decision.to, decision.preflight) = (to, checks);
        decision.act = Some(group.act_for(self.now, to));
        let text = format!("proposal {id} approved: {} → {to}", decision.from);
        let before = vec![Line::by(operator, JournalKind::Approved, text)];
        let mut wish =
            Wish { kind: WishKind::Approved, decision, operator: Some(operator.to_owned()), before };
        self.carry_out(at, &mut wish).await?;
        let decision = wish.decision;
        if decision.undoes.is_some() {
            self.reject_repeat(at, (decision.to, decision.from))?;
        }
        Ok(match &decision.stage {
            Stage::Failed { error } => Err(error.clone()),
            _ => {
                let (group, what) = (&decision.group, decision.moves());
                Ok(format!("{group}: {what} {} → {}", decision.from, decision.to))
            }
        })
    }

    /// An undone change is not made again until the numbers change.
    fn reject_repeat(&mut self, at: usize, change: (u32, u32)) -> Result<(), StoreError> {
        let mut ready = Ready::default();
        self.groups[at].memory.rejected = Some(change);
        self.groups[at].keep_memory(&mut ready);
        self.persist(at, &mut ready)
    }

    /// Rejects a proposal. The same change is not proposed again until the numbers change.
    pub(in crate::engine) fn reject(
        &mut self,
        operator: &str,
        id: i64,
        revision: u32,
        reason: &str,
    ) -> Result<Answer, StoreError> {
        let answered = self.open_proposal(id, revision).and_then(|at| {
            let answered = self.groups[at].reject(operator, reason);
            answered.map(|answered| (at, answered)).ok_or_else(|| "it is gone".into())
        });
        self.answered(answered)
    }

    /// Snoozes a proposal. It reopens after `minutes`, or as soon as more capacity is needed than it asked for.
    pub(in crate::engine) fn snooze(
        &mut self,
        operator: &str,
        id: i64,
        revision: u32,
        minutes: u32,
    ) -> Result<Answer, StoreError> {
        let answered = self.open_proposal(id, revision).and_then(|at| {
            let context = self.context(at);
            Ok((at, self.groups[at].snooze(&context, operator, minutes)?))
        });
        self.answered(answered)
    }

    /// Persists the result of an answer, and returns its text.
    fn answered(&mut self, answered: Result<(usize, (Ready, String)), String>) -> Result<Answer, StoreError> {
        let (at, (mut ready, said)) = match answered {
            Ok(answered) => answered,
            Err(why) => return Ok(Err(why)),
        };
        self.persist(at, &mut ready)?;
        Ok(Ok(said))
    }

    /// Proposes the inverse of what decision `id` did, after re-reading the group. An operator must approve it,
    /// whatever the mode.
    pub(in crate::engine) async fn undo(&mut self, operator: &str, id: i64) -> Result<Answer, StoreError> {
        let Some(done) = self.store.decision(id)? else {
            return Ok(Err(format!("there is no decision {id}")));
        };
        let (at, mut ready) = match self.inverse(operator, &done).await {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        self.persist(at, &mut ready)?;
        let open = self.groups[at].proposals.open.as_ref().map_or(0, |open| open.id);
        Ok(Ok(format!("proposal {open} is waiting on the proposals page")))
    }

    /// The proposal to undo `done`, or why there is none.
    async fn inverse(&mut self, operator: &str, done: &Decision) -> Result<(usize, Ready), String> {
        let at = self.group_named(&done.group);
        let at = match at {
            Ok(at) => at,
            Err(why) if done.stage == Stage::Applied => return Err(why),
            Err(_) => {
                return Err(format!(
                    "decision {} is {}: only an applied decision can be undone",
                    done.id,
                    done.stage.name()
                ));
            }
        };
        let from = self.groups[at].undoable(done)?;
        let (checks, to) = self.confirm(at, done.from, true).await?;
        if to == from {
            return Err(format!(
                "preflight allows no change of the {} of {} from {from}",
                done.moves(),
                done.group
            ));
        }
        let context = self.context(at);
        Ok((at, self.groups[at].propose_undo(&context, operator, done, (from, to), &checks)))
    }

    /// Changes the mode of a group. On a change to `observe` a held floor is restored.
    pub(in crate::engine) async fn set_mode(
        &mut self,
        operator: &str,
        group: &str,
        mode: Mode,
    ) -> Result<Answer, StoreError> {
        let at = match self.group_named(group) {
            Ok(at) => at,
            Err(why) => return Ok(Err(why)),
        };
        let before = self.groups[at].mode;
        if before == mode {
            return Ok(Ok(format!("{group} is in {} already", mode.name())));
        }
        let (context, mut ready) = (self.context(at), Ready::default());
        self.groups[at].change_mode(&context, Some(operator), mode, &mut ready);
        self.act(at, ready).await?;
        let text = format!("{group}: {} → {}", before.name(), mode.name());
        Ok(Ok(match self.groups[at].memory.held {
            Some(held) => format!("{text}; restoring MinSize {} failed and is retried every cycle", held.own),
            None => text,
        }))
    }

    /// Freezes or allows scale-in for all groups.
    pub(in crate::engine) fn set_brake(&mut self, operator: &str, on: bool) -> Result<Answer, StoreError> {
        let text = match on {
            true => format!("scale-in is frozen for all groups{}", self.not_held()),
            false => "scale-in is allowed again".to_owned(),
        };
        let entry = self.entry(operator, None, JournalKind::Brake, text.clone(), None);
        let mut anomalies = self.observing.anomalies.clone();
        anomalies.released = (!on).then_some(self.now);
        let writes =
            [SettingWrite::new(&keys::brake(), &on)?, SettingWrite::new(&keys::anomalies(), &anomalies)?];
        self.store.set_noted(&writes, &entry)?;
        self.operator_state_changed();
        (self.brake, self.observing.anomalies) = (on, anomalies);
        if !on {
            for at in 0..self.groups.len() {
                let mut ready = self.groups[at].end_incidents(self.now);
                self.persist(at, &mut ready)?;
                self.end_suspension(at)?;
            }
        }
        Ok(Ok(text))
    }

    /// What the brake cannot hold: AWS's own policies and scheduled actions, of a few groups by name.
    fn not_held(&self) -> String {
        let of = |group: &GroupRuntime| {
            let own = group.state.as_ref()?.acts_by_itself();
            (!own.is_empty()).then(|| format!("{} ({})", group.name, own.join(", ")))
        };
        let all: Vec<String> = self.groups.iter().filter_map(of).collect();
        if all.is_empty() {
            return String::new();
        }
        format!("; AWS's own scaling goes on: {}", few(&all, NAMED))
    }
}
