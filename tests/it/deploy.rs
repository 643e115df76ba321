//! The files of `docs/deploy/kubernetes` and `docs/deploy/lambda`, as far as they can be tried without a cluster and an account.

use std::{collections::BTreeMap, process::Command};

use serde_json::{Value, json};

use crate::support::{home::Home, python::interpreter};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/deploy/kubernetes");
const LAMBDA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/deploy/lambda");
const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/deploy/lambda.py");

#[test]
fn the_manifest_is_read_and_its_configuration_is_valid() {
    let home = Home::new("");
    let file = format!("{FOLDER}/prescale.toml");
    let out = home.command(&["config", "check", "--config", &file]).output().expect("the binary starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let Ok(out) = Command::new("kubectl").args(["kustomize", FOLDER]).output() else {
        eprintln!(
            "kubectl is not installed: the manifest is not read (Debian: apt-get install kubernetes-client)"
        );
        return;
    };
    let made = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let kinds: Vec<&str> = made.lines().filter_map(|line| line.strip_prefix("kind: ")).collect();
    assert_eq!(kinds, ["Namespace", "ServiceAccount", "Secret", "Service", "StatefulSet"]);
    // Under the name that the secret has got, and with the image that was set.
    let volume = made.split("secretName: ").nth(1).and_then(|rest| rest.lines().next()).expect("a volume");
    assert!(made.contains(&format!("  name: {volume}\n")), "{made}");
    assert!(made.contains("image: registry.example.com/prescale:"), "{made}");
    for line in [
        "replicas: 1",
        "readOnlyRootFilesystem: true",
        "runAsNonRoot: true",
        "path: /readyz",
        "path: /healthz",
    ] {
        assert!(made.contains(line), "{line} is missing in\n{made}");
    }
}

/// Standard output of `command`, which must succeed.
fn output(command: &mut Command) -> String {
    let out = command.output().unwrap_or_else(|e| panic!("{command:?} does not start: {e}"));
    let [said, errors] = [&out.stdout, &out.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(out.status.success(), "{command:?}: {said}{errors}");
    said
}

#[test]
fn the_functions_templates_are_valid_and_grant_what_the_program_asks_for() {
    let python = interpreter("deploy");
    let [template, terraform] = ["template.yaml", "main.tf"].map(|name| format!("{LAMBDA}/{name}"));
    output(Command::new(python.with_file_name("cfn-lint")).arg(&template));
    let read = output(Command::new(&python).args([READER, &template, &terraform]));
    let both: [Value; 2] = serde_json::from_str(&read).expect("the reader prints JSON");
    assert_eq!(both[0], both[1], "SAM and Terraform say the same");
    let home = Home::new("[shared]\nurl = \"s3://team-scaling/prod\"\n");
    let policy: Value = serde_json::from_str(&output(&mut home.command(&["iam-policy", "--act"])))
        .expect("the policy is JSON");
    let statements = policy["Statement"].as_array().expect("a policy has statements");
    let grants: BTreeMap<&str, &Value> =
        statements.iter().map(|s| (s["Sid"].as_str().expect("each has a name"), &s["Action"])).collect();
    assert_eq!(both[0]["grants"], json!(grants));
    let rest = ["variables", "schedule", "retries", "memory", "timeout", "at_once"].map(|key| &both[0][key]);
    assert_eq!(json!(rest), json!([["PRESCALE_CONFIG"], "rate(1 minute)", 0, 512, 60, 1]));
}
