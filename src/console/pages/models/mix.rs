//! What a group's forecasts are mixed of: the weight of each expert in the median, by lead.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::{
    console::{
        draw::{
            axis::length,
            theme::{Role, Theme},
        },
        widgets::{pane, text},
    },
    domain::text::clean,
    link::LeadMix,
};

/// Columns of the lead, between two columns, and the fewest of a weight.
const LEAD: usize = 10;
const GAP: usize = 2;
const WEIGHT: usize = 6;
/// The heading of the experts that have no column of their own.
const OTHERS: &str = "others";
/// Leads below which the table is left out, and lines above the first.
const FEWEST: usize = 3;
const ABOVE: usize = 3;
/// The weight from which on an expert is what the forecast mostly is.
const MOST: f64 = 0.5;

/// A column: its heading, its width, and the experts whose weights it adds up.
struct Column {
    name: String,
    width: usize,
    experts: Vec<usize>,
}

impl Column {
    fn new(name: &str, experts: Vec<usize>) -> Column {
        let width = GAP + name.width().max(WEIGHT);
        Column { name: clean(name, 40), width, experts }
    }
}

/// A column for each expert of `mixes`, the one with the most weight first; those that have no room within `width` share the last.
fn columns(mixes: &[LeadMix], width: usize) -> Vec<Column> {
    let Some(first) = mixes.first() else { return Vec::new() };
    let of = |mix: &LeadMix, at: usize| mix.weights.get(at).map_or(0.0, |(_, weight)| *weight);
    let weight = |at: usize| mixes.iter().map(|mix| of(mix, at)).sum::<f64>();
    let mut order: Vec<usize> = (0..first.weights.len()).collect();
    order.sort_by(|a, b| weight(*b).total_cmp(&weight(*a)));
    let mut columns: Vec<Column> =
        order.iter().map(|at| Column::new(&first.weights[*at].0, vec![*at])).collect();
    let used = |columns: &[Column]| columns.iter().map(|column| column.width).sum::<usize>();
    let room = width.saturating_sub(LEAD);
    if used(&columns) > room {
        let others = Column::new(OTHERS, Vec::new());
        while !columns.is_empty() && used(&columns) + others.width > room {
            columns.pop();
        }
        let rest = order[columns.len()..].to_vec();
        columns.push(Column { experts: rest, ..others });
    }
    columns
}

/// Those tables of `mixes` that fit into `room` lines, each with an empty one before it: the weights by lead, and those of the
/// last days, for which leads between the first and the last make room.
pub(super) fn tables(mixes: &[LeadMix], room: usize, width: usize, theme: &Theme) -> Vec<Vec<Line<'static>>> {
    let columns = columns(mixes, width);
    let days = days(mixes, &columns, theme);
    let for_days = days.len() + 1;
    let (has_days, room) = match room.checked_sub(for_days).filter(|left| *left >= FEWEST + ABOVE) {
        Some(left) if !days.is_empty() => (true, left),
        _ => (false, room),
    };
    let mix = Some(rows(&spread(mixes, room.saturating_sub(ABOVE)), &columns, theme));
    mix.into_iter().chain(has_days.then_some(days)).filter(|table| !table.is_empty()).collect()
}

/// The first, the last, and others between them, so many at the most; none where there is room for too few.
fn spread(mixes: &[LeadMix], most: usize) -> Vec<&LeadMix> {
    let shown = mixes.len().min(most);
    if shown < mixes.len().min(FEWEST) {
        return Vec::new();
    }
    (0..shown).map(|row| &mixes[row * (mixes.len() - 1) / (shown - 1).max(1)]).collect()
}

/// A table of `mixes`, a row a lead; nothing without mixes.
fn rows(mixes: &[&LeadMix], columns: &[Column], theme: &Theme) -> Vec<Line<'static>> {
    if mixes.is_empty() {
        return Vec::new();
    }
    let mut lines = heads("Weight of each expert in the median:", "ahead", columns, theme);
    lines.extend(mixes.iter().map(|mix| {
        let weights: Vec<f64> = mix.weights.iter().map(|(_, weight)| *weight).collect();
        row(&length(mix.ahead), &weights, columns, theme)
    }));
    lines
}

