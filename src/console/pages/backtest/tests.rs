//! The backtest page: screens of every size, and what its keys ask for.

use super::*;
use crate::{
    console::tests::fixture::{now, shot, view as fleet},
    domain::{elasticity::Elasticity, series::Series, shift, summary::Summary},
    link::{Backtest, BacktestRow, BacktestView},
};

const POLICIES: [&str; 5] = ["capacity", "threshold", "target-tracking", "oracle", "recorded"];

fn row(policy: &str, above: f64, hours: f64, height: f64) -> BacktestRow {
    let from = shift(now(), -86_400);
    let wave = |i: u32| (height + 3.0 * (f64::from(i) / 20.0).sin()).round();
    let summary = Summary {
        policy: policy.into(),
        risk: 0.96,
        hours: 24.0,
        under_provisioned_minutes: above,
        above_slo_percent: above / 14.4,
        lost_load_percent: above / 100.0,
        instance_hours: hours,
        hours_over_oracle: hours / 100.0,
        cost: Some(0.096 * hours),
        mean_utilisation: 0.6,
        actions: 41,
        flips: 12,
        elasticity: Elasticity { shortage_percent: 0.4, surplus_percent: 31.0, ..Elasticity::default() },
    };
    let line = (0..144).map(|i| (!(60..64).contains(&i)).then(|| wave(i)));
    BacktestRow { summary, in_service: Series::from_values(from, 600, line) }
}

fn backtest(state: BacktestState) -> Backtest {
    Backtest {
        group: "shop".into(),
        from: shift(now(), -86_400),
        until: now(),
        state,
        share: 1.0,
        present: Some("target-tracking".into()),
        basis: "1250.0 requests a step an instance, 312 s to service, 2-12 instances, 80 % not to exceed"
            .into(),
        rows: vec![
            row("capacity", 2.0, 141.2, 6.0),
            row("target-tracking", 46.0, 168.5, 7.0),
            row("oracle", 0.0, 100.0, 4.0),
        ],
        needed: Some(row("", 0.0, 0.0, 4.0).in_service),
        remarks: vec!["`recorded`: instances in service are known for 3.0 of 24.0 hours alone".into()],
    }
}

/// The fleet with a backtest that is over.
pub(crate) fn done() -> BacktestView {
    view(Some(backtest(BacktestState::Done))).backtest
}

fn view(newest: Option<Backtest>) -> View {
    let contenders = POLICIES.map(str::to_owned).into();
    View { backtest: BacktestView { contenders, newest }, ..fleet() }
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
fn odd_sizes_and_numbers_do_no_harm() {
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
