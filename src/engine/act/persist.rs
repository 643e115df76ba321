//! Persists what a step asks for, before anything is done.

use crate::domain::journal::JournalEntry;
use crate::store::keys;
use crate::{
    engine::{
        Engine, SELF,
        group::{Line, Ready, Record, Setting},
    },
    store::{SettingWrite, StoreError},
};

impl Engine {
    /// Persists `ready`: samples, forecasts, then the records in their order, each as one
    /// transaction. A decision without an id has one afterwards.
    pub(in crate::engine) fn persist(&mut self, at: usize, ready: &mut Ready) -> Result<(), StoreError> {
        let name = self.groups[at].name.clone();
        self.store.save_forecasts(&name, &ready.forecasts)?;
        if !ready.samples.is_empty() {
            let samples = ready.samples.iter();
            self.store.append_all(samples.map(|(metric, series)| (name.as_str(), *metric, series)))?;
        }
        for record in &mut ready.records {
            self.write(at, &name, record)?;
        }
        if let Some(decided) = ready.decided.as_mut().filter(|decided| decided.id == 0) {
            let written = ready.records.iter().rev().find_map(|record| record.decision.as_ref());
            decided.id = written.map_or(0, |decision| decision.id);
        }
        let settings = writes(&name, &ready.settings)?;
        self.store.set_all(&settings)?;
        self.brake |= ready.brake;
        if ready.announces || ready.brake {
            self.operator_state_changed();
        }
        Ok(())
    }

    fn write(&mut self, at: usize, name: &str, record: &mut Record) -> Result<(), StoreError> {
        let settings = writes(name, &record.settings)?;
        let entries: Vec<JournalEntry> = record.lines.drain(..).map(|line| self.signed(name, line)).collect();
        match &mut record.decision {
            Some(decision) if entries.is_empty() && decision.id != 0 => {
                self.store.update_decision(decision)?;
                self.store.set_all(&settings)
            }
            Some(decision) => {
                let is_new = decision.id == 0;
                self.store.record_with(decision, entries, &settings)?;
                if is_new {
                    self.groups[at].recorded(decision.id);
                }
                Ok(())
            }
            None => self.store.set_with(&settings, &entries),
        }
    }

    fn signed(&self, group: &str, line: Line) -> JournalEntry {
        let operator = line.operator.as_deref().unwrap_or(SELF);
        self.entry(operator, Some(group), line.kind, line.text, None)
    }
}

/// The settings of a group under their keys in the store.
fn writes(group: &str, settings: &[Setting]) -> Result<Vec<SettingWrite>, StoreError> {
    let write = |setting: &Setting| match setting {
        Setting::Mode(mode) => SettingWrite::new(&keys::mode(group), mode),
        Setting::Floor(held) => SettingWrite::new(&keys::floor(group), held),
        Setting::Suspension(ours) => SettingWrite::new(&keys::suspension(group), ours),
        Setting::Snoozed(id) => SettingWrite::new(&keys::snoozed(group), id),
        Setting::Sick(why) => SettingWrite::new(&keys::sick(group), why),
        Setting::Brake => SettingWrite::new(&keys::brake(), &true),
        Setting::Incidents(excluded) => SettingWrite::new(&keys::incidents(group), excluded),
        Setting::Score(day, score) => SettingWrite::new(&keys::score(group, day.date_naive()), score),
        Setting::Memory(memory) => SettingWrite::new(&keys::memory(group), memory),
    };
    settings.iter().map(write).collect()
}
