//! A moment of the past on the group page: the line that says which, and what is said of then.

use ratatui::text::Line;

use crate::{
    console::{
        draw::{
            axis::{clock, length, local, zone},
            theme::{Role, Theme},
        },
        widgets::{look_back, reasons},
    },
    domain::{
        decision::Decision,
        inputs,
        preflight::{Preflight, Verdict},
        text::clean,
    },
    link::{ChartKind, GroupDetail, LineRole, PastGroup, PastMoment, View},
};

/// The line that says which moment is shown.
pub fn banner(
    past: &PastGroup,
    detail: &GroupDetail,
    view: &View,
    theme: &Theme,
    width: usize,
) -> Line<'static> {
    let zone = zone(&view.zone);
    let parts = match (&past.decision, past.at) {
        (Some(d), at) => {
            let at = at.unwrap_or(d.at);
            vec![
                format!("as of {}: {} → {}", local(at, zone), d.from, d.to),
                format!(", decision {}{}", d.id, look_back::before(d.at, at)),
                format!(", {}", d.stage.name()),
                format!(", {} ago", length((view.now - at).num_seconds())),
                format!(", {}", d.moves()),
            ]
        }
        (None, at) => vec![without_decision(past, at.map(|at| local(at, zone)))],
    };
    look_back::banner(&clean(&detail.name, 40), &parts, theme, width)
}

/// Why there is no decision to show at the moment `at`.
fn without_decision(past: &PastGroup, at: Option<String>) -> String {
    let is_unread = past.unread.is_some();
    match (past.asked, at) {
        (PastMoment::Decision(id), _) if is_unread => format!("decision {id} cannot be read"),
        (PastMoment::Decision(id), None) => format!("decision {id} is no longer kept"),
        (_, Some(at)) if is_unread => format!("as of {at}: the decision cannot be read"),
        (_, Some(at)) => format!("as of {at}: no decision of this group until then"),
        (_, None) => "the past cannot be read".into(),
    }
}

/// The heading of the panel.
pub fn title(decision: &Decision) -> String {
    format!(
        "Plan then ({}): {} → {}",
        clean(&decision.plan.policy, 30),
        decision.plan.from,
        decision.plan.want
    )
}

/// The panel: plan, what the checks cut or blocked, what came, and what was known.
pub fn side(
    past: &PastGroup,
    detail: &GroupDetail,
    view: &View,
    theme: &Theme,
    width: usize,
) -> Vec<Line<'static>> {
    let Some(decision) = &past.decision else {
        let (text, role) = match &past.unread {
            Some(why) => (clean(why, 300), Role::Warning),
            None => ("no decision was made until then, or it is no longer kept".to_owned(), Role::Muted),
        };
        return reasons::bullet(theme.glyph("•", "*"), &text, role, theme, width);
    };
    let zone = zone(&view.zone);
    let heading = |text: &str| Line::styled(text.to_owned(), theme.style(Role::Title));
    let labelled = |label: &str, text: &str| {
        reasons::bullet(
            theme.glyph("•", "*"),
            &format!("{label}: {}", clean(text, 300)),
            Role::Text,
            theme,
            width,
        )
    };
    let mut out = reasons::plan(&decision.plan, theme, width);
    let summary = reasons::summary(&decision.preflight);
    out.extend(reasons::bullet(theme.glyph("☑", "#"), &summary, Role::Info, theme, width));
    out.extend(reasons::checklist(&not_passed(&decision.preflight), theme, width));
    out.extend(came(decision, detail).into_iter().flat_map(|(label, text)| labelled(label, &text)));
    out.push(heading("Known then"));
    let facts = inputs::facts(decision, past.newest, &|time| clock(time, zone));
    out.extend(facts.iter().flat_map(|(label, text)| labelled(label, text)));
    let made = past.made.as_ref().map_or("no longer kept".to_owned(), |(at, model)| {
        format!("made at {} by {model}", clock(*at, zone))
    });
    out.extend(labelled("forecast", &made));
    out
}

/// The checks that cut or blocked.
fn not_passed(preflight: &Preflight) -> Preflight {
    let checks = preflight.checks.iter().filter(|check| check.verdict != Verdict::Pass);
    Preflight { checks: checks.cloned().collect(), ..Preflight::default() }
}

/// The highest demand that came, against what was planned for.
fn came(decision: &Decision, detail: &GroupDetail) -> Option<(&'static str, String)> {
    let demand = detail.charts.iter().find(|chart| chart.kind == ChartKind::Demand)?;
    let line = demand.lines.iter().find(|line| line.role == LineRole::Came)?;
    let highest = line.series.known().reduce(f64::max)?;
    let planned = decision.plan.basis.as_ref().map(|basis| basis.demand).filter(|demand| *demand > 0.0);
    let against = planned.map_or(String::new(), |planned| {
        let percent = 100.0 * (highest / planned - 1.0);
        let way = if percent > 0.0 { "above" } else { "below" };
        format!(", {:.0} % {way} what was planned for", percent.abs())
    });
    Some(("came after", format!("demand up to {highest:.0}{against}")))
}

#[cfg(test)]
mod tests;
