//! Looking back through decisions, and to a time.

use crossterm::event::{KeyCode, KeyEvent};

use super::*;
use crate::{
    console::{
        draw::{axis::in_zone, style::Depth, theme::Symbols},
        input::action::Action,
        pages::{group::GroupPage, page::Page},
        tests::fixture::{now, proposal, shot, view},
        widgets::outcome::{Moment, Outcome},
    },
    domain::{
        Time,
        actuator::Act,
        decision::Stage,
        inputs::{InstanceInputs, PlanInputs, PreflightInputs},
        series::Series,
        shift,
    },
    link::ChartLine,
};

fn then() -> Time {
    shift(now(), -4 * 3_600)
}

/// Decision 57 of four hours ago, with what was known and what came after it.
fn past(asked: PastMoment) -> PastGroup {
    let mut decision = proposal(57, "shop", 4, 7);
    (decision.at, decision.plan.at, decision.stage) = (then(), then(), Stage::Applied);
    let mut plan = PlanInputs { load: Some(4_812.0), recent_most: Some(5), ..PlanInputs::default() };
    (plan.group.min, plan.group.max, plan.group.desired, plan.group.in_service) = (2, 40, 4, 4);
    let mut checks = PreflightInputs::default();
    (checks.group.min, checks.group.max, checks.group.desired) = (2, 40, 4);
    checks.group.instances = vec![InstanceInputs { count: 4, ..InstanceInputs::default() }];
    checks.data.age = Some(75);
    (decision.plan.inputs, decision.preflight.inputs) = (Some(Box::new(plan)), Some(Box::new(checks)));
    PastGroup {
        at: Some(then()),
        decision: Some(decision),
        made: Some((shift(then(), -60), "lstm 64x1".into())),
        newest: Some((shift(then(), -300), 4_700.0)),
        earlier: Some(55),
        later: Some(58),
        ..PastGroup::of(asked)
    }
}

/// The view that answers `asked`: the load is known until then, and what came after it is another line.
fn looked_back(asked: PastMoment) -> View {
    let mut view = view();
    let detail = view.detail.as_mut().expect("the fixture has one");
    detail.outlook.clear();
    for chart in &mut detail.charts {
        let actual = chart.lines.iter_mut().find(|line| line.role == LineRole::Actual);
        let Some(actual) = actual else { continue };
        let series = actual.series.between(then(), now());
        actual.series = actual.series.before(then());
        chart.lines.push(ChartLine::of(LineRole::Came, "came after", series, None));
    }
    detail.past = Some(Box::new(past(asked)));
    view
}

fn page() -> GroupPage {
    let mut page = GroupPage::default();
    page.look_at("shop");
    page
}

fn asked(page: &GroupPage) -> Option<PastMoment> {
    page.viewport(&view(), (120, 40)).expect("charts need data").then
}

#[test]
fn the_page_shows_what_was_known_then_and_what_came() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut page = page();
        page.act(Action::EarlierDecision, &view());
        let asked = asked(&page).expect("it looks back");
        let shown = shot(&page, &looked_back(asked), &Theme::default(), width, height);
        let banner = "shop  as of Fri 27 10:02: 4 → 7, decision 57, applied, 4 h ago";
        assert!(shown.contains(banner), "{shown}");
        assert!(!shown.contains("past forecasts"), "they are those of the moment: {shown}");
        assert!(shown.contains("Plan then (capacity): 4 → 7") && shown.contains("came after"), "{shown}");
        insta::assert_snapshot!(format!("group_then_{width}x{height}"), shown);
    }
}

#[test]
fn decisions_are_stepped_through_and_the_last_step_leads_to_now() {
    let mut page = page();
    assert!(matches!(page.act(Action::LaterDecision, &view()), Outcome::Say(_)));
    page.act(Action::EarlierDecision, &view());
    let first = asked(&page).expect("it looks back");
    assert_eq!(first, PastMoment::NewestUntil(now()));
    page.act(Action::EarlierDecision, &view());
    assert_eq!(asked(&page), Some(first), "the answer is waited for");
    page.act(Action::EarlierDecision, &looked_back(first));
    assert_eq!(asked(&page), Some(PastMoment::Decision(55)));
    page.act(Action::LaterDecision, &looked_back(PastMoment::Decision(55)));
    assert_eq!(asked(&page), Some(PastMoment::Decision(58)));
    let mut newest = looked_back(PastMoment::Decision(58));
    let past = newest.detail.as_mut().and_then(|detail| detail.past.as_mut()).expect("it has one");
    (past.later, past.earlier) = (None, None);
    assert!(matches!(page.act(Action::EarlierDecision, &newest), Outcome::Say(_)));
    page.act(Action::LaterDecision, &newest);
    assert_eq!(asked(&page), None);
    page.act(Action::EarlierDecision, &view());
    assert_eq!(page.act(Action::Back, &view()), Outcome::Changed);
    assert_eq!(asked(&page), None);
}

