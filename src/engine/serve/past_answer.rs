//! What a screen was told last of the past: a moment is read once, and again only when the answer may be another.

use crate::{
    domain::{Seconds, Time, shift},
    engine::Engine,
    link::{GroupDetail, PastAnswer, PastFleet, Viewport},
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
        *kept = Some(Box::new(PastAnswer {
            viewport: viewport.clone(),
            revision: self.store.revision(),
            read: self.now,
            fleet: fleet.clone(),
            detail: detail.clone(),
        }));
        fleet
    }

    /// True while reading again would give the same.
    fn holds(&self, kept: &PastAnswer, viewport: &Viewport) -> bool {
        let of_fleet = kept.fleet.as_ref().and_then(|fleet| fleet.at);
        let of_group = kept.detail.as_ref().and_then(|detail| detail.past.as_ref()?.at);
        let settled = |at: Time| at <= shift(kept.read, -SETTLED);
        let is_settled = of_fleet.into_iter().chain(of_group).all(settled);
        kept.viewport == *viewport
            && kept.revision == self.store.revision()
            && (is_settled || kept.read == self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{
            clock::Clock,
            tests::{GROUP, ask, observing, simulator_of},
        },
        link::{Command, PastMoment, View},
    };

    fn cut(engine: &Engine, viewport: &Viewport, kept: &mut Option<Box<PastAnswer>>) -> View {
        let common = engine.common(&Clock::simulated(engine.now(), 60.0)).expect("readable");
        engine.cut(common, viewport, kept).expect("readable")
    }

    #[test]
    fn a_moment_is_read_once_and_again_when_something_changed() {
        let mut engine = observing(&simulator_of(|spec| spec), 400);
        let asked = PastMoment::At(shift(engine.now(), -2 * SETTLED));
        let viewport = Viewport {
            group: Some(GROUP.into()),
            then: Some(asked),
            fleet_then: Some(asked),
            ..Viewport::default()
        };
        let mut kept = None;
        let past = |view: View| (view.fleet_then, view.detail.and_then(|detail| detail.past));
        let first = cut(&engine, &viewport, &mut kept);
        let charts = first.detail.as_ref().map(|detail| detail.charts.clone());
        let first = past(first);
        let decided = first.1.as_ref().and_then(|past| past.decision.as_ref()).expect("it decided").id;
        engine.store().spoil(decided);
        let again = cut(&engine, &viewport, &mut kept);
        assert_eq!(again.detail.as_ref().map(|detail| detail.charts.clone()), charts);
        assert_eq!(past(again), first, "as it was read");
        let unread = |view: View| past(view).1.is_some_and(|past| past.unread.is_some());
        let wider = Viewport { points: 400, ..viewport.clone() };
        assert!(unread(cut(&engine, &wider, &mut kept.clone())), "other charts are asked for");
        ask(&mut engine, Command::SetBrake { on: true }).expect("it is carried out");
        assert!(unread(cut(&engine, &viewport, &mut kept)), "the history has changed");
        assert!(cut(&engine, &Viewport::default(), &mut kept).fleet_then.is_none() && kept.is_none());
    }

    #[test]
    fn a_moment_whose_metrics_are_not_all_published_is_read_again_each_minute() {
        let mut engine = observing(&simulator_of(|spec| spec), 400);
        let asked = Some(PastMoment::At(engine.now()));
        let viewport = Viewport { fleet_then: asked, ..Viewport::default() };
        let mut kept = None;
        cut(&engine, &viewport, &mut kept);
        let holds = |engine: &Engine| kept.as_ref().is_some_and(|kept| engine.holds(kept, &viewport));
        assert!(holds(&engine));
        engine.now = shift(engine.now, 60);
        assert!(!holds(&engine));
    }
}
