//! The files of `docs/deploy/kubernetes`, as far as they can be tried without a cluster.

use std::process::Command;

use crate::support::home::Home;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/deploy/kubernetes");

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
