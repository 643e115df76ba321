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
/// The weight from which on an expert is what the forecast mostly is.
const MOST: f64 = 0.5;

/// A table of `mixes`, a row a lead, as many columns as fit into `width`; nothing without mixes.
pub(super) fn rows(mixes: &[LeadMix], width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let Some(first) = mixes.first() else { return Vec::new() };
    let shown = (width.saturating_sub(LEAD) / EXPERT).min(first.weights.len());
    let mut heading = format!("{:>LEAD$}", "ahead");
    first.weights.iter().take(shown).for_each(|(name, _)| {
        heading += &format!("{:>EXPERT$}", text::cut(name, EXPERT - 1));
    });
    let row = |mix: &LeadMix| {
        let mut spans = vec![Span::styled(
            format!("{:>LEAD$}", text::cut(&length(mix.ahead), LEAD)),
            theme.style(Role::Text),
        )];
        spans.extend(mix.weights.iter().take(shown).map(|(_, weight)| {
            let role = if *weight >= MOST { Role::Info } else { Role::Text };
            Span::styled(format!("{:>EXPERT$}", format!("{:.0} %", 100.0 * weight)), theme.style(role))
        }));
        Line::from(spans)
    };
    let title = "Weight of each expert in the median:";
    let heads = [pane::line(title, Role::Muted, theme), pane::line(heading, Role::Muted, theme)];
    heads.into_iter().chain(mixes.iter().map(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::detail;

    fn words(width: usize) -> Vec<String> {
        rows(&detail("shop").mixes, width, &Theme::default()).iter().map(Line::to_string).collect()
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
        assert!(rows(&[], 80, &Theme::default()).is_empty());
    }
}
