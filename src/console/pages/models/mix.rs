//! What a group's forecasts are mixed of: the weight of each expert in the median, by lead.

use ratatui::text::{Line, Span};

use crate::{
    console::{
        draw::{
            axis::length,
            theme::{Role, Theme},
        },
        widgets::{pane, text},
    },
    link::LeadMix,
};

/// Columns of the lead, and of each expert.
const LEAD: usize = 10;
const EXPERT: usize = 16;
/// Leads below which the table is left out, and lines above the first.
const FEWEST: usize = 3;
const ABOVE: usize = 3;
/// The weight from which on an expert is what the forecast mostly is.
const MOST: f64 = 0.5;

/// Those tables of `mixes` that fit into `room` lines, each with an empty one before it: the weights by lead, and those of the
/// last days, for which leads between the first and the last make room.
pub(super) fn tables(mixes: &[LeadMix], room: usize, width: usize, theme: &Theme) -> Vec<Vec<Line<'static>>> {
    let days = days(mixes, width, theme);
    let for_days = days.len() + 1;
    let (has_days, room) = match room.checked_sub(for_days).filter(|left| *left >= FEWEST + ABOVE) {
        Some(left) if !days.is_empty() => (true, left),
        _ => (false, room),
    };
    let mix = Some(rows(&spread(mixes, room.saturating_sub(ABOVE)), width, theme));
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

/// A table of `mixes`, a row a lead, as many columns as fit into `width`; nothing without mixes.
fn rows(mixes: &[&LeadMix], width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let Some(first) = mixes.first() else { return Vec::new() };
    let mut lines = heads("Weight of each expert in the median:", ("ahead", first), width, theme);
    lines.extend(mixes.iter().map(|mix| {
        let weights: Vec<f64> = mix.weights.iter().map(|(_, weight)| *weight).collect();
        row(&length(mix.ahead), &weights, width, theme)
    }));
    lines
}

/// The same of the last days, a row a day, of the lead that plans look at; nothing before the first day has ended.
fn days(mixes: &[LeadMix], width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let Some(mix) = mixes.iter().find(|mix| !mix.days.is_empty()) else { return Vec::new() };
    let title = format!("The same {} ahead at the end of each day (UTC):", length(mix.ahead));
    let mut lines = heads(&title, ("day", mix), width, theme);
    let days = mix.days.iter();
    lines.extend(days.map(|(day, weights)| row(&day.format("%a %d %b").to_string(), weights, width, theme)));
    lines
}

/// A title, and the names of the experts of `mix` above their columns.
fn heads(title: &str, (first, mix): (&str, &LeadMix), width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut heading = format!("{first:>LEAD$}");
    mix.weights.iter().take(shown(width)).for_each(|(name, _)| {
        heading += &format!("{:>EXPERT$}", text::cut(name, EXPERT - 1));
    });
    vec![pane::line(title, Role::Muted, theme), pane::line(heading, Role::Muted, theme)]
}

fn row(label: &str, weights: &[f64], width: usize, theme: &Theme) -> Line<'static> {
    let label = format!("{:>LEAD$}", text::cut(label, LEAD));
    let mut spans = vec![Span::styled(label, theme.style(Role::Text))];
    spans.extend(weights.iter().take(shown(width)).map(|weight| {
        let role = if *weight >= MOST { Role::Info } else { Role::Text };
        Span::styled(format!("{:>EXPERT$}", format!("{:.0} %", 100.0 * weight)), theme.style(role))
    }));
    Line::from(spans)
}

/// Experts that fit into `width`.
fn shown(width: usize) -> usize {
    width.saturating_sub(LEAD) / EXPERT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::detail;

    fn words(width: usize) -> Vec<String> {
        let mixes = detail("shop").mixes;
        rows(&mixes.iter().collect::<Vec<_>>(), width, &Theme::default())
            .iter()
            .map(Line::to_string)
            .collect()
    }

    #[test]
    fn each_lead_has_its_weights_and_what_does_not_fit_is_left_out() {
        let wide = words(80);
        assert_eq!(wide.len(), 7, "{wide:?}");
        assert!(wide[1].contains("last value") && wide[1].contains("ridge on roots"), "{}", wide[1]);
        assert_eq!(
            wide[2].split_whitespace().collect::<Vec<_>>(),
            ["5", "min", "70", "%", "18", "%", "12", "%"]
        );
        let narrow = words(45);
        assert!(narrow[1].contains("day ago") && !narrow[1].contains("ridge"), "{}", narrow[1]);
    }

    #[test]
    fn the_last_days_are_of_the_lead_that_plans_look_at() {
        let lines = days(&detail("shop").mixes, 80, &Theme::default());
        let lines: Vec<String> = lines.iter().map(Line::to_string).collect();
        assert_eq!(lines.len(), 9, "{lines:?}");
        assert!(lines[0].contains("15 min ahead") && lines[1].contains("last value"), "{lines:?}");
        let cells = |line: &str| line.split_whitespace().skip(3).collect::<Vec<_>>().join(" ");
        assert_eq!([cells(&lines[2]), cells(&lines[8])], ["90 % 0 % 10 %", "54 % 36 % 10 %"]);
        assert!(days(&[], 80, &Theme::default()).is_empty());
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
