//! The words on a group: its line of numbers, and the panel with plan, reasons, checks and activities.

use ratatui::text::{Line, Span};

use crate::{
    console::{
        draw::{
            axis::{length, local, short, zone},
            theme::{Role, Theme},
        },
        widgets::{pane, reasons},
    },
    domain::{
        activity::ActivityStatus, decision::Mode, error_budget::ErrorBudget, plan::percentile,
        process::ScalingProcess, reading::Reading, scorecard::Score, text::clean,
    },
    link::{GroupDetail, GroupRow, ScorecardView, View},
};

/// Seconds from which on a plan is not that of now.
const OLD: i64 = 150;

/// The group's line of numbers.
pub fn numbers(detail: &GroupDetail, view: &View, theme: &Theme) -> Line<'static> {
    let state = &detail.state;
    let row = view.groups.iter().find(|g| g.name == detail.name);
    let mode = row.map_or(String::new(), |r| format!("  mode {}", r.mode.name()));
    let refresh = match &state.refresh {
        Reading::Known(None) => String::new(),
        Reading::Known(Some(refresh)) => format!("  refresh {}", refresh.words()),
        Reading::Unknown { .. } => "  refresh unknown".to_owned(),
    };
    let old = row.filter(|row| row.late).map(|row| match row.data_age {
        Some(age) => format!("  ! data {} old", length(age)),
        None => "  ! no data yet".to_owned(),
    });
    Line::from(vec![
        Span::styled(clean(&detail.name, 40), theme.style(Role::Title)),
        Span::styled(
            format!(
                "  {} in service, {} pending, desired {} ({}-{}){mode}{refresh}",
                state.in_service(),
                state.pending(),
                state.desired,
                state.min,
                state.max
            ),
            theme.style(Role::Text),
        ),
        Span::styled(old.unwrap_or_default(), theme.style(Role::Warning)),
    ])
}

/// The heading of that panel: the plan in a few words.
pub fn title(detail: &GroupDetail, view: &View) -> String {
    match &detail.plan {
        Some(plan) => {
            let age = (view.now - plan.at).num_seconds();
            // A plan is made every minute; one that is older says so.
            let age = if age < OLD { String::new() } else { format!(", {} old", length(age)) };
            format!("Plan ({}): {} → {}{age}", plan.policy, plan.from, plan.want)
        }
        None => "No plan yet".to_owned(),
    }
}

/// The panel beside the charts: plan, reasons, checks, what was learned of the group, activities.
pub fn side(detail: &GroupDetail, view: &View, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let zone = zone(&view.zone);
    let heading = |text: String| Line::styled(text, theme.style(Role::Title));
    let labelled = |label: &str, text: &str| pane::labelled(label, text, width, theme);
    let mut out = Vec::new();
    match &detail.plan {
        Some(plan) => out.extend(reasons::plan(plan, theme, width)),
        None => out.push(pane::line("The forecast needs more history.", Role::Muted, theme)),
    }
    if let Some(preflight) = &detail.preflight {
        out.extend(reasons::bullet(
            theme.glyph("☑", "#"),
            &reasons::summary(preflight),
            Role::Info,
            theme,
            width,
        ));
    }
    let (lead, launches) = detail.lead;
    let row = view.groups.iter().find(|g| g.name == detail.name);
    out.extend(labelled("boot", &format!("{} to in service (p90 of {launches} launches)", length(lead))));
    if let Some(whole) = row.map(|row| row.lead).filter(|whole| *whole > lead) {
        let text = format!("{} (boot and the {} cycle)", length(whole), length(whole - lead));
        out.extend(labelled("lead time", &text));
    }
    if let Some((warm, launches)) = detail.warm {
        let text = format!("{} from the pool (p90 of {launches})", length(warm));
        out.extend(labelled("warm", &text));
    }
    let capacity = detail.capacity.as_ref();
    let said = capacity.map_or("not measured yet".into(), |(v, how)| {
        format!("{} per instance; {}", short(*v), clean(how, 60))
    });
    out.extend(labelled("capacity", &said));
    out.extend(detail.publication.iter().flat_map(|text| labelled("metric", &clean(text, 80))));
    out.extend(row.into_iter().flat_map(|row| labelled("model", &score(row))));
    let budget = row.and_then(|row| row.budget.as_ref());
    out.extend(budget.into_iter().flat_map(budget_lines).flat_map(|(label, text)| labelled(label, &text)));
    if let Some(scorecard) = &detail.scorecard {
        let observes = row.is_some_and(|row| row.mode == Mode::Observe);
        out.extend(score_lines(scorecard, observes).iter().flat_map(|(label, text)| labelled(label, text)));
    }
    out.extend(aws(detail).iter().flat_map(|(label, text)| labelled(label, text)));
    out.push(heading("Last activities".into()));
    for activity in detail.state.activities.items().iter().take(8) {
        let failed = activity.message.as_ref().map_or(String::new(), |m| format!(": {m}"));
        let text = format!(
            "{} {} {}{failed}",
            local(activity.started, zone),
            activity.status.name(),
            activity.description
        );
        let role = if activity.status == ActivityStatus::Failed { Role::Warning } else { Role::Text };
        out.extend(reasons::bullet(theme.glyph("•", "*"), &text, role, theme, width));
    }
    out
}

