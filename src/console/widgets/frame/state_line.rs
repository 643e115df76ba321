//! The first line of the header: where the data come from, how the clock runs, and what holds for all groups.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::{
    console::{
        draw::{
            axis::{short, zone},
            theme::{Role, Theme},
        },
        widgets::{connection, level, text::cut},
    },
    domain::text::{clean, few},
    link::{ClockView, Usage, View},
};

/// Columns between two parts.
const GAP: usize = 2;
/// Columns that the name of the source keeps beside the brake and the cost of reading.
const SOURCE: usize = 24;
/// Most columns of the name of the source.
const LONGEST: usize = 120;

/// The line for a screen of `width` columns: whole parts, of which the name of the source alone may be cut.
pub(super) fn line(view: &View, width: u16, theme: &Theme) -> Line<'static> {
    let (before, after) = (time(view, theme), notes(view, theme));
    let used: usize = before.iter().chain(&after).map(Span::width).sum();
    let room = usize::from(width).saturating_sub(used);
    let source = (!view.simulated).then(|| clean(&view.source, LONGEST)).filter(|source| !source.is_empty());
    let kept = source.as_ref().map_or(0, |source| GAP + source.width().min(SOURCE));
    let costs = view.usage.map(costs).unwrap_or_default();
    let fewest = costs.last().map_or(0, |cost| GAP + cost.width());
    let brake = view.brake.then(|| brake(view, room.saturating_sub(kept + GAP), fewest));
    let room = room.saturating_sub(brake.as_ref().map_or(0, |brake| GAP + brake.width()));
    let beside = source.as_ref().map_or(0, |source| GAP + source.width());
    let fits = |cost: &&String| GAP + cost.width() + beside <= room;
    // The whole name of the source is worth more than what reading costs, but for a budget that is exceeded.
    let least = costs.last().filter(|cost| GAP + cost.width() + kept <= room);
    let role = cost_role(view);
    let cost = costs.iter().find(fits).or(least.filter(|_| role == Role::Warning));
    let room = room.saturating_sub(cost.map_or(0, |cost| GAP + cost.width()) + GAP);
    let source = source.map(|source| (cut(&source, room), Role::Muted));
    let brake = brake.map(|brake| (brake, Role::Critical));
    let cost = cost.map(|cost| (cost.clone(), role));
    let part = |(text, role)| [Span::raw(" ".repeat(GAP)), Span::styled(text, theme.style(role))];
    let spans = before.into_iter().chain(source.into_iter().flat_map(part)).chain(after);
    Line::from(spans.chain(brake.into_iter().chain(cost).flat_map(part)).collect::<Vec<_>>())
}

/// The program, the time, and how the clock runs.
fn time(view: &View, theme: &Theme) -> Vec<Span<'static>> {
    let simulated = view.simulated.then(|| Span::styled(" SIMULATED ", theme.style(Role::Simulated)));
    let local = view.now.with_timezone(&zone(&view.zone)).format("%a %d %b %H:%M %Z");
    let clock = match view.clock {
        ClockView::Simulated { paused: true, .. } => {
            Some(Span::styled("  PAUSED", theme.style(Role::Warning)))
        }
        ClockView::Simulated { speed, .. } => {
            let text = format!("  {}{}", short(speed), theme.glyph("×", "x"));
            Some(Span::styled(text, theme.style(Role::Info)))
        }
        ClockView::Real => None,
    };
    let usual = [
        Span::styled(" prescale ", theme.style(Role::Title)),
        Span::styled(local.to_string(), theme.style(Role::Text)),
    ];
    simulated.into_iter().chain(usual).chain(clock).collect()
}

/// What was not read, whose console it is, and whether it may write.
fn notes(view: &View, theme: &Theme) -> Vec<Span<'static>> {
    let unread = connection::unread(view).map(|(text, worst)| {
        let (role, mark) = level(worst, theme);
        Span::styled(format!("  {mark} {text}"), theme.style(role))
    });
    let attached = connection::attached(&view.connection)
        .map(|agent| Span::styled(format!("  {agent}"), theme.style(Role::Muted)));
    let read_only =
        view.read_only.then(|| [Span::raw("  "), Span::styled(" READ-ONLY ", theme.style(Role::Selected))]);
    unread.into_iter().chain(attached).chain(read_only.into_iter().flatten()).collect()
}

