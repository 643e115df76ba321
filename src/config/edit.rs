//! Settings of one group written into the file as its operators wrote it: comments, order and spelling stay.

use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use super::{Config, MOST_BYTES};
use crate::{
    domain::{
        objective::{Objective, in_percent},
        what_if::WhatIf,
    },
    files::{self, sha256},
};

/// The file of a configuration, and what of it is in force.
#[derive(Debug, Clone, Copy)]
pub struct InForce<'a> {
    /// The file.
    pub file: &'a Path,
    /// The home folder.
    pub home: &'a Path,
    /// Hash of the text that was last loaded, if there was a file.
    pub hash: Option<&'a str>,
}

/// A file, and what it is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigEdit {
    /// What it says.
    pub before: String,
    /// What it is to say.
    pub after: String,
    /// The keys that change.
    pub keys: Vec<&'static str>,
}

impl ConfigEdit {
    /// What the file says with the settings of `what_if` for `group`, and each key that it cannot say, with why; no edit where
    /// nothing changes in it.
    ///
    /// # Errors
    /// Why nothing can be written into it.
    pub fn of(
        in_force: &InForce<'_>,
        group: &str,
        what_if: &WhatIf,
    ) -> Result<(Option<ConfigEdit>, Vec<String>), String> {
        let (settings, mut left_out) = (settings(what_if), Vec::new());
        if settings.is_empty() {
            return Ok((None, left_out));
        }
        let (file, home) = (in_force.file, in_force.home);
        let before = files::read_own_text(file, MOST_BYTES).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => {
                "there is no configuration file to write it into; `prescale init` writes one".to_owned()
            }
            _ => format!("{}: {e}", file.display()),
        })?;
        // What is reloaded after the writing is all of the file.
        if in_force.hash != Some(sha256(before.as_bytes()).as_str()) {
            return Err(format!(
                "{} has changes that are not in force; reload it first: prescale ctl reload, or SIGHUP",
                file.display()
            ));
        }
        let config = Config::parse(&before, file, home).map_err(|e| e.to_string())?;
        config.check_command().map_err(|e| e.to_string())?;
        let priced = config.group(group);
        let is_priced = priced.price.and(priced.shortage_price).is_some();
        let mut edit = ConfigEdit { after: before.clone(), before, keys: Vec::new() };
        for (key, value) in settings {
            let after = match key {
                "risk" if is_priced => {
                    Err("it follows from `price` and `shortage_price` here; change those".into())
                }
                _ => with(&edit.after, group, key, value).and_then(|after| loadable(after, file, home)),
            };
            match after {
                Ok(after) if after == edit.after => {}
                Ok(after) => {
                    edit.after = after;
                    edit.keys.push(key);
                }
                Err(why) => left_out.push(format!("{key}: {why}")),
            }
        }
        Ok((Some(edit).filter(|edit| !edit.keys.is_empty()), left_out))
    }

    /// Hash of what the file says: by it a file is known that changed since.
    pub fn hash(&self) -> String {
        sha256(self.before.as_bytes())
    }

    /// Writes it, unless `file` has changed since.
    ///
    /// # Errors
    /// Why it is not written; then the file is as it was.
    pub fn write(&self, file: &Path) -> Result<(), String> {
        let failed = |e: std::io::Error| format!("{}: {e}; nothing is written", file.display());
        if files::read_own_text(file, MOST_BYTES).map_err(failed)? != self.before {
            return Err(format!("{} has changed since; look again", file.display()));
        }
        files::replace_with_backup(file, &self.before, &self.after).map_err(failed)
    }
}

/// `text`, if `file` may say all of it when it is loaded.
fn loadable(text: String, file: &Path, home: &Path) -> Result<String, String> {
    if text.len() as u64 > MOST_BYTES {
        return Err(format!("the file would be larger than {}", files::size(MOST_BYTES)));
    }
    Config::parse(&text, file, home).map(|_| text).map_err(|e| e.to_string())
}

