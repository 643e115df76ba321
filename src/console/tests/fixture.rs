//! Views for tests: a small fleet in the morning before a sale, the same every time.

mod backtest;
mod calendar;
mod charts;
mod decisions;
mod records;
mod sources;
mod what_if;

use ratatui::{Frame, Terminal, backend::TestBackend};

pub(crate) use self::{
    backtest::{backtest, backtests},
    calendar::{calendar, entry, event},
    charts::charts,
    decisions::{plan, preflight, proposal},
    records::{journal, line, log, model, models, settings, training},
    sources::sourced,
    what_if::what_if,
};
use crate::{
    console::{
        draw::{axis::utc, theme::Theme},
        pages::page::Page,
    },
    domain::{
        Time,
        activity::{Activity, ActivityKind, ActivityStatus},
        decision::Mode,
        error_budget::ErrorBudget,
        event::{Event, EventKind},
        fixture, floor_to,
        forecast::LEVELS,
        group::{GroupState, Instance, Lifecycle, PolicyKind},
        objective::Objective,
        process::ScalingProcess,
        scorecard::{Score, Side, Tally},
        shift,
    },
    link::{
        Badge, ClockView, GroupDetail, GroupRow, LeadMix, LeadScore, LearningView, Level, Notice, OutlookRow,
        ScorecardView, TrainingState, View,
    },
};

/// The moment of every fixture: a Friday, 14:02 in Berlin.
pub(crate) fn now() -> Time {
    utc("2026-11-27T13:02:00Z")
}

/// The whole view, with something on every page: four groups, the detail of `shop`, one proposal.
pub(crate) fn view() -> View {
    View {
        serial: 7,
        now: now(),
        zone: "Europe/Berlin".into(),
        clock: ClockView::Simulated { speed: 60.0, paused: false },
        source: "SIMULATED".into(),
        simulated: true,
        notices: vec![Notice {
            level: Level::Warning,
            text: "feed: metrics are 12 min old; no scale-in".into(),
        }],
        groups: groups(),
        detail: Some(detail("shop")),
        proposals: vec![proposal(41, "shop", 4, 7)],
        calls: vec![(41, calls("shop", 7))],
        journal: journal(),
        log: log(),
        calendar: calendar(),
        models: models(),
        training: Some(training(TrainingState::Running)),
        backtest: backtests(),
        ..View::default()
    }
}

/// Four groups of different character.
pub(crate) fn groups() -> Vec<GroupRow> {
    let wave =
        |scale: f64| (0..48).map(|i| Some(scale * (1.2 + f64::from(i).mul_add(0.1, 0.0).sin()))).collect();
    let mut api = row("api", Mode::Auto, (2, 20, 6), wave(900.0));
    api.next_event = None;
    let mut feed = row("feed", Mode::Observe, (1, 8, 3), wave(300.0));
    feed.spark[30..38].fill(None);
    (feed.cpu, feed.demand, feed.predicted) = (None, None, None);
    (feed.data_age, feed.late) = (Some(720), true);
    feed.badges = vec![Badge { level: Level::Warning, text: "stale 12 min".into() }];
    let mut shop = row("shop", Mode::Approve, (2, 12, 4), wave(2_000.0));
    (shop.proposal, shop.pending, shop.planned) = (Some(41), 1, Some(7));
    shop.acts_by_itself = vec!["policy “cpu-60”".into()];
    let mut video = row("video-transcoding-workers-europe", Mode::Observe, (0, 40, 11), wave(40.0));
    (video.planned, video.blocked) = (Some(9), vec!["refresh".into()]);
    video.badges = vec![Badge { level: Level::Info, text: "refresh 40 %".into() }];
    vec![api, feed, shop, video]
}

