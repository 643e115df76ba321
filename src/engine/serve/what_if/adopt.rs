//! What is thought of, written into the files that say it: settings into the configuration, an event into the calendar.
//!
//! It goes the ways that a reload and an edit of the calendar go. A file that has changed since it was shown is left alone, and
//! so is a configuration with changes that are not in force yet.

use chrono::TimeZone;

use crate::{
    calendar::CalendarEntry,
    domain::{
        Answer,
        event::EventKind,
        file_draft::{FileDraft, SettingsDraft},
        journal::JournalKind,
        shift,
        what_if::{ExtraLoad, WhatIf},
    },
    engine::{Engine, group::GroupRuntime},
    link::{CalendarEdit, WhatIfView},
    store::StoreError,
};

impl Engine {
    /// Adds to `view` which files would say `what_if`, and how they would change.
    pub(super) fn offer(&self, group: &GroupRuntime, what_if: &WhatIf, view: &mut WhatIfView) {
        let drafted = self.drafted(group, what_if);
        view.files = drafted.files;
        view.unwritten = drafted.left_out;
        if what_if.min.is_some() || what_if.max.is_some() {
            let resize = self.world.source.resizing()(&group.name, (what_if.min, what_if.max));
            let how = resize.map_or(String::new(), |command| format!(": {command}"));
            view.unwritten.push(format!("MinSize and MaxSize are the group's own{how}"));
        }
        if drafted.keys.contains(&"lead_seconds") {
            let (measured, launches) = group.lead;
            view.notes.push(format!(
                "lead_seconds takes the place of the {measured} s measured in {launches} launches; it makes no instance \
                 boot faster."
            ));
        }
    }

    pub(super) fn config_draft(&self, group: &str, what_if: &WhatIf) -> Result<SettingsDraft, String> {
        match &self.serving.config {
            Some(config) => config.draft(group, what_if),
            None if (WhatIf { event: None, ..*what_if }).is_nothing() => Ok(SettingsDraft::default()),
            None => {
                Err("this program was started without a configuration file, so no setting is written".into())
            }
        }
    }

    pub(super) fn calendar_draft(&self, group: &str, what_if: &WhatIf) -> Result<Option<FileDraft>, String> {
        what_if.event.map(|event| self.calendar.draft(&self.entry_of(group, event))).transpose()
    }

    /// The entry of the calendar that says `event` of `group`.
    fn entry_of(&self, group: &str, event: ExtraLoad) -> CalendarEntry {
        let zone = self.calendar.zone();
        let written = |time| zone.from_utc_datetime(&time).format("%Y-%m-%d %H:%M").to_string();
        CalendarEntry {
            name: format!("Demand × {}", event.multiplier),
            kind: EventKind::Other.name().into(),
            start: written(event.start.naive_utc()),
            // The file has whole minutes.
            end: written(shift(event.end(), 59).naive_utc()),
            multiplier: event.multiplier.to_string(),
            groups: group.to_owned(),
            ..CalendarEntry::default()
        }
    }

    /// Writes `what_if` of `group` into its files, which have the hashes of `bases` by their paths, and takes it from there. What no
    /// file can say was not among those, and is left out.
    pub(in crate::engine) async fn adopt(
        &mut self,
        operator: &str,
        group: &str,
        what_if: &WhatIf,
        bases: &[(String, String)],
    ) -> Result<Answer, StoreError> {
        let what_if = what_if.bounded();
        if !self.groups.iter().any(|known| known.name == group) {
            return Ok(Err(format!("there is no group {group}")));
        }
        self.look_at_calendar()?;
        let (config, calendar) = (self.config_draft(group, &what_if), self.calendar_draft(group, &what_if));
        let left_out = config.as_ref().ok().and_then(|draft| draft.left_out.first());
        let why = config.as_ref().err().or(calendar.as_ref().err()).or(left_out).cloned();
        let (config, calendar) = (config.unwrap_or_default().file, calendar.unwrap_or_default());
        let there: Vec<&FileDraft> = [&config, &calendar].into_iter().flatten().collect();
        if there.is_empty() {
            return Ok(Err(why.unwrap_or_else(|| "none of it is said in a file".into())));
        }
        let seen =
            |draft: &&&FileDraft| bases.iter().any(|(path, base)| *path == draft.path && *base == draft.base);
        if there.len() != bases.len() || there.iter().filter(seen).count() != bases.len() {
            let paths: Vec<&str> = there.iter().map(|draft| draft.path.as_str()).collect();
            let paths = paths.join(" or ");
            return Ok(Err(format!("{paths} has changed since; nothing is written: look again")));
        }
        let mut said = Vec::new();
        // Of the two the configuration is the one that can be refused when it is read again: then nothing is in the calendar.
        if let Some(draft) = config {
            match self.write_settings(operator, group, &what_if, &draft).await? {
                Ok(text) => said.push(text),
                refused => return Ok(refused),
            }
        }
        if let Some((draft, event)) = calendar.zip(what_if.event) {
            let edit = CalendarEdit::Add { base: draft.base, entry: self.entry_of(group, event) };
            let answer = self.calendar.edit(&edit, self.now);
            match self.remember(operator, Some(group), JournalKind::Calendar, answer)? {
                Ok(text) => said.push(text),
                Err(why) => return Ok(Err([said, vec![why]].concat().join("; "))),
            }
        }
        Ok(Ok(said.join("; ")))
    }

    /// Writes `draft` of the configuration and reads it again.
    async fn write_settings(
        &mut self,
        operator: &str,
        group: &str,
        what_if: &WhatIf,
        draft: &FileDraft,
    ) -> Result<Answer, StoreError> {
        let written = self.serving.config.as_mut().map(|file| file.write(group, what_if, &draft.base));
        if let Some(Err(why)) = written {
            return Ok(Err(why));
        }
        let lines = draft.lines();
        let lines: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("+ ")).collect();
        let text = format!("written into {}: {}", draft.path, lines.join(", "));
        let entry = self.entry(operator, Some(group), JournalKind::Config, text, None);
        self.store.note(&entry)?;
        let written = format!("{} is written", draft.path);
        Ok(self.reload(operator).await?.map_err(|why| format!("{written}; {why}")))
    }
}
