//! The backtest page: screens of every size, and what its keys ask for.

use super::*;
use crate::{
    console::tests::fixture::{backtest, shot, view as fleet},
    link::Backtest,
};

fn view(newest: Option<Backtest>) -> View {
    let mut view = fleet();
    view.backtest.newest = newest;
    view
}

fn page(actions: &[Action], view: &View) -> BacktestPage {
    let mut page = BacktestPage::new();
    page.look_at("shop");
    for action in actions {
        page.act(*action, view);
    }
    page
}

#[test]
fn before_the_first_and_half_way() {
    let none = view(None);
    insta::assert_snapshot!("backtest_none", shot(&page(&[], &none), &none, &Theme::default(), 80, 24));
    let mut half = backtest(BacktestState::Running);
    (half.share, half.needed) = (0.42, None);
    half.rows.truncate(1);
    half.remarks.clear();
    let half = view(Some(half));
    insta::assert_snapshot!("backtest_running", shot(&page(&[], &half), &half, &Theme::default(), 80, 24));
}

#[test]
fn the_usual_policies_of_the_last_week_are_asked_for() {
    let view = view(None);
    let asked = |page: &mut BacktestPage| match page.act(Action::Run, &view) {
        Outcome::Send(Command::Backtest { group, contenders, days }) => (group, contenders.join(" "), days),
        other => panic!("{other:?}"),
    };
    let mut usual = page(&[], &view);
    assert_eq!(asked(&mut usual), ("shop".into(), "capacity target-tracking oracle".into(), 7));
    let keys =
        [Action::Tick, Action::Down, Action::Tick, Action::First, Action::Right, Action::Down, Action::Left];
    let mut other = page(&keys, &view);
    let (group, contenders, days) = asked(&mut other);
    assert_eq!((contenders.as_str(), days), ("threshold target-tracking oracle", 3));
    assert_eq!(group, "video-transcoding-workers-europe", "the group after shop");
}

#[test]
fn one_at_a_time_and_only_one_that_runs_is_cancelled() {
    let (idle, busy) = (view(None), view(Some(backtest(BacktestState::Running))));
    let mut page = page(&[], &idle);
    assert_eq!(page.act(Action::Cancel, &busy), Outcome::Send(Command::CancelBacktest));
    assert!(matches!(page.act(Action::Cancel, &idle), Outcome::Say(_)));
    assert!(matches!(page.act(Action::Run, &busy), Outcome::Say(_)));
    page.ticked.clear();
    assert!(matches!(page.act(Action::Run, &idle), Outcome::Say(_)), "nothing is ticked");
}

#[test]
fn the_verdict_names_the_present_policy_and_the_direction() {
    let mut found = backtest(BacktestState::Done);
    let said = figures::verdict(&found).expect("both were walked");
    assert_eq!(
        said,
        "Compared with target-tracking (present), capacity has 44 min less above target and 27.3 instance-hours less \
         (-2.62)."
    );
    found.rows.truncate(1);
    assert_eq!(figures::verdict(&found), None);
}

#[test]
fn the_chart_has_another_policy_beside_the_one_chosen() {
    let mut found = backtest(BacktestState::Done);
    let first = found.rows[0].summary.policy.clone();
    for present in [Some(first), None, found.present.clone()] {
        found.present = present.clone();
        let view = view(Some(found.clone()));
        let shown = shot(&page(&[], &view), &view, &Theme::default(), 160, 45);
        let heading = shown.lines().find(|line| line.contains("Size ")).expect("a chart");
        assert_eq!(heading.matches('▬').count(), 2, "{present:?}: {heading}");
    }
}

#[test]
fn no_two_figures_say_the_same() {
    let view = view(Some(backtest(BacktestState::Done)));
    let shown = shot(&page(&[], &view), &view, &Theme::default(), 200, 60);
    assert!(shown.contains("min above") && shown.contains("time short"), "{shown}");
    assert!(!shown.contains("% of time") && !shown.contains("min short"), "{shown}");
}

#[test]
fn odd_sizes_and_numbers_are_handled() {
    let mut odd = backtest(BacktestState::Failed("\u{1b}[31mno".into()));
    odd.share = f64::NAN;
    odd.rows[0].summary.instance_hours = f64::INFINITY;
    odd.rows[1].summary.under_provisioned_minutes = f64::NAN;
    let odd = view(Some(odd));
    for (width, height) in [(1, 1), (26, 3), (27, 9), (40, 12), (90, 30)] {
        let shown = shot(&page(&[], &odd), &odd, &Theme::default(), width, height);
        assert!(!shown.contains('\u{1b}'));
    }
}
