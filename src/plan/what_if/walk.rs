//! A group that its plans size, minute by minute, on paper.

use std::collections::VecDeque;

use crate::{
    domain::{
        Seconds, Time,
        forecast::{LEVELS, Quantiles, exceedance},
        group::GroupState,
        plan::Plan,
        scorecard::Side,
        series::Series,
        shift,
        what_if::{HoursAhead, PastDays},
    },
    plan::{
        PlanContext, Settings,
        baseline::{Baseline, CapacityOrder},
        lead,
    },
};

/// The group so far, and what its minutes have brought.
pub(super) struct Walk {
    settings: Settings,
    /// Load per step that one instance serves at 100 %.
    capacity: f64,
    /// Seconds from order to service, cold and out of the warm pool.
    lead: (Seconds, Option<Seconds>),
    /// MinSize and MaxSize.
    bounds: (u32, u32),
    sized: Baseline,
    /// The same as plans look at it.
    group: GroupState,
    /// What was wanted lately.
    wants: VecDeque<(Time, u32)>,
    minutes: f64,
    most: u32,
    cut: f64,
    side: Side,
}

impl Walk {
    /// One from the group of `context` on.
    pub(super) fn new(
        context: &PlanContext<'_>,
        settings: Settings,
        lead: (Seconds, Option<Seconds>),
        bounds: (u32, u32),
    ) -> Walk {
        let group = context.group.clone();
        let mut sized = Baseline::of(group.in_service().min(group.desired));
        let whole = group.desired;
        // What boots already serves after a whole lead time at the latest.
        let order =
            CapacityOrder { need: whole, floor: whole, hold: 0, lead: lead.0, bounds: (whole, whole) };
        sized.order(shift(context.now, -1), &order);
        Walk {
            settings,
            capacity: context.capacity.unwrap_or(0.0),
            lead,
            bounds,
            sized,
            group,
            wants: context.recent_most.map(|most| (context.now, most)).into_iter().collect(),
            minutes: 0.0,
            most: 0,
            cut: 0.0,
            side: Side::default(),
        }
    }

    /// The settings under which it is planned.
    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Plans for the quantile `risk` from now on.
    pub(super) fn provision_for(&mut self, risk: f64) {
        self.settings.risk = risk;
    }

    /// Begins with `serving` instances, and nothing that was wanted before.
    pub(super) fn begin_at(&mut self, serving: u32) {
        self.sized = Baseline::of(serving);
        self.wants.clear();
    }

    /// Instances paid for.
    pub(super) fn size(&self) -> u32 {
        self.sized.size()
    }

    /// Lets what is due at `now` serve.
    pub(super) fn advance(&mut self, now: Time) {
        self.sized.advance(now);
        self.group.desired = self.sized.size();
        let serving = self.sized.serving();
        self.group.instances.iter_mut().for_each(|instance| instance.weight = serving);
    }

    /// Counts a minute whose load was `load`; what it brought, unless that is unknown.
    pub(super) fn count(&mut self, load: Option<f64>) -> Option<Side> {
        let (load, carries) = (load?, f64::from(self.sized.serving()) * self.capacity);
        let above = load > carries * self.settings.target * (1.0 + 1e-9);
        let brought = Side::minute(above, lost(load, carries), self.sized.size());
        self.add(brought);
        Some(brought)
    }

    /// Counts a minute to come whose load is forecast by `row`, with what is to be expected.
    pub(super) fn expect(&mut self, row: Option<&Quantiles>) {
        let carries = f64::from(self.sized.serving()) * self.capacity;
        let expected =
            row.map(|row| (exceedance(row, carries * self.settings.target), mean_lost(row, carries)));
        let (above, lost) = expected.unwrap_or_default();
        self.add(Side { above, lost, ..Side::minute(false, 0.0, self.sized.size()) });
    }

    fn add(&mut self, brought: Side) {
        self.minutes += 1.0;
        self.side = self.side.plus(brought);
    }

    /// Orders what the policy wants in `situation`; of that, the group, the settings and what was wanted lately are its own.
    pub(super) fn order(&mut self, situation: &PlanContext<'_>) -> Option<Plan> {
        let (now, policy) = (situation.now, self.settings.policy);
        let hold = policy.hold(&self.settings);
        self.wants.retain(|(at, _)| *at >= shift(now, -hold));
        let context = PlanContext {
            group: &self.group,
            lead: self.lead.0,
            recent_most: self.wants.iter().map(|(_, want)| *want).max(),
            settings: &self.settings,
            ..*situation
        };
        let plan = lead::plan(policy, &context, self.lead.1)?;
        let need = plan.unheld.unwrap_or(plan.want);
        self.wants.push_back((now, need));
        let lead = plan.basis.as_ref().map_or(self.lead.0, |basis| basis.lead - self.settings.cycle);
        self.sized.order(now, &CapacityOrder { need, floor: plan.want, hold, lead, bounds: self.bounds });
        self.most = self.most.max(self.sized.size());
        self.cut += f64::from(u8::from(plan.want > self.bounds.1));
        Some(plan)
    }

    /// What the minutes to come bring.
    pub(super) fn ahead(self, want: u32, planned: Series) -> HoursAhead {
        HoursAhead { want, most: self.most, cut: self.cut, side: self.side, planned }
    }

    /// What the minutes of the past would have brought, the first of which was `since`.
    pub(super) fn past(self, since: Time) -> PastDays {
        PastDays {
            since,
            minutes: self.minutes,
            most: self.most,
            cut: self.cut,
            side: self.side,
            risk: self.settings.risk,
        }
    }
}

/// The share of `load` that instances which carry `carries` at 100 % cannot serve.
fn lost(load: f64, carries: f64) -> f64 {
    if load > 0.0 { (1.0 - carries / load).max(0.0) } else { 0.0 }
}

/// Its mean over a forecast: between two levels that of their middle, beyond the outermost that of the outermost.
fn mean_lost(row: &Quantiles, carries: f64) -> f64 {
    let last = LEVELS.len() - 1;
    let between = (0..last).map(|i| {
        let middle = f64::midpoint(row[i], row[i + 1]);
        (LEVELS[i + 1] - LEVELS[i]) * lost(middle, carries)
    });
    let outside = LEVELS[0] * lost(row[0], carries) + (1.0 - LEVELS[last]) * lost(row[last], carries);
    between.sum::<f64>() + outside
}
