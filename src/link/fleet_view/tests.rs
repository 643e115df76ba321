use proptest::prelude::*;

use super::*;
use crate::link::{
    Grouping, SortOrder,
    fixture::{BusyFleet, row},
};

fn names(listed: &ListedGroups<'_>) -> Vec<String> {
    listed.rows.iter().map(|row| row.name.clone()).collect()
}

fn query(order: SortOrder) -> FleetQuery {
    FleetQuery { order, ..FleetQuery::default() }
}

fn window(query: FleetQuery, around: Option<&str>, rows: usize) -> FleetWindow {
    FleetWindow { query, around: around.map(str::to_owned), rows }
}

fn orders() -> impl Strategy<Value = SortOrder> {
    let round = std::iter::successors(Some(SortOrder::default()), |order| Some(order.next(|_| true)));
    prop::sample::select(round.take(13).collect::<Vec<_>>())
}

fn groupings() -> impl Strategy<Value = Grouping> {
    prop::sample::select(vec![Grouping::None, Grouping::Tag, Grouping::Source])
}

proptest! {
    /// Each heading stands over the groups that have its tag or source, and its sums are theirs.
    #[test]
    fn headings_cover_every_group_once_and_order_holds_within_each(
        order in orders(), reversed: bool, tags in prop::collection::vec(prop::option::of("[abc]"), 20),
    ) {
        let mut view = BusyFleet::new(20).minute();
        view.groups.iter_mut().zip(tags).for_each(|(row, tag)| row.tag = tag);
        let query = FleetQuery { order, reversed, grouping: Grouping::Tag, filter: String::new() };
        let listed = view.listed(&query);
        let mut rows = &listed.rows[..];
        for section in &listed.sections {
            let (own, rest) = rows.split_at(section.totals.listed);
            prop_assert!(own.iter().all(|row| row.tag == section.heading), "{:?}", section.heading);
            prop_assert_eq!(section.totals, FleetTotals::of(own.iter().copied()));
            let is_right = |pair: &[&GroupRow]| {
                let compared = order.compare(pair[0], pair[1]);
                if reversed { compared.is_ge() } else { compared.is_le() }
            };
            prop_assert!(own.windows(2).all(is_right));
            rows = rest;
        }
        prop_assert!(rows.is_empty());
        let mut headings: Vec<_> = listed.sections.iter().map(|section| &section.heading).collect();
        headings.dedup();
        prop_assert_eq!(headings.len(), listed.sections.len());
        prop_assert!(headings.iter().rev().skip(1).all(|heading| heading.is_some()), "without a tag come last");
    }

    /// What a screen shows of a fleet that was cut for it is what it shows of the whole fleet.
    #[test]
    fn a_part_shows_what_the_whole_shows(
        order in orders(), grouping in groupings(), reversed: bool, filter in "(web|late|batch-steady|00[0-9]1|)", cursor in 0usize..60,
        height in 1usize..30, more in 0usize..10,
    ) {
        let mut whole = BusyFleet::new(60).minute();
        for (at, row) in whole.groups.iter_mut().enumerate() {
            row.tag = [None, Some("search"), Some("payments")][at % 3].map(str::to_owned);
            row.source = ["eu", "us"][at / 7 % 2].to_owned();
        }
        let query = FleetQuery { order, reversed, filter, grouping };
        let all = whole.listed(&query);
        let around = all.rows.get(cursor).map(|row| row.name.clone());
        let mut part = whole.clone();
        part.cut_fleet(window(query.clone(), around.as_deref(), height + more), None);
        let listed = part.listed(&query);
        prop_assert_eq!((names(&listed), listed.totals), (names(&all), all.totals));
        prop_assert_eq!(&listed.sections, &all.sections);
        let cursor = if cursor < all.rows.len() { cursor } else { 0 };
        for at in listing::seen(cursor, all.rows.len(), height) {
            prop_assert!(listed.whole[at], "{at} is on the screen, {:?} are whole", listed.whole);
            let mut expected = all.rows[at].clone();
            as_listed(&mut expected);
            prop_assert_eq!(listed.rows[at], &expected);
        }
    }
}

#[test]
fn another_order_waits_for_the_engine_only_where_lines_were_left_out() {
    let view = BusyFleet::new(60).minute();
    let asked = query(SortOrder::Demand);
    for (rows, answered) in [(60, true), (59, false)] {
        let mut part = view.clone();
        part.cut_fleet(window(query(SortOrder::Name), None, rows), None);
        let same = names(&part.listed(&asked)) == names(&view.listed(&asked));
        assert_eq!(same, answered, "{rows} rows");
        assert_eq!(
            names(&part.listed(&query(SortOrder::Name))),
            names(&view.listed(&query(SortOrder::Name)))
        );
    }
}

