//! The charts of the group page: with few means, two days ahead, panned and enlarged.

use super::*;
use crate::{
    console::{
        draw::{style::Depth, theme::Symbols},
        tests::fixture::{now, shot, view},
    },
    domain::shift,
};

#[test]
fn a_group_with_few_means() {
    for (name, symbols) in [("block", Symbols::Block), ("ascii", Symbols::Ascii)] {
        let theme = Theme::load("dark", Depth::None, symbols).expect("built in");
        let shown = shot(&GroupPage::default(), &view(), &theme, 120, 40);
        assert!(symbols != Symbols::Ascii || shown.is_ascii() || !shown.contains('⣿'));
        insta::assert_snapshot!(format!("group_{name}_without_colours"), shown);
    }
}

#[test]
fn two_days_ahead_show_what_reaches_there() {
    let (mut page, mut view) = (GroupPage::default(), view());
    page.look_at("shop");
    while !page.window.looks_ahead() {
        page.act(Action::Range, &view);
    }
    if let Some(detail) = &mut view.detail {
        detail.until = shift(now(), 48 * 3_600);
    }
    page.act(Action::Scale, &view);
    let shown = shot(&page, &view, &Theme::default(), 160, 45);
    assert!(shown.contains("would need p10-p90") && !shown.contains("CPU %"), "{shown}");
    insta::assert_snapshot!("group_48_h_ahead_log_160x45", shown);
}

#[test]
fn panning_zooming_and_expanding_change_what_is_asked() {
    let (mut page, view) = (GroupPage::default(), view());
    page.look_at("shop");
    page.act(Action::Left, &view);
    let asked = page.viewport(&view, (120, 40)).expect("charts need data");
    assert_eq!(asked.until, Some(shift(now(), -5_400)));
    page.act(Action::Right, &view);
    assert_eq!(page.viewport(&view, (120, 40)).expect("charts need data").until, None);
    page.act(Action::ZoomOut, &view);
    assert_eq!(page.viewport(&view, (120, 40)).expect("charts need data").past, 43_200);
    (0..4).for_each(|_| assert_eq!(page.act(Action::Expand, &view), Outcome::Changed));
    assert_eq!(page.expanded, Some(3), "requests are the demand, so four charts are left");
    page.act(Action::Expand, &view);
    let plan = |page: &GroupPage| shot(page, &view, &Theme::default(), 80, 24);
    assert!(plan(&page).contains("lead time"), "the whole plan fills the page: {}", plan(&page));
    let first = plan(&page);
    assert_eq!(page.act(Action::PageDown, &view), Outcome::Changed);
    assert_eq!(plan(&page) == first, !first.contains("more lines"), "what is cut can be reached: {first}");
    page.act(Action::Expand, &view);
    assert_eq!(page.expanded, None);
}

#[test]
fn the_name_of_a_model_is_whole() {
    let mut view = view();
    let row = view.groups.iter_mut().find(|row| row.name == "shop").expect("in the fixture");
    row.model = "blend with adapted prior, 60 steps".into();
    assert!(super::words::score(row).starts_with("blend with adapted prior, 60 steps, error "), "{row:?}");
}
