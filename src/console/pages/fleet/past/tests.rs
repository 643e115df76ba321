//! The fleet of then: stepping, a time, the cursor, the charts, and what cannot be shown.

use crossterm::event::{KeyCode, KeyEvent};

use super::*;
use crate::{
    console::{
        input::action::Action,
        pages::{fleet::FleetPage, page::Page},
        tests::fixture::{detail, now, proposal, shot, view},
        widgets::outcome::{Moment, Outcome},
    },
    domain::shift,
    link::{PastGroup, Viewport},
};

fn then() -> Time {
    shift(now(), -4 * 3_600)
}

fn decided(id: i64, group: &str, (from, to): (u32, u32), minutes: i64) -> PastDecision {
    PastDecision {
        id,
        group: group.into(),
        at: shift(then(), -60 * minutes),
        stage: "applied".into(),
        change: Some(("desired capacity".into(), from, to)),
    }
}

/// The view that answers `asked`: decision 57 of `feed` is the newest of four hours ago.
fn looked_back(asked: PastMoment) -> View {
    let row = |name: &str, decision| PastRow {
        name: name.into(),
        demand: Some(4_812.0),
        predicted: Some(5_130.0),
        cpu: Some(61.2),
        in_service: Some(4.0),
        decision,
    };
    let mut view = view();
    let damaged = PastDecision { change: None, ..decided(48, "api", (2, 3), 131) };
    let groups = view.groups.iter().map(|group| match group.name.as_str() {
        "feed" => row("feed", Some(decided(57, "feed", (9, 11), 0))),
        "shop" => row("shop", Some(decided(56, "shop", (4, 7), 12))),
        "api" => row("api", Some(damaged.clone())),
        other => PastRow { demand: None, predicted: None, ..row(other, None) },
    });
    let fleet = PastFleet {
        at: Some(then()),
        newest: Some(decided(57, "feed", (9, 11), 0)),
        earlier: Some(56),
        later: Some(58),
        groups: groups.collect(),
        ..PastFleet::of(asked)
    };
    view.fleet_then = Some(Box::new(fleet));
    view
}

/// The same with the charts of `name` at its moment.
fn with_charts(mut view: View, name: &str) -> View {
    let mut decision = proposal(56, name, 4, 7);
    decision.at = shift(then(), -720);
    let asked = view.fleet_then.as_deref().and_then(PastFleet::moment).expect("it looks back");
    let mut detail = detail(name);
    detail.past =
        Some(Box::new(PastGroup { at: Some(then()), decision: Some(decision), ..PastGroup::of(asked) }));
    view.detail = Some(detail);
    view
}

fn asked(page: &FleetPage, view: &View) -> Viewport {
    page.viewport(view, (120, 40)).expect("charts need data")
}

/// A page that looks back, and what it asks for.
fn back() -> (FleetPage, PastMoment) {
    let mut page = FleetPage::default();
    page.act(Action::EarlierDecision, &view());
    let moment = asked(&page, &view()).fleet_then.expect("it looks back");
    (page, moment)
}

#[test]
fn the_fleet_is_shown_as_it_was_known_then() {
    let (mut page, moment) = back();
    assert_eq!(moment, PastMoment::NewestUntil(now()), "one request leads to the moment of a decision");
    let shown = shot(&page, &view(), &Theme::default(), 120, 40);
    assert!(shown.contains("Loading the fleet as it was then.") && !shown.contains("shop"), "{shown}");
    page.refresh(&looked_back(moment));
    page.look_at("shop");
    let view = with_charts(looked_back(moment), "shop");
    for (width, height) in [(80, 24), (120, 40)] {
        let shown = shot(&page, &view, &Theme::default(), width, height);
        assert!(shown.contains("fleet  as of Fri 27 10:02: feed 9 → 11, decision 57, applied"), "{shown}");
        assert!(
            shown.contains(" 4  4 → 7, applied, 12 min before") && shown.contains("none until then"),
            "{shown}"
        );
        assert!(shown.contains("decision 48 cannot be read, 2 h"), "{shown}");
        insta::assert_snapshot!(format!("fleet_then_{width}x{height}"), shown);
    }
}

#[test]
fn the_cursor_goes_to_the_group_that_decided_and_stays_where_it_is_moved() {
    let (mut page, moment) = back();
    let view = looked_back(moment);
    assert_eq!(page.chosen_group(&view).as_deref(), Some("shop"), "its proposal waits now");
    page.refresh(&view);
    assert_eq!(page.chosen_group(&view).as_deref(), Some("feed"));
    page.act(Action::Last, &view);
    let last = page.chosen_group(&view);
    page.refresh(&view);
    assert!(last.as_deref() != Some("feed") && page.chosen_group(&view) == last);
    page.act(Action::EarlierDecision, &view);
    let moment = asked(&page, &view).fleet_then.expect("it looks back");
    assert_eq!(moment, PastMoment::Decision(56));
    page.refresh(&looked_back(moment));
    assert_eq!(page.chosen_group(&view).as_deref(), Some("feed"), "the newest of this answer");
    let opened = Outcome::OpenGroup("feed".into(), Moment::AsKnown(moment));
    assert_eq!(page.act(Action::Open, &looked_back(moment)), opened);
    page.act(Action::LaterDecision, &looked_back(moment));
    let pending = page.act(Action::Open, &looked_back(moment));
    assert!(matches!(pending, Outcome::Say(_)), "no row of then is there yet: {pending:?}");
    page.act(Action::Now, &view);
    assert_eq!(page.act(Action::Open, &view), Outcome::OpenGroup("feed".into(), Moment::Now));
}