/// Keys that follow a filter at once act on what it lets through.
#[test]
fn another_filter_holds_at_once_where_lines_were_left_out_and_its_sums_wait_for_the_engine() {
    let mut view = BusyFleet::new(60).minute();
    let filtered = |filter: &str| FleetQuery { filter: filter.into(), ..query(SortOrder::Demand) };
    view.cut_fleet(window(filtered("0011"), None, 3), None);
    assert_eq!(view.listed(&filtered("0011")).rows.len(), 1);
    let other = view.groups[40].name.clone();
    let meanwhile = view.listed(&filtered(&other));
    assert_eq!((names(&meanwhile), &meanwhile.whole), (vec![other.clone()], &vec![false]));
    assert_eq!((meanwhile.totals, meanwhile.ordered), (None, true));
    assert_eq!(view.listed(&filtered("")).rows.len(), 60);
    assert!(!view.listed(&query(SortOrder::Name)).ordered);
}

#[test]
fn a_line_of_which_something_was_left_out_is_not_taken_for_whole() {
    let mut view = BusyFleet::new(3).minute();
    let [first, second] = [0, 1].map(|at| view.groups[at].name.clone());
    assert!(view.whole_row(&first).is_some(), "nothing was left out");
    view.cut_fleet(window(query(SortOrder::Name), None, 3), Some(&first));
    assert!(view.whole_row(&first).is_some() && view.whole_row(&second).is_none());
}

#[test]
fn a_line_that_is_not_shown_tells_which_group_it_is_and_the_one_in_detail_stays_as_it_is() {
    let mut view = BusyFleet::new(60).minute();
    let before = view.groups.clone();
    view.groups[7].acts_by_itself = vec!["policy “cpu-60”".into()];
    let (detailed, hidden) = (before[5].name.clone(), before[7].name.clone());
    view.cut_fleet(window(query(SortOrder::Name), None, 3), Some(&detailed));
    assert_eq!(view.groups[5], before[5]);
    let row = &view.groups[7];
    assert_eq!((&row.name, row.mode, row.lead), (&hidden, before[7].mode, before[7].lead));
    assert_eq!(row.acts_by_itself, ["policy “cpu-60”"], "the brake says what it does not hold");
    assert_eq!((row.demand, row.in_service, row.spark.len()), (None, 0, 0));
}

/// What is nothing takes no room, but for the fields without which a console of 0.1 reads no line.
#[test]
fn of_a_line_that_is_not_shown_little_is_sent() {
    let mut view = BusyFleet::new(60).minute();
    view.groups[7].lead = 600;
    view.cut_fleet(window(query(SortOrder::Name), None, 3), None);
    let sent = serde_json::to_value(&view.groups[7]).expect("a line has JSON");
    let fields: Vec<&String> = sent.as_object().expect("of named fields").keys().collect();
    let asked = ["badges", "demand_unit", "desired", "in_service", "max", "min", "mode", "model", "name"];
    let rest = ["pending", "policy", "spark"];
    let since = ["lead", "source"];
    let mut expected = [asked.as_slice(), &rest, &since].concat();
    expected.sort_unstable();
    assert_eq!(fields, expected);
    assert_eq!(serde_json::from_value::<GroupRow>(sent).expect("it was one"), view.groups[7]);
}

#[test]
fn a_list_that_lies_shows_groups_that_are_there() {
    let mut view = BusyFleet::new(3).minute();
    let list =
        FleetList { places: vec![2, 99, u32::MAX], whole: 0..usize::MAX, cut: true, ..FleetList::default() };
    view.fleet = Some(list);
    assert_eq!(view.listed(&FleetQuery::default()).rows, [&view.groups[2]]);
    view.fleet = Some(FleetList { places: vec![0; 1_000], cut: true, ..FleetList::default() });
    assert_eq!(view.listed(&FleetQuery::default()).rows.len(), 3, "no more lines than groups");
}

#[test]
fn totals_count_what_plans_would_change_and_who_needs_a_person() {
    let (mut more, mut fewer) = (row("more"), row("fewer"));
    (more.planned, more.proposal, more.pending) = (Some(11), Some(4), 2);
    fewer.planned = Some(7);
    let totals = FleetTotals::of([&more, &fewer, &row("same")]);
    let expected = FleetTotals {
        listed: 3,
        needs: 1,
        in_service: 24,
        desired: 24,
        pending: 2,
        adds: (1, 3),
        removes: (1, 1),
    };
    assert_eq!(totals, expected);
}

#[test]
fn digits_that_no_screen_shows_are_left_out() {
    let rounded = |value| rounded(value, 3);
    assert_eq!([1_234.567, 0.012_345_6, -98.765, 0.0].map(rounded), [1_235.0, 0.0123, -98.8, 0.0]);
    assert_eq!(rounded(1e300), 1e300);
    assert_eq!(rounded(1e-300), 0.0);
    assert!(rounded(f64::NAN).is_nan());
}
