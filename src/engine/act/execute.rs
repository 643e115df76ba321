//! Acting: intent into the journal, the call, the outcome into the journal.
//!
//! The only file of the engine that calls a mutating method. Every act is an absolute value, computed from a read
//! of the group just before; a failed call is never resent, but planned again from the next read.

use std::time::Duration;

use crate::{
    cloud::{CloudError, Scaler},
    domain::{
        Time,
        actuator::Act,
        decision::{Decision, Licence, Mode, Stage},
        preflight::Preflight,
    },
    engine::{
        Engine, GroupDecision,
        fleet::leases,
        group::{GroupRuntime, Ready, Unsuccessful, Wish, WishKind},
    },
    store::StoreError,
};

/// Time limit of an act at shutdown: a fraction of that of the whole shutdown, so that one source that does not answer leaves
/// time for the others.
const LEAVE: Duration = Duration::from_secs(3);

impl Engine {
    /// Persists what a step asks for, then carries it out. Returns what was decided.
    pub(in crate::engine) async fn act(
        &mut self,
        at: usize,
        mut ready: Ready,
    ) -> Result<Vec<GroupDecision>, StoreError> {
        self.persist(at, &mut ready)?;
        let mut decided: Vec<Decision> = ready.decided.into_iter().collect();
        for mut wish in ready.acts {
            if let Err(why) = self.admits(at, &wish.decision.act()) {
                let mut ready = self.groups[at].put_off(&wish, why);
                self.persist(at, &mut ready)?;
                continue;
            }
            let news = match wish.kind {
                WishKind::Plan => self.confirm_and_carry_out(at, &mut wish).await?,
                _ => {
                    self.carry_out(at, &mut wish).await?;
                    false
                }
            };
            decided.extend(news.then_some(wish.decision));
        }
        let idle = |group: &GroupRuntime| {
            group.mode == Mode::Observe && group.memory.held.is_none() && group.memory.suspension.is_none()
        };
        if self.groups.iter().all(idle) {
            self.scaler = None;
        }
        let of = |decision: Decision| GroupDecision { group: decision.group.clone(), decision };
        Ok(decided.into_iter().map(of).collect())
    }

    /// Re-reads the group, runs preflight on the fresh state, and carries out what is allowed. Returns whether there
    /// was anything to do.
    async fn confirm_and_carry_out(&mut self, at: usize, wish: &mut Wish) -> Result<bool, StoreError> {
        // What the plan wants, not what a check has cut: the record shall show the cut.
        match self.confirm(at, wish.decision.plan.want, false).await {
            Ok((checks, to)) => {
                let Some(from) = self.groups[at].steered_from().filter(|from| *from != to) else {
                    return Ok(false);
                };
                (wish.decision.from, wish.decision.to, wish.decision.preflight) = (from, to, checks);
                wish.decision.act = Some(self.groups[at].act_for(self.now, to));
                self.carry_out(at, wish).await.map(|_| true)
            }
            Err(why) => {
                let mut ready = self.groups[at].not_done(&wish.decision, why);
                self.persist(at, &mut ready).map(|()| false)
            }
        }
    }

    /// Re-reads the group and runs preflight on the fresh state: the checklist, and how far towards `to` the group
    /// may go now; or why not at all. `approved` where a person approves it.
    pub(in crate::engine) async fn confirm(
        &mut self,
        at: usize,
        to: u32,
        approved: bool,
    ) -> Result<(Preflight, u32), String> {
        let now = self.now;
        if let Err(error) = self.look_again(at, now).await {
            return Err(format!("the group could not be re-read; nothing was changed: {error}"));
        }
        let checks = self.check(at, to, approved).ok_or("the group no longer exists")?;
        match checks.allowed {
            Some(to) => Ok((checks, to)),
            None => {
                let why = checks.blocked_by().map(|(name, why)| format!("{name}: {why}")).unwrap_or_default();
                Err(format!("not applied: a preflight check now blocks it: {why}"))
            }
        }
    }

