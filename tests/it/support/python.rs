//! Python with the pinned packages, for the tests that need AWS's own clients or moto.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest, Sha256};

const PINS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moto/requirements.txt");

/// The interpreter of a virtual environment with the pinned packages, made if it is not there yet. A lock on a
/// file beside it keeps parallel tests from making it twice.
pub fn interpreter() -> PathBuf {
    let pins = fs::read(PINS).expect("the pins are part of the project");
    let hash: String = Sha256::digest(&pins).iter().take(6).map(|b| format!("{b:02x}")).collect();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target/tmp has a parent");
    let folder = target.join(format!("moto-venv-{hash}"));
    let (python, done) = (folder.join("bin/python"), folder.join(".ok"));
    let lock = File::create(target.join(format!("moto-venv-{hash}.lock"))).expect("target/ can be written");
    lock.lock().expect("a file in target/ can be locked");
    if !done.exists() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(PINS));
        File::create(&done).expect("the new environment can be written");
    }
    python
}

fn run(command: &mut Command) {
    let told = "this test needs python3 with venv and pip, and a package index for its first run";
    let output = command.output().unwrap_or_else(|e| panic!("{command:?} does not start ({e}); {told}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed; {told}:\n{errors}");
}
