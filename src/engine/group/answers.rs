//! Answers of operators: reject, snooze, change the mode; and the undo of a decision.

use super::{
    observation::Context,
    ready::{Line, Ready, Setting},
    runtime::GroupRuntime,
};
use crate::domain::journal::JournalKind;
use crate::domain::{
    actuator::HeldFloor,
    decision::{Decision, Mode, Stage},
    plan::Plan,
    preflight::Preflight,
    shift,
    text::clean,
};

/// Minimum and maximum minutes of a snooze.
const SNOOZE: (u32, u32) = (1, 1_440);

impl GroupRuntime {
    /// The open proposal `id` as it was in `revision`, or why it cannot be answered.
    ///
    /// # Errors
    /// A message for the operator.
    pub(in crate::engine) fn open_proposal(&self, id: i64, revision: u32) -> Result<&Decision, String> {
        match self.proposals.open.as_ref().filter(|open| open.id == id) {
            None => Err(format!("proposal {id} is no longer open: it was answered, replaced or expired")),
            Some(open) if open.revision != revision => {
                Err(format!("proposal {id} has changed since you saw it (now {}): look again", open.change()))
            }
            Some(open) => Ok(open),
        }
    }

    /// Rejects the open proposal. The same change is not proposed again until the numbers change.
    pub(in crate::engine) fn reject(&mut self, operator: &str, reason: &str) -> Option<(Ready, String)> {
        let open = self.proposals.open.take()?;
        let mut ready = Ready { announces: true, ..Ready::default() };
        let reason = clean(reason, 300);
        let text = format!("proposal {} ({}) rejected: {reason}", open.id, open.change());
        let said = format!("rejected; {} stays at {}", open.group, open.from);
        self.memory.rejected = Some((open.from, open.to));
        let stage = Stage::Rejected { by: operator.to_owned(), reason };
        self.close(open, stage, Some(operator), text, &mut ready);
        self.keep_memory(&mut ready);
        Some((ready, said))
    }

    /// Snoozes the open proposal. It reopens after `minutes`, or as soon as more capacity is needed than it asked for.
    ///
    /// # Errors
    /// A message, where `minutes` is out of range or nothing is open.
    pub(in crate::engine) fn snooze(
        &mut self,
        context: &Context,
        operator: &str,
        minutes: u32,
    ) -> Result<(Ready, String), String> {
        if !(SNOOZE.0..=SNOOZE.1).contains(&minutes) {
            return Err(format!("a snooze lasts {} to {} minutes", SNOOZE.0, SNOOZE.1));
        }
        let open = self.proposals.open.take().ok_or("it is gone")?;
        let mut ready = Ready { announces: true, ..Ready::default() };
        let until = shift(context.now, 60 * i64::from(minutes));
        let stage = Stage::Snoozed { by: operator.to_owned(), until };
        let text = format!("proposal {} ({}) snoozed for {minutes} min", open.id, open.change());
        let said = format!("{}: snoozed for {minutes} min, or until more capacity is needed", open.group);
        self.proposals.snoozed = Some(Decision { stage: stage.clone(), ..open.clone() });
        self.close(open, stage, Some(operator), text, &mut ready);
        Ok((ready, said))
    }

    /// Changes the mode. On a change to `observe` a held floor is restored.
    pub(in crate::engine) fn change_mode(
        &mut self,
        context: &Context,
        operator: Option<&str>,
        mode: Mode,
        ready: &mut Ready,
    ) {
        let before = self.mode;
        self.withdraw(&format!("the mode is now {}", mode.name()), ready);
        let mut settings = vec![Setting::Mode(mode)];
        if mode == Mode::Observe
            && let Some(back) =
                self.put_back(context, "the group enters observe: restoring the original MinSize", operator)
        {
            ready.acts.push(back);
            self.memory.held = self.memory.held.map(|held| HeldFloor { ending: true, ..held });
            settings.push(Setting::Floor(self.memory.held));
        }
        let text = format!("{}: {} → {}", self.name, before.name(), mode.name());
        let operator = operator.map(str::to_owned);
        ready.set(settings, Some(Line { operator, kind: JournalKind::Mode, text }));
        ready.announces = true;
        self.mode = mode;
        self.memory.last_message = None;
    }

    /// Why `done` cannot be undone, or the value that it started from and the group's current one.
    ///
    /// # Errors
    /// A message for the operator.
    pub(in crate::engine) fn undoable(&self, done: &Decision) -> Result<u32, String> {
        let id = done.id;
        if done.stage != Stage::Applied {
            return Err(format!(
                "decision {id} is {}: only an applied decision can be undone",
                done.stage.name()
            ));
        }
        if self.mode == Mode::Observe {
            return Err(format!("{} is in observe mode; no proposals are made", done.group));
        }
        if self.actuator().moves() != done.moves() {
            let now = self.actuator().moves();
            return Err(format!(
                "decision {id} changed the {}; this group now changes the {now}",
                done.moves()
            ));
        }
        let from = self.steered_from().ok_or("the group has not been read yet")?;
        if from == done.from {
            return Err(format!("the {} of {} is {from} already", done.moves(), done.group));
        }
        Ok(from)
    }

    /// Proposes to undo `done`, as far as `checks` allow.
    pub(in crate::engine) fn propose_undo(
        &mut self,
        context: &Context,
        operator: &str,
        done: &Decision,
        (from, to): (u32, u32),
        checks: &Preflight,
    ) -> Ready {
        let id = done.id;
        let mut ready = Ready::default();
        let plan = Plan {
            at: context.now,
            policy: "undo".into(),
            from,
            want: done.from,
            unheld: None,
            reasons: vec![format!(
                "{operator} asks to undo decision {id} ({}, {})",
                done.change(),
                done.at.format("%d %b %H:%M UTC")
            )],
            basis: None,
            reactive: self.plan.as_ref().and_then(|(plan, _)| plan.reactive),
            inputs: None,
        };
        let decision = self.decision(context.now, &plan, checks, (from, to));
        let decision = Decision { stage: Stage::Proposed, undoes: Some(id), ..decision };
        self.withdraw(&format!("{operator} asks to undo decision {id}"), &mut ready);
        let text = format!("to undo decision {id}: {} {from} → {to}", decision.moves());
        ready.record(&decision, Line::by(operator, JournalKind::Proposed, text), vec![]);
        self.proposals.open = Some(decision);
        ready
    }

    /// Adds the state that survives a restart to what is written.
    pub(in crate::engine) fn keep_memory(&self, ready: &mut Ready) {
        ready.settings.push(Setting::Memory(Box::new(self.memory.clone())));
    }
}
