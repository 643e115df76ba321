//! The snapshot that consoles draw.

use super::{ahead, charts};
use crate::{
    domain::{
        actuator::Actuator,
        decision::{Decision, Mode},
        error_budget::ErrorBudget,
        forecast::MEDIAN,
        group::GroupState,
        metric::Metric,
        plan::Plan,
        preflight::{Preflight, Verdict},
        series::Series,
        shift,
        suspension::SuspensionStage,
        text::clean,
    },
    engine::{
        Engine,
        clock::Clock,
        group::{runtime::GroupRuntime, signals::Seen},
        observe::sources,
    },
    forecast::outlook,
    link::{Badge, GroupDetail, GroupRow, Level, LoopView, Notice, OutlookRow, PastAnswer, View, Viewport},
    store::StoreError,
};

/// Points of a sparkline and the seconds that it covers.
const SPARK: (usize, i64) = (48, 12 * 3_600);
/// Seconds without a look after which a group is shown as not read.
const UNSEEN: i64 = 180;
/// Lines of the journal that a view carries.
const JOURNAL: usize = 300;
/// Lines of the log that a view carries.
const LOG: usize = 300;

impl Engine {
    /// A snapshot of everything that a console may show now, for the viewport requested last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn view(&self, clock: &Clock) -> Result<View, StoreError> {
        let common = self.common(clock)?;
        self.cut(common, &self.serving.viewport, &mut None)
    }

    /// Where the data come from: `SIMULATED`, or account and region.
    pub fn source(&self) -> String {
        clean(&self.world.source.name(), 80)
    }

    /// True when it refuses commands and never changes AWS.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// What is the same for all consoles.
    pub(in crate::engine) fn common(&self, clock: &Clock) -> Result<View, StoreError> {
        let zone = self.calendar.zone().name().to_owned();
        Ok(View {
            // 0 would say that there is nothing to show yet.
            serial: self.serving.serial.max(1),
            now: self.now,
            zone,
            clock: clock.view(),
            source: self.source(),
            simulated: self.world.simulator.is_some(),
            usage: self.usage(),
            sources: self.source_views(),
            read_only: self.read_only,
            brake: self.brake,
            notices: self.notices(),
            groups: self.groups.iter().map(|w| self.row(w)).collect(),
            proposals: self
                .groups
                .iter()
                .filter_map(|w| w.proposals.open.clone())
                .map(Decision::without_inputs)
                .collect(),
            journal: self.store.journal(JOURNAL, None)?,
            log: self.serving.log.newest(LOG),
            calendar: self.calendar.view(self.now),
            models: self.trainer.rows(),
            training: self.trainer.view(),
            backtest: self.backtests.view(),
            engine_loop: LoopView { store_bytes: self.store.size(), ..self.serving.pace },
            ..View::default()
        })
    }

    /// `common`, and what one console requested; `kept` is what it was told last of the past.
    pub(in crate::engine) fn cut(
        &self,
        common: View,
        viewport: &Viewport,
        kept: &mut Option<Box<PastAnswer>>,
    ) -> Result<View, StoreError> {
        let viewport = viewport.clone().bounded(self.now);
        let decision = match self.decision_then(&viewport) {
            Ok(found) => found.map(Decision::without_inputs),
            // One record that is damaged must not end the loop: the others are shown.
            Err(error @ StoreError::Row { .. }) => {
                tracing::warn!("{error}");
                None
            }
            Err(error) => return Err(error),
        };
        let wording = self.world.source.wording();
        let calls = common.proposals.iter().chain(&decision);
        let calls = calls.map(|d| (d.id, wording(&d.act(), &d.group))).collect();
        let mut detail = self.detail(&viewport);
        let fleet_then = self.answer_back(&viewport, &mut detail, kept);
        let mut view = View { detail, fleet_then, decision, calls, ..common };
        if let Some(window) = viewport.fleet {
            let group = viewport.group.or_else(|| view.groups.first().map(|row| row.name.clone()));
            view.cut_fleet(window, group.as_deref());
        }
        Ok(view)
    }

    fn notices(&self) -> Vec<Notice> {
        let troubled = self.serving.trouble.iter();
        let mut notices: Vec<Notice> =
            troubled.map(|(source, trouble)| sources::notice(source, trouble)).collect();
        if let Some(problem) = self.calendar.view(self.now).problem {
            notices.push(Notice { level: Level::Warning, text: clean(&problem, 300) });
        }
        let blind = self.world.source.warnings().into_iter();
        notices.extend(blind.map(|text| Notice { level: Level::Warning, text: clean(&text, 400) }));
        notices.extend(self.shared_notices());
        notices.extend(self.trainer.problem().map(|text| Notice { level: Level::Warning, text }));
        notices.sort_by_key(|n| std::cmp::Reverse(n.level));
        notices
    }

    fn row(&self, group: &GroupRuntime) -> GroupRow {
        let state = group.state.as_ref();
        // Of a group that was not read since the start, those seen before it.
        let sizes = state.map(Seen::of).or(group.memory.signals.seen);
        let lead = group.lead.0 + group.options.settings.cycle;
        let score = group.forecasters.scores().next().map(|(_, s)| s);
        let events = self.calendar.concerning(&group.name);
        let own = state.map(GroupState::acts_by_itself).unwrap_or_default();
        let budget = group.error_budget(self.now);
        let next = events.iter().find(|e| e.start > self.now || e.covers(self.now));
        GroupRow {
            name: clean(&group.name, 300),
            source: self.world.source.routes().label_of(&group.name).to_owned(),
            tag: state.and_then(|state| state.tag.clone()),
            mode: group.mode,
            policy: group.options.settings.policy.name().into(),
            min: sizes.map_or(0, |s| s.min),
            max: sizes.map_or(0, |s| s.max),
            desired: sizes.map_or(0, |s| s.desired),
            in_service: state.map_or(0, |s| s.in_service()),
            pending: state.map_or(0, |s| s.pending()),
            cpu: group.minute(Metric::Cpu).and_then(Series::last_known).map(|(_, v)| v),
            demand: group.demand.last_known().map(|(_, v)| v),
            demand_unit: charts::unit(group),
            predicted: group.forecast.as_ref().and_then(|f| f.at(shift(self.now, lead))).map(|q| q[MEDIAN]),
            spark: spark(group, self.now),
            badges: self.badges(group, budget.as_ref()),
            next_event: next.map(|e| (e.name.clone(), e.start)),
            budget,
            proposal: group.proposals.open.as_ref().map(|p| p.id),
            model: self.trainer.name_of(&group.name),
            wape: score.filter(|s| s.rounds() > 10.0).map(|s| (s.wape(), s.seasonal_wape())),
            coverage: score.filter(|s| s.rounds() > 10.0).map(|s| s.coverage()),
            forecasts: ahead::forecasts(group, self.now),
            accuracy: ahead::accuracy(group),
            planned: group.plan.as_ref().map(|(plan, _)| plan.want),
            blocked: group.plan.iter().flat_map(|(_, preflight)| blocked(preflight)).collect(),
            data_age: group.data_age(self.now),
            late: group.is_late(self.now),
            acts_by_itself: own.iter().map(|text| clean(text, 80)).collect(),
            lead,
        }
    }

    /// Badges: what is unusual about a group.
    fn badges(&self, group: &GroupRuntime, budget: Option<&ErrorBudget>) -> Vec<Badge> {
        let mut badges = Vec::new();
        let mut add = |level, text: String| badges.push(Badge { level, text });
        let routes = self.world.source.routes();
        let source = routes.label_of(&group.name);
        let trouble = self.serving.trouble.get(source).filter(|_| !source.is_empty());
        if let Some(badge) = trouble.and_then(|trouble| sources::badge(source, trouble)) {
            add(badge.level, badge.text);
        }
        match group.data_age(self.now) {
            Some(age) if age > group.options.limits.max_data_age => {
                add(Level::Critical, format!("stale {} min", age / 60))
            }
            Some(age) if age > 300 + group.options.step => {
                add(Level::Warning, format!("late {} min", age / 60))
            }
            Some(_) => {}
            None => add(Level::Warning, "no data yet".into()),
        }
        let Some(state) = &group.state else {
            add(Level::Critical, "not read since the start; sizes are those seen before".into());
            return badges;
        };
        badges.extend(self.state_badges(group, state));
        let mut add = |level, text: String| badges.push(Badge { level, text });
        if group.mode > Mode::Observe && group.memory.fitting == Some(Actuator::Floor) {
            match group.actuator() {
                Actuator::Desired => add(
                    Level::Warning,
                    "an AWS scaling policy will revert this; use `actuator = \"floor\"`".into(),
                ),
                _ => add(Level::Info, "MinSize only: an AWS scaling policy sizes this group".into()),
            }
        }
        let trouble = budget.and_then(ErrorBudget::trouble);
        trouble.into_iter().for_each(|text| add(Level::Warning, text));
        if let Some(held) = &group.memory.held {
            let left = group.mode == Mode::Observe && !held.ending;
            let level = if left { Level::Warning } else { Level::Info };
            add(level, format!("MinSize raised to {} by prescale (original {})", held.held, held.own));
        }
        if let Some(why) = self.no_lease(group) {
            add(Level::Info, why);
        }
        if group.memory.capacity.is_none() {
            add(Level::Info, "capacity per instance not yet measured".into());
        }
        if group.memory.signals.band_widened {
            add(Level::Warning, "forecast band widened: p95 was exceeded too often".into());
        }
        if let Some(little) = group.little_known() {
            add(Level::Info, little);
        }
        badges
    }

    /// Badges of what was seen of a group.
    fn state_badges(&self, group: &GroupRuntime, state: &GroupState) -> Vec<Badge> {
        let mut badges = Vec::new();
        let mut add = |level, text: String| badges.push(Badge { level, text });
        let unseen = (self.now - state.seen_at).num_seconds();
        if unseen > UNSEEN {
            add(Level::Critical, format!("not read for {} min", unseen / 60));
        }
        if let Some(refresh) = state.refresh.known().and_then(Option::as_ref) {
            let percent = refresh.percent.map(|percent| format!(" {percent} %"));
            add(Level::Warning, format!("refresh{}", percent.unwrap_or_default()));
        }
        let unknown: Vec<&str> = state.unknown().into_iter().map(|(what, _)| what).collect();
        if !unknown.is_empty() {
            add(Level::Warning, format!("unknown: {}", unknown.join(", ")));
        }
        let own = state.acts_by_itself();
        if self.brake && !own.is_empty() {
            add(Level::Warning, format!("the brake does not hold AWS's own {}", clean(&own.join(", "), 80)));
        }
        if !state.suspended.is_empty() {
            let names: Vec<&str> = state.suspended.iter().map(|process| process.name()).collect();
            let ours = group.memory.suspension.is_some_and(|ours| ours.stage == SuspensionStage::Held);
            let by = if ours { " (Terminate by prescale, until the brake is released)" } else { "" };
            add(Level::Warning, format!("suspended: {}{by}", clean(&names.join(", "), 60)));
        }
        if group.failed_launches() > 0 {
            add(Level::Critical, format!("{} launches failed", group.failed_launches()));
        }
        badges
    }

    /// The group in detail, without what is of now alone (charts, events, outlook) where a moment of the past is asked for.
    fn detail(&self, viewport: &Viewport) -> Option<GroupDetail> {
        let named = |w: &&GroupRuntime| viewport.group.as_ref().is_none_or(|g| *g == w.name);
        let group = self.groups.iter().find(named)?;
        let now = viewport.until.unwrap_or(self.now);
        let (from, until) = (shift(now, -viewport.past), shift(now, viewport.ahead));
        let shown = |(plan, checks): &(Plan, Preflight)| {
            (Plan { inputs: None, ..plan.clone() }, checks.clone().without_inputs())
        };
        let (plan, preflight) = group.plan.as_ref().map(shown).unzip();
        let mut detail = GroupDetail {
            name: group.name.clone(),
            state: group.state.clone()?,
            holds_terminate: group.memory.suspension.is_some(),
            from,
            until,
            charts: Vec::new(),
            events: Vec::new(),
            plan,
            preflight,
            lead: group.lead,
            warm: group.warm,
            capacity: group.memory.capacity.clone(),
            publication: group.publication_words(),
            scorecard: group.memory.scorecard.view(group.options.settings.tracking_target, group.price()),
            outlook: Vec::new(),
            mixes: ahead::mixes(group),
            learning: Some(self.trainer.learning(group, self.now)),
            past: None,
            what_if: None,
        };
        if viewport.then.is_none() {
            let events = self.calendar.concerning(&group.name).into_iter();
            detail.events = events.filter(|e| e.touches(from, until)).collect();
            detail.charts = self.charts(group, from, until, viewport);
            detail.outlook = outlook(group);
            if let Some(what_if) = &viewport.what_if {
                self.think(group, (what_if, viewport), &mut detail);
            }
        }
        Some(detail)
    }
}

fn outlook(group: &GroupRuntime) -> Vec<OutlookRow> {
    let row = |row: &outlook::OutlookHour| {
        let [p10, p50, p90] = row.quantiles;
        OutlookRow { time: row.time, p10, p50, p90 }
    };
    group.forecasters.outlook().iter().map(row).collect()
}

/// Names of the checks that block.
fn blocked(preflight: &Preflight) -> impl Iterator<Item = String> {
    let blocks = preflight.checks.iter().filter(|check| matches!(check.verdict, Verdict::Block { .. }));
    blocks.map(|check| check.name.clone())
}

/// Demand of the last hours, downsampled to the points of a sparkline; peaks are kept. Before the history begins there are gaps.
fn spark(group: &GroupRuntime, now: crate::domain::Time) -> Vec<Option<f64>> {
    let part = group.demand.between(shift(now, -SPARK.1), now);
    let wanted = (SPARK.1 / part.step()) as usize;
    let many = wanted.div_ceil(SPARK.0).max(1);
    let points = part.highest_over(part.step() * many as i64);
    let before = wanted.div_ceil(many).saturating_sub(points.len());
    std::iter::repeat_n(None, before).chain(points.iter().map(|(_, v)| v)).collect()
}
