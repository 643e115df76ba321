//! Settings of one group written into the file as its operators wrote it: comments, order and spelling stay.

use std::path::Path;

use sha2::{Digest, Sha256};
use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use super::{Config, MOST_BYTES};
use crate::{
    domain::{objective::Objective, what_if::WhatIf},
    files,
};

/// A file, and what it is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigEdit {
    /// What it says.
    pub before: String,
    /// What it is to say.
    pub after: String,
}

impl ConfigEdit {
    /// What `file`, the configuration with `home` as the home folder, says with the settings of `what_if` for `group`; `None` where
    /// none of them is a key of the configuration.
    ///
    /// # Errors
    /// Why they cannot be written into it.
    pub fn of(file: &Path, home: &Path, group: &str, what_if: &WhatIf) -> Result<Option<ConfigEdit>, String> {
        let settings = settings(what_if);
        if settings.is_empty() {
            return Ok(None);
        }
        let before = files::read_text(file, MOST_BYTES).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => {
                "there is no configuration file to write it into; `prescale init` writes one".to_owned()
            }
            _ => format!("{}: {e}", file.display()),
        })?;
        let priced = Config::parse(&before, file, home).map_err(|e| e.to_string())?;
        let priced = priced.group(group);
        if what_if.risk.is_some() && priced.price.and(priced.shortage_price).is_some() {
            return Err("risk follows from `price` and `shortage_price` here; change those".into());
        }
        let after = with(&before, group, &settings)?;
        Config::parse(&after, file, home).map_err(|e| format!("not written, it would be wrong: {e}"))?;
        Ok(Some(ConfigEdit { before, after }))
    }

    /// SHA-256, in hexadecimal, of what the file says: by it a file is known that changed since.
    pub fn hash(&self) -> String {
        Sha256::digest(self.before.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Writes it, unless `file` has changed since.
    ///
    /// # Errors
    /// Why it is not written; then the file is as it was.
    pub fn write(&self, file: &Path) -> Result<(), String> {
        let failed = |e: std::io::Error| format!("{}: {e}; nothing is written", file.display());
        if files::read_text(file, MOST_BYTES).map_err(failed)? != self.before {
            return Err(format!("{} has changed since; look again", file.display()));
        }
        files::replace_with_backup(file, &self.before, &self.after).map_err(failed)
    }
}

/// The keys of a group's section that `what_if` changes.
fn settings(what_if: &WhatIf) -> Vec<(&'static str, Value)> {
    let objective = what_if.objective.map(|objective| {
        let key = match objective {
            Objective::MinutesAbove(_) => "minutes_above",
            Objective::LostLoad(_) => "lost_load",
        };
        let share = format!("{} %", (1e6 * objective.allowed()).round() / 1e4);
        Value::InlineTable([(key, share)].into_iter().collect())
    });
    let all = [
        ("risk", what_if.risk.map(Value::from)),
        ("objective", objective),
        ("target", what_if.target.map(Value::from)),
        ("lead_seconds", what_if.boot.map(Value::from)),
    ];
    all.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

/// `text` with these keys in `[group.NAME]`.
fn with(text: &str, group: &str, settings: &[(&'static str, Value)]) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| e.message().to_owned())?;
    let groups = document.entry("group").or_insert_with(|| {
        let mut groups = Table::new();
        groups.set_implicit(true);
        Item::Table(groups)
    });
    let unfit = || format!("[group.{group}] is no section that can be changed");
    let groups = groups.as_table_like_mut().ok_or_else(unfit)?;
    let own = groups.entry(group).or_insert(Item::Table(Table::new()));
    let own = own.as_table_like_mut().ok_or_else(unfit)?;
    for (key, value) in settings {
        put(own, key, value.clone());
    }
    Ok(document.to_string())
}

/// Puts `value` in the place of the one that stands there, with its comments.
fn put(section: &mut dyn TableLike, key: &str, mut value: Value) {
    match section.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => drop(section.insert(key, Item::Value(value))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# ours\n[defaults]\nrisk = 0.97 # for all\n\n# the shop\n[group.shop]\ntarget = 0.7 # tried in May\n\n[log]\ndays = 7\n";

    fn edited(text: &str, what_if: &WhatIf) -> Result<Option<ConfigEdit>, String> {
        let home = tempfile::tempdir().expect("a temporary folder");
        let file = home.path().join("prescale.toml");
        std::fs::write(&file, text).expect("the folder is ours");
        ConfigEdit::of(&file, home.path(), "shop", what_if)
    }

    fn thought() -> WhatIf {
        WhatIf { risk: Some(0.9), target: Some(0.75), boot: Some(240), ..WhatIf::default() }
    }

    #[test]
    fn only_what_differs_changes_and_comments_stay() {
        let edit = edited(TEXT, &thought()).expect("it is right").expect("three keys");
        let expected =
            TEXT.replace("0.7 # tried in May\n", "0.75 # tried in May\nrisk = 0.9\nlead_seconds = 240\n");
        assert_eq!((edit.before.as_str(), edit.after), (TEXT, expected));
    }

    #[test]
    fn a_group_without_a_section_gets_one() {
        let kept = WhatIf { objective: Some(Objective::MinutesAbove(0.005)), ..WhatIf::default() };
        let edit = edited("[log]\ndays = 7\n", &kept).expect("it is right").expect("a key");
        let expected = "[log]\ndays = 7\n\n[group.shop]\nobjective = { minutes_above = \"0.5 %\" }\n";
        assert_eq!(edit.after, expected);
    }

    #[test]
    fn what_cannot_be_written_is_said_and_what_is_no_key_is_none() {
        let sizes = WhatIf { min: Some(3), max: Some(9), ..WhatIf::default() };
        assert_eq!(edited(TEXT, &sizes), Ok(None));
        let priced = TEXT.replace("target = 0.7", "price = 0.1\nshortage_price = 0.5\ntarget = 0.7");
        assert!(edited(&priced, &thought()).is_err_and(|why| why.contains("shortage_price")));
        let wild = WhatIf { target: Some(7.0), ..WhatIf::default() };
        assert!(edited(TEXT, &wild).is_err_and(|why| why.contains("group.shop.target")));
        let home = tempfile::tempdir().expect("a temporary folder");
        let none = ConfigEdit::of(&home.path().join("none.toml"), home.path(), "shop", &thought());
        assert!(none.is_err_and(|why| why.contains("prescale init")));
    }

    #[test]
    fn a_file_that_changed_since_is_left_alone() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let file = home.path().join("prescale.toml");
        std::fs::write(&file, TEXT).expect("the folder is ours");
        let edit =
            ConfigEdit::of(&file, home.path(), "shop", &thought()).expect("right").expect("three keys");
        std::fs::write(&file, "# another\n").expect("the folder is ours");
        assert!(edit.write(&file).is_err_and(|why| why.contains("changed since")));
        assert_eq!(std::fs::read_to_string(&file).expect("it is there"), "# another\n");
        std::fs::write(&file, TEXT).expect("the folder is ours");
        edit.write(&file).expect("it is as it was");
        assert_eq!(std::fs::read_to_string(&file).expect("it is there"), edit.after);
        assert_eq!(std::fs::read_to_string(home.path().join("prescale.toml.bak")).expect("kept"), TEXT);
    }
}
