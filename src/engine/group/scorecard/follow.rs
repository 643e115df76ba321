//! Follows the baselines of a group, minute by minute, and the quantile that keeps its objective.

use super::Minute;
use crate::{
    domain::{
        Time,
        decision::Mode,
        error_budget::ErrorBudget,
        floor_to,
        plan::{Plan, instances_for},
        scorecard::Side,
    },
    engine::group::{
        ready::{Ready, Setting},
        runtime::GroupRuntime,
    },
    plan::{baseline::CapacityOrder, objective::QuantileLevel, policies::target_tracking},
};

impl GroupRuntime {
    /// Follows the baselines through the minute that begins at `now`, and keeps what the day's score has come to.
    pub(in crate::engine::group) fn update_scorecard(
        &mut self,
        now: Time,
        plan: Option<&Plan>,
        ready: &mut Ready,
    ) {
        let capacity = self.memory.capacity.as_ref().map(|(capacity, _)| *capacity);
        let Some((state, capacity)) = self.own_state().zip(capacity) else { return };
        let acting = self.mode > Mode::Observe;
        let (serving, bounds) = (state.in_service(), (state.min, state.max));
        let paid = serving + state.unhealthy() + state.pending();
        let mut scorecard = std::mem::take(&mut self.memory.scorecard);
        scorecard.catch_up(now, serving, acting);
        let advised = (scorecard.advised.serving(), scorecard.advised.size());
        scorecard.waiting.push_back(Minute {
            at: floor_to(now, 60),
            acting,
            ours: if acting { (serving, paid) } else { advised },
            baseline: (scorecard.reactive.serving(), scorecard.reactive.size()),
        });
        let settings = &self.options.settings;
        let lead = self.lead.0;
        if let Some(need) =
            self.load_now(now).and_then(|load| instances_for(load, capacity, settings.tracking_target))
        {
            let order = CapacityOrder { need, floor: need, hold: target_tracking::HOLD, lead, bounds };
            scorecard.reactive.order(now, &order);
        }
        if let Some(plan) = plan.filter(|_| !acting) {
            let need = plan.unheld.unwrap_or(plan.want);
            let order = CapacityOrder { need, floor: plan.want, hold: settings.hold, lead, bounds };
            scorecard.advised.order(now, &order);
        }
        let counted =
            scorecard.count(now, |time| self.complete_load_at(time, now), (capacity, settings.target));
        let news = scorecard.unsaved();
        self.memory.scorecard = scorecard;
        self.follow_objective(&counted);
        ready.settings.extend(news.map(|(day, score)| Setting::Score(day, score)));
    }

    /// Moves the quantile to what keeps the objective, by what the minutes brought.
    fn follow_objective(&mut self, counted: &[Side]) {
        let settings = &self.options.settings;
        let Some(objective) = settings.objective else { return };
        let level = self.memory.quantile.get_or_insert(QuantileLevel::starting_at(settings.risk));
        counted.iter().for_each(|minute| level.count(minute.bad(objective), objective));
    }

    /// The quantile of demand that is bought: `risk`, or what keeps the objective.
    pub(in crate::engine) fn risk(&self) -> f64 {
        let followed = self.options.settings.objective.and(self.memory.quantile);
        followed.map_or(self.options.settings.risk, QuantileLevel::risk)
    }

    /// The error budget of the group's objective at `now`, where it has one.
    pub(in crate::engine) fn error_budget(&self, now: Time) -> Option<ErrorBudget> {
        let objective = self.options.settings.objective?;
        Some(self.memory.scorecard.budget(objective, self.risk(), now))
    }
}
