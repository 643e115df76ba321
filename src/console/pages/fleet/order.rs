//! The orders and the headings that make a difference to a fleet.

use crate::link::{Grouping, SortOrder, View};

/// The next order after `order` of those that make a difference to `view`, counted round.
pub fn next(order: SortOrder, view: &View) -> SortOrder {
    order.next(|order| match order {
        SortOrder::Budget => view.has_budgets(),
        SortOrder::Source => !view.sources.is_empty(),
        SortOrder::Tag => has_tags(view),
        _ => true,
    })
}

/// The next headings after `grouping` of those that there are, counted round.
pub fn next_headings(grouping: Grouping, view: &View) -> Grouping {
    grouping.next(|grouping| match grouping {
        Grouping::None => true,
        Grouping::Tag => has_tags(view),
        Grouping::Source => !view.sources.is_empty(),
    })
}

/// True where groups are listed by a tag.
pub fn has_tags(view: &View) -> bool {
    view.groups.iter().any(|row| row.tag.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::{groups, sourced, view};

    fn names(order: SortOrder) -> Vec<String> {
        let mut rows = groups();
        rows.sort_by(|a, b| order.compare(a, b));
        rows.into_iter().map(|g| g.name.chars().take(5).collect()).collect()
    }

    #[test]
    fn each_order_puts_first_what_it_is_about() {
        assert_eq!(names(SortOrder::Need), ["shop", "feed", "video", "api"]);
        assert_eq!(names(SortOrder::Name), ["api", "feed", "shop", "video"]);
        assert_eq!(names(SortOrder::Plan)[..2], ["shop", "video"]);
        assert_eq!(names(SortOrder::Mode)[..2], ["api", "shop"]);
        assert_eq!(names(SortOrder::Health)[..2], ["shop", "feed"]);
        assert_eq!(names(SortOrder::Pending)[0], "shop");
        assert_eq!(names(SortOrder::Size)[0], "video");
        assert_eq!(names(SortOrder::Cpu).last().map(String::as_str), Some("feed"), "unknown comes last");
        assert_eq!(names(SortOrder::Event).last().map(String::as_str), Some("api"), "no event comes last");
    }

    #[test]
    fn orders_that_make_a_difference_go_round() {
        let plain = || {
            let mut view = view();
            view.groups.iter_mut().for_each(|row| row.budget = None);
            view
        };
        let round = |view: &View| {
            let orders = std::iter::successors(Some(SortOrder::default()), |order| Some(next(*order, view)));
            let words: Vec<&str> = orders.skip(1).map(SortOrder::words).take(13).collect();
            words.iter().position(|words| *words == SortOrder::default().words())
        };
        let mut tagged = sourced(view());
        tagged.groups[0].tag = Some("search".into());
        assert_eq!((round(&plain()), round(&view()), round(&tagged)), (Some(9), Some(10), Some(12)));
    }
}
