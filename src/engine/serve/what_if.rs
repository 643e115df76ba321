//! What would come of settings that a console changes in thought: computed for the screen, and followed by nothing.
//!
//! The last days take the longest, and change only with what is asked and with a cycle: they are kept in [`Replays`]. What the
//! files would say changes only with what is asked and with the files: it is kept in [`Drafts`].

mod adopt;
mod drafts;
mod drawn;
mod replays;

pub(in crate::engine) use self::{drafts::Drafts, replays::Replays};

use self::replays::ReplayKey;
use super::charts::Cut;
use crate::{
    domain::{
        forecast::Forecast,
        text::clean,
        what_if::{HoursAhead, PastDays, WhatIf},
    },
    engine::{Engine, group::GroupRuntime},
    link::{Compared, GroupDetail, Viewport, WhatIfView},
    plan::what_if::Present,
};

impl Engine {
    /// Adds to `detail` of `group` what would come of the thought `asked`, and draws it into the charts.
    pub(super) fn think(
        &self,
        group: &GroupRuntime,
        (asked, viewport): (&WhatIf, &Viewport),
        detail: &mut GroupDetail,
    ) {
        let what_if = asked.bounded();
        let mut view = WhatIfView {
            asked: *asked,
            terms: None,
            ahead: None,
            days: None,
            price: group.price(),
            problems: Vec::new(),
            files: Vec::new(),
            unwritten: Vec::new(),
            notes: Vec::new(),
        };
        match present(group) {
            Ok(present) => {
                view.problems.extend(self.old(group, &present));
                self.compute(group, &present, &what_if, &mut view);
                let cut =
                    Cut { from: detail.from, until: detail.until, now: self.now, points: viewport.points };
                drawn::charts(&present, (&what_if, &view), &cut, detail);
            }
            Err(why) => view.problems.push(why.into()),
        }
        self.offer(group, &what_if, &mut view);
        view.problems = view.problems.iter().map(|problem| clean(problem, 200)).collect();
        detail.what_if = Some(Box::new(view));
    }

    fn compute(&self, group: &GroupRuntime, present: &Present<'_>, what_if: &WhatIf, view: &mut WhatIfView) {
        if let Some(now) = present.terms() {
            view.terms = Some(Compared { now, then: now.with(what_if) });
        }
        if let Err(why) = present.is_fit() {
            return view.problems.push(why);
        }
        let Some(Compared { now, mut then }) = view.terms else { return };
        match self.past_days(group, present, what_if) {
            Ok(days) => {
                // What would keep another objective shows only in the course of time.
                if what_if.objective.is_some() && what_if.objective != now.objective {
                    then.risk = days.then.risk;
                }
                view.days = Some(days);
            }
            Err(why) => view.problems.push(why),
        }
        let settled = WhatIf { risk: Some(then.risk), ..*what_if };
        let ahead = |what_if: &WhatIf| -> Result<HoursAhead, String> { present.ahead(what_if) };
        match ahead(&WhatIf::default()).and_then(|now| Ok(Compared { now, then: ahead(&settled)? })) {
            Ok(ahead) => view.ahead = Some(ahead),
            Err(why) => view.problems.push(why),
        }
        view.terms = Some(Compared { now, then });
    }

    /// What the last days would have brought, in force and in thought.
    fn past_days(
        &self,
        group: &GroupRuntime,
        present: &Present<'_>,
        what_if: &WhatIf,
    ) -> Result<Compared<PastDays>, String> {
        // An event of the days to come changes nothing of the past.
        let what_if = WhatIf { event: None, ..*what_if };
        let mut replays = self.serving.replays.borrow_mut();
        let mut replayed = |what_if: &WhatIf| -> Result<PastDays, String> {
            let key = ReplayKey::of(group, present, what_if);
            replays.answer(key, |days| {
                let days = days.of(&self.store, group, self.now).map_err(|e| e.to_string())?;
                days.replay(present, what_if, &self.calendar.concerning(&group.name))
            })
        };
        let (now, then) = (replayed(&WhatIf::default())?, replayed(&what_if)?);
        Ok(Compared { now, then })
    }

    /// Says how old what is computed from is, where that is more than two cycles.
    fn old(&self, group: &GroupRuntime, present: &Present<'_>) -> Option<String> {
        let cycle = group.options.settings.cycle;
        let from = [
            ("plan", present.plan.at, 2 * cycle),
            // A forecast is of the end of a step.
            ("forecast", present.forecast.origin, 2 * (cycle + present.forecast.step)),
        ];
        let aged = from.map(|(what, at, most)| (what, (self.now - at).num_seconds(), most));
        let (what, age, _) = aged.into_iter().find(|(_, age, most)| age > most)?;
        Some(format!("computed from a {what} that is {} min old: no newer one could be made", age / 60))
    }
}

/// The group as its newest plan saw it.
fn present(group: &GroupRuntime) -> Result<Present<'_>, &'static str> {
    let plan = group.plan.as_ref().map(|(plan, _)| plan).ok_or("there is no plan yet")?;
    let forecast: &Forecast = group.forecast.as_ref().ok_or("there is no forecast yet")?;
    Ok(Present { group: &group.name, plan, forecast, boot: group.lead.0 })
}
