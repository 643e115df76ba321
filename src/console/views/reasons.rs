//! A plan, its numbers and its checklist in words: what the group page and the proposals page both show.

use chrono_tz::Tz;
use ratatui::text::{Line, Span};

use super::{fit, labelled, wrap};
use crate::{
    console::{
        axis::{clock, length, short},
        theme::{Role, Theme},
    },
    domain::{
        plan::{Basis, Plan},
        preflight::{Preflight, Verdict},
        text::clean,
    },
};

/// The reasons, most important first, then what a reactive policy would do.
pub fn plan(plan: &Plan, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let mut out: Vec<Line<'static>> = plan
        .reasons
        .iter()
        .flat_map(|reason| bullet(theme.glyph("•", "-"), reason, Role::Text, theme, width))
        .collect();
    let reactive = match plan.reactive {
        Some(n) if n == plan.want => format!("a reactive policy would want {n} now as well"),
        Some(n) => format!("a reactive policy would want {n} now, this plan {}", plan.want),
        None => "no reactive comparison for this policy".into(),
    };
    out.extend(bullet(theme.glyph("↔", "="), &reactive, Role::Muted, theme, width));
    out
}

/// The numbers behind a capacity plan.
pub fn basis(basis: &Basis, zone: Tz, theme: &Theme) -> Vec<Line<'static>> {
    let events = basis.events.iter().map(|e| clean(e, 40)).collect::<Vec<_>>().join(", ");
    let capacity =
        format!("{} an instance at 100 %, bought at {:.0} %", short(basis.capacity), basis.target * 100.0);
    let demand = format!(
        "{} at p{:.0}, step of {}",
        short(basis.demand),
        basis.risk * 100.0,
        clock(basis.binding, zone)
    );
    let mut out = vec![
        labelled("demand", demand, theme),
        labelled("capacity", capacity, theme),
        labelled("lead time", length(basis.lead), theme),
        labelled("model", clean(&basis.model, 60), theme),
    ];
    if !events.is_empty() {
        out.push(labelled("events", events, theme));
    }
    out
}

/// How many checks passed, clamped and blocked.
pub fn summary(preflight: &Preflight) -> String {
    let count = |wanted: fn(&Verdict) -> bool| preflight.checks.iter().filter(|c| wanted(&c.verdict)).count();
    let passed = count(|v| matches!(v, Verdict::Pass));
    let clamped = count(|v| matches!(v, Verdict::Clamp { .. }));
    let blocked = count(|v| matches!(v, Verdict::Block { .. }));
    match preflight.allowed {
        Some(n) => format!("{passed} pass, {clamped} clamp, {blocked} block: up to {n} allowed"),
        None => format!("{passed} pass, {clamped} clamp, {blocked} block: nothing may be done"),
    }
}

/// The whole checklist, a check a line.
pub fn checklist(preflight: &Preflight, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let line = |check: &crate::domain::preflight::Check| {
        let (mark, role, text) = match &check.verdict {
            Verdict::Pass => (theme.glyph("✓", "+"), Role::Good, format!("{}: pass", check.name)),
            Verdict::Clamp { to, reason } => {
                ("~", Role::Warning, format!("{}: clamp to {to}; {reason}", check.name))
            }
            Verdict::Block { reason } => {
                (theme.glyph("✗", "X"), Role::Critical, format!("{}: block; {reason}", check.name))
            }
        };
        bullet(mark, &text, role, theme, width)
    };
    preflight.checks.iter().flat_map(line).collect()
}

/// `text` wrapped behind a mark.
pub fn bullet(mark: &str, text: &str, role: Role, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let place = |(i, line): (usize, String)| {
        let mark = if i == 0 { mark } else { " " };
        Line::from(vec![
            Span::styled(fit(mark, 2), theme.style(role)),
            Span::styled(line, theme.style(if role == Role::Good { Role::Text } else { role })),
        ])
    };
    wrap(text, width.saturating_sub(2)).into_iter().enumerate().map(place).collect()
}
