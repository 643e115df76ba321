//! `prescale backtest` as scripts and judges use it: files, headers, repeatability, no look-ahead, bad input.

use std::{fmt::Write, fs, path::Path, process::Output};

use chrono::{DateTime, SecondsFormat, Utc};
use rand::{RngExt, SeedableRng};

use crate::support::home::Home;

/// First step of the trace, 2026-03-02T00:00:00Z, a Monday.
const START: i64 = 1_772_409_600;
/// Seconds of a step.
const STEP: i64 = 300;
/// Steps of the trace: three days and a half.
const STEPS: i64 = 1_008;
/// Step at which the test begins, after three days.
const FROM: i64 = 864;
/// Step from which a poisoned trace is another one.
const CUT: i64 = 936;

fn time(step: i64) -> String {
    let time = DateTime::<Utc>::from_timestamp(START + step * STEP, 0).expect("in chrono's range");
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A day's wave with noise; from `poison` on, nonsense.
fn trace(poison: i64) -> String {
    let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(7);
    let mut text = String::from("timestamp,requests\n");
    for step in 0..STEPS {
        let wave = (std::f64::consts::TAU * (step % 288) as f64 / 288.0).sin();
        let (ordinary, nonsense) =
            (300.0 + 200.0 * wave + 80.0 * rng.random::<f64>(), 1e6 * rng.random::<f64>());
        let value = if step < poison { ordinary } else { nonsense };
        writeln!(text, "{},{value:.3}", time(step)).expect("a string takes everything");
    }
    text
}

/// Runs a backtest of `trace` into the folder `out`, with `more` options.
fn backtest(home: &Home, trace: &Path, out: &Path, more: &[&str]) -> Output {
    let mut command = home.command(&["backtest", "--boot", "300", "--min", "1", "--max", "40"]);
    command.args(["--interp", "hold"]).arg("--trace").arg(trace).arg("--out").arg(out);
    command.args(more).output().expect("the binary was built for this test")
}

fn sound(home: &Home, trace: &Path, out: &str) -> Output {
    let out = home.path().join(out);
    let done = backtest(home, trace, &out, &["--capacity", "50", "--from", &time(FROM), "--json"]);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    done
}

fn read(home: &Home, name: &str) -> String {
    fs::read_to_string(home.path().join(name)).expect("the backtest wrote it")
}

/// The rows of a CSV whose first column is not after `last`.
fn rows_until(text: &str, last: &str) -> Vec<String> {
    let first = |row: &&str| row.split(',').next().is_some_and(|at| at <= last);
    text.lines().skip(1).filter(first).map(str::to_owned).collect()
}

#[test]
fn it_writes_what_scripts_read() {
    let home = Home::new("");
    let done = sound(&home, &home.write("trace.csv", &trace(STEPS)), "out");
    let decisions = read(&home, "out/decisions.csv");
    let mut rows = decisions.lines();
    assert_eq!(rows.next(), Some("timestamp,desired"));
    let first = rows.next().expect("there is a first decision");
    assert!(first.starts_with(&format!("{},", time(FROM))), "{first}");
    for row in rows {
        let desired: u32 = row.split(',').nth(1).and_then(|n| n.parse().ok()).expect("a number of instances");
        assert!((1..=40).contains(&desired), "{row}");
    }
    let forecasts = read(&home, "out/forecasts.csv");
    let mut rows = forecasts.lines();
    assert_eq!(rows.next(), Some("origin,target,p10,p25,p50,p75,p90,p95,p99"));
    assert!(rows.clone().count() > 400, "one forecast a cycle, four targets each");
    for row in rows {
        let fields: Vec<&str> = row.split(',').collect();
        assert!(fields[0] <= fields[1], "a forecast of the past: {row}");
        let levels: Vec<f64> = fields[2..].iter().map(|f| f.parse().expect("a number")).collect();
        assert!(levels.len() == 7 && levels.is_sorted(), "{row}");
    }
    let summary: serde_json::Value =
        serde_json::from_str(&read(&home, "out/summary.json")).expect("one JSON document");
    let printed: serde_json::Value = serde_json::from_slice(&done.stdout).expect("one JSON document");
    assert_eq!(summary, printed);
    assert_eq!(summary["policy"], "capacity");
    assert_eq!(summary["hours"], 12.0);
}

/// Nights without a request, written as zero or not at all.
#[test]
fn missing_rows_are_zero_where_asked_for() {
    let home = Home::new("");
    let table = |written: &dyn Fn(i64, u32) -> bool| {
        let rows = (0..STEPS).map(|step| (step, if step % 288 < 144 { 0 } else { 300 + (step % 7) as u32 }));
        let rows = rows.filter(|(step, value)| written(*step, *value));
        rows.fold(String::from("timestamp,requests\n"), |text, (step, value)| {
            text + &format!("{},{value}\n", time(step))
        })
    };
    let full = home.write("full.csv", &table(&|_, _| true));
    let sparse = home.write("sparse.csv", &table(&|step, value| value > 0 || [0, STEPS - 1].contains(&step)));
    let from = time(FROM - 144);
    let run = |trace: &Path, out: &str, more: &[&str]| {
        let more = [&["--capacity", "50", "--from", &from][..], more].concat();
        let done = backtest(&home, trace, &home.path().join(out), &more);
        assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
        read(&home, &format!("{out}/decisions.csv"))
    };
    let zeros = run(&full, "full", &[]);
    assert_eq!(run(&sparse, "zero", &["--missing", "zero"]), zeros);
    assert_ne!(run(&sparse, "gap", &["--missing", "gap"]), zeros);
    assert!(zeros.lines().any(|row| row.ends_with(",1")), "{zeros}");
}

#[test]
fn several_policies_are_put_side_by_side() {
    let home = Home::new("");
    let trace = home.write("trace.csv", &trace(STEPS));
    let policies = ["capacity", "step-scaling", "aws-predictive", "oracle"];
    let from = time(FROM);
    let more = ["--capacity", "50", "--from", &from, "--price", "0.1", "--policy", &policies.join(",")];
    let done = backtest(&home, &trace, &home.path().join("out"), &more);
    let said = String::from_utf8_lossy(&done.stdout);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let rows: Vec<&str> = said.lines().collect();
    assert!(rows[0].starts_with("policy") && rows[0].contains("x oracle"), "{said}");
    let mut over = Vec::new();
    for (row, policy) in rows[1..].iter().zip(policies) {
        assert!(row.starts_with(policy), "{said}");
        let text = read(&home, &format!("out/{policy}/summary.json"));
        let summary: serde_json::Value = serde_json::from_str(&text).expect("one JSON document");
        assert_eq!(summary["policy"], policy);
        let (hours, cost) = (summary["instance_hours"].as_f64(), summary["cost"].as_f64());
        assert!(hours.zip(cost).is_some_and(|(h, c)| (0.1 * h - c).abs() < 1e-9), "{text}");
        over.push(summary["hours_over_oracle"].as_f64().expect("a number"));
    }
    assert!(over[3] < over[0].min(over[1]).min(over[2]), "nobody is cheaper than the oracle: {over:?}");
    assert!(read(&home, "out/oracle/decisions.csv").lines().count() > 3);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let home = Home::new("");
    let trace = home.write("trace.csv", &trace(STEPS));
    let (one, two) = (sound(&home, &trace, "one"), sound(&home, &trace, "two"));
    assert_eq!(one.stdout, two.stdout);
    for name in ["decisions.csv", "forecasts.csv", "summary.json"] {
        assert_eq!(read(&home, &format!("one/{name}")), read(&home, &format!("two/{name}")), "{name}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn one_processor_gives_the_same_bytes_as_all_of_them() {
    let home = Home::new("");
    let trace = home.write("trace.csv", &trace(STEPS));
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/data/multi_metric_data.csv");
    let run = |on_one: bool, folder: &str, arguments: &[&str]| {
        let out = home.path().join(folder);
        let plain = home.command(arguments);
        let mut command = std::process::Command::new("taskset");
        command.args(["-c", "0"]).arg(plain.get_program()).args(plain.get_args());
        let mut command = if on_one { command } else { plain };
        let done = command.arg("--out").arg(out).output().expect("taskset comes with every Linux");
        assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let from = time(FROM);
    let trace = trace.to_str().expect("a plain path");
    let walk = ["backtest", "--boot", "300", "--min", "1", "--max", "40", "--trace", trace];
    let walk = [walk.as_slice(), &["--capacity", "50", "--from", &from]].concat();
    let train = ["train", "--data", data, "--preset", "original", "--seed", "5", "--epochs", "1"];
    for (arguments, files) in
        [(walk.as_slice(), ["decisions.csv", "forecasts.csv"]), (&train, ["manifest.json", "weights-0.bpk"])]
    {
        run(true, arguments[0], arguments);
        let all = format!("{}-all", arguments[0]);
        run(false, &all, arguments);
        for file in files {
            let bytes = |folder: &str| fs::read(home.path().join(folder).join(file)).expect("it was written");
            assert!(bytes(arguments[0]) == bytes(&all), "{}: {file} differs", arguments[0]);
        }
    }
}

#[test]
fn wrong_later_values_change_nothing_before_them() {
    let home = Home::new("");
    sound(&home, &home.write("clean.csv", &trace(STEPS)), "clean");
    sound(&home, &home.write("poisoned.csv", &trace(CUT)), "poisoned");
    for name in ["decisions.csv", "forecasts.csv"] {
        let (clean, poisoned) =
            (read(&home, &format!("clean/{name}")), read(&home, &format!("poisoned/{name}")));
        let before = rows_until(&clean, &time(CUT));
        assert!(before.len() > 3, "the test must see something before the cut");
        assert_eq!(before, rows_until(&poisoned, &time(CUT)), "{name}");
        assert_ne!(clean, poisoned, "{name}: the poison must be seen after the cut");
    }
}

#[test]
fn bad_input_is_exit_code_2_with_its_place() {
    let home = Home::new("");
    let good = home.write("trace.csv", &trace(STEPS));
    let letters =
        home.write("letters.csv", &trace(STEPS).replacen("requests\n", "requests\nyesterday,5\n", 1));
    let events = home.write("events.csv", "start,end,name,kind\nnever,2026-03-02,Sale,sale\n");
    let (from, out) = (time(FROM), home.path().join("out"));
    let events = events.to_str().expect("a plain path");
    let cases: [(&Path, &[&str], &str); 9] = [
        (
            &good,
            &["--capacity", "50", "--from", &from, "--price", "-1"],
            "--price must be a number from 0 up",
        ),
        (&good, &["--capacity", "50", "--from", &from, "--policy", "hpa,hpa"], "names a policy twice"),
        (&good, &["--capacity", "50", "--from", "2031-01-01T00:00:00Z"], "does not lie inside the trace"),
        (&good, &["--capacity", "0", "--from", &from], "--capacity must be a number above 0"),
        (&good, &["--capacity", "50", "--from", &from, "--slo", "1.5"], "--slo must lie above 0"),
        (&good, &["--capacity", "50", "--from", "soon"], "--from"),
        (&letters, &["--capacity", "50", "--from", &from], "letters.csv:2:1"),
        (&good, &["--capacity", "50", "--from", &from, "--events", events], "events.csv:2"),
        (&home.path().join("none.csv"), &["--capacity", "50", "--from", &from], "none.csv"),
    ];
    for (trace, more, words) in cases {
        let refused = backtest(&home, trace, &out, more);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{more:?}: {said}");
        assert!(said.contains(words), "{more:?}: {said}");
    }
    assert!(!out.exists(), "refused, and yet something was written");
}
