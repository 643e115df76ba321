//! The drawing is the code: `minute_at` and `step` read like the line in `docs/architecture.md`, and a group is a state
//! machine without I/O.

use crate::source::{is_empty, offenders, sources};

/// The body of the method `name` in the file at `path`, comments blanked.
fn body(path: &str, name: &str) -> String {
    let source = sources().into_iter().find(|s| s.path == path).expect("the file is there");
    let lines: Vec<&str> = source.text.lines().collect();
    let is_head = |line: &&str| line.contains(&format!("fn {name}("));
    let start = lines.iter().position(is_head).expect("the method is there");
    let indent = lines[start].len() - lines[start].trim_start().len();
    let is_end = |line: &&str| line.len() == indent + 1 && line.trim() == "}";
    let length = lines[start..].iter().position(is_end).expect("it ends");
    lines[start..start + length].join("\n")
}

/// Holds that `body` calls each of `calls` once, in this order.
fn calls_in_order(body: &str, calls: &[&str]) {
    let mut last = 0;
    for call in calls {
        let found: Vec<usize> = body.match_indices(call).map(|(at, _)| at).collect();
        assert!(found.len() == 1, "`{call}` stands {} times in\n{body}", found.len());
        assert!(found[0] > last, "`{call}` comes too early in\n{body}");
        last = found[0];
    }
}

#[test]
fn a_minute_looks_observes_steps_acts_and_finishes() {
    let calls = ["self.look(", "self.observe(", ".step(", "self.act(", "self.finish("];
    calls_in_order(&body("src/engine/mod.rs", "minute_at"), &calls);
}

#[test]
fn a_step_learns_forecasts_plans_checks_and_decides() {
    let calls = ["self.learn(", "self.forecast(", "self.plan(", "self.preflight(", "self.decide("];
    calls_in_order(&body("src/engine/group/step.rs", "step"), &calls);
}

#[test]
fn a_group_does_no_io() {
    let words = ["async ", "tokio", "store::", "cloud::", "Clock"];
    let outside = |path: &str| !path.starts_with("src/engine/group/");
    is_empty(offenders(|s| &s.text, &words, |s| outside(&s.path)), "a group is a state machine without I/O");
    let disk = ["std::fs", "fs::", " File::", "tempfile"];
    let allowed = |path: &str| outside(path) || path == "src/engine/group/spill.rs";
    is_empty(offenders(|s| &s.code, &disk, |s| allowed(&s.path)), "only the spill file is on disk");
}

#[test]
fn planning_changes_nothing() {
    let step =
        sources().into_iter().find(|s| s.path == "src/engine/group/step.rs").expect("the file is there");
    for name in ["fn plan(", "fn preflight("] {
        let (_, rest) = step.text.split_once(name).expect("the method is there");
        assert!(rest.trim_start().starts_with("&self"), "{name}…) takes something else than &self");
    }
    let mutable = ["fn plan(&mut self", "fn preflight(&mut self"];
    let found = offenders(|s| &s.text, &mutable, |s| !s.path.starts_with("src/engine/"));
    is_empty(found, "planning and preflight are queries");
}

#[test]
fn views_are_queries() {
    let mutable = ["fn view(&mut self", "fn common(&mut self", "fn cut(&mut self"];
    let found = offenders(|s| &s.text, &mutable, |s| !s.path.starts_with("src/engine/"));
    is_empty(found, "a view changes nothing: publish advances its serial");
}
