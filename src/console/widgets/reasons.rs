//! A plan, its numbers and its checklist in words: what the group page and the proposals page both show.

use chrono_tz::Tz;
use ratatui::text::{Line, Span};

use super::{
    pane,
    text::{fit, wrap},
};
use crate::{
    console::draw::{
        axis::{clock, length, short, zone},
        theme::{Role, Theme},
    },
    domain::{
        Seconds,
        actuator::Act,
        cost_and_risk::{CostAndRisk, Risk},
        decision::Decision,
        plan::{Basis, Plan, percentile},
        preflight::{Preflight, Verdict},
        text::clean,
    },
    link::{GroupRow, View},
};

/// Seconds after which the numbers of a decision are called old.
const CURRENT: Seconds = 300;

/// The reasons, most important first, then what a reactive policy would do.
pub fn plan(plan: &Plan, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let mut out: Vec<Line<'static>> = plan
        .reasons
        .iter()
        .flat_map(|reason| bullet(theme.glyph("•", "*"), reason, Role::Text, theme, width))
        .collect();
    let reactive = match plan.reactive {
        Some(n) if n == plan.want => format!("target tracking alone would also run {n} now"),
        Some(n) => format!("target tracking alone would run {n} now, this plan {}", plan.want),
        None => "no target-tracking comparison for this policy".into(),
    };
    out.extend(bullet(theme.glyph("↔", "="), &reactive, Role::Muted, theme, width));
    out
}

/// What a change costs and what it saves from, in words.
pub fn cost_and_risk(value: &CostAndRisk, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let count = value.instances.unsigned_abs();
    let plural = if count == 1 { "instance" } else { "instances" };
    let change = match value.instances {
        0 => "no change in instances".to_owned(),
        1.. => format!("{count} more {plural}"),
        _ => format!("up to {count} fewer {plural}"),
    };
    let cost = match value.cost_per_hour {
        _ if count == 0 => change,
        Some(cost) => {
            let listed = value.list_price.map_or(String::new(), |date| {
                format!(" (US dollars, list price on demand, Linux, of {date}; `price` sets your own)")
            });
            format!("{change}: {cost:+.2} an hour{listed}")
        }
        None => format!("{change} (set `price` to show the cost)"),
    };
    let risk = |risk: &Risk| {
        let percent = 100.0 * risk.probability;
        // Quantiles end at 10 % and 99 %: beyond them a forecast only says "more than" and "less than".
        let bound = if percent >= 89.9 {
            "at least "
        } else if percent <= 1.1 {
            "at most "
        } else {
            ""
        };
        format!("{bound}{percent:.0} % ({:.1} min)", risk.minutes)
    };
    let mut out = bullet(theme.glyph("¤", "$"), &cost, Role::Text, theme, width);
    if let (Some(ignored), Some(done)) = (&value.ignored, &value.done) {
        let text = format!(
            "demand exceeds capacity within the lead time: {} if ignored, {} if applied",
            risk(ignored),
            risk(done)
        );
        out.extend(bullet("!", &text, Role::Text, theme, width));
    }
    out
}

/// What is set, before and after, and what stays.
pub fn diff(decision: &Decision, row: Option<&GroupRow>, theme: &Theme) -> Vec<Line<'static>> {
    let (name, other) = match decision.act() {
        Act::Desired { .. } => {
            ("DesiredCapacity", row.map(|r| format!("MinSize {}, MaxSize {}", r.min, r.max)))
        }
        _ => ("MinSize", row.map(|r| format!("DesiredCapacity {}, MaxSize {}", r.desired, r.max))),
    };
    let change = i64::from(decision.to) - i64::from(decision.from);
    let line = |mark: &str, text: String, role| Line::styled(format!("{mark} {text}"), theme.style(role));
    let mut out = vec![
        line("-", format!("{name} {}", decision.from), Role::Warning),
        line("+", format!("{name} {}   ({change:+})", decision.to), Role::Good),
    ];
    if let (Some(other), Some(row)) = (other, row) {
        let text = format!("{other}; {} in service, {} pending", row.in_service, row.pending);
        out.push(line(" ", text, Role::Muted));
    }
    out
}

/// The API calls that carry `act` out, in their order.
pub fn calls(act: &Act, calls: &[String], theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let line = |call: &String| bullet(theme.glyph("›", ">"), &clean(call, 400), Role::Muted, theme, width);
    let moves = matches!(act, Act::Schedule(_)).then_some("(its times are counted from the approval)");
    let note = moves.into_iter().flat_map(|text| bullet("", text, Role::Muted, theme, width));
    let unknown = "not known: the agent is older than this console, or its cloud has no words for it";
    let unknown = calls.is_empty().then(|| bullet("", unknown, Role::Muted, theme, width));
    calls.iter().flat_map(line).chain(unknown.into_iter().flatten()).chain(note).collect()
}

/// The numbers behind a capacity plan.
pub fn basis(basis: &Basis, zone: Tz, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let events = basis.events.iter().map(|e| clean(e, 40)).collect::<Vec<_>>().join(", ");
    let capacity =
        format!("{} per instance at 100 %, planned at {:.0} %", short(basis.capacity), basis.target * 100.0);
    let demand = format!(
        "{} at {}, in the step of {}",
        short(basis.demand),
        percentile(basis.risk),
        clock(basis.binding, zone)
    );
    let rows = [
        ("demand", demand),
        ("capacity", capacity),
        ("lead time", format!("{} (boot and cycle)", length(basis.lead))),
        ("model", basis.model.clone()),
        ("events", events),
    ];
    rows.iter().flat_map(|(label, text)| pane::labelled(label, text, width, theme)).collect()
}

