//! The fleet of now: cursor, filter, order, columns.

use super::*;
use crate::console::tests::fixture::{shot, sourced, view};
use crossterm::event::KeyCode;

#[test]
fn the_cursor_stays_on_its_group_and_opens_it() {
    let (mut page, mut view) = (FleetPage::default(), view());
    assert_eq!(page.chosen_group(&view).as_deref(), Some("shop"), "its proposal waits");
    page.act(Action::Down, &view);
    assert_eq!(page.chosen_group(&view).as_deref(), Some("feed"));
    view.groups[1].late = false;
    view.groups[1].badges.clear();
    assert_eq!(
        page.act(Action::Open, &view),
        Outcome::OpenGroup("feed".into(), Moment::Now),
        "also where the order moves"
    );
    page.act(Action::Last, &view);
    page.act(Action::Down, &view);
    assert_eq!(page.chosen_group(&view), page.rows(&view).last().map(|g| g.name.clone()));
}

#[test]
fn plans_totals_and_old_data_are_seen_at_once() {
    let (page, mut view) = (FleetPage::default(), view());
    view.groups[0].late = true;
    view.groups[0].data_age = Some(480);
    let shown = shot(&page, &view, &Theme::default(), 120, 40);
    for words in ["4+1 of 4", "7 (+3)", "[9 -2]", "! data 8 min old", "! stale 12 min"] {
        assert!(shown.contains(words), "{words} in\n{shown}");
    }
    assert!(
        shown.contains(
            "4 groups, 3 to look at; 24 of 24 in service, 1 pending; plans add 3 in 1; plans remove 2 in 1"
        ),
        "{shown}"
    );
    assert!(!shown.contains("data 12 min old"), "once is enough");
}

#[test]
fn a_proposal_does_not_hide_that_data_are_old() {
    let (page, mut view) = (FleetPage::default(), view());
    let at =
        |view: &View, name: &str| view.groups.iter().position(|row| row.name == name).expect("it is there");
    let (shop, feed) = (at(&view, "shop"), at(&view, "feed"));
    (view.groups[shop].late, view.groups[shop].data_age) = (true, Some(480));
    view.groups[feed].proposal = Some(42);
    for width in [100, 120, 160] {
        let shown = shot(&page, &view, &Theme::default(), width, 40);
        let row = |name: &str| shown.lines().find(|line| line.contains(name)).unwrap_or_default().to_owned();
        assert!(row(" shop ").contains("8 min old"), "{}", row(" shop "));
        assert!(row(" feed ").contains("stale 12 min"), "{}", row(" feed "));
    }
    view.groups[shop].next_event = None;
    let shown = shot(&page, &view, &Theme::default(), 120, 40);
    assert!(shown.contains("! 8 min old  ◆"), "both have room: {shown}");
}

#[test]
fn the_order_stands_over_no_heading() {
    let (mut page, view) = (FleetPage::default(), view());
    for _ in 0..12 {
        page.act(Action::Sort, &view);
        for width in [80, 100, 120, 160] {
            let columns = layout(width, OfSome::of(&view, page.order));
            let shown = shot(&page, &view, &Theme::default(), width as u16, 40);
            let heading = shown.lines().next().unwrap_or_default().trim_matches('"').to_owned();
            for name in columns.iter().map(|column| column.0) {
                assert!(heading.contains(name), "{name} in {heading}");
            }
            let budget = page.order == SortOrder::Budget;
            assert!(!budget || heading.contains("by budget") || heading.contains("by burn"), "{heading}");
        }
    }
}

#[test]
fn the_filter_narrows_and_escape_clears() {
    let (mut page, view) = (FleetPage::default(), view());
    page.act(Action::Filter, &view);
    assert!(page.wants_text());
    "SHO".chars().for_each(|c| {
        page.key(KeyCode::Char(c).into(), &view);
    });
    assert_eq!(page.rows(&view).len(), 1);
    page.key(KeyCode::Enter.into(), &view);
    assert_eq!((page.wants_text(), page.chosen_group(&view).as_deref()), (false, Some("shop")));
    page.act(Action::Back, &view);
    assert_eq!(page.rows(&view).len(), 4);
    page.act(Action::Filter, &view);
    page.paste("stale", &view);
    assert_eq!(page.chosen_group(&view).as_deref(), Some("feed"), "badges count as well");
}

#[test]
fn sources_have_a_column_an_order_and_words_for_the_filter() {
    let (mut page, view) = (FleetPage::default(), sourced(view()));
    let shown = shot(&page, &view, &Theme::default(), 160, 40);
    let row = shown.lines().find(|line| line.contains("us ")).expect("a row of us");
    assert!(row.contains("feed") && !row.contains("us/feed"), "the column says it: {row}");
    assert!(row.contains("source us was not read"), "{row}");
    let narrow = shot(&page, &view, &Theme::default(), 80, 24);
    let heading = narrow.lines().next().unwrap_or_default();
    assert!(narrow.contains("us/feed") && !heading.contains("source"), "{narrow}");
    for _ in 0..11 {
        page.act(Action::Sort, &view);
    }
    let order: Vec<&str> = page.rows(&view).iter().map(|row| row.source.as_str()).collect();
    assert_eq!((page.order.words(), order), ("source", vec!["default", "eu", "eu", "us"]));
    page.act(Action::Filter, &view);
    page.paste("default", &view);
    assert_eq!(page.rows(&view).iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["api"]);
}

