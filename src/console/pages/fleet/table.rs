//! The table of the fleet: which columns have room, and one group's line in them.

use ratatui::{Frame, layout::Rect, style::Style};
use unicode_width::UnicodeWidthStr;

use super::{order, remarks};
use crate::{
    console::{
        draw::{
            axis::{short, zone},
            sparkline::sparkline,
            theme::{Role, Theme},
        },
        widgets::{
            pane::write,
            text::{fit, fit_right},
        },
    },
    domain::{error_budget::ErrorBudget, source::UNNAMED},
    link::{FleetTotals, GroupRow, SortOrder, View},
};

/// A column: heading, columns wide, right-aligned.
pub type FleetColumn = (&'static str, usize, bool);

/// Which columns a fleet has that others have not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OfSome {
    sources: bool,
    tags: bool,
    /// The column by which the fleet is ordered, where it is one of these or the budget's, which badges say otherwise.
    ordered_by: Option<&'static str>,
}

impl OfSome {
    /// Those of `view` in `order`.
    pub fn of(view: &View, order: SortOrder) -> OfSome {
        let ordered_by = match order {
            SortOrder::Budget => Some("budget"),
            SortOrder::Source => Some("source"),
            SortOrder::Tag => Some("tag"),
            _ => None,
        };
        OfSome { sources: !view.sources.is_empty(), tags: order::has_tags(view), ordered_by }
    }
}

/// The columns that fit `width`, the most important first to be kept.
pub fn layout(width: usize, of_some: OfSome) -> Vec<FleetColumn> {
    let mut columns: Vec<FleetColumn> = vec![
        ("group", 14, false),
        ("mode", 7, false),
        ("load → ahead", 13, true),
        ("CPU", 5, true),
        ("in service", 10, true),
        ("plan", 8, true),
        ("", 13, false),
    ];
    let room =
        |columns: &[FleetColumn]| width.saturating_sub(2 + columns.iter().map(|c| c.1 + 1).sum::<usize>());
    let spare = room(&columns);
    columns[0].1 += (spare / 4).min(20);
    if let Some(name) = of_some.ordered_by {
        match room(&columns) >= 11 {
            true => columns.insert(1, (name, 10, name == "budget")),
            // What the order is about is worth more than the mode.
            false => columns[1] = (name, columns[1].1, name == "budget"),
        }
    }
    let is_there = |columns: &[FleetColumn], name| columns.iter().any(|column| column.0 == name);
    if room(&columns) >= 9 {
        columns.insert(columns.len() - 1, ("12 hours", 8, false));
    }
    if room(&columns) >= 12 {
        let after_plan = columns.iter().position(|column| column.0 == "plan").map_or(1, |at| at + 1);
        columns.insert(after_plan, ("min-max", 7, true));
    }
    if of_some.sources && !is_there(&columns, "source") && room(&columns) >= 11 {
        columns.insert(1, ("source", 10, false));
    }
    if of_some.tags && !is_there(&columns, "tag") && room(&columns) >= 11 {
        columns.insert(1, ("tag", 10, false));
    }
    if room(&columns) >= 14 {
        let after_mode = columns.iter().position(|column| column.0 == "mode").map_or(1, |at| at + 1);
        columns.insert(after_mode, ("policy", 10, false));
    }
    let grow = room(&columns);
    if let Some(spark) = columns.iter_mut().find(|c| c.0 == "12 hours") {
        spark.1 += (grow / 3).min(36);
    }
    let left = room(&columns);
    if let Some(last) = columns.last_mut() {
        last.1 += left;
    }
    columns
}

/// What stands for a number that has not been sent yet.
const NOT_YET: &str = "…";

/// The words of one cell of a line of which only a part was sent.
fn part(group: &GroupRow, heading: &str, width: usize, theme: &Theme) -> String {
    match heading {
        "group" | "source" | "tag" | "mode" | "policy" => cell(group, heading, width, theme),
        _ => NOT_YET.into(),
    }
}