/// Suspended processes, the group's own policies, and what could not be read of it.
fn aws(detail: &GroupDetail) -> Vec<(&'static str, String)> {
    let state = &detail.state;
    let named = |process: &ScalingProcess| match process {
        ScalingProcess::Terminate if detail.holds_terminate => {
            "Terminate (by prescale, until the brake is released)".to_owned()
        }
        other => clean(other.name(), 24),
    };
    let suspended = state.suspended.iter().map(named).collect::<Vec<_>>().join(", ");
    let suspended = (!suspended.is_empty()).then_some(("suspended", suspended)).into_iter();
    let policies = state.policies.items().iter().filter(|p| p.enabled).map(|p| ("policy", p.name.clone()));
    let unknown = state.unknown().into_iter();
    suspended
        .chain(policies)
        .chain(unknown.map(|(what, why)| ("unknown", format!("{what}: {}", clean(why, 200)))))
        .collect()
}

/// The running score against the baseline: what was saved, or, in `observe`, what following the advice would have.
fn score_lines(scorecard: &ScorecardView, observes: bool) -> [(&'static str, String); 2] {
    let Score { acted, advised } = scorecard.score;
    let (label, tally) = if observes { ("to save", advised) } else { ("saved", acted) };
    // Adding zero takes the sign from a zero.
    let hours = (10.0 * tally.hours_saved()).round() / 10.0 + 0.0;
    let listed = scorecard.list_price.map_or(String::new(), |date| format!(" at list price of {date}"));
    let money = scorecard.price.map_or(String::new(), |price| format!(" ({:.2}{listed})", price * hours));
    let saved = format!("{:.0} min above target, {hours:.1} instance-h{money}", tally.minutes_saved());
    let since = scorecard.since.format("%d %b");
    let baseline = format!("target tracking {:.0} %, since {since}", 100.0 * scorecard.tracking_target);
    [(label, saved), ("baseline", baseline)]
}

/// The objective, its error budget, and what it costs beside target tracking.
fn budget_lines(budget: &ErrorBudget) -> [(&'static str, String); 3] {
    let objective = format!("{}, kept by {}", budget.objective, percentile(budget.quantile));
    [("objective", objective), ("budget", budget.words()), ("cost", budget.cost())]
}

/// The champion and how well it did.
pub fn score(row: &GroupRow) -> String {
    let percent = |v: f64| format!("{:.1} %", v * 100.0);
    let model = clean(&row.model, 60);
    match row.wape {
        Some((own, naive)) => format!("{model}, error {} (seasonal-naive {})", percent(own), percent(naive)),
        None => format!("{model}, not scored yet"),
    }
}