/// All that a decision's record in `view` holds: [`why`], then the checks.
pub fn record(decision: &Decision, view: &View, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let mut out = why(decision, view, theme, width);
    let title = format!("Preflight: {}", summary(&decision.preflight));
    out.push(Line::styled(title, theme.style(Role::Title)));
    out.extend(checklist(&decision.preflight, theme, width));
    out
}

/// Why a decision was made, what it was worth, the calls and the numbers.
pub fn why(decision: &Decision, view: &View, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let heading = |text: &str| Line::styled(text.to_owned(), theme.style(Role::Title));
    let mut out = vec![heading(&aged("Why", decision, view))];
    out.extend(plan(&decision.plan, theme, width));
    if let Some(value) = &decision.cost_and_risk {
        out.push(heading("Cost and risk"));
        out.extend(cost_and_risk(value, theme, width));
    }
    out.push(heading("Call"));
    out.extend(calls(&decision.act(), view.calls(decision.id), theme, width));
    if let Some(numbers) = &decision.plan.basis {
        out.push(heading(&aged("Numbers", decision, view)));
        out.extend(basis(numbers, zone(&view.zone), theme, width));
    }
    out
}

/// `title` with the age of what stands below it, once that is no longer of this cycle.
fn aged(title: &str, decision: &Decision, view: &View) -> String {
    let age = (view.now - decision.at).num_seconds();
    if age <= CURRENT {
        return title.to_owned();
    }
    format!("{title} at {}, {} ago", clock(decision.at, zone(&view.zone)), length(age))
}

/// How many checks passed, and how many clamped and blocked if any did.
pub fn summary(preflight: &Preflight) -> String {
    let count = |wanted: fn(&Verdict) -> bool| preflight.checks.iter().filter(|c| wanted(&c.verdict)).count();
    let passed = count(|v| matches!(v, Verdict::Pass));
    let clamped = count(|v| matches!(v, Verdict::Clamp { .. }));
    let blocked = count(|v| matches!(v, Verdict::Block { .. }));
    let others = [(clamped, "clamp"), (blocked, "block")].into_iter().filter(|(count, _)| *count > 0);
    let others: String = others.map(|(count, what)| format!(", {count} {what}")).collect();
    match preflight.allowed {
        Some(n) => format!("{passed} pass{others}: up to {n} allowed"),
        None => format!("{passed} pass{others}: no change allowed"),
    }
}

/// The whole checklist, a check a line.
pub fn checklist(preflight: &Preflight, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let line = |check: &crate::domain::preflight::PreflightCheck| {
        let (mark, role, text) = match &check.verdict {
            Verdict::Pass => {
                let rests_on = check.rests_on.as_ref().map(|text| format!("; {}", clean(text, 120)));
                let text = format!("{}: pass{}", check.name, rests_on.unwrap_or_default());
                (theme.glyph("✓", "+"), Role::Good, text)
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn text(lines: Vec<Line<'_>>) -> String {
        lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn cost_and_risk_show_only_what_is_known() {
        let theme = Theme::default();
        let risk = |probability, minutes| Some(Risk { probability, minutes });
        let known = CostAndRisk {
            instances: 3,
            cost_per_hour: Some(0.288),
            list_price: None,
            ignored: risk(0.9, 7.5),
            done: risk(0.01, 0.1),
        };
        let shown = text(cost_and_risk(&known, &theme, 200));
        assert!(shown.contains("3 more instances: +0.29 an hour"), "{shown}");
        assert!(
            shown.contains("at least 90 % (7.5 min) if ignored, at most 1 % (0.1 min) if applied"),
            "{shown}"
        );
        assert!(!shown.contains("list price"), "{shown}");
        let listed = CostAndRisk { list_price: chrono::NaiveDate::from_ymd_opt(2024, 7, 1), ..known };
        let shown = text(cost_and_risk(&listed, &theme, 200));
        assert!(
            shown.contains("+0.29 an hour (US dollars, list price on demand, Linux, of 2024-07-01;"),
            "{shown}"
        );
        let bare = CostAndRisk { instances: -1, cost_per_hour: None, ignored: None, done: None, ..known };
        let shown = text(cost_and_risk(&bare, &theme, 200));
        assert!(
            shown.contains("up to 1 fewer instance (set `price`") && !shown.contains("demand"),
            "{shown}"
        );
    }

    #[test]
    fn calls_are_shown_as_they_will_be_made() {
        let made = ["SetDesiredCapacity DesiredCapacity=7".to_owned()];
        let shown = text(calls(&Act::Desired { to: 7 }, &made, &Theme::default(), 200));
        assert!(shown.ends_with("SetDesiredCapacity DesiredCapacity=7"));
        let none = text(calls(&Act::Desired { to: 7 }, &[], &Theme::default(), 200));
        assert!(none.contains("not known"), "an empty heading explains nothing: {none}");
    }
}
