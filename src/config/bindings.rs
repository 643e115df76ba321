//! `[keys]`: other keys than the usual. Which actions and keys there are, the screen knows; here is only their form.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What `[keys]` says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bindings {
    /// Name of the preset that the lines stand over.
    pub preset: String,
    /// Action to a key, a list of keys, or `false`.
    #[serde(flatten)]
    lines: BTreeMap<String, toml::Value>,
}

impl Default for Bindings {
    fn default() -> Self {
        Bindings { preset: "default".into(), lines: BTreeMap::new() }
    }
}

impl Bindings {
    /// Each line: an action and its keys; without any it is unbound.
    pub fn lines(&self) -> impl Iterator<Item = (String, Vec<String>)> {
        self.lines.iter().filter_map(|(name, value)| Some((name.clone(), keys(value)?)))
    }

    /// The first line that is not of the form, and what is allowed.
    pub(super) fn problem(&self) -> Option<(String, String)> {
        let (name, value) = self.lines.iter().find(|(_, value)| keys(value).is_none())?;
        let allowed = "a key (\"F5\"), a list of keys ([\"q\", \"Ctrl-C\"]), or false for none";
        Some((name.clone(), format!("`{value}` is not a key; allowed: {allowed}")))
    }
}

/// The keys of a line; `None` if it is not of the form.
fn keys(value: &toml::Value) -> Option<Vec<String>> {
    match value {
        toml::Value::String(key) => Some(vec![key.clone()]),
        toml::Value::Array(keys) => keys.iter().map(|k| k.as_str().map(str::to_owned)).collect(),
        toml::Value::Boolean(false) => Some(Vec::new()),
        _ => None,
    }
}
