//! Before and after a call: the intent and the outcome.

use super::{
    decide::words,
    memory::{Awaited, FloorInDoubt},
    ready::{Line, Ready, Record, Setting, Wish},
    runtime::GroupRuntime,
    signals::Seen,
};
use crate::domain::journal::JournalKind;
use crate::domain::{
    Time,
    actuator::{Act, HeldFloor},
    decision::{Decision, Stage},
    shift,
};

/// Why an act did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsuccessful {
    /// It was refused: nothing has changed.
    NotDone(String),
    /// It was not sent, for a reason that is not the group's own.
    NotSent(String),
    /// No answer came: it may have been carried out, or be yet.
    Unknown(String),
}

impl GroupRuntime {
    /// What is written before the call: the intent, the floor about to be held and the state that survives a restart.
    pub fn intend(&mut self, now: Time, wish: &mut Wish) -> Ready {
        let decision = &mut wish.decision;
        let act = decision.act();
        let held = self.held_by(now, &act);
        decision.stage = Stage::Intended;
        let lease = decision.lease.map(|token| format!(" (lease {token})")).unwrap_or_default();
        let text = format!("{}{lease}", words(decision));
        let intent = Line { operator: wish.operator.clone(), kind: JournalKind::Intent, text };
        self.memory.held = held;
        if let Act::Desired { to } = act {
            self.memory.signals.requested = Some(to);
        }
        let lines = wish.before.drain(..).chain([intent]).collect();
        let settings = vec![Setting::Floor(held), Setting::Memory(Box::new(self.memory.clone()))];
        Ready {
            records: vec![Record { decision: Some(decision.clone()), lines, settings }],
            ..Ready::default()
        }
    }

    /// What is written if the call was not started: no lease lasts long enough.
    pub fn not_begun(&mut self, now: Time, wish: &mut Wish, why: &str) -> Ready {
        wish.decision.stage = Stage::Failed { error: format!("not started: {why}") };
        self.rest(now);
        let line = Line::own(JournalKind::Outcome, format!("not started: {why}"));
        let lines = wish.before.drain(..).chain([line]).collect();
        let settings = vec![Setting::Memory(Box::new(self.memory.clone()))];
        Ready {
            records: vec![Record { decision: Some(wish.decision.clone()), lines, settings }],
            ..Ready::default()
        }
    }

    /// What is written after the call. `had` is the floor held before it.
    pub fn outcome(
        &mut self,
        now: Time,
        decision: &mut Decision,
        outcome: Result<(), Unsuccessful>,
        had: Option<HeldFloor>,
    ) -> Ready {
        let act = decision.act();
        let text = match outcome {
            Ok(()) => {
                decision.stage = Stage::Applied;
                self.memory.pause = None;
                self.memory.held = settled(self.memory.held, &act);
                self.applied(now, decision);
                format!("{} {} (was {})", done(&act), decision.to, decision.from)
            }
            Err(why) => {
                let error = match why {
                    Unsuccessful::NotSent(error) => error,
                    Unsuccessful::NotDone(error) => {
                        self.rest(now);
                        error
                    }
                    Unsuccessful::Unknown(error) => {
                        self.doubt(now, &act);
                        self.rest(now);
                        error
                    }
                };
                self.memory.held = had;
                let text = format!("not applied: {error}");
                decision.stage = Stage::Failed { error };
                text
            }
        };
        self.memory.last_message = None;
        let mut ready = Ready::default();
        let settings = vec![Setting::Floor(self.memory.held), Setting::Memory(Box::new(self.memory.clone()))];
        ready.record(decision, Line::own(JournalKind::Outcome, text), settings);
        ready
    }

    /// What is written of an act that a restart interrupted: its stage is what the group shows, `text` says it.
    pub fn outcome_after_restart(&mut self, decision: &mut Decision, text: String) -> Ready {
        if decision.stage == Stage::Applied {
            self.memory.pause = None;
            self.memory.held = settled(self.memory.held, &decision.act());
            self.count(decision.at, decision);
        } else {
            self.doubt(decision.at, &decision.act());
        }
        self.memory.last_message = None;
        let mut ready = Ready::default();
        let settings = vec![Setting::Floor(self.memory.held), Setting::Memory(Box::new(self.memory.clone()))];
        ready.record(decision, Line::own(JournalKind::Outcome, text), settings);
        ready
    }

    /// Remembers that `act`, sent at `at`, may still take effect, where the floor held for it would then be unknown.
    fn doubt(&mut self, at: Time, act: &Act) {
        if let (Act::Floor { min, .. }, Some(held)) = (*act, self.memory.held)
            && min != held.own
        {
            self.memory.in_doubt = Some(FloorInDoubt { own: held.own, min, at });
        }
    }

    /// Counts a change among those that cooldowns and the limits of an hour look at.
    fn count(&mut self, at: Time, decision: &Decision) {
        if decision.to != decision.from {
            self.memory.actions.push_back((at, decision.to > decision.from));
        }
    }

    /// After a failure `auto` backs off: a minute, doubled each time, at most three cycles.
    fn rest(&mut self, now: Time) {
        let failures = self.memory.pause.map_or(0, |(failures, _)| failures) + 1;
        let most = 3 * self.options.settings.cycle;
        let wait = (60 << failures.min(10).saturating_sub(1)).min(most);
        self.memory.pause = Some((failures, shift(now, wait)));
    }

    /// Updates the group once the cloud has accepted a decision.
    fn applied(&mut self, since: Time, decision: &Decision) {
        self.count(since, decision);
        let Some(state) = &mut self.state else { return };
        self.memory.awaited = match decision.act() {
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
        self.memory.signals.seen = Some(Seen::of(state));
    }
}

/// The floor held once `act` was accepted: none after the original MinSize was restored.
fn settled(held: Option<HeldFloor>, act: &Act) -> Option<HeldFloor> {
    match (held, act) {
        (Some(held), Act::Floor { min, .. }) if *min == held.own => None,
        (Some(held), Act::Floor { min, .. }) => Some(HeldFloor { before: *min, ..held }),
        (held, _) => held,
    }
}

/// The outcome of an act as text, up to its number.
fn done(act: &Act) -> String {
    match act {
        Act::Desired { .. } => "desired capacity is".into(),
        Act::Floor { .. } => "MinSize is".into(),
        Act::Schedule(window) => {
            let clock = |time: Time| time.format("%H:%M UTC").to_string();
            let start = window.start.map(|start| format!(" from {}", clock(start))).unwrap_or_default();
            format!("MinSize is scheduled{start} until {} to be", clock(window.end))
        }
    }
}