#[test]
fn decisions_of_all_groups_are_stepped_through_and_the_last_step_leads_to_now() {
    let (mut page, moment) = back();
    page.act(Action::LaterDecision, &view());
    assert_eq!(asked(&page, &view()).fleet_then, Some(moment), "the answer is waited for");
    page.act(Action::LaterDecision, &looked_back(moment));
    let moment = PastMoment::Decision(58);
    let mut newest = looked_back(moment);
    assert_eq!(asked(&page, &newest).fleet_then, Some(moment));
    newest.fleet_then.as_mut().expect("it looks back").later = None;
    page.act(Action::LaterDecision, &newest);
    assert_eq!(asked(&page, &newest).fleet_then, None);
    assert!(
        shot(&page, &newest, &Theme::default(), 120, 40).contains("4 groups, 2 to look at"),
        "it is live"
    );
}

#[test]
fn a_time_is_typed_beside_the_filter_and_escape_leaves_one_after_the_other() {
    let (mut page, view) = (FleetPage::default(), view());
    page.act(Action::AtTime, &view);
    assert!(page.wants_text());
    assert!(shot(&page, &view, &Theme::default(), 80, 24).contains("As of: "));
    "10:0".chars().for_each(|c| drop(page.key(KeyEvent::from(KeyCode::Char(c)), &view)));
    page.paste("2", &view);
    assert_eq!(page.key(KeyCode::Enter.into(), &view), Outcome::Changed);
    let moment = PastMoment::At(shift(then(), 59));
    assert_eq!((page.wants_text(), asked(&page, &view).fleet_then), (false, Some(moment)));
    let view = looked_back(moment);
    page.act(Action::Filter, &view);
    page.paste("feed", &view);
    page.key(KeyCode::Enter.into(), &view);
    let shown = shot(&page, &view, &Theme::default(), 120, 40);
    assert!(shown.contains("9 → 11, applied, decision 57") && !shown.contains("12 min before"), "{shown}");
    page.act(Action::Back, &view);
    assert!(!page.list.filter().is_shown());
    assert_eq!(asked(&page, &view).fleet_then, Some(moment), "the filter goes first");
    page.act(Action::Back, &view);
    assert_eq!(asked(&page, &view).fleet_then, None);
}

#[test]
fn a_time_after_now_is_refused() {
    let (mut page, view) = (FleetPage::default(), view());
    page.act(Action::AtTime, &view);
    page.paste("2026-11-28 03:12", &view);
    let refused = page.key(KeyCode::Enter.into(), &view);
    assert!(matches!(&refused, Outcome::Say(why) if why.contains("still to come")), "{refused:?}");
    assert_eq!((page.wants_text(), asked(&page, &view).fleet_then), (true, None));
}

#[test]
fn charts_are_those_of_the_moment() {
    let (mut page, moment) = back();
    assert_eq!(asked(&page, &view()).then, None, "the moment is not known yet");
    let view = looked_back(moment);
    page.look_at("shop");
    let viewport = asked(&page, &view);
    assert_eq!((viewport.group.as_deref(), viewport.then), (Some("shop"), Some(PastMoment::Decision(57))));
    let shown = shot(&page, &view, &Theme::default(), 120, 40);
    assert!(
        shown.contains("Loading charts of shop") && !shown.contains("Demand requests"),
        "not those of now: {shown}"
    );
    let view = with_charts(view, "shop");
    let shown = shot(&page, &view, &Theme::default(), 120, 40);
    assert!(
        shown.contains("shop  as of Fri 27 10:02: 4 → 7, decision 56 12 min before")
            && shown.contains("Demand requests"),
        "{shown}"
    );
    page.act(Action::Now, &view);
    let shown = shot(&page, &view, &Theme::default(), 120, 40);
    assert!(
        shown.contains("Loading charts of shop") && !shown.contains("Demand requests"),
        "not those of then: {shown}"
    );
}

#[test]
fn what_is_not_kept_and_what_cannot_be_read_is_said() {
    let (page, moment) = back();
    let line = |change: &dyn Fn(&mut PastFleet)| {
        let mut view = looked_back(moment);
        change(view.fleet_then.as_mut().expect("it looks back"));
        let shown = shot(&page, &view, &Theme::default(), 120, 40);
        shown.lines().next().expect("a first line").trim_matches(['"', ' ']).to_owned()
    };
    assert_eq!(
        line(&|fleet| (fleet.newest, fleet.earlier) = (None, None)),
        "fleet  as of Fri 27 10:02: no decision until then"
    );
    assert_eq!(
        line(&|fleet| (fleet.at, fleet.unread) = (None, Some("disk I/O error".into()))),
        "fleet  the past cannot be read: disk I/O error"
    );
    let mut gone = looked_back(PastMoment::Decision(3));
    let fleet = gone.fleet_then.as_mut().expect("it looks back");
    fleet.at = None;
    let shown = first_line(fleet, now(), Tz::UTC, &Theme::default(), 80);
    assert_eq!(shown.to_string(), "fleet  decision 3 is no longer kept");
}
