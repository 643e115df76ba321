//! The configuration, read again: at SIGHUP, and when an operator asks for it.

use std::path::{Path, PathBuf};

use tokio::signal::unix::{SignalKind, signal};

use super::{
    assemble::{Assembled, RecordedSteps, options_of_group},
    service,
};
use crate::{
    config::{Config, ConfigEdit, InForce, Location, home},
    domain::{
        file_draft::{FileDraft, SettingsDraft},
        what_if::WhatIf,
    },
    engine::{ConfigSource, Reloaded},
    files::FileStamp,
    link::{Command, Door, operator},
};

/// The file of an agent, and what was in it at the start.
struct ConfigFile {
    location: Location,
    started_with: Config,
    recorded: RecordedSteps,
    /// Hash of the text that was last loaded.
    loaded: Option<String>,
}

impl ConfigFile {
    /// The file that `started_with` was read from, at `location`.
    fn new(location: Location, started_with: Config, recorded: RecordedSteps) -> ConfigFile {
        ConfigFile { location, loaded: started_with.hash.clone(), started_with, recorded }
    }
}

impl Assembled {
    /// Lets operators read the configuration at `location`, which this was made from, again, and write to it what they
    /// thought of.
    pub fn reload_from(&mut self, location: Location) {
        let file = ConfigFile::new(location, self.config.clone(), self.recorded.clone());
        self.engine.reload_from(Box::new(file));
    }
}

impl ConfigSource for ConfigFile {
    fn reload(&mut self) -> Result<Reloaded, String> {
        let config = Config::load(&self.location).map_err(|e| e.to_string())?;
        config.check_command().map_err(|e| e.to_string())?;
        self.loaded.clone_from(&config.hash);
        Ok(Reloaded {
            group: options_of_group(&config, self.recorded.clone()),
            keep: config.keep,
            at_restart: at_restart(&self.started_with, &config),
        })
    }

    fn stamp(&self) -> Option<FileStamp> {
        FileStamp::of(&self.file().ok()?)
    }

    fn draft(&self, group: &str, what_if: &WhatIf) -> Result<SettingsDraft, String> {
        let file = self.file()?;
        let (edit, left_out) = self.edit(&file, group, what_if)?;
        let Some(edit) = edit else { return Ok(SettingsDraft { left_out, ..SettingsDraft::default() }) };
        let (path, base) = (file.display().to_string(), edit.hash());
        let file = FileDraft { path, base, before: edit.before, after: edit.after };
        Ok(SettingsDraft { file: Some(file), keys: edit.keys, left_out })
    }

    fn write(&mut self, group: &str, what_if: &WhatIf, base: &str) -> Result<(), String> {
        let file = self.file()?;
        let (edit, _) = self.edit(&file, group, what_if)?;
        let edit = edit.ok_or("nothing of it changes the configuration")?;
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

    fn edit(
        &self,
        file: &Path,
        group: &str,
        what_if: &WhatIf,
    ) -> Result<(Option<ConfigEdit>, Vec<String>), String> {
        let in_force = InForce { file, home: &self.started_with.home, hash: self.loaded.as_deref() };
        ConfigEdit::of(&in_force, group, what_if)
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
    use std::fs;

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
        let drafted = file.draft("web", &bold).expect("it is right");
        assert_eq!(drafted.keys, ["risk"]);
        let draft = drafted.file.expect("a key");
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
    fn changes_that_nobody_reloaded_are_not_put_in_force_by_a_thought() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut file = file(home.path(), "[defaults]\nrisk = 0.9\n");
        let bold = WhatIf { risk: Some(0.8), ..WhatIf::default() };
        let seen = file.draft("web", &bold).expect("it is right").file.expect("a key");
        let edited = "[defaults]\nrisk = 0.9\n[group.api]\nmode = \"auto\"\n";
        fs::write(home.path().join("prescale.toml"), edited).expect("the folder is ours");
        let why = file.draft("web", &bold).expect_err("it is not in force");
        assert!(why.contains("not in force") && why.contains("prescale ctl reload"), "{why}");
        assert!(file.write("web", &bold, &seen.base).is_err_and(|why| why.contains("not in force")));
        file.reload().expect("it is right");
        let draft = file.draft("web", &bold).expect("it is in force").file.expect("a key");
        file.write("web", &bold, &draft.base).expect("it is as it was seen");
        assert!(
            file.draft("api", &bold).is_err_and(|why| why.contains("not in force")),
            "until it is reloaded"
        );
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