/// The words of one cell of a group's line.
fn cell(group: &GroupRow, heading: &str, width: usize, theme: &Theme) -> String {
    let known = |v: Option<f64>| v.map_or_else(|| "?".into(), short);
    match heading {
        "group" => group.name.clone(),
        "source" => group.source.clone(),
        "tag" => group.tag.clone().unwrap_or_default(),
        "budget" => group.budget.as_ref().map_or_else(String::new, |budget| spent(budget, width)),
        "mode" => group.mode.name().into(),
        "policy" => group.policy.clone(),
        "load → ahead" => {
            format!("{} → {}", known(group.demand), known(group.predicted))
        }
        "CPU" => group.cpu.map_or_else(|| "?".into(), |v| format!("{v:.0} %")),
        "in service" if group.pending > 0 => {
            let serving = format!("{}+{}", group.in_service, group.pending);
            let desired = group.desired;
            shorter(format!("{serving} of {desired}"), format!("{serving}/{desired}"), width)
        }
        "in service" => format!("{} of {}", group.in_service, group.desired),
        "plan" => planned(group, width),
        "min-max" => format!("{}-{}", group.min, group.max),
        "12 hours" => sparkline(&group.spark, width, theme.symbols()),
        _ => String::new(),
    }
}

/// How much of an error budget is spent, and the burn rate of the last hour: `12 % 14.4×`, in few columns `12 14×`, or where that
/// is too long the rate alone.
fn spent(budget: &ErrorBudget, width: usize) -> String {
    let spent = (100.0 * budget.spent).min(999.0);
    let Some(rate) = budget.rates.0 else { return format!("{spent:.0} %") };
    let rate = rate.min(999.0);
    let short = shorter(format!("{spent:.0} {rate:.0}×"), format!("{rate:.0}×"), width);
    shorter(format!("{spent:.0} % {rate:.1}×"), short, width)
}

/// The name of a group in a table in which its source has a column of its own. A source without a name is in no group's name.
fn own_name(group: &GroupRow) -> &str {
    let source = Some(group.source.as_str()).filter(|source| *source != UNNAMED);
    let own =
        source.and_then(|source| group.name.strip_prefix(source)).and_then(|rest| rest.strip_prefix('/'));
    own.unwrap_or(&group.name)
}

/// `long` where it fits into `width` columns, else `short`: of a number no digit is cut.
fn shorter(long: String, short: String, width: usize) -> String {
    if long.width() <= width { long } else { short }
}

/// What the newest plan wants, with the change: `7 (+3)`, in few columns `120+20`; a plan that a check stands against is in
/// brackets.
pub fn planned(group: &GroupRow, width: usize) -> String {
    let Some(want) = group.planned else { return "-".into() };
    match i64::from(want) - i64::from(group.desired) {
        0 => want.to_string(),
        change if group.blocked.is_empty() => {
            shorter(format!("{want} ({change:+})"), format!("{want}{change:+}"), width)
        }
        change => shorter(format!("[{want} {change:+}]"), format!("[{want}{change:+}]"), width),
    }
}

/// The role of a cell: what rests on old data is no news, and a change that is wanted is.
fn role(group: &GroupRow, heading: &str) -> Role {
    match heading {
        "12 hours" => Role::Actual,
        "load → ahead" | "CPU" | "plan" if group.late => Role::Muted,
        "plan" if group.planned.is_some_and(|want| want != group.desired) => Role::Info,
        "budget" if group.budget.is_some_and(|budget| budget.trouble().is_some()) => Role::Warning,
        _ => Role::Text,
    }
}

