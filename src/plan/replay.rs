//! Plan and preflight of a decision, computed again from its record alone.
//!
//! The functions are those that made them; only what they look at comes out of the record ([`super::recorded`]). Whatever is
//! another value then is named: somebody altered the record, the rules have changed since, or they look at something that no
//! record keeps.

use serde_json::{Map, Value};

use super::recorded::{checks_again, plan_again};
use crate::domain::{
    actuator::Act,
    decision::Decision,
    inputs::{PlanInputs, PreflightInputs},
    plan::Plan,
    preflight::{Preflight, Verdict},
};

/// What became of computing a decision again.
#[derive(Debug, Clone, PartialEq)]
pub enum Replay {
    /// Plan and checks come out as they are recorded.
    Same,
    /// Something does not.
    Differs(Vec<Difference>),
    /// The record has no inputs that are understood here: an older version wrote it, or a later one.
    NoInputs,
    /// It follows from no plan: a floor that was extended or put back.
    NoPlan,
}

/// A field that comes out differently.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// Its path in the record.
    pub field: String,
    /// Its value in the record.
    pub recorded: String,
    /// Its value as computed again.
    pub recomputed: String,
}

/// Relative difference up to which two numbers are one: systems round powers differently.
const ROUNDING: f64 = 1e-9;
/// Name of the policy of a change of the floor that no plan asks for.
const FLOOR: &str = "floor";
/// Name of the policy of a plan by an operator.
const UNDO: &str = "undo";

/// Computes the plan and the checks of `decision` again.
pub fn replay(decision: &Decision) -> Replay {
    let (plan, preflight) = (&decision.plan, &decision.preflight);
    if plan.policy == FLOOR && plan.inputs.is_none() && preflight.checks.is_empty() {
        return Replay::NoPlan;
    }
    let mut found = Vec::new();
    if let Some(inputs) = &plan.inputs {
        compare_plan(decision, inputs, &mut found);
    }
    if let Some(inputs) = &preflight.inputs {
        compare_preflight(decision, inputs, &mut found);
    }
    let is_undo = plan.policy == UNDO && decision.undoes.is_some();
    let is_whole = preflight.inputs.is_some() && (plan.inputs.is_some() || is_undo);
    match (found.is_empty(), is_whole) {
        (false, _) => Replay::Differs(found),
        (true, true) => Replay::Same,
        (true, false) => Replay::NoInputs,
    }
}

fn compare_plan(decision: &Decision, inputs: &PlanInputs, found: &mut Vec<Difference>) {
    match plan_again(&decision.group, &decision.plan, inputs) {
        Err(why) => found.push(difference("plan.inputs", &text(&value(inputs)), &why)),
        Ok(None) => found.push(difference("plan", &decision.plan.want.to_string(), "no plan")),
        Ok(Some(plan)) => differences("plan", &plan_fields(&decision.plan), &plan_fields(&plan), found),
    }
}

fn compare_preflight(decision: &Decision, inputs: &PreflightInputs, found: &mut Vec<Difference>) {
    let recorded = &decision.preflight;
    match checks_again(&decision.group, inputs) {
        Err(why) => found.push(difference("preflight.inputs", &text(&value(inputs)), &why)),
        Ok(checks) => differences("preflight", &check_fields(recorded), &check_fields(&checks), found),
    }
    let to = decision.to;
    if recorded.allowed != Some(to) {
        let allowed = recorded.allowed.map_or("blocked".into(), |to| to.to_string());
        found.push(difference("to", &to.to_string(), &allowed));
    }
    if ![decision.plan.want, to].contains(&inputs.want) {
        found.push(difference("preflight.inputs.want", &inputs.want.to_string(), &to.to_string()));
    }
    let (act, fits) = match decision.act() {
        Act::Desired { to: act } => (act, act == to),
        Act::Floor { min, .. } => (min, min == to.max(inputs.group.min)),
        Act::Schedule(window) => (window.min, window.min == to),
    };
    if !fits {
        found.push(difference("act", &act.to_string(), &to.to_string()));
    }
}

fn difference(field: &str, recorded: &str, recomputed: &str) -> Difference {
    Difference { field: field.into(), recorded: recorded.into(), recomputed: recomputed.into() }
}

/// A plan without its inputs.
fn plan_fields(plan: &Plan) -> Value {
    value(&Plan { inputs: None, ..plan.clone() })
}

/// What is allowed, and the checks that did not pass by their names: one that passes was not there yet, or is now, without a
/// difference.
fn check_fields(preflight: &Preflight) -> Value {
    let checks = preflight.checks.iter().filter(|check| check.verdict != Verdict::Pass);
    let mut fields: Map<String, Value> =
        checks.map(|c| (format!("“{}”", c.name), value(&c.verdict))).collect();
    fields.insert("allowed".into(), value(&preflight.allowed));
    Value::Object(fields)
}

fn value<T: serde::Serialize>(of: &T) -> Value {
    serde_json::to_value(of).unwrap_or(Value::Null)
}

/// Adds what differs within `path`.
fn differences(path: &str, recorded: &Value, again: &Value, found: &mut Vec<Difference>) {
    match (recorded, again) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
            for key in keys {
                let of = |fields: &Map<String, Value>| fields.get(key).cloned().unwrap_or(Value::Null);
                differences(&format!("{path}.{key}"), &of(a), &of(b), found);
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for at in 0..a.len().max(b.len()) {
                let of = |items: &[Value]| items.get(at).cloned().unwrap_or(Value::Null);
                differences(&format!("{path}[{at}]"), &of(a), &of(b), found);
            }
        }
        (a, b) if a == b || is_rounding(a, b) => {}
        (a, b) => found.push(difference(path, &text(a), &text(b))),
    }
}

fn is_rounding(a: &Value, b: &Value) -> bool {
    let numbers = a.as_f64().zip(b.as_f64());
    numbers.is_some_and(|(a, b)| (a - b).abs() <= ROUNDING * a.abs().max(b.abs()))
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "nothing".into(),
        other => other.to_string(),
    }
}