/// The brake in as many words as fit into `room` columns, if it can be beside `other` ones: which groups AWS's own policies
/// can still shrink.
fn brake(view: &View, room: usize, other: usize) -> String {
    let names: Vec<String> = view.not_held().map(|group| clean(&group.name, 24)).collect();
    let mut said = match names.len() {
        0 => {
            let whole = [" BRAKE: scale-in frozen for all groups ", " BRAKE: scale-in frozen "];
            whole.map(str::to_owned).to_vec()
        }
        count => {
            let named = |most| few(&names, most);
            let mut said =
                vec![format!(" BRAKE: prescale scales nothing in; AWS can still shrink {} ", named(3))];
            said.extend((1..=3).rev().map(|most| format!(" BRAKE; AWS can still shrink {} ", named(most))));
            said.push(format!(" BRAKE; AWS can still shrink {count} "));
            said
        }
    };
    said.retain(|_| !view.read_only);
    let fitting = |room: usize| said.iter().find(|text| text.width() <= room);
    let found = fitting(room.saturating_sub(other)).or_else(|| fitting(room));
    found.map_or_else(|| " BRAKE ".to_owned(), Clone::clone)
}

/// What reading costs, in few words and in fewer.
fn costs(usage: Usage) -> Vec<String> {
    let calls = format!("{} API calls/min", usage.calls);
    let whole = usage.monthly.map(|dollars| format!("{calls}, ${dollars:.2}/month"));
    whole.into_iter().chain([calls]).collect()
}

/// The role of what reading costs: a warning where a budget of calls is exceeded.
fn cost_role(view: &View) -> Role {
    let own = view.sources.iter().map(|source| source.usage);
    let mut budgets = own.chain(view.usage.filter(|_| view.sources.is_empty()));
    if budgets.any(|own| own.calls > own.most_calls) { Role::Warning } else { Role::Muted }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        console::tests::fixture::{sourced, view},
        link::GroupRow,
    };

    fn head(view: &View, width: u16) -> String {
        line(view, width, &Theme::default()).to_string()
    }

    fn braked(names: &[&str]) -> View {
        let mut view = View { brake: true, sources: Vec::new(), ..sourced(view()) };
        view.source = "aws eu-central-1 (http://127.0.0.1:45123)".into();
        let row = view.groups.swap_remove(0);
        let group = |name: &&str| {
            let acts_by_itself = vec!["policy".into()];
            GroupRow { name: (*name).into(), acts_by_itself, ..row.clone() }
        };
        view.groups = names.iter().map(group).collect();
        view
    }

    #[test]
    fn the_brake_is_said_in_whole_words_at_every_width() {
        let view = braked(&["storefront", "search", "checkout", "feed", "mail"]);
        let said = |width| {
            let shown = head(&view, width);
            let brake = shown.find("BRAKE").map(|at| shown[at..].to_owned()).expect("it is on");
            brake.split("  ").next().unwrap_or_default().trim().to_owned()
        };
        let longest =
            "BRAKE: prescale scales nothing in; AWS can still shrink storefront, search, checkout and 2 more";
        assert_eq!(said(70), "BRAKE");
        assert_eq!(said(90), "BRAKE; AWS can still shrink 5");
        assert_eq!(said(130), "BRAKE; AWS can still shrink storefront and 4 more");
        assert_eq!(said(200), longest);
        for width in 64..220 {
            assert!(head(&view, width).width() <= usize::from(width), "{}", head(&view, width));
        }
    }

    #[test]
    fn the_endpoint_is_whole_where_there_is_room() {
        let view = View { brake: false, ..braked(&["storefront"]) };
        assert!(head(&view, 80).ends_with("(http://127.0.0.1:45123)"), "{}", head(&view, 80));
        let wide = head(&view, 120);
        assert!(wide.ends_with("(http://127.0.0.1:45123)  36 API calls/min, $9.07/month"), "{wide}");
        assert!(head(&view, 70).ends_with("(http://127.0.0.1:45…"), "{}", head(&view, 70));
        let mut beyond = view.clone();
        beyond.usage = beyond.usage.map(|usage| crate::link::Usage { most_calls: 3, ..usage });
        assert!(head(&beyond, 80).ends_with("…  36 API calls/min"), "{}", head(&beyond, 80));
    }
}
