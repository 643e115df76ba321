//! What forecasts a group now: the blend and what it is mixed of, how well it did, what it learned from, and when a model is
//! trained for it.

use ratatui::text::{Line, Span};

use crate::{
    console::{
        draw::{
            axis::{length, local, stamp, zone},
            theme::{Role, Theme},
        },
        widgets::{
            pane,
            text::{cut, fit},
        },
    },
    link::{GroupDetail, GroupRow, LeadMix, LearningView, TrainingState, View},
};

/// Experts that are named where there is no room for all, and the weight below which none is.
const NAMED: usize = 3;
const LEAST: f64 = 0.05;
/// What the blend is mixed with for the next hour; it is no expert.
const PRIOR: &str = "prior";
/// Columns of an expert's name, and of its weight.
const NAME: usize = 20;
const WEIGHT: usize = 7;

/// What is known of `group` on so many rows of so many columns: facts, and below them the weight of each expert, or in a line
/// those with the most.
pub(super) fn rows(
    group: &GroupRow,
    detail: Option<&GroupDetail>,
    view: &View,
    (width, height): (usize, usize),
    theme: &Theme,
) -> Vec<Line<'static>> {
    let mix = planned(detail.map_or(&[][..], |detail| &detail.mixes), group);
    let mix = mix.map(|mix| named_for(mix, group));
    let mix = mix.as_ref();
    let learning = detail.and_then(|detail| detail.learning.as_ref());
    let mut rows = facts(group, (mix, false), learning, view, width, theme);
    let room = height.saturating_sub(rows.len() + 1);
    match mix.map(|mix| bars(mix, width, theme)) {
        Some(bars) if room > NAMED => {
            rows.push(Line::default());
            rows.extend(bars.into_iter().take(room));
            rows
        }
        _ => facts(group, (mix, true), learning, view, width, theme),
    }
}

/// The facts, the experts with the most weight among them where they are to be `named`.
fn facts(
    group: &GroupRow,
    (mix, named): (Option<&LeadMix>, bool),
    learning: Option<&LearningView>,
    view: &View,
    width: usize,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let facts = [
        ("serves", Some(serves(group, mix))),
        ("own model", own_model(group, view)),
        ("training", learning.map(|learning| next(learning, view))),
        ("mostly", mix.filter(|_| named).and_then(mostly)),
        ("error", error(group, mix)),
        ("learned", learning.map(|learning| learned(learning, view))),
        ("band", group.coverage.map(|share| format!("p95 covered {:.1} %", 100.0 * share))),
    ];
    let known = facts.into_iter().filter_map(|(label, text)| Some((label, text?)));
    known.flat_map(|(label, text)| pane::labelled(label, &text, width, theme)).collect()
}

/// Each expert with a bar as long as its weight, the heaviest first.
fn bars(mix: &LeadMix, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let room = width.saturating_sub(NAME + WEIGHT + 1);
    let bar = |(name, weight): &(String, f64)| {
        let full = (weight.clamp(0.0, 1.0) * room as f64).round() as usize;
        let text =
            format!("{:>WEIGHT$} {}", format!("{:.0} %", 100.0 * weight), theme.glyph("━", "=").repeat(full));
        let role = if *weight >= LEAST { Role::Info } else { Role::Muted };
        Line::from(vec![
            Span::styled(fit(name, NAME), theme.style(Role::Text)),
            Span::styled(text, theme.style(role)),
        ])
    };
    let title = format!("Weight of each expert, {} ahead:", length(mix.ahead));
    let heading = pane::line(cut(&title, width), Role::Muted, theme);
    [heading].into_iter().chain(heaviest(mix).into_iter().map(bar)).collect()
}

/// The experts, the heaviest first.
fn heaviest(mix: &LeadMix) -> Vec<&(String, f64)> {
    let mut weights: Vec<_> = mix.weights.iter().collect();
    weights.sort_by(|a, b| b.1.total_cmp(&a.1));
    weights
}

/// What plans go by: of the leads that are scored, the first that reaches as far as they look.
fn planned<'m>(mixes: &'m [LeadMix], group: &GroupRow) -> Option<&'m LeadMix> {
    mixes.iter().find(|mix| mix.ahead >= group.lead).or(mixes.last())
}