#[test]
fn a_time_of_day_is_the_newest_and_a_date_is_that_day() {
    let (mut page, view) = (page(), view());
    let mut type_in = |text: &str| {
        page.act(Action::AtTime, &view);
        assert!(page.wants_text());
        text.chars().for_each(|c| drop(page.key(KeyEvent::from(KeyCode::Char(c)), &view)));
        page.key(KeyCode::Enter.into(), &view)
    };
    assert!(matches!(type_in("noon"), Outcome::Say(_)));
    page.key(KeyCode::Esc.into(), &view);
    assert!(!page.wants_text());
    let zone = zone(&view.zone);
    let typed = |time: Time, format: &str| in_zone(time, zone).format(format).to_string();
    for (at, format) in [
        (shift(now(), -7_200), "%H:%M"),
        (shift(now(), -82_800), "%H:%M"),
        (shift(now(), -900_000), "%Y-%m-%d %H:%M"),
    ] {
        page.act(Action::AtTime, &view);
        assert_eq!(page.paste(&typed(at, format), &view), Outcome::Changed);
        assert_eq!(page.key(KeyCode::Enter.into(), &view), Outcome::Changed);
        assert_eq!(
            asked(&page),
            Some(PastMoment::At(shift(crate::domain::floor_to(at, 60), 59).min(now()))),
            "{format}"
        );
    }
}

#[test]
fn what_is_not_kept_is_said() {
    let mut page = page();
    page.act(Action::EarlierDecision, &view());
    let shown = shot(&page, &view(), &Theme::default(), 120, 40);
    assert!(shown.contains("Loading shop as it was then.") && !shown.contains("Demand"), "{shown}");
    page.act(Action::AtTime, &view());
    assert!(shot(&page, &view(), &Theme::default(), 120, 40).contains("As of: "), "it is typed meanwhile");
    page.key(KeyCode::Esc.into(), &view());
    let mut none = looked_back(PastMoment::NewestUntil(now()));
    let past = none.detail.as_mut().and_then(|detail| detail.past.as_mut()).expect("it has one");
    (past.at, past.decision) = (Some(now()), None);
    none.detail.as_mut().expect("it has one").charts.clear();
    let shown = shot(&page, &none, &Theme::default(), 120, 40);
    assert!(shown.contains("as of Fri 27 14:02: no decision of this group until then"), "{shown}");
    assert!(shown.contains("no decision was made") && shown.contains("No charts: there is no"), "{shown}");
}

#[test]
fn a_record_that_cannot_be_read_is_said_and_stepped_over() {
    let mut page = page();
    page.act(Action::EarlierDecision, &view());
    page.act(Action::EarlierDecision, &looked_back(PastMoment::NewestUntil(now())));
    let asked_for = asked(&page).expect("it looks back");
    let mut spoilt = looked_back(asked_for);
    let detail = spoilt.detail.as_mut().expect("it has one");
    detail.charts.clear();
    let past = detail.past.as_mut().expect("it looks back");
    (past.decision, past.unread) = (None, Some("decision 55 cannot be read (EOF); restore a backup".into()));
    let shown = shot(&page, &spoilt, &Theme::default(), 120, 40);
    assert!(
        shown.contains("shop  decision 55 cannot be read") && shown.contains("(EOF); restore"),
        "{shown}"
    );
    page.act(Action::LaterDecision, &spoilt);
    assert_eq!(asked(&page), Some(PastMoment::Decision(58)), "the one after it");
}

#[test]
fn the_line_of_a_raised_floor_fits_the_least_screen() {
    let mut page = page();
    page.act(Action::EarlierDecision, &view());
    page.act(Action::EarlierDecision, &looked_back(PastMoment::NewestUntil(now())));
    let mut floor = looked_back(asked(&page).expect("it looks back"));
    let past = floor.detail.as_mut().and_then(|detail| detail.past.as_mut()).expect("it has one");
    let decision = past.decision.as_mut().expect("it has one");
    (decision.from, decision.to, decision.stage, decision.id) = (2, 6, Stage::Proposed, 12_345);
    decision.act = Some(Act::Floor { min: 6, unschedule: false });
    let line = |page: &GroupPage, view: &View, width| {
        let shown = shot(page, view, &Theme::default(), width, 24);
        shown.lines().next().expect("a first line").trim_matches(['"', ' ']).to_owned()
    };
    assert_eq!(line(&page, &floor, 80), "shop  as of Fri 27 10:02: 2 → 6, decision 12345, proposed, 4 h ago");
    assert!(line(&page, &floor, 120).ends_with("proposed, 4 h ago, floor (MinSize)"));
    let name = "x".repeat(40);
    floor.detail.as_mut().expect("it has one").name = name.clone();
    page.group = Some(name.clone());
    assert_eq!(line(&page, &floor, 80), format!("{name}  as of Fri 27 10:02: 2 → 6"));
}

