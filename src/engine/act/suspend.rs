//! The process Terminate of groups, suspended by us while the brake is on: what is ours is stored before the call, is resumed once the
//! brake is released, and a call that fails is made again. What an operator had suspended is neither taken nor given back.

use crate::{
    cloud::CloudError,
    domain::{
        Answer, Seconds,
        decision::Mode,
        journal::JournalKind,
        process::ScalingProcess,
        shift,
        suspension::{Suspension, SuspensionStage},
    },
    engine::{
        Engine,
        group::{Line, Ready, Setting},
    },
    store::StoreError,
};

/// Seconds until a call that failed by itself is made again, and one that a person must mend.
const AGAIN: (Seconds, Seconds) = (60, 300);
/// Seconds within which the group was read in this minute.
const FRESH: Seconds = 60;
/// Seconds after which a look must show that Terminate is suspended.
const SHOWS: Seconds = 180;

impl Engine {
    /// Suspends Terminate of `groups` until the brake is released.
    pub(in crate::engine) async fn suspend_terminate(
        &mut self,
        operator: &str,
        groups: &[String],
    ) -> Result<Answer, StoreError> {
        if !self.brake {
            return Ok(Err("the brake is not on: Terminate is suspended until it is released".into()));
        }
        if self.fleet.leases.is_some() {
            let why = "several processes share this fleet, and another one could not resume it: suspend Terminate by hand";
            return Ok(Err(why.into()));
        }
        let (mut done, mut left) = (Vec::new(), Vec::new());
        for name in groups {
            match self.begin_suspension(operator, name).await? {
                Ok(()) => done.push(name.as_str()),
                Err(why) => left.push(format!("{name}: {why}")),
            }
        }
        Ok(match (done.is_empty(), left.is_empty()) {
            (true, _) => Err(format!("nothing was suspended; {}", left.join("; "))),
            (_, true) => Ok(format!("Terminate is suspended: {}", done.join(", "))),
            _ => Ok(format!("Terminate is suspended: {}; not of {}", done.join(", "), left.join("; "))),
        })
    }

    /// Stores that Terminate of the group called `name` is to be suspended, and makes the call; or why not.
    async fn begin_suspension(
        &mut self,
        operator: &str,
        name: &str,
    ) -> Result<Result<(), String>, StoreError> {
        let at = match self.group_named(name) {
            Ok(at) => at,
            Err(why) => return Ok(Err(why)),
        };
        if self.groups[at].mode == Mode::Observe {
            return Ok(Err("in observe mode, nothing is changed".into()));
        }
        if self.groups[at].memory.suspension.is_some() {
            return Ok(Err("prescale suspended it before".into()));
        }
        if let Err(error) = self.look_again(at, self.now).await {
            return Ok(Err(format!("the group could not be re-read; nothing was changed: {error}")));
        }
        if self.shows_suspended(at) {
            return Ok(Err("Terminate is suspended already, and stays so".into()));
        }
        let intent = Line::by(
            operator,
            JournalKind::Brake,
            "intent: suspend Terminate until the brake is released".to_owned(),
        );
        let wanted = Suspension::at(SuspensionStage::Wanted, self.now);
        self.keep_suspension(at, Some(wanted), Some(intent))?;
        self.carry_suspension(at).await
    }

    /// Once a minute: compares what is ours with the groups, and makes the calls that are due.
    pub(in crate::engine) async fn keep_suspensions(&mut self) -> Result<(), StoreError> {
        for at in 0..self.groups.len() {
            if self.groups[at].memory.suspension.is_none() || self.read_only {
                continue;
            }
            self.compare_suspension(at)?;
            let due = |ours: &Suspension| {
                ours.stage != SuspensionStage::Held && ours.again.is_none_or(|again| again <= self.now)
            };
            if self.groups[at].memory.suspension.as_ref().is_some_and(due) {
                // A failure is in the journal, and the call is made again.
                let _ = self.carry_suspension(at).await?;
            }
        }
        Ok(())
    }

