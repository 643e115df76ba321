//! The configuration, read again while the loop runs: all of it or nothing.
//!
//! What is in force for a group takes effect at once, and so does how long history is kept. Other sections belong to what is
//! made once at the start; the answer names those that changed.

use std::cell::RefCell;

use crate::{
    domain::{
        Answer, decision::Mode, file_draft::SettingsDraft, journal::JournalKind, keep::Keep, text::few,
        what_if::WhatIf,
    },
    engine::{Engine, group::Ready, options::OptionsOfGroup},
    files::FileStamp,
    store::StoreError,
};

/// Groups that the answer names before it counts the rest.
const NAMED: usize = 5;

/// Reads the configuration again.
pub trait ConfigSource: Send {
    /// What the file says now, or why it cannot be used; then nothing of it is.
    ///
    /// # Errors
    /// File, line and what is allowed.
    fn reload(&mut self) -> Result<Reloaded, String>;

    /// By what it is known whether the file may have changed; `None` where there is none.
    fn stamp(&self) -> Option<FileStamp>;

    /// What the file would say with the settings of `what_if` for `group`. Nothing is written.
    ///
    /// # Errors
    /// Why nothing can be written into it: also where it has changes that are not in force, since all of it is read again then.
    fn draft(&self, group: &str, what_if: &WhatIf) -> Result<SettingsDraft, String>;

    /// Writes that, if the file still has the hash `base`.
    ///
    /// # Errors
    /// Why it is not written; then the file is as it was.
    fn write(&mut self, group: &str, what_if: &WhatIf, base: &str) -> Result<(), String>;
}

/// What a configuration says that was read again.
pub struct Reloaded {
    /// Options of a group, by its name.
    pub group: OptionsOfGroup,
    /// How long what is recorded is kept.
    pub keep: Keep,
    /// Sections that changed and take effect at the next start.
    pub at_restart: Vec<&'static str>,
}

impl Engine {
    /// Reads the configuration from `source` when an operator asks for it.
    pub fn reload_from(&mut self, source: Box<dyn ConfigSource>) {
        self.serving.config = Some(source);
    }

    /// Reads the configuration again and puts it in force, or says why the present one stays.
    pub(in crate::engine) async fn reload(&mut self, operator: &str) -> Result<Answer, StoreError> {
        let Some(source) = &mut self.serving.config else {
            return Ok(Err("this process has no configuration that can be read again".into()));
        };
        let reloaded = match source.reload() {
            Ok(reloaded) => reloaded,
            Err(why) => {
                let text = format!("configuration refused, the previous one stays in force: {why}");
                let entry = self.entry(operator, None, JournalKind::Config, text.clone(), None);
                self.store.note(&entry)?;
                return Ok(Err(text));
            }
        };
        self.keep_from_now(reloaded.keep);
        // What was read of the past, and what was thought of, followed what was in force before.
        self.serving.reloads += 1;
        self.serving.replays = RefCell::default();
        self.serving.drafts = RefCell::default();
        self.options.group = reloaded.group;
        let changed = self.reconfigure(operator).await?;
        let text = words(&changed, &reloaded.at_restart);
        self.remember(operator, None, JournalKind::Config, Ok(text))
    }

    /// Gives each group the options that are in force now; returns the names of those that have others than before.
    async fn reconfigure(&mut self, operator: &str) -> Result<Vec<String>, StoreError> {
        let mut changed = Vec::new();
        for at in 0..self.groups.len() {
            let (name, before) = (self.groups[at].name.clone(), self.groups[at].options.clone());
            let options = (self.options.group)(&name);
            if options == before {
                continue;
            }
            let mode = Some(options.mode).filter(|mode| *mode != before.mode && !self.read_only);
            if self.groups[at].reconfigure(options) {
                let mut ready = Ready::default();
                self.groups[at].keep_memory(&mut ready);
                self.persist(at, &mut ready)?;
            } else {
                self.restore_again(at, self.now)?;
            }
            if let Some(mode) = mode {
                self.follow_mode(operator, &name, mode).await?;
            }
            changed.push(name);
        }
        Ok(changed)
    }

    /// The mode that the file names now; one that cannot be set is in the journal.
    async fn follow_mode(&mut self, operator: &str, name: &str, mode: Mode) -> Result<(), StoreError> {
        if let Err(why) = self.set_mode(operator, name, mode).await? {
            self.note(Some(name), JournalKind::Config, format!("mode {} not set: {why}", mode.name()))?;
        }
        Ok(())
    }
}

fn words(changed: &[String], at_restart: &[&str]) -> String {
    let names = if changed.is_empty() { "no group".to_owned() } else { few(changed, NAMED) };
    let mut text = format!("configuration reloaded: {names} changed");
    if !at_restart.is_empty() {
        text += &format!("; changed, and in force after a restart: {}", at_restart.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_names_a_few_groups_and_every_section_that_waits() {
        let names = |n: usize| (1..=n).map(|n| format!("g{n}")).collect::<Vec<_>>();
        assert_eq!(words(&names(0), &[]), "configuration reloaded: no group changed");
        assert_eq!(words(&names(2), &[]), "configuration reloaded: g1, g2 changed");
        assert_eq!(
            words(&names(8), &["source", "notify"]),
            "configuration reloaded: g1, g2, g3, g4, g5 and 3 more changed; changed, and in force after a restart: source, notify"
        );
    }
}
