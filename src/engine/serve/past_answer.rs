//! What a screen was told last of the past: a moment is read once, and again only when the answer may be another.

use crate::{
    domain::{Seconds, Time, shift, text::clean},
    engine::Engine,
    link::{GroupDetail, PastAnswer, PastFleet, PastGroup, PastMoment, Viewport},
};

/// Age from which metrics of a moment are published; younger ones are read again each minute.
const SETTLED: Seconds = 1_800;

impl Engine {
    /// Turns `detail` back to the moment that `viewport` asks for, and gives the fleet of the moment that it asks for: as `kept`,
    /// while that is still true.
    pub(super) fn answer_back(
        &self,
        viewport: &Viewport,
        detail: &mut Option<GroupDetail>,
        kept: &mut Option<Box<PastAnswer>>,
    ) -> Option<Box<PastFleet>> {
        if viewport.then.is_none() && viewport.fleet_then.is_none() {
            *kept = None;
            return None;
        }
        let name = detail.as_ref().map(|detail| detail.name.clone());
        let same_group =
            |kept: &&PastAnswer| kept.detail.as_ref().map(|detail| &detail.name) == name.as_ref();
        if let Some(kept) = kept.as_deref().filter(|kept| self.holds(kept, viewport)).filter(same_group) {
            if let Some((detail, then)) = detail.as_mut().zip(kept.detail.clone()) {
                (detail.from, detail.until) = (then.from, then.until);
                (detail.charts, detail.events, detail.past) = (then.charts, then.events, then.past);
            }
            return kept.fleet.clone();
        }
        let fleet = viewport.fleet_then.map(|asked| Box::new(self.fleet_back(asked)));
        let group = self.groups.iter().find(|group| Some(&group.name) == name.as_ref());
        if let (Some(asked), Some(group), Some(detail)) = (viewport.then, group, detail.as_mut()) {
            self.look_back(group, (asked, viewport), detail);
        }
        *kept = Some(Box::new(self.answer(viewport, fleet.as_deref(), detail.as_ref())));
        fleet
    }

    /// What `viewport` was told, with what it follows from.
    fn answer(
        &self,
        viewport: &Viewport,
        fleet: Option<&PastFleet>,
        detail: Option<&GroupDetail>,
    ) -> PastAnswer {
        let past = detail.and_then(|detail| Some((detail, detail.past.as_deref()?)));
        let decided = [fleet.map(fleet_decided_until), past.map(|(_, past)| self.group_decided_until(past))];
        let measured = past.map(|(detail, past)| match past.decision {
            Some(_) => Some(detail.until),
            None => past.at,
        });
        PastAnswer {
            viewport: viewport.clone(),
            changes: self.store.decision_changes(),
            decided_until: decided.into_iter().flatten().min().flatten(),
            measured_until: measured.flatten().max(fleet.and_then(|fleet| fleet.at)),
            reloads: self.serving.reloads,
            read: self.now,
            fleet: fleet.cloned().map(Box::new),
            detail: detail.cloned(),
        }
    }

    /// Until when decisions may change what is said of a group: until the one after the moment.
    fn group_decided_until(&self, past: &PastGroup) -> Option<Time> {
        let later = self.store.decision_head(past.later?);
        Some(later.ok()??.at)
    }

    /// True while reading again would give the same.
    fn holds(&self, kept: &PastAnswer, viewport: &Viewport) -> bool {
        let decided = self.store.decisions_changed_since(kept.changes);
        let is_decided = decided.is_none_or(|at| kept.decided_until.is_some_and(|until| at > until));
        let is_measured = kept.measured_until.is_none_or(|until| until <= shift(kept.read, -SETTLED));
        kept.viewport == *viewport
            && is_decided
            && (is_measured || kept.read == self.now)
            && kept.reloads == self.serving.reloads
            && kept.fleet.as_ref().is_none_or(|fleet| self.has_groups_of(fleet))
    }

    /// True where `fleet` has the lines of the groups of now, or none.
    fn has_groups_of(&self, fleet: &PastFleet) -> bool {
        let names = self.groups.iter().map(|group| clean(&group.name, 300));
        fleet.groups.is_empty()
            || fleet.groups.iter().map(|row| &row.name).eq(names.collect::<Vec<_>>().iter())
    }
}

