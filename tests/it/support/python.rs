//! Python with the pinned packages, for the tests that need AWS's own clients or an emulated AWS.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest, Sha256};

const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

/// The interpreter of a virtual environment with the packages pinned in `tests/KIND/requirements.txt`, made if it is not there
/// yet. A lock on a file beside it keeps parallel tests from making it twice.
pub fn interpreter(kind: &str) -> PathBuf {
    let list = Path::new(TESTS).join(kind).join("requirements.txt");
    let pins = fs::read(&list).expect("the pins are part of the project");
    let hash: String = Sha256::digest(&pins).iter().take(6).map(|b| format!("{b:02x}")).collect();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target/tmp has a parent");
    let folder = target.join(format!("{kind}-venv-{hash}"));
    let (python, done) = (folder.join("bin/python"), folder.join(".ok"));
    let lock = File::create(target.join(format!("{kind}-venv-{hash}.lock"))).expect("target/ can be written");
    lock.lock().expect("a file in target/ can be locked");
    if !done.exists() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(&list));
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
