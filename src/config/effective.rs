//! What is in force, key by key, and where each value comes from: for the settings page.
//!
//! The keys, their meaning and their defaults are read off [`SAMPLE`], so that nothing is said twice.

use toml_edit::{Document, Item, TableLike};

use super::{Config, MOST_BYTES, SAMPLE, locate, notify::WEBHOOK_VARIABLE};
use crate::files;

/// One key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// Dotted: `defaults.risk`.
    pub key: String,
    /// As it would stand in the file; empty where there is none.
    pub value: String,
    /// Where it comes from.
    pub origin: ValueOrigin,
    /// What it means and what is allowed, as the sample says.
    pub meaning: String,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueOrigin {
    /// The program's own.
    Default,
    /// This line of the file.
    File(usize),
    /// A variable of the environment.
    Environment(&'static str),
    /// An option of the command line.
    Option(&'static str),
}

impl std::fmt::Display for ValueOrigin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ValueOrigin::Default => f.write_str("default"),
            ValueOrigin::File(line) => write!(f, "file, line {line}"),
            ValueOrigin::Environment(name) => f.write_str(name),
            ValueOrigin::Option(name) => f.write_str(name),
        }
    }
}

impl Config {
    /// Every key of the sample, then what the file says beside it (groups, keys of the screen).
    pub fn effective(&self) -> Vec<Effective> {
        // A file that has gone meanwhile says nothing; what was read from it stays in force until a restart.
        let text =
            self.file.as_ref().and_then(|file| files::read_text(file, MOST_BYTES).ok()).unwrap_or_default();
        let sources = locate::entries(&text, "source");
        let known = sample();
        // The keys of `[source]` are those of one alone.
        let is_shown = |known: &&Effective| sources.is_empty() || !known.key.starts_with("source.");
        let shown = known.iter().filter(is_shown);
        let mut all: Vec<Effective> = shown.map(|known| found(&text, known.clone())).collect();
        all.extend(of_sources(&text, &sources, &known));
        all.extend(others(&text, &known));
        if std::env::var(WEBHOOK_VARIABLE).is_ok_and(|v| !v.is_empty())
            && let Some(webhook) = all.iter_mut().find(|e| e.key == "notify.webhook")
        {
            (webhook.value, webhook.origin) = (HIDDEN.into(), ValueOrigin::Environment(WEBHOOK_VARIABLE));
        }
        all
    }
}

/// What stands for a secret.
const HIDDEN: &str = "set, never shown";

/// The keys of the sample with their defaults and what is written above them.
fn sample() -> Vec<Effective> {
    let (mut section, mut meaning, mut fresh) = (String::new(), String::new(), true);
    let mut out = Vec::new();
    for line in SAMPLE.lines() {
        let switched = line.strip_prefix('#').filter(|rest| !rest.starts_with(' ') && !rest.is_empty());
        let body = switched.unwrap_or(line);
        if let Some(name) = body.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            (section, meaning, fresh) = (format!("{name}."), String::new(), true);
        } else if let Some(words) = line.strip_prefix("# ") {
            if !fresh {
                meaning.clear();
            }
            fresh = true;
            meaning = format!("{meaning} {words}").trim().to_owned();
        } else if let Some((key, value)) = body.split_once(" = ").filter(|_| !is_example(&section)) {
            fresh = false;
            let value = if switched.is_some() { String::new() } else { value.to_owned() };
            let key = format!("{section}{key}");
            out.push(Effective { key, value, origin: ValueOrigin::Default, meaning: meaning.clone() });
        } else if body.is_empty() {
            meaning.clear();
        }
    }
    // Lines of [keys] beside the preset are examples.
    out.retain(|e| !e.key.starts_with("keys.") || e.key == "keys.preset");
    out
}

/// True for sections that the sample shows for one group as an example.
fn is_example(section: &str) -> bool {
    section.starts_with("group.")
}

/// `known`, as the file in `text` has it.
fn found(text: &str, known: Effective) -> Effective {
    let path: Vec<&str> = known.key.split('.').collect();
    match value(text, &path) {
        Some(value) => Effective { value, origin: ValueOrigin::File(line(text, &path)), ..known },
        None => known,
    }
}