/// The same of the last days, a row a day, of the lead that plans look at; nothing before the first day has ended.
fn days(mixes: &[LeadMix], columns: &[Column], theme: &Theme) -> Vec<Line<'static>> {
    let Some(mix) = mixes.iter().find(|mix| !mix.days.is_empty()) else { return Vec::new() };
    let title = format!("The same {} ahead at the end of each day (UTC):", length(mix.ahead));
    let mut lines = heads(&title, "day", columns, theme);
    let days = mix.days.iter();
    lines
        .extend(days.map(|(day, weights)| row(&day.format("%a %d %b").to_string(), weights, columns, theme)));
    lines
}

/// A title, and the headings of `columns`.
fn heads(title: &str, first: &str, columns: &[Column], theme: &Theme) -> Vec<Line<'static>> {
    let names = columns.iter().map(|column| text::fit_right(&column.name, column.width));
    let heading = format!("{first:>LEAD$}{}", names.collect::<String>());
    vec![pane::line(title, Role::Muted, theme), pane::line(heading, Role::Muted, theme)]
}

fn row(label: &str, weights: &[f64], columns: &[Column], theme: &Theme) -> Line<'static> {
    let label = format!("{:>LEAD$}", text::cut(label, LEAD));
    let mut spans = vec![Span::styled(label, theme.style(Role::Text))];
    spans.extend(columns.iter().map(|Column { width, experts, .. }| {
        let weight: f64 = experts.iter().filter_map(|at| weights.get(*at)).sum();
        let most = weight >= MOST && experts.len() == 1;
        let role = if most { Role::Info } else { Role::Text };
        Span::styled(text::fit_right(&format!("{:.0} %", 100.0 * weight), *width), theme.style(role))
    }));
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::detail;

    fn words(width: usize) -> Vec<String> {
        let mixes = detail("shop").mixes;
        rows(&mixes.iter().collect::<Vec<_>>(), &columns(&mixes, width), &Theme::default())
            .iter()
            .map(Line::to_string)
            .collect()
    }

    fn squeezed(line: &str) -> String {
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_most_weight_comes_first_and_what_has_no_room_is_summed_up() {
        let wide = words(80);
        assert_eq!(wide.len(), 7, "{wide:?}");
        assert_eq!(squeezed(&wide[1]), "ahead day ago last value ridge on roots");
        assert_eq!(squeezed(&wide[2]), "5 min 18 % 70 % 12 %");
        let narrow = words(45);
        assert_eq!(squeezed(&narrow[1]), "ahead day ago last value others");
        let narrowest = words(30);
        assert_eq!(squeezed(&narrowest[1]), "ahead day ago others");
        assert_eq!(squeezed(&narrowest[2]), "5 min 18 % 82 %");
        for width in 18..80 {
            assert!(words(width).iter().skip(1).all(|line| line.width() <= width), "{width}");
        }
    }

    #[test]
    fn the_last_days_are_of_the_lead_that_plans_look_at() {
        let mixes = detail("shop").mixes;
        let lines = days(&mixes, &columns(&mixes, 80), &Theme::default());
        let lines: Vec<String> = lines.iter().map(Line::to_string).collect();
        assert_eq!(lines.len(), 9, "{lines:?}");
        assert!(lines[0].contains("15 min ahead") && lines[1].contains("last value"), "{lines:?}");
        let cells = |line: &str| line.split_whitespace().skip(3).collect::<Vec<_>>().join(" ");
        assert_eq!([cells(&lines[2]), cells(&lines[8])], ["0 % 90 % 10 %", "36 % 54 % 10 %"]);
        assert!(days(&[], &[], &Theme::default()).is_empty());
    }

    #[test]
    fn leads_make_room_for_days() {
        let mixes = detail("shop").mixes;
        let leads = |room| {
            let tables = tables(&mixes, room, 80, &Theme::default());
            let first = tables.first().map_or(Vec::new(), |table| {
                table[2..].iter().map(|line| line.to_string()[..LEAD].trim().to_owned()).collect()
            });
            assert!(tables.iter().map(|table| table.len() + 1).sum::<usize>() <= room, "{room} lines");
            (first.join(" "), tables.len())
        };
        assert_eq!(leads(18), ("5 min 15 min 30 min 1 h 2 h".to_owned(), 2));
        assert_eq!(leads(16), ("5 min 30 min 2 h".to_owned(), 2));
        assert_eq!(leads(15), ("5 min 15 min 30 min 1 h 2 h".to_owned(), 1));
        assert_eq!(leads(6), ("5 min 30 min 2 h".to_owned(), 1));
        assert_eq!(leads(5), (String::new(), 0));
        assert!(tables(&[], 40, 80, &Theme::default()).is_empty());
    }
}
