//! Fleet, proposals and groups as text.

use crate::{
    domain::{Time, preflight::Verdict},
    link::{GroupRow, GroupSummary, ProposalSummary, SourceView, View},
};

/// The fleet: a line of state, notices, and a row a group.
pub(super) fn fleet(view: &View) -> String {
    let brake = if view.brake { "on: scale-in frozen" } else { "off" };
    let read_only = if view.read_only { "; read-only" } else { "" };
    let mut lines = vec![format!(
        "{}, {}; {} groups, {} proposals; brake {brake}{read_only}",
        view.source,
        stamp(view.now),
        view.groups.len(),
        view.proposals.len()
    )];
    lines.extend(view.sources.iter().map(source));
    lines.extend(view.notices.iter().map(|notice| format!("{}: {}", notice.level.name(), notice.text)));
    let width = view.groups.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(5);
    lines.push(format!(
        "{:<width$}  {:<7}  {:>10}  {:>7}  {:>4}  {:>4}  {:>12}  {:>12}  {:>8}  REMARKS",
        "GROUP", "MODE", "IN SERVICE", "DESIRED", "MIN", "MAX", "DEMAND", "FORECAST", "PROPOSAL"
    ));
    lines.extend(view.groups.iter().map(|row| fleet_row(row, width)));
    lines.join("\n")
}

fn source(source: &SourceView) -> String {
    let read = match (&source.problem, source.groups_read, source.some_metrics_read) {
        (None, ..) => "read",
        (Some(_), true, true) => "groups read, METRICS READ IN PART",
        (Some(_), true, false) => "groups read, METRICS NOT READ",
        (Some(_), false, _) => "NOT READ",
    };
    let SourceView { name, place, groups, usage, .. } = source;
    format!("source {name} ({place}): {read}; {groups} groups, {} API calls/min", usage.calls)
}

fn fleet_row(row: &GroupRow, width: usize) -> String {
    let number = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.1}"));
    let remarks: Vec<&str> = row.badges.iter().map(|badge| badge.text.as_str()).collect();
    let line = format!(
        "{:<width$}  {:<7}  {:>10}  {:>7}  {:>4}  {:>4}  {:>12}  {:>12}  {:>8}  {}",
        row.name,
        row.mode.name(),
        row.in_service,
        row.desired,
        row.min,
        row.max,
        number(row.demand),
        number(row.predicted),
        row.proposal.map_or("-".into(), |id| id.to_string()),
        remarks.join("; ")
    );
    line.trim_end().to_owned()
}

/// The open proposals, one a line.
pub(super) fn proposals(view: &View) -> String {
    let open = ProposalSummary::all(view);
    if open.is_empty() {
        return "no proposals are open".into();
    }
    open.iter().map(proposal).collect::<Vec<_>>().join("\n")
}

fn proposal(one: &ProposalSummary<'_>) -> String {
    let decision = one.decision;
    let why = decision.plan.reasons.first().map_or("", String::as_str);
    format!(
        "{} (revision {}) {}: {} {} → {}, expires {}: {why}",
        decision.id,
        decision.revision,
        decision.group,
        decision.moves(),
        decision.from,
        decision.to,
        stamp(decision.expires)
    )
}

/// A group: sizes, plan with its reasons, each check that holds or cuts.
pub(super) fn group(summary: &GroupSummary<'_>) -> String {
    let row = summary.row;
    let mut lines = vec![format!(
        "{}: mode {}, {} of {} in service, {} pending (min {}, max {})",
        row.name,
        row.mode.name(),
        row.in_service,
        row.desired,
        row.pending,
        row.min,
        row.max
    )];
    lines.extend(row.badges.iter().map(|badge| format!("{}: {}", badge.level.name(), badge.text)));
    match summary.detail {
        None => lines.push("not read since the agent started: nothing is planned for it".into()),
        Some(detail) => {
            if let Some(plan) = &detail.plan {
                lines.push(format!("plan ({}): {} → {}", plan.policy, plan.from, plan.want));
                lines.extend(plan.reasons.iter().map(|reason| format!("  {reason}")));
            }
            let checks = detail.preflight.iter().flat_map(|preflight| &preflight.checks);
            lines.extend(checks.filter_map(|check| match &check.verdict {
                Verdict::Pass => None,
                Verdict::Clamp { to, reason } => Some(format!("limited to {to} by {}: {reason}", check.name)),
                Verdict::Block { reason } => Some(format!("blocked by {}: {reason}", check.name)),
            }));
        }
    }
    lines.extend(summary.proposal.iter().map(|open| format!("proposal {}", proposal(open))));
    lines.join("\n")
}

fn stamp(time: Time) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::decision::Mode,
        link::{FleetSummary, Level, Notice},
    };

    fn row(name: &str) -> GroupRow {
        let badge = Notice { level: Level::Warning, text: "late 7 min".into() };
        GroupRow {
            name: name.into(),
            source: String::new(),
            tag: None,
            mode: Mode::Approve,
            policy: "capacity".into(),
            min: 1,
            max: 9,
            desired: 4,
            in_service: 3,
            pending: 1,
            cpu: None,
            demand: Some(120.04),
            demand_unit: "requests / 5 min".into(),
            predicted: None,
            spark: Vec::new(),
            badges: vec![badge],
            next_event: None,
            budget: None,
            proposal: None,
            model: String::new(),
            wape: None,
            coverage: None,
            accuracy: Vec::new(),
            forecasts: Vec::new(),
            planned: None,
            blocked: Vec::new(),
            data_age: None,
            late: false,
            acts_by_itself: Vec::new(),
            lead: 600,
        }
    }

    #[test]
    fn the_fleet_is_a_table_and_says_what_is_unusual() {
        let view = View { brake: true, groups: vec![row("web")], ..View::default() };
        let text = fleet(&view);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with("1 groups, 0 proposals; brake on: scale-in frozen"), "{text}");
        let words: Vec<&str> = lines[2].split_whitespace().collect();
        let wanted = ["web", "approve", "3", "4", "1", "9", "120.0", "-", "-", "late", "7", "min"];
        assert_eq!(words, wanted);
        assert_eq!(proposals(&view), "no proposals are open");
        let json = serde_json::to_value(FleetSummary::of(&view)).expect("has JSON");
        assert_eq!((&json["brake"], &json["groups"][0]["in_service"]), (&true.into(), &3.into()));
    }

    #[test]
    fn a_group_that_was_not_read_says_so() {
        let view = View { groups: vec![row("web")], ..View::default() };
        let text = group(&GroupSummary::of(&view, "web").expect("it is there"));
        assert!(text.contains("web: mode approve, 3 of 4 in service, 1 pending (min 1, max 9)"), "{text}");
        assert!(text.contains("warning: late 7 min") && text.contains("nothing is planned for it"), "{text}");
        assert!(GroupSummary::of(&view, "api").is_none());
    }
}