/// What the file says beyond the keys of the sample: groups, and keys of the screen.
fn others(text: &str, known: &[Effective]) -> Vec<Effective> {
    let Ok(document) = Document::parse(text) else { return Vec::new() };
    let table = |name: &str| document.as_table().get(name).and_then(Item::as_table_like);
    let mut paths: Vec<Vec<&str>> = Vec::new();
    for (group, keys) in table("group").into_iter().flat_map(TableLike::iter) {
        let keys = keys.as_table_like().into_iter().flat_map(TableLike::iter);
        paths.extend(keys.map(|(key, _)| vec!["group", group, key]));
    }
    let keys = table("keys").into_iter().flat_map(TableLike::iter);
    paths.extend(keys.filter(|(name, _)| *name != "preset").map(|(name, _)| vec!["keys", name]));
    let meaning = |path: &[&str]| match path {
        ["group", _, key] => known.iter().find(|e| e.key == format!("defaults.{key}")),
        _ => known.iter().find(|e| e.key == "keys.preset"),
    };
    let entry = |path: Vec<&str>| Effective {
        key: path.join("."),
        value: value(text, &path).unwrap_or_default(),
        origin: ValueOrigin::File(line(text, &path)),
        meaning: meaning(&path).map(|e| e.meaning.clone()).unwrap_or_default(),
    };
    paths.into_iter().map(entry).collect()
}

/// What the file says of each of several sources.
fn of_sources(text: &str, sources: &[Vec<String>], known: &[Effective]) -> Vec<Effective> {
    let entry = |at: usize, key: &str| {
        let number = (at + 1).to_string();
        let path = ["source", number.as_str(), key];
        let meaning = known.iter().find(|e| e.key == format!("source.{key}"));
        Effective {
            key: path.join("."),
            value: value(text, &path).unwrap_or_default(),
            origin: ValueOrigin::File(line(text, &path)),
            meaning: meaning.map(|e| e.meaning.clone()).unwrap_or_default(),
        }
    };
    let of = |(at, keys): (usize, &Vec<String>)| keys.iter().map(|key| entry(at, key)).collect::<Vec<_>>();
    sources.iter().enumerate().flat_map(of).collect()
}

/// The value that `path` leads to in `text`, as it is written; a secret is hidden.
fn value(text: &str, path: &[&str]) -> Option<String> {
    let found = locate::value(text, path)?;
    let is_secret = path.last().is_some_and(|key| ["webhook", "http_token"].contains(key));
    Some(if is_secret { HIDDEN.into() } else { found })
}

fn line(text: &str, path: &[&str]) -> usize {
    locate::position(text, locate::offset_of(text, path)).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_sample_gives_every_key_with_its_meaning() {
        let all = sample();
        let risk = all.iter().find(|e| e.key == "defaults.risk").expect("a key of the sample");
        assert_eq!((risk.value.as_str(), &risk.origin), ("0.95", &ValueOrigin::Default));
        assert!(risk.meaning.starts_with("Quantile of demand to provision for"), "{}", risk.meaning);
        let unset = all.iter().find(|e| e.key == "timezone").expect("a key of the sample");
        assert_eq!(unset.value, "");
        assert!(all.iter().all(|e| !e.meaning.is_empty()), "{all:?}");
        assert!(all.len() > 50 && !all.iter().any(|e| e.key.starts_with("group.")));
    }

    #[test]
    fn what_the_file_says_is_named_with_its_line_and_secrets_are_hidden() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let file = home.path().join("prescale.toml");
        let text = "[defaults]\nrisk = 0.9\n[group.web]\nmode = \"auto\"\n[keys]\ntheme = false\n\
                    [agent]\nhttp_token = \"sixteen-and-more\"\n[notify]\nwebhook = \"https://example.org/T000\"\n";
        std::fs::write(&file, text).expect("the folder is ours");
        let all = Config::read(&file, Path::new("/home")).expect("is valid").effective();
        let get = |key: &str| all.iter().find(|e| e.key == key).expect(key);
        assert_eq!(
            (get("defaults.risk").value.as_str(), &get("defaults.risk").origin),
            ("0.9", &ValueOrigin::File(2))
        );
        assert_eq!(get("group.web.mode").origin.to_string(), "file, line 4");
        assert!(get("group.web.mode").meaning.starts_with("How far prescale may go"));
        assert_eq!(get("keys.theme").value, "false");
        assert_eq!(
            (get("notify.webhook").value.as_str(), get("agent.http_token").value.as_str()),
            (HIDDEN, HIDDEN)
        );
        assert_eq!(get("defaults.target").origin, ValueOrigin::Default);
    }
}
