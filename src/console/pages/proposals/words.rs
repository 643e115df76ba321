//! A proposal in words: its line of the list, all about it, and what approving does.

use ratatui::text::Line;

use crate::{
    console::{
        draw::{
            axis::{clock, length, short, zone},
            theme::{Role, Theme},
        },
        widgets::{
            pane, reasons,
            text::{fit, fit_right, wrap},
        },
    },
    domain::{actuator::Act, decision::Decision, plan::Plan, preflight::Preflight, text::clean},
    link::View,
};

/// What a filter looks at.
pub(super) fn searched(proposal: &Decision) -> String {
    let why = proposal.plan.reasons.join(" ");
    format!("{} {} {} {why}", proposal.id, proposal.group, proposal.moves())
}

/// Its line of the list.
pub(super) fn row(proposal: &Decision, view: &View, width: usize) -> String {
    let group = fit(&proposal.group, (width / 3).clamp(24, 48));
    let change = format!("{} → {}", proposal.from, proposal.to);
    let what = if proposal.moves_min_size() { "MinSize: " } else { "" };
    let why = proposal.plan.reasons.first().map_or("", String::as_str);
    format!("{group} {} {}  {what}{why}", fit_right(&change, 11), fit(&left(proposal, view), 17))
}

/// `expires in 13 min`, or that it has.
fn expiry(proposal: &Decision, view: &View) -> String {
    let left = (proposal.expires - view.now).num_seconds();
    if left <= 0 { "expired".into() } else { format!("expires in {}", length(left)) }
}

/// The same in fewer words: `13 min left`.
fn left(proposal: &Decision, view: &View) -> String {
    let left = (proposal.expires - view.now).num_seconds();
    if left <= 0 { "expired".into() } else { format!("{} left", length(left)) }
}

/// Everything about a proposal, top to bottom; on a wide screen all but the checks, which stand beside it.
pub(super) fn details(
    proposal: &Decision,
    view: &View,
    theme: &Theme,
    (width, wide): (usize, bool),
) -> Vec<Line<'static>> {
    let name = clean(&proposal.group, 40);
    let title = format!("{name}: {} {} → {}", proposal.moves(), proposal.from, proposal.to);
    let state =
        format!("revision {}, {}, {}", proposal.revision, made(proposal, view), expiry(proposal, view));
    let texts = [(title, Role::Title), (state, Role::Warning)].into_iter();
    let mut out: Vec<Line<'static>> = texts
        .flat_map(|(text, role)| wrap(&text, width).into_iter().map(move |t| pane::line(t, role, theme)))
        .collect();
    let row = view.whole_row(&proposal.group);
    out.extend(reasons::diff(proposal, row, theme));
    out.push(Line::styled(format!("Now ({})", clock(view.now, zone(&view.zone))), theme.style(Role::Title)));
    for text in now(proposal, view) {
        out.extend(reasons::bullet(theme.glyph("•", "*"), &text, Role::Text, theme, width));
    }
    if !wide {
        let (title, checks) = checks(proposal, view, theme, width);
        out.push(Line::styled(title, theme.style(Role::Title)));
        out.extend(checks);
    }
    out.extend(reasons::why(proposal, view, theme, width));
    out
}

/// When the numbers of a proposal were made: `made 13:09, 58 min ago`.
fn made(proposal: &Decision, view: &View) -> String {
    let age = (view.now - proposal.at).num_seconds();
    let at = clock(proposal.at, zone(&view.zone));
    if age < 60 { format!("made {at}") } else { format!("made {at}, {} ago", length(age)) }
}

/// The newest plan and checks of the proposal's group, where the view has them.
fn newest<'v>(proposal: &Decision, view: &'v View) -> Option<(&'v Plan, &'v Preflight)> {
    let detail = view.detail.as_ref().filter(|detail| detail.name == proposal.group)?;
    detail.plan.as_ref().zip(detail.preflight.as_ref())
}

