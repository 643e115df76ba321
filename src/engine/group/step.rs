//! One minute of one group: learn → forecast → plan → preflight → decide.

use super::{
    learn::Changed,
    observation::{Context, Observation},
    ready::{Ready, Setting},
    runtime::GroupRuntime,
};
use crate::{
    domain::{
        Seconds, Time,
        decision::Mode,
        event::Event,
        metric::Metric,
        plan::{Plan, instances_for},
        preflight::Preflight,
        series::Series,
        shift,
    },
    engine::observe::collect,
    plan::{
        PlanContext, Settings, lead,
        policies::LOOKS_BACK,
        preflight::{self, DataQuality, OperatorChoice, OtherActors, Pace, PreflightContext, ScalingState},
        recorded::{plan_inputs, preflight_inputs},
        upstream_dip::UpstreamDip,
    },
};

/// Seconds of minutes that are written again each minute: points may be that late.
const RECENT: Seconds = 300;

impl GroupRuntime {
    /// Processes one observed minute. Nothing is done yet: what to keep, write and do is in what it
    /// returns.
    pub fn step(&mut self, mut seen: Observation) -> Ready {
        let mut ready = Ready::default();
        let looked = seen.look.is_some();
        let changed = self.learn(&mut seen, &mut ready);
        self.watch_unknown_load(&seen, &mut ready);
        let context = seen.context;
        self.detect_foreign_change(&context, &mut ready);
        self.detect_incident(&context, &mut ready);
        self.note_saturation(context.now, &mut ready);
        if looked {
            self.keep_floor(&context, &mut ready);
        }
        self.expire(&context, &mut ready);
        let cycle_due = self.forecast(&context, &mut ready);
        ready.samples = self.unsaved(context.now, cycle_due, changed);
        let dip = self.upstream_dip(context.now);
        self.say_dip(&context, dip, &mut ready);
        if let Some(plan) = self.plan(&context, dip, cycle_due) {
            self.update_scorecard(context.now, Some(&plan), &mut ready);
            self.want(context.now, &plan);
            if let Some(checks) = self.preflight(&context, plan.want, false) {
                self.decide(&context, &plan, &checks, cycle_due, &mut ready);
                self.plan = Some((plan, checks));
            }
        } else {
            self.update_scorecard(context.now, None, &mut ready);
        }
        self.remember(context.now, &mut ready);
        ready
    }

    /// Makes a new forecast and new measurements when due; returns whether it did.
    fn forecast(&mut self, context: &Context, ready: &mut Ready) -> bool {
        let now = context.now;
        let cycle = self.options.settings.cycle;
        let elapsed = self.memory.cycled.map(|c| (now - c).num_seconds());
        let news = self.fresh_steps > 0 && self.options.step >= cycle;
        if !(news || elapsed.is_none_or(|e| e >= cycle)) {
            return false;
        }
        self.memory.cycled = Some(now);
        self.fresh_steps = 0;
        self.memory.learned_until = Some(self.forecasters.known_until());
        self.forecast = self.forecasters.forecast(now);
        self.measure(now, ready);
        ready.forecasts.extend(self.forecast.clone());
        self.check_model_health(context, ready);
        true
    }

    /// The samples not yet on disk: at first all of them; each minute the newest minutes; once a cycle demand as well; and
    /// all since the first that has `changed`.
    fn unsaved(&mut self, now: Time, cycle_due: bool, changed: Changed) -> Vec<(Metric, Series)> {
        let again = if cycle_due { collect::ASK_AGAIN + self.options.settings.cycle } else { RECENT };
        let saved = self.saved.replace(now);
        let since = saved.map_or(Time::MIN_UTC, |saved| shift(saved, -again));
        let first = changed.minutes.map_or(since, |changed| since.min(changed));
        let minutes = self.minutes.iter().map(|(m, s)| (*m, kept(*m, s.between(first, now))));
        let late = self.options.late + self.options.step;
        let since = shift(since, -late);
        let first = changed.demand.map_or(since, |changed| since.min(changed));
        let due = cycle_due || saved.is_none() || changed.demand.is_some();
        let demand = due.then(|| self.demand.between(first, now));
        minutes.chain(demand.map(|demand| (Metric::Demand, demand))).collect()
    }