#[test]
fn a_time_after_now_is_refused_and_the_minute_under_way_is_now() {
    let mut page = page();
    let view = View { now: shift(now(), 30), ..view() };
    page.act(Action::AtTime, &view);
    page.paste("2026-11-28 03:12", &view);
    let refused = page.key(KeyCode::Enter.into(), &view);
    assert!(matches!(&refused, Outcome::Say(why) if why.contains("now is Fri 27 14:02")), "{refused:?}");
    assert!(page.wants_text() && asked(&page).is_none(), "it can be mended");
    page.key(KeyCode::Esc.into(), &view);
    page.act(Action::AtTime, &view);
    page.paste("14:02", &view);
    assert_eq!(page.key(KeyCode::Enter.into(), &view), Outcome::Changed);
    assert_eq!(asked(&page), Some(PastMoment::At(view.now)));
}

#[test]
fn a_moment_between_two_decisions_says_how_old_the_plan_is() {
    let mut page = page();
    let moment = PastMoment::At(shift(then(), 720));
    page.look_back(Moment::AsKnown(moment), &view());
    let mut view = looked_back(moment);
    let past = view.detail.as_mut().and_then(|detail| detail.past.as_mut()).expect("it has one");
    past.at = Some(shift(then(), 720));
    let shown = shot(&page, &view, &Theme::default(), 120, 40);
    let banner = "shop  as of Fri 27 10:14: 4 → 7, decision 57 12 min before, applied, 3 h 48 min ago";
    assert!(shown.contains(banner), "{shown}");
}

#[test]
fn now_is_now_and_keys_of_the_live_charts_do_nothing_meanwhile() {
    let (mut page, live) = (page(), view());
    page.act(Action::Left, &live);
    page.act(Action::Crosshair, &live);
    let window = |page: &GroupPage| page.viewport(&view(), (120, 40)).expect("charts need data");
    let panned = window(&page).until.expect("it ends before now");
    page.act(Action::AtTime, &live);
    page.paste("2026-11-27 10:05", &live);
    page.key(KeyCode::Enter.into(), &live);
    let then = looked_back(asked(&page).expect("it looks back"));
    assert!(page.keys(&then).contains(&Action::EarlierDecision) && page.window.cross.is_none());
    for action in [Action::Last, Action::Overlay, Action::Left, Action::Right, Action::Crosshair] {
        let before = window(&page);
        assert_eq!((page.act(action, &then), window(&page)), (Outcome::Ignored, before), "{action:?}");
    }
    page.act(Action::Back, &then);
    assert_eq!((asked(&page), window(&page).until), (None, Some(panned)), "back to where it began");
    page.act(Action::EarlierDecision, &live);
    page.act(Action::Now, &live);
    assert_eq!((asked(&page), window(&page).until), (None, None), "now is now");
}

#[test]
fn a_line_of_the_journal_leads_to_its_own_moment() {
    let mut page = page();
    page.act(Action::EarlierDecision, &view());
    assert!(asked(&page).is_some());
    page.look_at("shop");
    page.look_back(Moment::Marked(then()), &view());
    assert_eq!(asked(&page), None);
    assert_eq!(page.window.cross, Some(then()));
    assert!(shot(&page, &view(), &Theme::default(), 120, 40).contains("not live"));
}

#[test]
fn the_fleet_of_then_leads_to_that_moment_and_the_fleet_of_now_to_now_without_a_crosshair() {
    let mut page = page();
    page.look_back(Moment::Marked(then()), &view());
    let moment = PastMoment::Decision(57);
    page.look_back(Moment::AsKnown(moment), &view());
    assert_eq!((asked(&page), page.window.cross), (Some(moment), None));
    page.look_back(Moment::Now, &view());
    let window = page.viewport(&view(), (120, 40)).expect("charts need data");
    assert_eq!((window.then, window.until, page.window.cross), (None, None, None));
}

#[test]
fn without_colours_what_came_is_told_from_what_was_known() {
    let mut page = page();
    page.act(Action::EarlierDecision, &view());
    let mut view = looked_back(asked(&page).expect("it looks back"));
    let detail = view.detail.as_mut().expect("it has one");
    detail.charts.truncate(1);
    detail.events.clear();
    let chart = &mut detail.charts[0];
    (chart.band, chart.limits) = (None, Vec::new());
    chart.lines.retain(|line| matches!(line.role, LineRole::Actual | LineRole::Came));
    for line in &mut chart.lines {
        let level = line.series.iter().map(|(_, value)| value.map(|_| 1_000.0));
        line.series = Series::from_values(line.series.start(), line.series.step(), level);
    }
    for symbols in [Symbols::Braille, Symbols::Block] {
        let theme = Theme::load("mono", Depth::None, symbols).expect("built in");
        let shown = shot(&page, &view, &theme, 80, 24);
        assert!(shown.contains("╍came after") && shown.contains("━actual"), "{shown}");
        let level = |row: &&str| ["⠉⠉⠉", "⠒⠒⠒", "⠤⠤⠤", "▄▄▄", "▀▀▀"].iter().any(|dots| row.contains(dots));
        let row = shown.lines().find(level).unwrap_or_else(|| panic!("a level line: {shown}"));
        let (_, plot) = row.trim_matches('"').split_once(['┤', '│']).expect("the axis");
        let (known, came) = plot.rsplit_once('│').expect("the line of then");
        assert!(!known.trim().contains(' '), "{shown}");
        assert!(came.trim().contains(' '), "{shown}");
    }
}