/// One group's line on row `y`, and whether all of it was sent.
pub fn draw_row(
    frame: &mut Frame<'_>,
    area: Rect,
    y: u16,
    (group, whole): (&GroupRow, bool),
    columns: &[FleetColumn],
    look: (bool, &View, &Theme),
) {
    let (chosen, view, theme) = look;
    let base = if chosen { theme.style(Role::Selected) } else { Style::default() };
    if chosen {
        let row = Rect { y: area.y + y, height: 1, ..area }.intersection(frame.area());
        frame.buffer_mut().set_style(row, base);
    }
    write(frame, area, y, if chosen { theme.glyph("▶", ">") } else { " " }, base);
    let mut x = 2u16;
    for (heading, width, right) in columns {
        let at = Rect { x: area.x + x, width: area.width.saturating_sub(x), ..area };
        if heading.is_empty() {
            let said = remarks::of(group, zone(&view.zone), view.now, theme);
            remarks::draw(frame, at, y, &said, |role| if chosen { base } else { theme.style(role) });
        } else {
            let text = match *heading {
                "group" if columns.iter().any(|column| column.0 == "source") => own_name(group).to_owned(),
                heading if !whole => part(group, heading, *width, theme),
                _ => cell(group, heading, *width, theme),
            };
            let text = if *right { fit_right(&text, *width) } else { fit(&text, *width) };
            write(frame, at, y, &text, if chosen { base } else { theme.style(role(group, heading)) });
        }
        x += *width as u16 + 1;
    }
}

/// The groups that are listed, of `all` that there are, in a line of `width`: sizes, what the newest plans would change, and what
/// waits for a person. In few columns it has shorter words, and then fewer facts, never a part of one.
pub fn totals(sums: &FleetTotals, all: usize, width: usize) -> String {
    let whole = facts(sums, all, true).join("; ");
    if whole.width() <= width {
        return whole;
    }
    let mut short = facts(sums, all, false);
    while short.len() > 1 && short.join("; ").width() > width {
        short.pop();
    }
    short.join("; ")
}

/// The facts of [`totals`], the most telling first.
fn facts(sums: &FleetTotals, all: usize, whole: bool) -> Vec<String> {
    let pending = match sums.pending {
        0 => String::new(),
        n => format!(", {n} pending"),
    };
    let groups = match sums.listed {
        listed if listed < all => format!("{listed} of {all} groups"),
        1 => "1 group".to_owned(),
        _ => format!("{all} groups"),
    };
    let needs = match sums.needs {
        0 => String::new(),
        n => format!(", {n} to look at"),
    };
    let mut out =
        vec![groups + &needs, format!("{} of {} in service{pending}", sums.in_service, sums.desired)];
    let changes = [("add", '+', sums.adds), ("remove", '-', sums.removes)];
    let changes = changes.into_iter().filter(|(.., (groups, _))| *groups > 0);
    match whole {
        true => {
            out.extend(changes.map(|(word, _, (groups, count))| format!("plans {word} {count} in {groups}")))
        }
        false => {
            let changes: Vec<String> =
                changes.map(|(_, sign, (groups, count))| format!("{sign}{count} in {groups}")).collect();
            out.extend((!changes.is_empty()).then(|| format!("plans {}", changes.join(", "))));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::view;

    #[test]
    fn a_group_has_its_own_name_beside_the_column_of_its_source() {
        let row = view().groups.swap_remove(0);
        let shown = |source: &str, name: &str| {
            own_name(&GroupRow { name: name.into(), source: source.into(), ..row.clone() }).to_owned()
        };
        assert_eq!((shown("us", "us/web"), shown("us", "us/blue/web")), ("web".into(), "blue/web".into()));
        assert_eq!(shown("default", "web"), "web");
        assert_eq!(shown("default", "default/web"), "default/web", "AWS allows a slash in a name");
    }

    #[test]
    fn totals_have_whole_facts_at_every_width() {
        let sums = FleetTotals {
            listed: 12,
            needs: 3,
            in_service: 140,
            desired: 142,
            pending: 2,
            adds: (2, 15),
            removes: (3, 5),
        };
        assert_eq!(
            totals(&sums, 12, 100),
            "12 groups, 3 to look at; 140 of 142 in service, 2 pending; plans add 15 in 2; plans remove 5 in 3"
        );
        let short = "12 groups, 3 to look at; 140 of 142 in service, 2 pending; plans +15 in 2, -5 in 3";
        assert_eq!(totals(&sums, 12, 84), short);
        assert_eq!(totals(&sums, 12, 78), "12 groups, 3 to look at; 140 of 142 in service, 2 pending");
        assert_eq!(totals(&sums, 14, 30), "12 of 14 groups, 3 to look at");
    }
}