/// A group's line with `(min, max, desired)`.
pub(crate) fn row(
    name: &str,
    mode: Mode,
    (min, max, desired): (u32, u32, u32),
    spark: Vec<Option<f64>>,
) -> GroupRow {
    GroupRow {
        name: name.into(),
        source: String::new(),
        tag: None,
        mode,
        policy: "capacity".into(),
        min,
        max,
        desired,
        in_service: desired,
        pending: 0,
        cpu: Some(61.4),
        demand: spark.last().copied().flatten(),
        demand_unit: "requests / 5 min".into(),
        predicted: spark.last().copied().flatten().map(|v| v * 1.3),
        spark,
        badges: Vec::new(),
        next_event: Some(("Black Friday".into(), utc("2026-11-27T17:00:00Z"))),
        budget: Some(ErrorBudget {
            objective: Objective::MinutesAbove(0.005),
            quantile: 0.9731,
            spent: 0.31,
            rates: (Some(0.0), Some(1.4)),
            hours: (1_512.4, 1_543.9),
        }),
        proposal: None,
        model: "lstm 64x1".into(),
        wape: Some((0.081, 0.124)),
        coverage: Some(0.94),
        accuracy: accuracy(),
        forecasts: Vec::new(),
        planned: Some(desired),
        blocked: Vec::new(),
        data_age: Some(120),
        late: false,
        acts_by_itself: Vec::new(),
        lead: 600,
    }
}

/// Scores of five leads, the farther the worse; the last drifts.
pub(crate) fn accuracy() -> Vec<LeadScore> {
    let row = |(ahead, wape, lately): (i64, f64, f64)| LeadScore {
        ahead,
        wape,
        naive_wape: 0.124,
        last_wape: 0.5 * wape + 0.00002 * ahead as f64,
        lately,
        held: LEVELS.map(|level| (level, level - 0.02 * level * (1.0 - level) * 4.0)).into(),
    };
    [
        (300, 0.041, 0.040),
        (900, 0.052, 0.055),
        (1_800, 0.063, 0.061),
        (3_600, 0.081, 0.090),
        (7_200, 0.098, 0.157),
    ]
    .map(row)
    .into()
}

/// Charts, plan and activities of a group, from six hours back to two ahead.
pub(crate) fn detail(name: &str) -> GroupDetail {
    let (from, until) = (shift(now(), -6 * 3_600), shift(now(), 2 * 3_600));
    let event = Event {
        name: "Black Friday".into(),
        kind: EventKind::Sale,
        label: "sale".into(),
        start: utc("2026-11-27T14:00:00Z"),
        end: utc("2026-11-27T20:00:00Z"),
        multiplier: Some(2.0),
        min_instances: Some(6),
        groups: vec![],
    };
    let plan = plan(4, 7);
    GroupDetail {
        name: name.into(),
        past: None,
        what_if: None,
        state: state(name),
        holds_terminate: false,
        from,
        until,
        charts: charts(from),
        events: vec![event],
        plan: Some(plan),
        preflight: Some(preflight()),
        lead: (312, 18),
        warm: Some((41, 6)),
        capacity: Some((1_250.0, "learned from 8 days of CPU against demand".into())),
        scorecard: Some(ScorecardView {
            since: utc("2026-11-12T00:00:00Z"),
            score: Score {
                acted: Tally {
                    minutes: 17_280.0,
                    ours: Side { above: 31.0, lost: 0.0, instance_hours: 1_512.4 },
                    baseline: Side { above: 245.0, lost: 0.0, instance_hours: 1_543.9 },
                },
                ..Score::default()
            },
            tracking_target: 0.5,
            price: Some(0.096),
            list_price: None,
        }),
        publication: None,
        outlook: outlook(now()),
        mixes: mixes(),
        learning: Some(LearningView {
            since: utc("2026-11-12T00:00:00Z"),
            load: 15 * 86_400,
            missing: 0,
            next: Some(utc("2026-11-28T02:15:00Z")),
        }),
    }
}

