//! How well the forecasts of a group did: error by horizon against the naive ones, drift, and whether quantiles held.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::mix;
use crate::{
    console::{
        draw::{
            axis::length,
            theme::{Role, Theme},
        },
        widgets::{pane, text},
    },
    link::{GroupRow, LeadMix, LeadScore},
};

/// The error of the last day over that of the last week, from which on it is worth a word, and worth acting on.
const DRIFT: (f64, f64) = (1.25, 1.6);
/// How far a quantile's observed share may be from its nominal one before it is marked.
const OFF: f64 = 0.03;

/// Draws the panel for `group`, whose forecasts are mixed as `mixes` say.
pub fn draw(frame: &mut Frame<'_>, area: Rect, group: Option<&GroupRow>, mixes: &[LeadMix], theme: &Theme) {
    let title = match group {
        Some(group) => format!("{}: last week's forecasts", group.name),
        None => "Forecasts".to_owned(),
    };
    let inner = pane::framed(frame, area, &title, theme);
    let width = usize::from(inner.width);
    let Some(group) = group else { return };
    if group.accuracy.is_empty() {
        let text = "Not scored yet: forecasts are scored once their target steps have ended.";
        return pane::lines(frame, inner, super::wrapped(text, width, Role::Muted, theme), theme);
    }
    let mut rows = drift(&group.accuracy, width, theme);
    rows.push(pane::line(heading(width), Role::Muted, theme));
    rows.extend(group.accuracy.iter().map(|score| horizon(score, width, theme)));
    if usize::from(inner.height) > rows.len() + 3 {
        rows.extend(coverage(&group.accuracy, width, theme));
    }
    let room = usize::from(inner.height).saturating_sub(rows.len());
    for table in mix::tables(mixes, room, width, theme) {
        rows.push(Line::default());
        rows.extend(table);
    }
    pane::lines(frame, inner, rows, theme);
}

/// Whether there is room for the last value and the last day.
fn is_wide(width: usize) -> bool {
    width >= 58
}

fn heading(width: usize) -> String {
    let more = if is_wide(width) { format!("{:>7} {:>7} ", "last", "1 day") } else { String::new() };
    text::cut(&format!("{:>10} {:>7} {:>7} {more} vs naive", "ahead", "error", "naive"), width)
}

/// One horizon: errors, and a bar of how much of seasonal-naive's error is saved.
fn horizon(score: &LeadScore, width: usize, theme: &Theme) -> Line<'static> {
    let percent = |share: f64| match share.is_finite() {
        true => format!("{:.1} %", (100.0 * share).clamp(0.0, 999.0)),
        false => "-".to_owned(),
    };
    let more = match is_wide(width) {
        true => format!("{:>7} {:>7} ", percent(score.last_wape), percent(score.lately)),
        false => String::new(),
    };
    let numbers = format!(
        "{:>10} {:>7} {:>7} {more} ",
        text::cut(&length(score.ahead), 10),
        percent(score.wape),
        percent(score.naive_wape)
    );
    let saved = 1.0 - score.wape / score.naive_wape;
    let (words, role) = match saved {
        s if !s.is_finite() => (String::new(), Role::Muted),
        s if s >= 0.0 => (format!("{:.0} % less", 100.0 * s), Role::Good),
        s => (format!("{:.0} % more", (-100.0 * s).min(999.0)), Role::Warning),
    };
    let room = width.saturating_sub(numbers.len() + words.len() + 1).min(20);
    let full = (saved.clamp(0.0, 1.0) * room as f64).round() as usize;
    let bar = theme.glyph("━", "=").repeat(if saved.is_finite() { full } else { 0 });
    Line::from(vec![
        Span::styled(numbers, theme.style(Role::Text)),
        Span::styled(words, theme.style(role)),
        Span::styled(format!(" {bar}"), theme.style(role)),
    ])
}

/// Whether errors grow: the worst horizon's last day beside its last week.
fn drift(scores: &[LeadScore], width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let ratio = |score: &&LeadScore| score.lately / score.wape;
    let known = scores.iter().filter(|score| ratio(score).is_finite());
    let Some(worst) = known.max_by(|a, b| ratio(a).total_cmp(&ratio(b))) else { return Vec::new() };
    let (word, role) = match ratio(&worst) {
        r if r >= DRIFT.1 => ("! drift", Role::Critical),
        r if r >= DRIFT.0 => ("! errors grow", Role::Warning),
        _ => ("steady", Role::Good),
    };
    let (ratio, ahead) = (ratio(&worst).min(99.0), length(worst.ahead));
    let text = format!("{word}: at {ahead} last-day error is {ratio:.2} × the week's");
    super::wrapped(&text, width, role, theme)
}

/// Nominal and observed share of targets below each quantile, for the nearest horizon.
fn coverage(scores: &[LeadScore], width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let Some(nearest) = scores.first() else { return Vec::new() };
    let row = |label: &str, cells: Vec<(String, Role)>| {
        let mut spans = vec![Span::styled(text::fit(label, 10), theme.style(Role::Muted))];
        let room = width.saturating_sub(10) / 7;
        spans.extend(
            cells
                .into_iter()
                .take(room)
                .map(|(text, role)| Span::styled(format!("{text:>7}"), theme.style(role))),
        );
        Line::from(spans)
    };
    let nominal = nearest.held.iter().map(|(level, _)| (format!("p{}", number(100.0 * level)), Role::Muted));
    let observed = nearest.held.iter().map(|(level, held)| {
        let off = (held - level).abs() > OFF;
        let mark = if off { "!" } else { "" };
        (format!("{mark}{:.1}", 100.0 * held), if off { Role::Warning } else { Role::Good })
    });
    vec![Line::default(), row("quantile", nominal.collect()), row("covered %", observed.collect())]
}

/// `97.5` as it is, `90` without a point.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.trim_end_matches(".0").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::{accuracy, groups, screen};

    fn shot(group: Option<&GroupRow>, width: u16, height: u16) -> String {
        screen((width, height), |frame| draw(frame, frame.area(), group, &[], &Theme::default())).to_string()
    }

    #[test]
    fn errors_drift_and_coverage_are_said() {
        let group = &groups()[2];
        let wide = shot(Some(group), 90, 13);
        for words in [
            "drift: at 2 h last-day error is 1.60 × the week's",
            "9.8 %  12.4 %  19.3 %",
            "21 % less",
            "94.6",
        ] {
            assert!(wide.contains(words), "{words} in\n{wide}");
        }
        let narrow = shot(Some(group), 46, 9);
        assert!(narrow.contains("drift") && narrow.contains("4.1 %"), "{narrow}");
    }

    #[test]
    fn numbers_that_are_none_are_not_shown_as_any() {
        let mut group = groups().remove(2);
        group.accuracy.truncate(1);
        group.accuracy[0] = LeadScore { wape: f64::NAN, naive_wape: 0.0, ..accuracy().remove(0) };
        let shown = shot(Some(&group), 90, 13);
        assert!(shown.contains(" - ") && !shown.contains("NaN") && !shown.contains("less"), "{shown}");
        group.accuracy.clear();
        assert!(shot(Some(&group), 90, 13).contains("Not scored yet"));
        assert!(!shot(None, 90, 13).contains("Not scored yet"), "nothing is known of it");
    }
}