/// `mix` with the network called what it is where none serves: the ridge that stands in for it.
fn named_for(mix: &LeadMix, group: &GroupRow) -> LeadMix {
    let mut mix = mix.clone();
    let stands_in = |name: &str| !has_network(group) && name == "network";
    let found = mix.weights.iter_mut().filter(|(name, _)| stands_in(name));
    found.for_each(|(name, _)| *name = "network (stand-in)".to_owned());
    mix
}

/// True if a network of the group's own takes part.
fn has_network(group: &GroupRow) -> bool {
    group.model.contains("lstm")
}

fn serves(group: &GroupRow, mix: Option<&LeadMix>) -> String {
    let Some(mix) = mix.filter(|_| !has_network(group)) else { return group.model.clone() };
    let experts = mix.weights.iter().filter(|(name, _)| name != PRIOR).count();
    let prior = mix.weights.iter().any(|(name, weight)| name == PRIOR && *weight > 0.0);
    let which = if group.model.contains("adapted prior") { "adapted prior" } else { PRIOR };
    format!("blend of {experts} experts{}", if prior { format!(" and the {which}") } else { String::new() })
}

/// The experts with the most weight.
fn mostly(mix: &LeadMix) -> Option<String> {
    let weights = heaviest(mix).into_iter().filter(|(_, weight)| *weight >= LEAST);
    let named = weights.take(NAMED).map(|(name, weight)| format!("{name} {:.0} %", 100.0 * weight));
    let named = named.collect::<Vec<_>>().join(", ");
    (!named.is_empty()).then(|| format!("{named}; {} ahead", length(mix.ahead)))
}

/// The error so far ahead, beside that of the last value and of seasonal-naive.
fn error(group: &GroupRow, mix: Option<&LeadMix>) -> Option<String> {
    let wanted = mix.map_or(group.lead, |mix| mix.ahead);
    let score = group.accuracy.iter().find(|score| score.ahead >= wanted).or(group.accuracy.last())?;
    let mut text = format!("{:.1} % {} ahead", 100.0 * score.wape, length(score.ahead));
    for (other, name) in [(score.last_wape, "last value"), (score.naive_wape, "seasonal-naive")] {
        if other.is_finite() {
            text += &format!("; {name} {:.1} %", 100.0 * other);
        }
    }
    score.wape.is_finite().then_some(text)
}

fn learned(learning: &LearningView, view: &View) -> String {
    let since = stamp(learning.since, zone(&view.zone), "%Y-%m-%d");
    format!("{} of history, since {since}", length(learning.load))
}

/// Where the training of a model stands; nothing where one serves.
fn own_model(group: &GroupRow, view: &View) -> Option<String> {
    let training = view.training.as_ref().filter(|training| training.group == group.name);
    let text = match training.map(|training| (&training.state, &training.what)) {
        Some((TrainingState::Running, what)) => format!("{what} is being trained"),
        Some((TrainingState::Failed(why), _)) => format!("the newest training failed: {why}"),
        Some((TrainingState::Cancelled, _)) => "the newest training was cancelled".to_owned(),
        Some((TrainingState::Done(_), _)) | None => {
            let own = || view.models.iter().filter(|model| model.group == group.name);
            match own().next() {
                None => "none trained yet".to_owned(),
                Some(_) if own().any(|model| model.champion) => return None,
                Some(_) => "none in service".to_owned(),
            }
        }
    };
    Some(text)
}

/// When a model is trained next, and whether one can be asked for.
fn next(learning: &LearningView, view: &View) -> String {
    let runs = view.training.as_ref().is_some_and(|training| training.state == TrainingState::Running);
    let request = if runs || view.read_only { "" } else { "; or on request" };
    match learning.next {
        _ if learning.missing > 0 => {
            format!("after {} more of history{request}", length(learning.missing))
        }
        Some(at) if at > view.now => {
            format!("next {}{request}", local(at, zone(&view.zone)))
        }
        Some(_) => format!("due, after those of other groups{request}"),
        None if request.is_empty() => "none is due".to_owned(),
        None => "only on request".to_owned(),
    }
}