/// The heading of the checks, and on lines of `width` their sum and each of them: those of the newest plan, else those of the
/// record with their age.
pub(super) fn checks(
    proposal: &Decision,
    view: &View,
    theme: &Theme,
    width: usize,
) -> (String, Vec<Line<'static>>) {
    let (title, checks) = match newest(proposal, view) {
        Some((plan, checks)) if plan.at >= proposal.at => {
            (format!("Checks at {}", clock(plan.at, zone(&view.zone))), checks)
        }
        _ => {
            let age = length((view.now - proposal.at).num_seconds());
            (format!("Checks {age} ago"), &proposal.preflight)
        }
    };
    let sum = wrap(&reasons::summary(checks), width);
    let mut lines: Vec<Line<'static>> = sum.iter().map(|text| pane::line(text, Role::Info, theme)).collect();
    lines.extend(reasons::checklist(checks, theme, width));
    (title, lines)
}

/// What is true of the group now, beside what the proposal was made from.
fn now(proposal: &Decision, view: &View) -> Vec<String> {
    let Some(row) = view.whole_row(&proposal.group) else {
        let known = view.groups.iter().any(|g| g.name == proposal.group);
        let text =
            if known { "loading the numbers of now" } else { "the group is not in the fleet any more" };
        return vec![text.to_owned()];
    };
    let number = |v: Option<f64>| v.map_or_else(|| "unknown".to_owned(), short);
    let age = match row.data_age {
        Some(age) if row.late => format!(", {} old", length(age)),
        Some(_) => String::new(),
        None => ", of unknown age".to_owned(),
    };
    let mut out = vec![format!(
        "load {} {}{age}; {} in service, {} pending, desired {}",
        number(row.demand),
        row.demand_unit,
        row.in_service,
        row.pending,
        row.desired
    )];
    let unit = if row.planned == Some(1) { "instance" } else { "instances" };
    out.extend(row.planned.map(|want| format!("the newest plan wants {want} {unit}")));
    out.push(match row.blocked.as_slice() {
        [] => "no check stands against the newest plan".to_owned(),
        names => format!("checks that block now: {}", names.join(", ")),
    });
    out
}

/// What approving does, and what is true of the group while one reads it.
pub(super) fn asked(proposal: &Decision, view: &View) -> Vec<String> {
    let mut out = consequence(proposal);
    out.push(format!("This proposal was {}; it {}.", made(proposal, view), expiry(proposal, view)));
    let stated = now(proposal, view).join("; ");
    out.push(format!("Now, at {}: {stated}.", clock(view.now, zone(&view.zone))));
    out
}

/// What approving does.
pub(super) fn consequence(proposal: &Decision) -> Vec<String> {
    let change = proposal
        .cost_and_risk
        .map_or(i64::from(proposal.to) - i64::from(proposal.from), |value| value.instances);
    let floor = !matches!(proposal.act(), Act::Desired { .. });
    let what = match change {
        0 => "No instances are launched or terminated.".to_owned(),
        1 => "1 more instance will be launched and paid for.".to_owned(),
        n if n > 0 => format!("{n} more instances will be launched and paid for."),
        -1 if floor => "AWS scaling policies may then terminate 1 instance.".to_owned(),
        n if floor => format!("AWS scaling policies may then terminate up to {} instances.", -n),
        -1 => "1 instance will be terminated.".to_owned(),
        n => format!("{} instances will be terminated.", -n),
    };
    let group = clean(&proposal.group, 60);
    vec![
        format!("Sets the {} of {group} from {} to {}.", proposal.moves(), proposal.from, proposal.to),
        what,
        "All checks run again on fresh state first.".into(),
    ]
}

/// What changed in an open question about a proposal that first `said` what it would do.
pub(super) fn changed(said: Option<&String>, view: &View) -> String {
    let at = clock(view.now, zone(&view.zone));
    let before = said.map_or(String::new(), |said| format!(" It said: {said}"));
    format!("The numbers changed at {at}.{before}")
}

/// True for what takes away more than half of a group: that is confirmed by its name.
pub(super) fn cuts_deep(proposal: &Decision) -> bool {
    2 * u64::from(proposal.to) < u64::from(proposal.from)
}
