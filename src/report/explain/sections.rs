//! An explanation in words: what it is, what was known, what was planned and checked, what was done, and what came.

use chrono_tz::Tz;

use super::{
    Explanation,
    write::{Part, Section},
};
use crate::domain::{
    Time,
    actuator::Act,
    decision::Stage,
    forecast::{LEVELS, MEDIAN, P10, P90, P95, P99},
    inputs,
    plan::percentile,
    preflight::Verdict,
    text::clean,
};

/// Characters of a text that somebody else wrote.
const LONGEST: usize = 600;
/// Characters of the name of a check.
const NAME: usize = 80;
/// Steps of the forecast that are shown one by one, at least.
const STEPS: usize = 12;
/// And at most, where the one that decided is later.
const MOST_STEPS: usize = 60;

/// All sections, in the order in which they are read.
pub(super) fn of(e: &Explanation, zone: Tz) -> Vec<Section> {
    let mut all = vec![what(e, zone), known(e, zone), plan(e), checks(e)];
    all.insert(2, forecast(e, zone));
    all.push(done(e, zone));
    all.push(afterwards(e, zone));
    all
}

fn clock(time: Time, zone: Tz) -> String {
    time.with_timezone(&zone).format("%H:%M").to_string()
}

fn section(heading: &str, parts: Vec<Part>) -> Section {
    Section { heading: heading.to_owned(), parts }
}

fn what(e: &Explanation, zone: Tz) -> Section {
    let d = &e.decision;
    let group = clean(&d.group, 255);
    let heading =
        format!("{group}, decision {}, {}: {}", d.id, super::super::stamp(d.at, zone), d.stage.name());
    let mut facts = vec![
        ("change", format!("{} {} → {}", d.moves(), d.from, d.to)),
        ("mode", d.mode.name().to_owned()),
        ("policy", clean(&d.plan.policy, LONGEST)),
    ];
    if let Some(done) = d.undoes {
        facts.push(("undoes", format!("decision {done}")));
    }
    Section { heading, parts: vec![Part::Facts(facts)] }
}

fn known(e: &Explanation, zone: Tz) -> Section {
    let newest = e.before.iter().rev().find_map(|(time, load)| Some((*time, (*load)?)));
    let facts = inputs::facts(&e.decision, newest, &|time| clock(time, zone));
    section("Known then", vec![Part::Facts(facts)])
}

fn forecast(e: &Explanation, zone: Tz) -> Section {
    let Some(made) = &e.forecast else {
        let line = "The forecast is no longer kept.".to_owned();
        return section("Forecast as made", vec![Part::Lines(vec![line])]);
    };
    let shown = [P10, MEDIAN, P90, P95, P99];
    let levels = shown.map(|index| percentile(LEVELS[index]));
    let head =
        ["step".to_owned(), "min ahead".into()].into_iter().chain(levels).chain(["came".into()]).collect();
    let row = |step: &super::ForecastStep| {
        let values = shown.map(|index| format!("{:.1}", step.quantiles[index]));
        let came = step.came.map_or("–".to_owned(), |v| format!("{v:.1}"));
        [clock(step.start, zone), step.minutes_ahead.to_string()]
            .into_iter()
            .chain(values)
            .chain([came])
            .collect()
    };
    let heading = format!("Forecast made at {} by {}", clock(made.origin, zone), clean(&made.model, LONGEST));
    let decided = e.decision.plan.basis.as_ref().map_or(e.decision.at, |basis| basis.binding);
    let steps = made.steps.iter().take_while(|step| step.start <= decided).count() + 1;
    let steps = steps.clamp(STEPS, MOST_STEPS);
    let mut parts = vec![Part::Table(head, made.steps.iter().take(steps).map(row).collect())];
    if made.steps.len() > steps {
        parts.push(Part::Lines(vec![format!("{} later steps are in --json", made.steps.len() - steps)]));
    }
    section(&heading, parts)
}

fn plan(e: &Explanation) -> Section {
    let plan = &e.decision.plan;
    let mut lines: Vec<String> = plan.reasons.iter().map(|reason| clean(reason, LONGEST)).collect();
    if let Some(unheld) = plan.unheld {
        lines.push(format!("without the hold on the way down it would want {unheld}"));
    }
    if let Some(reactive) = plan.reactive {
        lines.push(format!("a reactive policy would want {reactive}"));
    }
    section(&format!("Plan: wants {} (from {})", plan.want, plan.from), vec![Part::Lines(lines)])
}

