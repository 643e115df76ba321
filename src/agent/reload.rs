//! The configuration, read again: at SIGHUP, and when an operator asks for it.

use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};

use super::{
    assemble::{RecordedSteps, options_of_group},
    service,
};
use crate::{
    config::{Config, ConfigEdit, Location, home},
    domain::{file_draft::FileDraft, what_if::WhatIf},
    engine::{ConfigSource, Reloaded},
    link::{Command, Door, operator},
};

/// The file of an agent, and what was in it at the start.
pub(super) struct ConfigFile {
    location: Location,
    started_with: Config,
    recorded: RecordedSteps,
}

impl ConfigFile {
    /// The file that `started_with` was read from, at `location`.
    pub(super) fn new(location: Location, started_with: Config, recorded: RecordedSteps) -> ConfigFile {
        ConfigFile { location, started_with, recorded }
    }
}

impl ConfigSource for ConfigFile {
    fn reload(&mut self) -> Result<Reloaded, String> {
        let config = Config::load(&self.location).map_err(|e| e.to_string())?;
        config.check_command().map_err(|e| e.to_string())?;
        Ok(Reloaded {
            group: options_of_group(&config, self.recorded.clone()),
            keep: config.keep,
            at_restart: at_restart(&self.started_with, &config),
        })
    }

    fn draft(&self, group: &str, what_if: &WhatIf) -> Result<Option<FileDraft>, String> {
        let file = self.file()?;
        let edit = ConfigEdit::of(&file, &self.started_with.home, group, what_if)?;
        Ok(edit.map(|edit| FileDraft {
            path: file.display().to_string(),
            base: edit.hash(),
            before: edit.before,
            after: edit.after,
        }))
    }

    fn write(&mut self, group: &str, what_if: &WhatIf, base: &str) -> Result<(), String> {
        let file = self.file()?;
        let edit = ConfigEdit::of(&file, &self.started_with.home, group, what_if)?;
        let edit = edit.ok_or("none of it is a key of the configuration")?;
        if edit.hash() != base {
            return Err(format!("{} has changed since; look again", file.display()));
        }
        edit.write(&file)
    }
}

impl ConfigFile {
    /// The file that is read again.
    fn file(&self) -> Result<PathBuf, String> {
        match &self.location.file {
            Some(file) => Ok(file.clone()),
            None => Ok(home(&self.location).map_err(|e| e.to_string())?.join("prescale.toml")),
        }
    }
}

/// Sections in which `now` differs from what is in force since the start, and that are not taken from it while the loop runs.
fn at_restart(start: &Config, now: &Config) -> Vec<&'static str> {
    let sections = [
        ("timezone", start.timezone != now.timezone),
        ("holidays", start.holidays != now.holidays),
        ("read_only", start.read_only != now.read_only),
        ("[source]", start.source != now.source),
        ("[cycle]", start.cycle != now.cycle),
        ("[train]", start.train != now.train),
        ("[agent]", start.agent != now.agent),
        ("[log]", start.log != now.log),
        ("[notify]", start.notify != now.notify),
        ("[shared]", start.shared != now.shared),
    ];
    sections.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

/// Asks the loop at `door` to read the configuration again at each SIGHUP from now on.
///
/// # Errors
/// When the signal cannot be heard.
pub(super) fn at_hangup(door: Door) -> std::io::Result<()> {
    let mut hangups = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            service::reloading();
            // A screen of its own for the one request.
            let Some(link) = door.open(false).await else { return };
            let asker = operator::operator(Some("SIGHUP"), Some(&operator::host()));
            let answer = link.send(&asker, Command::Reload).await;
            let said = answer.unwrap_or_else(|_| Err("the loop did not answer".into()));
            service::reloaded(&said.unwrap_or_else(|why| why));
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn file(home: &Path, text: &str) -> ConfigFile {
        fs::write(home.join("prescale.toml"), text).expect("the folder is ours");
        let location = Location { home: Some(home.to_owned()), file: None };
        let config = Config::load(&location).expect("it is right");
        ConfigFile::new(location, config, Vec::new())
    }

    #[test]
    fn a_file_is_read_again_and_says_what_has_to_wait() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut file = file(home.path(), "[defaults]\nrisk = 0.9\n");
        let new = "timezone = \"Europe/Berlin\"\n[defaults]\nrisk = 0.8\n[source]\nspeed = 7.0\n[keep]\njournal_days = 90\n";
        fs::write(home.path().join("prescale.toml"), new).expect("the folder is ours");
        let read = file.reload().expect("it is right");
        assert_eq!(((read.group)("web").settings.risk, read.keep.journal_days), (0.8, 90));
        assert_eq!(read.at_restart, ["timezone", "[source]"]);
        assert_eq!(file.reload().expect("it is right").at_restart, ["timezone", "[source]"], "until then");
    }

    #[test]
    fn what_is_thought_of_is_drafted_and_written_only_on_what_was_seen() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut file = file(home.path(), "[defaults]\nrisk = 0.9 # for all\n");
        let bold = WhatIf { risk: Some(0.8), ..WhatIf::default() };
        let draft = file.draft("web", &bold).expect("it is right").expect("a key");
        assert!(draft.after.ends_with("# for all\n\n[group.web]\nrisk = 0.8\n"), "{}", draft.after);
        let read = || fs::read_to_string(home.path().join("prescale.toml")).expect("it is there");
        assert_eq!(read(), draft.before, "nothing is written");
        assert!(file.write("web", &bold, "another").is_err_and(|why| why.contains("changed since")));
        file.write("web", &bold, &draft.base).expect("it is as it was");
        assert_eq!(read(), draft.after);
        let mut risk = |name: &str| (file.reload().expect("it is right").group)(name).settings.risk;
        assert_eq!(["web", "api"].map(&mut risk), [0.8, 0.9]);
    }

    #[test]
    fn a_wrong_file_is_refused_with_its_line() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut file = file(home.path(), "[defaults]\nrisk = 0.9\n");
        for (text, place) in [("[defaults]\nrisk = 7\n", ":2:1: defaults.risk"), ("[defaults\n", ":1:")] {
            fs::write(home.path().join("prescale.toml"), text).expect("the folder is ours");
            let why = file.reload().err().expect("it is wrong");
            assert!(why.contains(place), "{why}");
        }
    }
}
