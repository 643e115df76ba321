//! A proposal in words: its line of the list, all about it, and what approving does.

use ratatui::text::{Line, Span};

use crate::{
    console::{
        draw::{
            axis::length,
            theme::{Role, Theme},
        },
        widgets::{
            reasons,
            text::{fit, fit_right},
        },
    },
    domain::{actuator::Act, decision::Decision, text::clean},
    link::View,
};

/// What a filter looks at.
pub(super) fn searched(proposal: &Decision) -> String {
    let why = proposal.plan.reasons.join(" ");
    format!("{} {} {} {why}", proposal.id, proposal.group, proposal.moves())
}

/// Its line of the list.
pub(super) fn row(proposal: &Decision, view: &View, width: usize) -> String {
    let change = format!("{} → {}", proposal.from, proposal.to);
    let group = fit(&proposal.group, (width / 3).clamp(24, 48));
    let why = proposal.plan.reasons.first().map_or("", String::as_str);
    format!("{group} {} {}  {why}", fit_right(&change, 11), fit(&left(proposal, view), 17))
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
    let mut out = vec![Line::from(vec![
        Span::styled(
            format!("{name}: {} {} → {}", proposal.moves(), proposal.from, proposal.to),
            theme.style(Role::Title),
        ),
        Span::styled(
            format!("  revision {}, {}", proposal.revision, expiry(proposal, view)),
            theme.style(Role::Warning),
        ),
    ])];
    let row = view.groups.iter().find(|g| g.name == proposal.group);
    out.extend(reasons::diff(proposal, row, theme));
    out.extend(match wide {
        true => reasons::why(proposal, view, theme, width),
        false => reasons::record(proposal, view, theme, width),
    });
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
        n if n > 0 => format!("{n} more instance(s) will be launched and paid for."),
        n if floor => format!("AWS scaling policies may then terminate up to {} instance(s).", -n),
        n => format!("{} instance(s) will be terminated.", -n),
    };
    let group = clean(&proposal.group, 60);
    vec![
        format!("Sets the {} of {group} from {} to {}.", proposal.moves(), proposal.from, proposal.to),
        what,
        "All checks run again on fresh state first.".into(),
    ]
}

/// True for what takes away more than half of a group: that is confirmed by its name.
pub(super) fn cuts_deep(proposal: &Decision) -> bool {
    2 * u64::from(proposal.to) < u64::from(proposal.from)
}