/// The keys of a group's section that `what_if` changes.
fn settings(what_if: &WhatIf) -> Vec<(&'static str, Value)> {
    let objective = what_if.objective.map(|objective| {
        let key = match objective {
            Objective::MinutesAbove(_) => "minutes_above",
            Objective::LostLoad(_) => "lost_load",
        };
        Value::InlineTable([(key, in_percent(objective.allowed()))].into_iter().collect())
    });
    let all = [
        ("risk", what_if.risk.map(Value::from)),
        ("objective", objective),
        ("target", what_if.target.map(Value::from)),
        ("lead_seconds", what_if.boot.map(Value::from)),
    ];
    all.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

/// `text` with this key in `[group.NAME]`.
fn with(text: &str, group: &str, key: &str, value: Value) -> Result<String, String> {
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
    put(own, key, value);
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
    use proptest::prelude::*;

    const TEXT: &str = "# ours\n[defaults]\nrisk = 0.97 # for all\n\n# the shop\n[group.shop]\ntarget = 0.7 # tried in May\n\n[log]\ndays = 7\n";

    type Drafted = Result<(Option<ConfigEdit>, Vec<String>), String>;

    /// The edit of `file` with `text` in it, all of which is in force.
    fn edited_in(file: &Path, text: &str, what_if: &WhatIf) -> Drafted {
        std::fs::write(file, text).expect("the folder is ours");
        let home = file.parent().expect("a folder");
        ConfigEdit::of(&InForce { file, home, hash: Some(&sha256(text.as_bytes())) }, "shop", what_if)
    }

    fn edited(text: &str, what_if: &WhatIf) -> Drafted {
        let home = tempfile::tempdir().expect("a temporary folder");
        edited_in(&home.path().join("prescale.toml"), text, what_if)
    }

    /// The edit, of which nothing is left out.
    fn whole(drafted: Drafted) -> ConfigEdit {
        let (edit, left_out) = drafted.expect("it is right");
        assert_eq!(left_out, Vec::<String>::new());
        edit.expect("it changes something")
    }

    fn thought() -> WhatIf {
        WhatIf { risk: Some(0.9), target: Some(0.75), boot: Some(240), ..WhatIf::default() }
    }

    #[test]
    fn only_what_differs_changes_and_comments_stay() {
        let edit = whole(edited(TEXT, &thought()));
        let expected =
            TEXT.replace("0.7 # tried in May\n", "0.75 # tried in May\nrisk = 0.9\nlead_seconds = 240\n");
        assert_eq!((edit.before.as_str(), &edit.after), (TEXT, &expected));
        assert_eq!(edit.keys, ["risk", "target", "lead_seconds"]);
        assert_eq!(edited(&expected, &thought()), Ok((None, Vec::new())), "it says so already");
    }

    #[test]
    fn a_group_without_a_section_gets_one() {
        let kept = WhatIf { objective: Some(Objective::MinutesAbove(0.005)), ..WhatIf::default() };
        let edit = whole(edited("[log]\ndays = 7\n", &kept));
        let expected = "[log]\ndays = 7\n\n[group.shop]\nobjective = { minutes_above = \"0.5 %\" }\n";
        assert_eq!(edit.after, expected);
    }

    #[test]
    fn a_key_that_is_refused_is_left_out_with_why_and_the_others_are_written() {
        let sizes = WhatIf { min: Some(3), max: Some(9), ..WhatIf::default() };
        assert_eq!(edited(TEXT, &sizes), Ok((None, Vec::new())), "no keys");
        let priced = TEXT.replace("target = 0.7", "price = 0.1\nshortage_price = 0.5\ntarget = 0.7");
        let (edit, left_out) = edited(&priced, &thought()).expect("it is right");
        assert_eq!(edit.expect("two keys").keys, ["target", "lead_seconds"]);
        assert!(left_out.len() == 1 && left_out[0].starts_with("risk: it follows from"), "{left_out:?}");
        let wild = WhatIf { target: Some(7.0), ..thought() };
        let (edit, left_out) = edited(TEXT, &wild).expect("it is right");
        assert_eq!(edit.expect("two keys").keys, ["risk", "lead_seconds"]);
        assert!(left_out.len() == 1 && left_out[0].contains("group.shop.target"), "{left_out:?}");
        let (edit, left_out) =
            edited(TEXT, &WhatIf { target: Some(7.0), ..WhatIf::default() }).expect("right");
        assert_eq!((edit, left_out.len()), (None, 1));
    }

    proptest! {
        /// What is thought of and what is in force once it is written are one, so that a screen sees it come.
        #[test]
        fn what_is_written_is_in_force_as_it_was_thought_of(
            risk in 0.4..1.1, target in 0.0..1.2, boot in 0i64..50_000, allowed in 0.0..0.3, by_minutes: bool,
        ) {
            let objective = if by_minutes { Objective::MinutesAbove } else { Objective::LostLoad }(allowed);
            let [risk, target] = [risk, target].map(Some);
            let thought = WhatIf { risk, target, boot: Some(boot), objective: Some(objective), ..WhatIf::default() };
            let thought = thought.bounded();
            let edit = whole(edited("[group.shop]\nobjective = { lost_load = \"0.01%\" } # ours\n", &thought));
            prop_assert!(edit.after.contains(" # ours\n"), "{}", edit.after);
            let home = Path::new("/home");
            let config = Config::parse(&edit.after, &home.join("prescale.toml"), home).expect("it is right");
            let shop = config.group("shop");
            let settings = &shop.settings;
            prop_assert_eq!((Some(settings.risk), Some(settings.target)), (thought.risk, thought.target));
            prop_assert_eq!((shop.lead, settings.objective), (thought.boot, thought.objective));
        }
    }

    #[test]
    fn a_draft_that_is_too_large_to_be_loaded_is_none() {
        let full = TEXT.to_owned() + "#" + &" ".repeat(MOST_BYTES as usize - TEXT.len() - 2) + "\n";
        let (edit, left_out) = edited(&full, &thought()).expect("it is right");
        assert!(edit.is_none() && left_out.len() == 3, "{left_out:?}");
        assert!(left_out[0].contains("larger than 1 MiB"), "{left_out:?}");
    }

    #[test]
    fn a_file_with_changes_that_are_not_in_force_is_left_alone() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let file = home.path().join("prescale.toml");
        std::fs::write(&file, TEXT).expect("the folder is ours");
        let loaded = sha256(b"# what it said before\n");
        for hash in [Some(loaded.as_str()), None] {
            let in_force = InForce { file: &file, home: home.path(), hash };
            let why = ConfigEdit::of(&in_force, "shop", &thought()).expect_err("it has to be reloaded");
            assert!(why.contains("not in force") && why.contains("prescale ctl reload"), "{why}");
        }
        let none = home.path().join("none.toml");
        let none = InForce { file: &none, home: home.path(), hash: None };
        let why = ConfigEdit::of(&none, "shop", &thought()).expect_err("there is no file");
        assert!(why.contains("prescale init"), "{why}");
    }

    #[test]
    fn a_command_that_others_can_name_is_no_draft() {
        use std::os::unix::fs::PermissionsExt;

        let home = tempfile::tempdir().expect("a temporary folder");
        let file = home.path().join("prescale.toml");
        let text = "[notify]\ncommand = [\"/bin/true\"]\n";
        whole(edited_in(&file, text, &thought()));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o646)).expect("the file is ours");
        let why = edited_in(&file, text, &thought()).expect_err("anybody may write it");
        assert!(why.contains("every user of this machine may write the file"), "{why}");
    }

    #[test]
    fn a_file_that_changed_since_is_left_alone() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let file = home.path().join("prescale.toml");
        let edit = whole(edited_in(&file, TEXT, &thought()));
        std::fs::write(&file, "# another\n").expect("the folder is ours");
        assert!(edit.write(&file).is_err_and(|why| why.contains("changed since")));
        assert_eq!(std::fs::read_to_string(&file).expect("it is there"), "# another\n");
        std::fs::write(&file, TEXT).expect("the folder is ours");
        edit.write(&file).expect("it is as it was");
        assert_eq!(std::fs::read_to_string(&file).expect("it is there"), edit.after);
        assert_eq!(std::fs::read_to_string(home.path().join("prescale.toml.bak")).expect("kept"), TEXT);
    }
}
