//! From a checked plan to a decision: nothing, advice, a proposal, or an act.

use super::{
    observation::Context,
    ready::{Line, Ready, Wish, WishKind},
    runtime::GroupRuntime,
};
use crate::domain::journal::JournalKind;
use crate::{
    domain::{
        Time,
        actuator::Actuator,
        cost_and_risk::{CostAndRisk, HourlyPrice},
        decision::{Decision, Mode, Stage},
        plan::Plan,
        preflight::Preflight,
        shift,
    },
    plan::{
        cost_and_risk::{CostInputs, cost_and_risk},
        list_price,
        preflight::WITHIN_SEEN,
    },
};

impl GroupRuntime {
    /// What follows from a checked plan: nothing, advice, a proposal, or the wish to act.
    pub(in crate::engine) fn decide(
        &mut self,
        context: &Context,
        plan: &Plan,
        checks: &Preflight,
        cycle_due: bool,
        ready: &mut Ready,
    ) {
        let Some(from) = self.steered_from() else { return };
        let Some(to) = checks.allowed else {
            return self.blocked((from, plan.want), checks, ready);
        };
        let beyond = checks.clamped_by(WITHIN_SEEN);
        if beyond {
            self.propose_rest(context, plan, from, cycle_due, ready);
        }
        if to == from && !beyond {
            self.withdraw_own("no change is needed any more", ready);
            (self.memory.last_message, self.memory.rejected) = (None, None);
            return;
        }
        let decision = self.decision(context.now, plan, checks, (from, to));
        match decision.mode {
            Mode::Observe => {
                if cycle_due {
                    self.advise(decision, ready);
                }
            }
            Mode::Approve => self.propose(decision, cycle_due, ready),
            Mode::Auto if to != from => {
                if !beyond {
                    self.withdraw_own("the order is within what was seen", ready);
                }
                self.wish(context.now, decision, ready);
            }
            Mode::Auto => {}
        }
    }

    /// `auto`: proposes an order that goes far beyond all that was seen, for a person to approve.
    fn propose_rest(
        &mut self,
        context: &Context,
        plan: &Plan,
        from: u32,
        cycle_due: bool,
        ready: &mut Ready,
    ) {
        let Some(checks) = self.preflight(context, plan.want, true) else { return };
        if let Some(to) = checks.allowed.filter(|to| *to > from) {
            self.propose(self.decision(context.now, plan, &checks, (from, to)), cycle_due, ready);
        }
    }

    /// The decision to change what is steered from its current value to another.
    pub(in crate::engine) fn decision(
        &self,
        now: Time,
        plan: &Plan,
        checks: &Preflight,
        (from, to): (u32, u32),
    ) -> Decision {
        let mut plan = plan.clone();
        let notes = self.actuator_notes(to);
        plan.reasons.extend(notes.iter().cloned());
        if let Some(inputs) = &mut plan.inputs {
            inputs.notes = notes;
        }
        Decision {
            id: 0,
            revision: 1,
            group: self.name.clone(),
            at: now,
            from,
            to,
            stage: Stage::Advised,
            expires: shift(now, self.options.proposal_life),
            mode: self.mode,
            plan,
            preflight: checks.clone(),
            act: Some(self.act_for(now, to)),
            cost_and_risk: self.cost_and_risk(now, (from, to)),
            undoes: None,
            lease: None,
        }
    }

    /// What the reasons say about the way in which the group is brought to `to`.
    fn actuator_notes(&self, to: u32) -> Vec<String> {
        let mut notes = Vec::new();
        if self.options.actuator.is_none() && self.actuator() == Actuator::Floor {
            notes.push("an AWS scaling policy sizes the group: prescale changes MinSize only".to_owned());
        }
        if self.actuator_to(to) != self.actuator() {
            notes.push(
                "AWS's scaling policies could not be read: capacity is added by MinSize until they are known"
                    .to_owned(),
            );
        }
        notes
    }

    /// Price of an instance-hour: the configured one, else AWS's list price where it is known.
    pub(in crate::engine) fn price(&self) -> Option<HourlyPrice> {
        let own = self.options.price.map(|amount| HourlyPrice { amount, list: None });
        own.or_else(|| list_price::of(self.state.as_ref()?))
    }

    /// Price and risk of a change. A floor changes instances only above the desired capacity, and at most
    /// down to itself.
    fn cost_and_risk(&self, now: Time, (from, to): (u32, u32)) -> Option<CostAndRisk> {
        let desired = self.state.as_ref()?.desired;
        let after = if to > from { to.max(desired) } else { to };
        let settings = &self.options.settings;
        let inputs = CostInputs {
            forecast: self.forecast.as_ref(),
            now,
            until: shift(now, self.lead.0 + self.actuator().delay() + settings.cycle),
            carries: self.memory.capacity.as_ref().map(|(c, _)| c * settings.target),
            price: self.price(),
        };
        Some(cost_and_risk(desired, after, &inputs))
    }

    /// Journals once why a wish is blocked.
    fn blocked(&mut self, (from, want): (u32, u32), checks: &Preflight, ready: &mut Ready) {
        let Some((check, reason)) = checks.blocked_by() else { return };
        if want == from {
            return;
        }
        let direction = if want > from { "adding" } else { "removing" };
        let message = format!("{direction} is blocked by “{check}”");
        let text = format!("{from} → {want} wanted; {check}: {reason}");
        self.withdraw_own("a preflight check now blocks it", ready);
        self.journal_once(message, JournalKind::Blocked, text, ready);
    }

    /// Journals a line unless `message` was the last one of the group.
    fn journal_once(&mut self, message: String, kind: JournalKind, text: String, ready: &mut Ready) {
        if self.memory.last_message.as_deref() != Some(&message) {
            self.memory.last_message = Some(message);
            ready.note(kind, text);
        }
    }

    /// `observe`: journals what it would do, once for each new recommendation.
    fn advise(&mut self, decision: Decision, ready: &mut Ready) {
        let message = format!("advised {}", decision.to);
        if self.memory.last_message.as_deref() == Some(&message) {
            return;
        }
        self.memory.last_message = Some(message);
        ready.record(&decision, Line::own(JournalKind::Advised, words(&decision)), vec![]);
        ready.decided = Some(decision);
    }

    /// `auto`: wants it done, unless it backs off after a failure or an operator rejected it.
    fn wish(&mut self, now: Time, decision: Decision, ready: &mut Ready) {
        let rests = self.memory.pause.is_some_and(|(_, until)| now < until);
        if !rests && self.memory.rejected != Some((decision.from, decision.to)) {
            ready.acts.push(Wish { kind: WishKind::Plan, decision, operator: None, before: vec![] });
        }
    }

    /// A wish failed before any call was made: it is journalled once.
    pub(in crate::engine) fn not_done(&mut self, decision: &Decision, why: String) -> Ready {
        let mut ready = Ready::default();
        let text = format!("{} wanted; {why}", decision.change());
        self.journal_once(why, JournalKind::Blocked, text, &mut ready);
        ready
    }
}

/// A decision in one line.
pub fn words(decision: &Decision) -> String {
    let why = decision.plan.reasons.first().map_or("", String::as_str);
    format!("{} {} → {}: {why}", decision.moves(), decision.from, decision.to)
}