#[test]
fn a_tag_has_a_column_an_order_and_totals_of_what_the_filter_shows() {
    let (mut page, mut view) = (FleetPage::default(), view());
    view.groups[0].tag = Some("search".into());
    view.groups[2].tag = Some("payments".into());
    let shown = shot(&page, &view, &Theme::default(), 160, 40);
    let heading = shown.lines().next().unwrap_or_default();
    assert!(heading.contains(" tag ") && shown.contains("search") && shown.contains("  4 groups"), "{shown}");
    (0..11).for_each(|_| drop(page.act(Action::Sort, &view)));
    let order: Vec<_> = page.rows(&view).iter().map(|row| row.tag.as_deref()).collect();
    assert_eq!(order, [Some("payments"), Some("search"), None, None]);
    page.act(Action::Filter, &view);
    page.paste("payments", &view);
    let shown = shot(&page, &view, &Theme::default(), 160, 40);
    assert!(shown.contains("  1 of 4 groups"), "{shown}");
}

#[test]
fn groups_stand_under_headings_with_their_sums_and_the_cursor_goes_from_group_to_group() {
    let (mut page, mut view) = (FleetPage::default(), view());
    assert!(matches!(page.act(Action::Headings, &view), Outcome::Say(_)), "no tag and one source");
    view.groups[0].tag = Some("search".into());
    view.groups[2].tag = Some("payments".into());
    view.groups[3].tag = Some("search".into());
    (0..2).for_each(|_| drop(page.act(Action::Sort, &view)));
    assert_eq!((page.order, page.act(Action::Headings, &view)), (SortOrder::Name, Outcome::Changed));
    let shown = shot(&page, &view, &Theme::default(), 120, 40);
    let at = |words: &str| {
        shown.lines().position(|line| line.contains(words)).unwrap_or_else(|| panic!("{words} in\n{shown}"))
    };
    let order = [
        "payments: 1 group,",
        "shop   ",
        "search: 2 groups;",
        "  api ",
        "  video-",
        "without the tag: 1 group",
        "  feed ",
    ];
    assert!(order.windows(2).all(|pair| at(pair[0]) < at(pair[1])), "{shown}");
    assert!(shown.contains("search: 2 groups; 17 of 17 in service; plans remove 2 in 1"), "{shown}");
    let mut met = Vec::new();
    page.act(Action::First, &view);
    for _ in 0..4 {
        met.extend(page.chosen_group(&view));
        page.act(Action::Down, &view);
    }
    let met: Vec<&str> = met.iter().map(|name| &name[..name.len().min(5)]).collect();
    assert_eq!(met, ["shop", "api", "video", "feed"]);
    (0..2).for_each(|_| drop(page.act(Action::Up, &view)));
    assert_eq!(page.chosen_group(&view).as_deref(), Some("api"), "over the heading");
    page.press((3, 1), &view);
    assert_eq!(page.chosen_group(&view).as_deref(), Some("shop"), "a heading leads to its first group");
    assert_eq!(page.act(Action::Headings, &view), Outcome::Changed);
    assert!(!shot(&page, &view, &Theme::default(), 120, 40).contains("search: 2"));
    view.groups[1].tag =
        Some("a very long tag that no line of few columns has the room to show whole".into());
    page.act(Action::Headings, &view);
    shot(&page, &view, &Theme::default(), 80, 24);
}

#[test]
fn the_group_that_burns_its_error_budget_fastest_is_one_key_away() {
    let (mut page, mut view) = (FleetPage::default(), view());
    for (row, rate) in view.groups.iter_mut().zip([Some(0.4), None, Some(17.0), Some(3.0)]) {
        if let Some(budget) = &mut row.budget {
            budget.rates.0 = rate;
        }
    }
    page.act(Action::Sort, &view);
    let rates: Vec<_> = page.rows(&view).iter().map(|row| row.budget.and_then(|b| b.rates.0)).collect();
    assert_eq!(rates, [Some(17.0), Some(3.0), Some(0.4), None]);
    let shown = shot(&page, &view, &Theme::default(), 160, 40);
    assert!(shown.contains("by burn of the error budget") && shown.contains(" 17.0×"), "{shown}");
    let narrow = shot(&page, &view, &Theme::default(), 80, 24);
    assert!(narrow.contains("budget") && narrow.contains(" 17×"), "{narrow}");
    let widest = |view: &mut View, page: &FleetPage| {
        let budgets = view.groups.iter_mut().filter_map(|row| row.budget.as_mut());
        budgets.for_each(|budget| (budget.spent, budget.rates.0) = (1.0, Some(200.0)));
        shot(page, view, &Theme::default(), 80, 24)
    };
    let burnt = widest(&mut view.clone(), &page);
    assert!(burnt.contains(" 200×"), "no digit is cut: {burnt}");
    let wide = shot(&page, &view, &Theme::default(), 200, 60);
    let heads = wide.lines().find(|line| line.contains("min-max")).expect("there is room");
    let place = |name: &str| heads.find(name).unwrap_or_else(|| panic!("{name} in {heads}"));
    assert!(place("in service") < place("plan") && place("plan") < place("min-max"), "{heads}");
    page.act(Action::Sort, &view);
    let shown = shot(&page, &view, &Theme::default(), 160, 40);
    assert!(shown.contains("ordered by name") && !shown.contains(" budget "), "{shown}");
}