/// Until when decisions may change what is said of the fleet: where a later one is there already, those of the moment and of what
/// was asked for.
fn fleet_decided_until(fleet: &PastFleet) -> Option<Time> {
    fleet.later?;
    match fleet.asked {
        PastMoment::Decision(_) => fleet.at,
        PastMoment::At(asked) | PastMoment::NewestUntil(asked) => fleet.at.max(Some(asked)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::decision::{Decision, Stage},
        engine::{
            clock::Clock,
            tests::{GROUP, ask, live, observing, simulator_of},
        },
        link::{Command, View},
    };

    type Past = (Option<Box<PastFleet>>, Option<Box<PastGroup>>);

    fn cut(engine: &Engine, viewport: &Viewport, kept: &mut Option<Box<PastAnswer>>) -> View {
        let common = engine.common(&Clock::simulated(engine.now(), 60.0)).expect("readable");
        engine.cut(common, viewport, kept).expect("readable")
    }

    fn past(view: View) -> Past {
        (view.fleet_then, view.detail.and_then(|detail| detail.past))
    }

    /// Group and fleet at `asked`.
    fn both(asked: PastMoment) -> Viewport {
        let (then, fleet_then) = (Some(asked), Some(asked));
        Viewport { group: Some(GROUP.into()), then, fleet_then, ..Viewport::default() }
    }

    fn decision_of((_, past): &Past) -> &Decision {
        past.as_ref().and_then(|past| past.decision.as_ref()).expect("it decided")
    }

    #[test]
    fn a_moment_is_read_once_whatever_comes_later_and_again_when_something_of_it_changed() {
        let mut engine = observing(&simulator_of(|spec| spec), 700);
        let now = engine.now();
        let viewport = both(PastMoment::At(shift(now, -4 * 3_600)));
        let mut kept = None;
        let first = cut(&engine, &viewport, &mut kept);
        let charts = first.detail.as_ref().map(|detail| detail.charts.clone());
        let first = past(first);
        let decided = decision_of(&first).clone();
        engine.store().spoil(decided.id);
        ask(&mut engine, Command::SetBrake { on: true }).expect("it is carried out");
        live(&mut engine, 2);
        let mut newer = Decision { id: 0, at: engine.now(), stage: Stage::Expired, ..decided.clone() };
        engine.store.insert_decision(&mut newer).expect("writable");
        let again = cut(&engine, &viewport, &mut kept);
        assert_eq!(again.detail.as_ref().map(|detail| detail.charts.clone()), charts);
        assert_eq!(past(again), first, "as it was read");
        let unread = |view: View| past(view).1.is_some_and(|past| past.unread.is_some());
        let wider = Viewport { points: 400, ..viewport.clone() };
        assert!(unread(cut(&engine, &wider, &mut kept.clone())), "other charts are asked for");
        let rejected = Stage::Rejected { by: "ada".into(), reason: "no".into() };
        engine.store.update_decision(&Decision { stage: rejected, ..decided }).expect("it is there");
        let changed = past(cut(&engine, &viewport, &mut kept));
        assert_eq!(decision_of(&changed).stage.name(), "rejected", "a decision that is shown has changed");
        assert!(cut(&engine, &Viewport::default(), &mut kept).fleet_then.is_none() && kept.is_none());
    }

    #[test]
    fn what_is_told_of_the_newest_decision_follows_the_next() {
        let mut engine = observing(&simulator_of(|spec| spec), 400);
        let viewport = both(PastMoment::NewestUntil(engine.now()));
        let mut kept = None;
        let first = past(cut(&engine, &viewport, &mut kept));
        let next = Decision { id: 0, at: shift(engine.now(), 30), ..decision_of(&first).clone() };
        let mut next = Decision { stage: Stage::Expired, ..next };
        engine.store.insert_decision(&mut next).expect("writable");
        let (fleet, group) = past(cut(&engine, &viewport, &mut kept));
        let later = (fleet.and_then(|fleet| fleet.later), group.and_then(|group| group.later));
        assert_eq!(later, (Some(next.id), Some(next.id)));
    }

    #[test]
    fn a_fleet_of_other_groups_and_another_configuration_are_read_again() {
        let mut engine = observing(&simulator_of(|spec| spec), 400);
        let viewport = both(PastMoment::At(shift(engine.now(), -4 * 3_600)));
        let mut kept = None;
        cut(&engine, &viewport, &mut kept);
        let holds = |engine: &Engine| kept.as_ref().is_some_and(|kept| engine.holds(kept, &viewport));
        assert!(holds(&engine));
        engine.serving.reloads += 1;
        assert!(!holds(&engine));
        engine.serving.reloads -= 1;
        engine.groups.clear();
        assert!(!holds(&engine));
    }

    #[test]
    fn a_moment_whose_metrics_are_not_all_published_is_read_again_each_minute() {
        let mut engine = observing(&simulator_of(|spec| spec), 400);
        let fleet_then = Some(PastMoment::At(engine.now()));
        let fleet = Viewport { fleet_then, ..Viewport::default() };
        // The charts go on for two hours.
        let then = Some(PastMoment::At(shift(engine.now(), -7_200)));
        let group = Viewport { group: Some(GROUP.into()), then, ..Viewport::default() };
        let now = engine.now();
        for viewport in [fleet, group] {
            let mut kept = None;
            cut(&engine, &viewport, &mut kept);
            let holds = |engine: &Engine| kept.as_ref().is_some_and(|kept| engine.holds(kept, &viewport));
            assert!(holds(&engine));
            engine.now = shift(now, 60);
            assert!(!holds(&engine));
            engine.now = now;
        }
    }
}