/// What the forecasts are mixed of: farther ahead the season counts more.
fn mixes() -> Vec<LeadMix> {
    let mix = |(minutes, last): (i64, f64)| LeadMix {
        ahead: 60 * minutes,
        weights: [("last value", last), ("day ago", 0.6 - 0.6 * last), ("ridge on roots", 0.4 - 0.4 * last)]
            .map(|(name, weight)| (name.to_owned(), weight))
            .into(),
        days: if minutes == 15 { days_of_mix() } else { Vec::new() },
    };
    [(5, 0.7), (15, 0.5), (30, 0.3), (60, 0.15), (120, 0.0)].map(mix).into()
}

/// Weights of a week in which the last value lost weight.
fn days_of_mix() -> Vec<(Time, Vec<f64>)> {
    let day = |i: i64| {
        let last = 0.9 - 0.06 * (7 - i) as f64;
        (shift(floor_to(now(), 86_400), -86_400 * i), vec![last, 0.9 - last, 0.1])
    };
    (1..8).rev().map(day).collect()
}

/// Two days of hours.
pub(crate) fn outlook(from: Time) -> Vec<OutlookRow> {
    let row = |i: i64| {
        let p50 = 2_600.0 + 1_800.0 * (i as f64 * std::f64::consts::TAU / 24.0).sin();
        OutlookRow { time: shift(from, 3_600 * i), p10: 0.8 * p50, p50, p90: 1.3 * p50 + 8.0 * i as f64 }
    };
    (0..48).map(row).collect()
}

/// What the cloud says of a group of four with one launching.
pub(crate) fn state(name: &str) -> GroupState {
    let instance = |number: u32, lifecycle| Instance {
        id: format!("i-0a{number:02x}"),
        protected: number == 0,
        zone: "eu-west-1a".into(),
        ..fixture::instance(number, lifecycle)
    };
    let activity = |minutes: i64, kind, status, description: &str| Activity {
        description: description.into(),
        ..fixture::activity(kind, status, shift(now(), -60 * minutes))
    };
    let (launch, failed) = ("Launching a new EC2 instance: i-0a09", "Launching a new EC2 instance");
    let message = Some("You have requested more vCPU capacity than your current limit".to_owned());
    let serving = (0..4).map(|number| instance(number, Lifecycle::InService));
    fixture::group(name)
        .seen_at(now())
        .sizes(2, 12, 4)
        .instances(serving.chain([instance(9, Lifecycle::Pending)]).collect())
        .activity(activity(2, ActivityKind::Launch, ActivityStatus::PreInService, launch))
        .activity(Activity { message, ..activity(71, ActivityKind::Launch, ActivityStatus::Failed, failed) })
        .activity(activity(
            190,
            ActivityKind::Terminate,
            ActivityStatus::Successful,
            "Terminating EC2 instance: i-0a07",
        ))
        .suspended(ScalingProcess::Other("AZRebalance".into()))
        .policy("cpu-60", PolicyKind::TargetTracking { target: 60.0, scale_in_disabled: false }, true)
        .build()
}

/// The cells of a screen of that size after `draw`.
pub(crate) fn screen(size: (u16, u16), draw: impl FnOnce(&mut Frame<'_>)) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).expect("a test backend cannot fail");
    terminal.draw(draw).expect("a test backend cannot fail");
    terminal.backend().clone()
}

/// The API calls of a proposal.
pub(crate) fn calls(group: &str, to: u32) -> Vec<String> {
    vec![format!("SetDesiredCapacity AutoScalingGroupName={group} DesiredCapacity={to} HonorCooldown=false")]
}

/// A page as text on a screen of that size.
pub(crate) fn shot(page: &dyn Page, view: &View, theme: &Theme, width: u16, height: u16) -> String {
    screen((width, height), |frame| page.draw(frame, frame.area(), view, theme)).to_string()
}

/// The sizes of the snapshots.
pub(crate) const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// Compares `page` with its stored screens at the sizes of the snapshots.
pub(in crate::console) fn snapshots(name: &str, page: &dyn Page, view: &View) {
    for (width, height) in SIZES {
        let shown = shot(page, view, &Theme::default(), width, height);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), shown);
    }
}
