//! The real binary before an account that it cannot enter: no credentials, silent instance metadata, a profile that is
//! not there. Each ends, with one line that says what to do, and nothing of the user's own is read.

use std::{
    net::TcpListener,
    process::{Command, Output},
};

/// `prescale` without anything of the user's environment.
fn prescale(home: &tempfile::TempDir, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_prescale"))
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .env("PRESCALE_HOME", home.path())
        .envs(environment.iter().copied())
        .output()
        .expect("the binary was built for this test")
}

/// The line of doctor's list that failed.
fn failed(output: &Output) -> serde_json::Value {
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    let lines = list["checks"].as_array().or_else(|| list.as_array()).cloned().unwrap_or_default();
    let failed: Vec<_> = lines.into_iter().filter(|line| line["level"] == "fail").collect();
    assert_eq!(failed.len(), 1, "{list}");
    failed[0].clone()
}

const DOCTOR: [&str; 3] = ["doctor", "--aws", "--json"];

#[test]
fn no_credentials_are_said_with_the_way_to_get_them() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let none = [("AWS_REGION", "eu-west-1"), ("AWS_EC2_METADATA_DISABLED", "true")];
    let output = prescale(&home, &DOCTOR, &none);
    assert_eq!(output.status.code(), Some(1));
    let line = failed(&output);
    assert_eq!(line["check"], "credentials");
    assert!(line["message"].as_str().is_some_and(|says| says.contains("no AWS credentials")), "{line}");
    assert!(line["fix"].as_str().is_some_and(|fix| fix.contains("aws sso login")), "{line}");
}

#[test]
fn silent_instance_metadata_do_not_hold_anybody_up() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let silent = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let url = format!("http://{}", silent.local_addr().expect("it is bound"));
    // Nobody ever accepts: the kernel does, and no answer comes.
    let environment = [("AWS_REGION", "eu-west-1"), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str())];
    let output = prescale(&home, &DOCTOR, &environment);
    assert_eq!(output.status.code(), Some(1));
    let line = failed(&output);
    assert!(line["message"].as_str().is_some_and(|says| says.contains("AWS credentials")), "{line}");
    drop(silent);
}

#[test]
fn without_a_region_it_is_asked_for() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let none = [("AWS_EC2_METADATA_DISABLED", "true")];
    let line = failed(&prescale(&home, &DOCTOR, &none));
    assert!(line["message"].as_str().is_some_and(|says| says.contains("no AWS region is set")), "{line}");
}

#[test]
fn the_agent_does_not_start_without_credentials_and_says_why() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let file = home.path().join("prescale.toml");
    std::fs::write(file, "[source]\nkind = \"aws\"\nregion = \"eu-west-1\"\n").expect("the folder is ours");
    let output = prescale(&home, &["agent"], &[("AWS_EC2_METADATA_DISABLED", "true")]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("no AWS credentials") && said.contains("aws sso login"), "{said}");
}