    /// Carries out a wish that preflight has let through: intent, call, outcome. Gives why it did not succeed.
    pub(in crate::engine) async fn carry_out(
        &mut self,
        at: usize,
        wish: &mut Wish,
    ) -> Result<Option<Unsuccessful>, StoreError> {
        let now = self.now;
        let act = wish.decision.act();
        let had = self.groups[at].memory.held;
        wish.decision.lease = match self.secure(at, self.groups[at].held_by(now, &act)).await? {
            Ok(token) => token,
            Err(why) => {
                let mut ready = self.groups[at].not_begun(now, wish, &why);
                self.persist_act(at, &mut ready, &mut wish.decision)?;
                return Ok(Some(Unsuccessful::NotDone(why)));
            }
        };
        let mut ready = self.groups[at].intend(now, wish);
        self.persist_act(at, &mut ready, &mut wish.decision)?;
        let outcome = match self.write_ahead().await? {
            Ok(()) => self.leased_call(at, now, &act).await.map_err(|error| match error {
                CloudError::Retry(_) => Unsuccessful::Unknown(error.to_string()),
                CloudError::NotSent(_) => Unsuccessful::NotSent(error.to_string()),
                _ => Unsuccessful::NotDone(error.to_string()),
            }),
            Err(why) => {
                Err(Unsuccessful::NotDone(format!("not started: the intent could not be kept: {why}")))
            }
        };
        let failed = outcome.as_ref().err().cloned();
        let mut ready = self.groups[at].outcome(now, &mut wish.decision, outcome, had);
        if wish.decision.stage == Stage::Applied {
            // A simulated cloud must persist accepted changes, as the real one does.
            self.checkpoint_now()?;
        }
        self.persist_act(at, &mut ready, &mut wish.decision)?;
        if wish.kind == WishKind::PutBack && wish.decision.stage != Stage::Applied {
            let mut ready = self.groups[at].put_back_failed(now);
            self.persist(at, &mut ready)?;
        }
        Ok(failed)
    }

    /// Writes an intent or an outcome; the decision has an id from then on.
    fn persist_act(
        &mut self,
        at: usize,
        ready: &mut Ready,
        decision: &mut Decision,
    ) -> Result<(), StoreError> {
        self.persist(at, ready)?;
        decision.id = ready.records.iter().find_map(|r| r.decision.as_ref()).map_or(decision.id, |d| d.id);
        Ok(())
    }

    /// The calls of `act`. With leases, they end at the deadline that the lease was checked for, and at shutdown sooner.
    async fn leased_call(&mut self, at: usize, now: Time, act: &Act) -> Result<(), CloudError> {
        let is_leased = self.lease(at, leases::DEADLINE).map_err(CloudError::NotSent)?.is_some();
        let deadline = match self.serving.leaving {
            true => LEAVE,
            false if is_leased => Duration::from_secs(leases::DEADLINE.unsigned_abs()),
            false => return self.call(at, now, act).await,
        };
        let late = |_| CloudError::Retry(format!("no answer within {} s", deadline.as_secs()));
        tokio::time::timeout(deadline, self.call(at, now, act)).await.map_err(late)?
    }

    /// The scaler, and the name of the group, if `act` may be carried out.
    fn licensed(&mut self, at: usize, act: &Act) -> Result<(&mut dyn Scaler, &str), CloudError> {
        if self.read_only {
            return Err(CloudError::Stop("this process is read-only: nothing is changed".into()));
        }
        let runtime = &self.groups[at];
        let back = || runtime.memory.held.as_ref().and_then(|held| Licence::to_put_back(held, act));
        let Some(licence) = runtime.mode.licence().or_else(back) else {
            return Err(CloudError::Stop(format!("{} is in observe mode; nothing is changed", runtime.name)));
        };
        let scaler = self.scaler.get_or_insert_with(|| (self.world.scaler)(&licence));
        Ok((scaler.as_mut(), runtime.name.as_str()))
    }

    /// Why `act` would not be sent now. It is then no intent, and planned again in the next minute.
    fn admits(&mut self, at: usize, act: &Act) -> Result<(), String> {
        let now = self.now;
        match self.licensed(at, act).and_then(|(scaler, group)| scaler.admits(now, group)) {
            Err(CloudError::NotSent(why)) => Err(why),
            // Whatever else stands against it is said by the call.
            _ => Ok(()),
        }
    }

    /// The calls of `act`.
    async fn call(&mut self, at: usize, now: Time, act: &Act) -> Result<(), CloudError> {
        let (scaler, group) = self.licensed(at, act)?;
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

    /// The call that suspends the process Terminate of a group, or resumes what was suspended here.
    pub(in crate::engine) async fn call_suspension(&mut self, at: usize, on: bool) -> Result<(), CloudError> {
        let (now, runtime) = (self.now, &self.groups[at]);
        if self.read_only {
            return Err(CloudError::Stop("this process is read-only: nothing is changed".into()));
        }
        let ours = runtime.memory.suspension;
        let licence = if on { runtime.mode.licence() } else { ours.as_ref().and_then(Licence::to_resume) };
        let Some(licence) = licence else {
            return Err(CloudError::Stop(format!("{} is in observe mode; nothing is changed", runtime.name)));
        };
        let scaler = self.scaler.get_or_insert_with(|| (self.world.scaler)(&licence));
        scaler.suspend_terminate(now, &runtime.name, on).await
    }

    /// Reads one group again, just before acting on it.
    pub(in crate::engine) async fn look_again(&mut self, at: usize, now: Time) -> Result<(), CloudError> {
        let name = self.groups[at].name.clone();
        let found = self.world.source.group(now, &name).await?;
        let state = found.ok_or_else(|| CloudError::Replan(format!("the group {name} no longer exists")))?;
        self.groups[at].look(state);
        Ok(())
    }
}
