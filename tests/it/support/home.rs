//! A home folder of its own for each test, and the binary started in it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

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

    /// The binary with `arguments`, without settings from the environment of the tests.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prescale"));
        command.args(arguments).arg("--home").arg(self.path()).stdin(Stdio::null());
        command.env("HOME", self.path()).env_remove("PRESCALE_HOME").env_remove("PRESCALE_CONFIG");
        command.env_remove("PRESCALE_WEBHOOK");
        command
    }
}
