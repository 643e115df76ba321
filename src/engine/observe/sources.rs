//! Which sources were not read, and what that holds back: nothing acts on their groups, and those of the others go on.
//!
//! Sources go by what they are called; one that stands alone without a name is called nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    cloud::{CloudError, NotRead, SourceReading, SourceTrouble},
    domain::{journal::JournalKind, text::clean},
    engine::{Engine, GroupRuntime},
    link::{Badge, Level, Notice, SourceView},
    store::StoreError,
};

/// Why sources were not read, or only in part.
pub(in crate::engine) type SourceErrors = BTreeMap<String, SourceTrouble>;

/// True where the groups of `source` were read, whatever became of their metrics.
pub(in crate::engine) fn has_groups(errors: &SourceErrors, source: &str) -> bool {
    errors.get(source).is_none_or(|trouble| trouble.not_read != NotRead::Groups)
}

/// True where metrics of `source` were read.
pub(in crate::engine) fn has_metrics(errors: &SourceErrors, source: &str) -> bool {
    errors.get(source).is_none_or(|trouble| trouble.not_read == NotRead::SomeMetrics)
}

impl Engine {
    /// The sources whose groups, or their metrics, could not be read since the newest look began.
    pub(in crate::engine) fn troubled(&self) -> SourceErrors {
        let readings = self.world.source.readings().into_iter();
        readings.filter_map(|reading| Some((reading.label, reading.trouble?))).collect()
    }

    /// The sources for consoles; none where one stands alone.
    pub(in crate::engine) fn source_views(&self) -> Vec<SourceView> {
        let routes = self.world.source.routes();
        let mut groups: HashMap<&str, Vec<&GroupRuntime>> = HashMap::new();
        for group in &self.groups {
            groups.entry(routes.label_of(&group.name)).or_default().push(group);
        }
        let view = |reading: SourceReading| {
            let groups = groups.get(reading.label.as_str()).map_or(&[][..], Vec::as_slice);
            let trouble = self.serving.trouble.get(&reading.label);
            SourceView {
                groups: groups.len(),
                usage: self.usage_of(&reading.label, groups.iter().copied()),
                problem: trouble.map(|trouble| notice(&reading.label, trouble)),
                groups_read: has_groups(&self.serving.trouble, &reading.label),
                some_metrics_read: has_metrics(&self.serving.trouble, &reading.label),
                place: clean(&reading.place, 80),
                name: reading.label,
            }
        };
        self.world.source.readings().into_iter().map(view).collect()
    }

    /// Stores the problems with sources for the console, and journals the start and the end of each.
    pub(in crate::engine) fn record_source_errors(
        &mut self,
        errors: &SourceErrors,
    ) -> Result<(), StoreError> {
        let before = std::mem::replace(&mut self.serving.trouble, errors.clone());
        let since = &mut self.serving.unread_since;
        since.retain(|source, _| !has_groups(errors, source));
        for source in errors.keys().filter(|source| !has_groups(errors, source)) {
            since.entry(source.clone()).or_insert(self.now);
        }
        let all: BTreeSet<&String> = before.keys().chain(errors.keys()).collect();
        for source in all.into_iter().filter(|source| before.get(*source) != errors.get(*source)) {
            let whose = if source.is_empty() { "the cloud" } else { source };
            let text = match errors.get(source) {
                Some(SourceTrouble { not_read, error }) => {
                    let what = match not_read {
                        NotRead::Groups => "",
                        NotRead::Metrics => "metrics ",
                        NotRead::SomeMetrics => "metrics of some groups ",
                    };
                    format!("reading {what}from {whose} failed: {}", clean(&error.to_string(), 200))
                }
                None => format!("reading from {whose} works again"),
            };
            match errors.get(source).map(|trouble| &trouble.error) {
                Some(CloudError::Stop(_)) => tracing::error!("{text}"),
                Some(_) => tracing::warn!("{text}"),
                None => tracing::info!("{text}"),
            }
            self.note(None, JournalKind::Cloud, text)?;
        }
        Ok(())
    }

    /// The place of the source that `group` is read from, for whoever is told of it elsewhere.
    pub(in crate::engine) fn place_of(&self, group: Option<&str>) -> String {
        let routes = self.world.source.routes();
        let label = group.map_or("", |group| routes.label_of(group));
        let found = self.world.source.readings().into_iter().find(|reading| reading.label == label);
        found.map_or_else(|| self.world.source.name(), |reading| format!("{label}: {}", reading.place))
    }
}

/// What a console says of a source of which something was not read.
pub(in crate::engine) fn notice(source: &str, trouble: &SourceTrouble) -> Notice {
    let SourceTrouble { not_read, error } = trouble;
    let text = match (source, not_read) {
        ("", _) => error.to_string(),
        (_, NotRead::Groups) => format!("source {source} was not read, nothing is changed there: {error}"),
        (_, NotRead::Metrics) => format!("metrics of {source} were not read, no scale-in there: {error}"),
        (_, NotRead::SomeMetrics) => {
            format!("metrics of some groups of {source} were not read, no scale-in of these: {error}")
        }
    };
    Notice { level: level(error), text: clean(&text, 260) }
}

/// What stands beside a group of `source`.
pub(in crate::engine) fn badge(source: &str, trouble: &SourceTrouble) -> Option<Badge> {
    let text = match trouble.not_read {
        NotRead::Groups => format!("source {source} was not read"),
        NotRead::Metrics => format!("metrics of source {source} were not read"),
        // The age of its data says whether it is one of them.
        NotRead::SomeMetrics => return None,
    };
    Some(Badge { level: level(&trouble.error), text })
}

fn level(error: &CloudError) -> Level {
    if matches!(error, CloudError::Stop(_)) { Level::Critical } else { Level::Warning }
}
