//! A home folder of its own for each test, the binary started in it, and signals by name.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// No wait is longer; far beyond what a loaded machine needs, so that reaching it means a defect.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A folder that is `prescale`'s home and the user's.
pub struct Home(tempfile::TempDir);

impl Home {
    /// A home with this `prescale.toml`; empty text means none.
    pub fn new(config: &str) -> Home {
        let home = Home(tempfile::tempdir().expect("a temporary folder"));
        if !config.is_empty() {
            home.write("prescale.toml", config);
        }
        home
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, text).expect("the folder is ours");
        path
    }

    /// The binary with `arguments`, told nothing by the environment of whoever runs the tests.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prescale"));
        command.args(arguments).arg("--home").arg(self.path()).stdin(Stdio::null());
        command.env("HOME", self.path()).env_remove("PRESCALE_HOME").env_remove("PRESCALE_CONFIG");
        command
    }
}

/// Sends a signal by its name without SIG: `TERM`, `HUP`, `KILL`.
pub fn signal(pid: u32, name: &str) {
    let done = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status();
    assert!(done.expect("kill is part of every Unix").success(), "no process {pid} to send {name} to");
}

/// Asks `ready` again and again until it gives a value; `None` after [`LIMIT`].
pub fn poll<T>(mut ready: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        match ready() {
            None if start.elapsed() < LIMIT => std::thread::sleep(Duration::from_millis(5)),
            answer => return answer,
        }
    }
}

/// As [`poll`]; panics with `what` instead of giving nothing.
pub fn until<T>(what: &str, ready: impl FnMut() -> Option<T>) -> T {
    poll(ready).unwrap_or_else(|| panic!("waited in vain for {what}"))
}
