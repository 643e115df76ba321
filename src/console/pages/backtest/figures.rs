//! A backtest's figures: a table with as many columns as fit, bars, and how the best stands beside the present policy.

use ratatui::text::{Line, Span};

use crate::{
    console::{
        draw::theme::{Role, Theme},
        widgets::{pane, text},
    },
    domain::summary::Summary,
    link::{Backtest, BacktestRow},
};

/// Columns of a policy's name with its mark.
const NAME: usize = 17;
/// Columns of a figure with the gap before it, on a narrow screen and on a wide one, and from which width on it is wide.
const FIGURE: [usize; 2] = [7, 11];
const WIDE: usize = 80;

/// A figure: its heading, short and long, and its text, where it is known.
struct Figure([&'static str; 2], fn(&Summary) -> Option<String>);

/// The figures, the most telling first. The last five are SPEC's elasticity metrics.
const FIGURES: [Figure; 12] = [
    Figure(["above", "min above"], |s| Some(format!("{:.0}", s.under_provisioned_minutes))),
    Figure(["lost %", "lost %"], |s| Some(format!("{:.2}", s.lost_load_percent))),
    Figure(["inst-h", "instance-h"], |s| Some(format!("{:.1}", s.instance_hours))),
    Figure(["cost", "cost"], |s| s.cost.map(|cost| format!("{cost:.2}"))),
    Figure(["acts", "actions"], |s| Some(s.actions.to_string())),
    Figure(["flips", "flips"], |s| Some(s.flips.to_string())),
    Figure(["x best", "x oracle"], |s| Some(format!("{:.2}", s.hours_over_oracle))),
    Figure(["lack %", "lacking %"], |s| Some(format!("{:.2}", s.elasticity.shortage_percent))),
    Figure(["over %", "surplus %"], |s| Some(format!("{:.1}", s.elasticity.surplus_percent))),
    Figure(["lack t", "time short"], |s| Some(format!("{:.2}", s.elasticity.time_short_percent))),
    Figure(["over t", "time over"], |s| Some(format!("{:.1}", s.elasticity.time_over_percent))),
    Figure(["jitter", "jitter/h"], |s| Some(format!("{:.2}", s.elasticity.jitter_per_hour))),
];

/// The table, `width` columns wide; the policy `chosen` stands out, `*` marks the present one.
pub(super) fn table(
    backtest: &Backtest,
    chosen: Option<&str>,
    width: usize,
    theme: &Theme,
) -> Vec<Line<'static>> {
    if backtest.rows.is_empty() {
        return Vec::new();
    }
    let form = usize::from(width >= WIDE);
    let each = FIGURE[form];
    let known = |Figure(_, text): &&Figure| backtest.rows.iter().any(|row| text(&row.summary).is_some());
    let room = width.saturating_sub(NAME) / each;
    let figures: Vec<&Figure> = FIGURES.iter().filter(known).take(room).collect();
    let right = |text: &str| format!("{:>each$}", text::cut(text, each - 1));
    let head: String = figures.iter().map(|Figure(head, _)| right(head[form])).collect();
    let mut lines = vec![pane::line(format!("{}{head}", text::fit("policy", NAME)), Role::Muted, theme)];
    lines.extend(backtest.rows.iter().map(|row| {
        let cell = |Figure(_, text): &&Figure| right(&text(&row.summary).unwrap_or_else(|| "-".into()));
        let cells: String = figures.iter().map(cell).collect();
        let role = if Some(row.summary.policy.as_str()) == chosen { Role::Selected } else { Role::Text };
        pane::line(format!("{}{cells}", text::fit(&name(backtest, row), NAME)), role, theme)
    }));
    lines
}

/// A policy's name; the present one has a mark.
fn name(backtest: &Backtest, row: &BacktestRow) -> String {
    let present = backtest.present.as_ref() == Some(&row.summary.policy);
    format!("{}{}", row.summary.policy, if present { "*" } else { "" })
}

/// `capacity` beside the present policy, or beside what was recorded; `None` where one of the two is missing.
pub(super) fn verdict(backtest: &Backtest) -> Option<String> {
    let of = |name: &str| backtest.rows.iter().map(|row| &row.summary).find(|s| s.policy == name);
    let present = backtest.present.as_deref().filter(|present| *present != "capacity");
    let (own, (word, other)) = (
        of("capacity")?,
        present
            .and_then(|name| Some((format!("{name} (present)"), of(name)?)))
            .or_else(|| Some(("recorded".to_owned(), of("recorded")?)))
            .or_else(|| Some(("target-tracking".to_owned(), of("target-tracking")?)))?,
    );
    let minutes = own.under_provisioned_minutes - other.under_provisioned_minutes;
    let hours = own.instance_hours - other.instance_hours;
    let cost = own.cost.zip(other.cost).map_or(String::new(), |(a, b)| format!(" ({:+.2})", a - b));
    let word_of = |change: f64| if change <= 0.0 { "less" } else { "more" };
    Some(format!(
        "Compared with {word}, capacity has {:.0} min {} above target and {:.1} instance-hours {}{cost}.",
        minutes.abs(),
        word_of(minutes),
        hours.abs(),
        word_of(hours),
    ))
}

/// Bars of the three figures that matter most, a line a policy; nothing where there is no room for them.
pub(super) fn bars(backtest: &Backtest, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let each = width.saturating_sub(NAME) / 3;
    if each < 16 || backtest.rows.len() < 2 {
        return Vec::new();
    }
    type MeasureFn = fn(&Summary) -> f64;
    let measures: [(&str, MeasureFn, Role); 3] = [
        ("min above target", |s| s.under_provisioned_minutes, Role::Warning),
        ("lost load %", |s| s.lost_load_percent, Role::Second),
        ("instance-hours", |s| s.instance_hours, Role::InService),
    ];
    let head: String = measures.iter().map(|(head, ..)| text::fit(head, each)).collect();
    let mut lines = vec![pane::line(format!("{}{head}", " ".repeat(NAME)), Role::Muted, theme)];
    lines.extend(backtest.rows.iter().map(|row| {
        let mut spans = vec![Span::styled(text::fit(&name(backtest, row), NAME), theme.style(Role::Text))];
        for (_, value, role) in &measures {
            let most = backtest.rows.iter().map(|row| value(&row.summary)).fold(0.0, f64::max);
            let share = (value(&row.summary) / most.max(1e-12)).clamp(0.0, 1.0);
            let full = (share * (each - 2) as f64).round() as usize;
            let bar = theme.glyph("█", "#").repeat(full);
            spans.push(Span::styled(text::fit(&bar, each), theme.style(*role)));
        }
        Line::from(spans)
    }));
    lines
}