fn checks(e: &Explanation) -> Section {
    let checks = &e.decision.preflight.checks;
    let allowed = e.decision.preflight.allowed.map_or("blocked".to_owned(), |to| format!("allows {to}"));
    let inputs = e.decision.preflight.inputs.as_deref();
    let pass = |name: &str| match inputs.and_then(|inputs| inputs.rests_on(name)) {
        Some(rests_on) => format!("{} ({rests_on})", clean(name, NAME)),
        None => clean(name, NAME),
    };
    let passed: Vec<String> =
        checks.iter().filter(|c| c.verdict == Verdict::Pass).map(|c| pass(&c.name)).collect();
    let mut lines: Vec<String> = checks
        .iter()
        .filter_map(|check| match &check.verdict {
            Verdict::Pass => None,
            Verdict::Clamp { to, reason } => {
                Some(format!("cut to {to} by “{}”: {}", clean(&check.name, NAME), clean(reason, LONGEST)))
            }
            Verdict::Block { reason } => {
                Some(format!("blocked by “{}”: {}", clean(&check.name, NAME), clean(reason, LONGEST)))
            }
        })
        .collect();
    lines.push(match passed.is_empty() {
        true => "no check ran: this is no change that a plan asks for".to_owned(),
        false => format!("passed: {}", passed.join("; ")),
    });
    section(&format!("Preflight: {allowed}"), vec![Part::Lines(lines)])
}

fn done(e: &Explanation, zone: Tz) -> Section {
    let d = &e.decision;
    let call = match d.act() {
        Act::Desired { to } => format!("set the desired capacity to {to}"),
        Act::Floor { min, .. } => format!("set MinSize to {min}"),
        Act::Schedule(window) => {
            format!("schedule MinSize {} until {}", window.min, clock(window.end, zone))
        }
    };
    let made = matches!(d.stage, Stage::Intended | Stage::Applied | Stage::Failed { .. });
    let call = if made { call } else { format!("{call}: not made") };
    let outcome = match &d.stage {
        Stage::Failed { error } => format!("failed: {}", clean(error, LONGEST)),
        Stage::Rejected { by, reason } => {
            format!("rejected by {}: {}", clean(by, 80), clean(reason, LONGEST))
        }
        Stage::Snoozed { by, until } => format!("snoozed by {} until {}", clean(by, 80), clock(*until, zone)),
        Stage::Blocked { check, reason } => {
            format!("blocked by “{}”: {}", clean(check, NAME), clean(reason, LONGEST))
        }
        other => other.name().to_owned(),
    };
    let mut parts = vec![Part::Facts(vec![("call", call), ("outcome", outcome)])];
    let line = |entry: &crate::domain::journal::JournalEntry| {
        let by = clean(&entry.operator, 80);
        format!("{} {} by {by}: {}", clock(entry.at, zone), entry.kind, clean(&entry.text, LONGEST))
    };
    parts.push(Part::Lines(e.journal.iter().map(line).collect()));
    section("Call and outcome", parts)
}

fn afterwards(e: &Explanation, zone: Tz) -> Section {
    let after = &e.afterwards;
    let planned = e.decision.plan.basis.as_ref().map(|basis| basis.demand).filter(|demand| *demand > 0.0);
    let against = |load: f64| match planned {
        Some(planned) if load > planned => {
            format!(", {:.0} % above what was planned for", 100.0 * (load / planned - 1.0))
        }
        Some(planned) => format!(", {:.0} % below what was planned for", 100.0 * (1.0 - load / planned)),
        None => String::new(),
    };
    let peak = after.peak.map_or("unknown".to_owned(), |(at, load)| {
        format!("{load:.1} a step at {}{}", clock(at, zone), against(load))
    });
    let mut facts = vec![("highest demand", peak)];
    if let Some([first, least, most]) = after.in_service {
        facts.push(("in service", format!("{first:.0} at first, then {least:.0} to {most:.0}")));
    }
    if let Some((above, known)) = after.above_target {
        facts.push(("CPU above the target", format!("{above} of {known} min")));
    }
    if let Some((id, at)) = after.next {
        facts.push(("next decision", format!("{id} at {}", clock(at, zone))));
    }
    let heading = format!("Afterwards, until {}", super::super::stamp(after.until, zone));
    section(&heading, vec![Part::Facts(facts)])
}