#[test]
fn the_cursor_keeps_its_group_when_the_order_changes() {
    let (mut page, view) = (FleetPage::default(), view());
    page.act(Action::Down, &view);
    assert_eq!(page.chosen_group(&view).as_deref(), Some("feed"));
    (0..5).for_each(|_| drop(page.act(Action::Sort, &view)));
    assert_eq!(page.chosen_group(&view).as_deref(), Some("feed"));
    assert_eq!(page.rows(&view)[0].name, "shop", "a proposal waits there");
    page.act(Action::Reverse, &view);
    assert_eq!(page.rows(&view)[3].name, "shop");
    assert!(shot(&page, &view, &Theme::default(), 80, 24).contains("rev. health"));
    page.act(Action::NextMatch, &view);
    assert_ne!(page.chosen_group(&view).as_deref(), Some("feed"));
}

#[test]
fn a_press_moves_the_cursor() {
    let (mut page, view) = (FleetPage::default(), view());
    shot(&page, &view, &Theme::default(), 80, 24);
    assert_eq!(page.press((7, 3), &view), Outcome::Changed);
    assert_eq!(page.chosen_group(&view), page.rows(&view).get(2).map(|g| g.name.clone()));
    assert_eq!((page.press((7, 0), &view), page.press((7, 9), &view)), (Outcome::Ignored, Outcome::Ignored));
}

/// The fleet of `view` in `count` groups, as the engine cuts it for `page` on a screen of 120 × 40.
fn cut(view: &View, count: usize, page: &FleetPage) -> View {
    let mut view = view.clone();
    let many = view.groups.iter().cycle().take(count).enumerate();
    view.groups =
        many.map(|(n, row)| GroupRow { name: format!("{}-{n:03}", row.name), ..row.clone() }).collect();
    view.groups.sort_by(|a, b| a.name.cmp(&b.name));
    let viewport = page.viewport(&view, (120, 40)).expect("it lists the fleet");
    view.cut_fleet(viewport.fleet.expect("of which it shows a part"), viewport.group.as_deref());
    view
}

#[test]
fn of_a_fleet_that_was_cut_for_it_the_page_shows_all_that_it_has_room_for() {
    let (mut page, few) = (FleetPage::default(), view());
    let view = cut(&few, 200, &page);
    let shown = shot(&page, &view, &Theme::default(), 120, 34);
    assert!(!shown.contains(" … ") && shown.contains("200 groups, 100 to look at"), "{shown}");
    page.act(Action::Last, &view);
    let shown = shot(&page, &view, &Theme::default(), 120, 34);
    let last = shown.lines().find(|line| line.contains('▶')).expect("the cursor is seen");
    assert!(
        last.contains("api-196") && last.contains("auto") && last.contains(" … "),
        "not sent yet: {last}"
    );
    let shown = shot(&page, &cut(&few, 200, &page), &Theme::default(), 120, 34);
    assert!(!shown.contains(" … ") && shown.contains("api-196"), "{shown}");
}

#[test]
fn another_order_or_filter_of_a_long_fleet_is_what_the_engine_makes_of_it() {
    let (mut page, few) = (FleetPage::default(), view());
    let before = cut(&few, 200, &page);
    let first = page.rows(&before)[0].name.clone();
    page.act(Action::Reverse, &before);
    assert_eq!(page.rows(&before)[0].name, first, "until it answers");
    let after = cut(&few, 200, &page);
    assert_eq!(page.rows(&after).last().map(|row| &row.name), Some(&first));
    page.act(Action::Filter, &after);
    page.paste("stale", &after);
    let narrowed = cut(&few, 200, &page);
    let rows = page.rows(&narrowed);
    assert!(rows.len() == 50 && rows.iter().all(|row| row.name.starts_with("feed")), "badges count as well");
}

#[test]
fn charts_are_asked_for_where_there_is_room_below_the_list() {
    let (page, few) = (FleetPage::default(), view());
    let asked = |view: &View| page.viewport(view, (120, 40)).expect("it lists the fleet").group;
    assert_eq!(asked(&few).as_deref(), Some("shop"));
    assert_eq!(asked(&cut(&few, 200, &page)).as_deref(), Some(""), "the name of no group");
}