    /// Ends what is ours once the brake is released.
    pub(in crate::engine) fn end_suspension(&mut self, at: usize) -> Result<(), StoreError> {
        let ours = self.groups[at].memory.suspension;
        if ours.is_none_or(|ours| ours.stage == SuspensionStage::Ending) {
            return Ok(());
        }
        let ending = Suspension::at(SuspensionStage::Ending, self.now);
        let intent = "intent: resume Terminate, which prescale had suspended";
        self.keep_suspension(at, Some(ending), Some(Line::own(JournalKind::Brake, intent.to_owned())))
    }

    /// What the newest look shows of a suspension that is ours: confirmed, or taken back by somebody else.
    fn compare_suspension(&mut self, at: usize) -> Result<(), StoreError> {
        let Some(ours) = self.groups[at].memory.suspension else { return Ok(()) };
        let unwanted = ours.stage == SuspensionStage::Wanted && self.groups[at].mode == Mode::Observe;
        if !self.brake || unwanted {
            self.end_suspension(at)?;
        }
        let seen = self.groups[at].state.as_ref().map(|state| (self.now - state.seen_at).num_seconds());
        if seen.is_none_or(|age| age >= FRESH) {
            return Ok(());
        }
        let Some(ours) = self.groups[at].memory.suspension else { return Ok(()) };
        let age = (self.now - ours.since).num_seconds();
        let (next, text) = match (ours.stage, self.shows_suspended(at)) {
            (SuspensionStage::Wanted, true) => {
                let held = Suspension::at(SuspensionStage::Held, self.now);
                (Some(held), "Terminate is suspended: the call took effect")
            }
            (SuspensionStage::Held, false) if age >= SHOWS => {
                (None, "Terminate was resumed outside prescale, and is left so")
            }
            (SuspensionStage::Ending, false) if age >= FRESH => (None, "Terminate is suspended no longer"),
            _ => return Ok(()),
        };
        self.keep_suspension(at, next, Some(Line::own(JournalKind::Brake, text.to_owned())))
    }

    /// Makes the call that is due, and stores what came of it.
    async fn carry_suspension(&mut self, at: usize) -> Result<Result<(), String>, StoreError> {
        let Some(ours) = self.groups[at].memory.suspension else { return Ok(Ok(())) };
        let on = ours.stage == SuspensionStage::Wanted;
        let called = match self.write_ahead().await? {
            Ok(()) => self.call_suspension(at, on).await,
            Err(why) => Err(CloudError::Retry(format!("the intent could not be kept: {why}"))),
        };
        let line = |text: String| Some(Line::own(JournalKind::Brake, text));
        match called {
            Ok(()) => {
                let held = on.then(|| Suspension::at(SuspensionStage::Held, self.now));
                let word = if on { "suspended" } else { "resumed" };
                self.checkpoint_now()?;
                self.keep_suspension(at, held, line(format!("outcome: Terminate is {word}")))?;
                Ok(Ok(()))
            }
            Err(error) => {
                let by_itself = matches!(error, CloudError::Retry(_) | CloudError::NotSent(_));
                let again = shift(self.now, if by_itself { AGAIN.0 } else { AGAIN.1 });
                let word = if on { "suspended" } else { "resumed" };
                let text = format!("Terminate could not be {word}, and is tried again: {error}");
                let said = if ours.again.is_none() { line(text.clone()) } else { None };
                self.keep_suspension(at, Some(Suspension { again: Some(again), ..ours }), said)?;
                Ok(Err(text))
            }
        }
    }

    /// Stores what is ours, with a journal line if there is one.
    fn keep_suspension(
        &mut self,
        at: usize,
        ours: Option<Suspension>,
        line: Option<Line>,
    ) -> Result<(), StoreError> {
        self.groups[at].memory.suspension = ours;
        let mut ready = Ready::default();
        ready.set(vec![Setting::Suspension(ours)], line);
        self.persist(at, &mut ready)
    }

    fn shows_suspended(&self, at: usize) -> bool {
        self.groups[at].state.as_ref().is_some_and(|state| state.is_suspended(&ScalingProcess::Terminate))
    }
}