    /// The recommendation of the policy.
    fn plan(&self, context: &Context, dip: Option<UpstreamDip>, cycle_due: bool) -> Option<Plan> {
        let now = context.now;
        let own = self.own_state()?;
        let delay = self.actuator().delay();
        let lead = self.lead.0 + delay;
        let settings = Settings { risk: self.risk(), ..self.options.settings.clone() };
        let situation = PlanContext {
            now,
            cycle_due,
            group: &own,
            forecast: self.forecast.as_ref(),
            load: self.load_now(now),
            cpu: &self.recent_cpu(now, LOOKS_BACK),
            history: &self.demand,
            capacity: self.memory.capacity.as_ref().map(|(c, _)| *c),
            lead,
            events: &soon(&context.events, now, lead + self.options.settings.cycle),
            recent_most: self.recent_most(now),
            saturated: self.saturated_cpu(now),
            dip,
            settings: &settings,
        };
        let warm = self.warm.map(|(seconds, _)| seconds + delay);
        let plan = lead::plan(self.options.settings.policy, &situation, warm)?;
        Some(Plan { inputs: Some(Box::new(plan_inputs(&situation, warm))), ..plan })
    }

    /// Keeps the recommendation, for the hold before scale-in.
    fn want(&mut self, now: Time, plan: &Plan) {
        self.memory.wanted = Some(plan.want);
        self.memory.wants.push_back((now, plan.unheld.unwrap_or(plan.want)));
    }

    /// Runs every check on the wish to set `want`, which a person has `approved`, or nobody; `None` before the group was seen.
    pub(in crate::engine) fn preflight(
        &self,
        context: &Context,
        want: u32,
        approved: bool,
    ) -> Option<Preflight> {
        let now = context.now;
        let steered = self.steered(want)?;
        let no_lease = context.no_lease.as_deref().filter(|_| self.steered_from() != Some(want));
        let situation = PreflightContext {
            now,
            group: &steered,
            events: &context.events,
            data: DataQuality {
                age: self.data_age(now),
                clock_jump: context.jump,
                sick_model: self.memory.signals.sick.as_deref(),
                most_seen: self.most_seen(context),
            },
            scaling: ScalingState {
                actuator: self.actuator_to(want),
                lead: self.lead.0,
                failed_launches: self.failed_launches(),
            },
            pace: Pace {
                last_out: self.last_action(true),
                last_in: self.last_action(false),
                actions: self.actions_last_hour(now),
                reversals: self.reversals(now),
                calls: context.calls,
            },
            others: OtherActors { foreign: self.memory.signals.foreign.as_ref(), no_lease },
            operator: OperatorChoice {
                auto: self.mode == Mode::Auto && !approved,
                brake: context.brake,
                rejected: self.rejected_to(),
            },
            limits: &self.options.limits,
        };
        let checks = preflight::run(want, &situation);
        Some(Preflight { inputs: Some(Box::new(preflight_inputs(want, &situation))), ..checks })
    }

    /// Instances that the highest load seen needs, with the multipliers of the calendar's events within the lead time.
    fn most_seen(&self, context: &Context) -> Option<u32> {
        let (capacity, _) = self.memory.capacity.as_ref()?;
        let settings = &self.options.settings;
        let ahead = self.lead.0 + self.actuator().delay() + settings.cycle;
        let events = soon(&context.events, context.now, ahead);
        let times: f64 = events.iter().filter_map(|e| e.multiplier).map(|m| m.max(1.0)).product();
        instances_for(times * self.forecasters.highest_seen()?, *capacity, settings.target)
    }

    /// Drops what no rule uses any more, and stores the rest.
    fn remember(&mut self, now: Time, ready: &mut Ready) {
        self.memory.forget(now, self.options.settings.policy.hold(&self.options.settings));
        self.memory.lead = Some((self.lead, self.warm));
        ready.settings.push(Setting::Memory(Box::new(self.memory.clone())));
    }
}

/// What is stored of the newest `minutes` of `metric`: errors only where there were some.
fn kept(metric: Metric, minutes: Series) -> Series {
    if metric != Metric::Errors {
        return minutes;
    }
    let some = minutes.iter().map(|(_, value)| value.filter(|errors| *errors > 0.0));
    Series::from_values(minutes.start(), minutes.step(), some)
}

/// The events among `events` that touch the next `seconds`.
fn soon(events: &[Event], now: Time, seconds: i64) -> Vec<Event> {
    let until = shift(now, seconds);
    events.iter().filter(|e| e.touches(now, until)).cloned().collect()
}
