//! Checks of what earlier runs left in the home folder: the history, the models, and whose the files are.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::report::{DoctorCheck, DoctorReport};
use crate::{
    config::Config,
    domain::text::clean,
    files::{own_uid, size},
    forecast::registry::Registry,
    store::{Store, StoreError},
};

/// Largest history that is read through, in bytes: some seconds.
const MOST_CHECKED: u64 = 1 << 30;
/// Most files that are looked at.
const MOST_FILES: usize = 10_000;
/// Most of them that are named.
const MOST_NAMED: usize = 3;

/// Looks at the history, the models and the files of the home folder.
pub fn look(config: &Config, report: &mut DoctorReport) {
    report.push(store(&config.database()));
    models(&config.models(), report);
    files(config, report);
    if let Err(error) = config.check_command() {
        let fix = "change the owner of the file, or run prescale as its owner";
        report.push(DoctorCheck::fail("command", clean(&error.to_string(), 300), fix));
    }
}

fn store(path: &Path) -> DoctorCheck {
    let shown = shown(path);
    let Ok(found) = fs::metadata(path) else {
        return DoctorCheck::ok("history", "nothing recorded yet");
    };
    if !found.is_file() {
        let fix = "move it away; prescale then starts a new history";
        return DoctorCheck::fail("history", format!("{shown} is not a regular file"), fix);
    }
    let whole = found.len() <= MOST_CHECKED;
    let checked = Store::read_only(path).and_then(|store| if whole { store.check() } else { Ok(()) });
    let fix = "put a backup in its place, or move it away; prescale then starts a new history";
    match checked {
        Ok(()) if whole => DoctorCheck::ok("history", format!("{shown} is sound, {}", size(found.len()))),
        Ok(()) => DoctorCheck::ok(
            "history",
            format!("{shown} opens, {}; too large to check here", size(found.len())),
        ),
        Err(StoreError::InUse { .. }) => {
            DoctorCheck::warn("history", format!("{shown} is busy"), "run doctor again")
        }
        Err(StoreError::Access { reason, .. }) => DoctorCheck::warn(
            "history",
            format!("{shown} was not checked: {}", clean(&reason, 200)),
            "start prescale once",
        ),
        Err(error) => DoctorCheck::fail("history", clean(&error.to_string(), 300), fix),
    }
}

/// A model in service that is damaged fails; an older one is worth a word.
fn models(folder: &Path, report: &mut DoctorReport) {
    let registry = Registry::new(folder);
    let rows = match registry.list() {
        Ok(rows) => rows,
        Err(error) => {
            let fix = "make the folder readable for this user";
            return report.push(DoctorCheck::fail("models", clean(&error.to_string(), 300), fix));
        }
    };
    let mut whole = true;
    let mut groups: Vec<&str> = rows.iter().map(|row| row.group.as_str()).collect();
    groups.dedup();
    for group in groups {
        if let Err(error) = registry.champion(group) {
            whole = false;
            let fix = "promote a version on the models page: the file is written anew";
            report.push(DoctorCheck::fail("models", clean(&error.to_string(), 300), fix));
        }
    }
    for row in &rows {
        let Err(why) = &row.manifest else { continue };
        whole = false;
        let message = format!("{} {}: {}", clean(&row.group, 60), row.version, clean(why, 250));
        report.push(match row.champion {
            true => DoctorCheck::fail(
                "models",
                format!("{message} (in service; the group's forecast goes on without it)"),
                "roll back or train again; or restore the folder from a copy",
            ),
            false => DoctorCheck::warn("models", message, "remove the folder, or restore it from a copy"),
        });
    }
    if whole {
        report.push(DoctorCheck::ok("models", format!("{} on disk, all whole", rows.len())));
    }
}

/// Files of another user's, and those in our folders that are not ours.
fn files(config: &Config, report: &mut DoctorReport) {
    let mut all = Vec::new();
    walk(&config.home, &mut all);
    let own = own_uid();
    let of_others = |path: &&PathBuf| fs::symlink_metadata(path).is_ok_and(|found| found.uid() != own);
    let foreign: Vec<&PathBuf> = all.iter().filter(of_others).collect();
    if !foreign.is_empty() {
        let fix = "give them to the user that runs prescale, or choose another folder with --home";
        let message = format!("files of another user: {}", named(&foreign));
        report.push(DoctorCheck::warn("files", message, fix));
    }
    let strange: Vec<&PathBuf> = all.iter().filter(|path| !is_ours(&config.home, path)).collect();
    if !strange.is_empty() {
        let message = format!("not made by prescale: {}", named(&strange));
        report.push(DoctorCheck::warn("files", message, "move them out of the folders data, models and run"));
    }
    if foreign.is_empty() && strange.is_empty() {
        report.push(DoctorCheck::ok("files", "all of this user and of prescale"));
    }
}

/// What the program reads or writes in `home`, two folders deep.
fn walk(home: &Path, found: &mut Vec<PathBuf>) {
    let inside = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.take(MOST_FILES).map(|entry| entry.path()).collect();
        paths.sort();
        paths
    };
    let known = ["prescale.toml", "calendar.toml", "data", "models", "run"];
    for path in known.map(|name| home.join(name)).into_iter().filter(|path| path.symlink_metadata().is_ok()) {
        if path.is_dir() {
            found.extend(inside(&path));
        }
        found.push(path);
    }
    found.truncate(MOST_FILES);
}

/// True for what prescale makes itself: everything in `home` that is not in a folder of ours, and there what has our names.
fn is_ours(home: &Path, path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().and_then(|folder| folder.strip_prefix(home).ok()).and_then(Path::to_str);
    match folder {
        Some("data") => name.starts_with("prescale.db") || name.starts_with('.'),
        Some("models") => path.is_dir(),
        Some("run") => name == "agent.sock",
        _ => true,
    }
}

fn named(paths: &[&PathBuf]) -> String {
    let first: Vec<String> = paths.iter().take(MOST_NAMED).map(|path| shown(path)).collect();
    match paths.len() - first.len() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

fn shown(path: &Path) -> String {
    clean(&path.display().to_string(), 120)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::report::CheckStatus;

    fn levels(home: &Path) -> Vec<(String, CheckStatus, String)> {
        let mut report = DoctorReport::default();
        look(&Config::at(home), &mut report);
        report.lines().iter().map(|l| (l.check.clone(), l.level, l.message.clone())).collect()
    }

    #[test]
    fn a_new_home_and_one_that_was_used_are_sound() {
        let home = tempfile::tempdir().expect("a temporary folder");
        assert!(levels(home.path()).iter().all(|(_, level, _)| *level == CheckStatus::Ok));
        drop(Store::open(&home.path().join("data/prescale.db")).expect("a new file"));
        let found = levels(home.path());
        assert!(found.iter().all(|(_, level, _)| *level == CheckStatus::Ok), "{found:?}");
        assert!(found[0].2.contains("is sound"), "{found:?}");
    }

    #[test]
    fn a_damaged_history_one_of_another_program_and_no_file_at_all_fail() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let path = home.path().join("data/prescale.db");
        fs::create_dir(home.path().join("data")).expect("the folder is ours");
        fs::write(&path, "x".repeat(10_000)).expect("the folder is ours");
        let (_, level, message) = levels(home.path()).remove(0);
        assert!(level == CheckStatus::Fail && message.contains("damaged"), "{message}");
        fs::remove_file(&path).expect("the folder is ours");
        fs::create_dir(&path).expect("the folder is ours");
        let (_, level, message) = levels(home.path()).remove(0);
        assert!(level == CheckStatus::Fail && message.contains("not a regular file"), "{message}");
    }

    #[test]
    fn a_damaged_model_and_a_file_that_is_not_ours_are_named() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let model = home.path().join("models/web/20261123T000000Z");
        fs::create_dir_all(&model).expect("the folder is ours");
        fs::write(model.join("manifest.json"), "{").expect("the folder is ours");
        fs::write(
            home.path().join("models/web/champion.json"),
            r#"{"live":"20261123T000000Z","before":null}"#,
        )
        .expect("the folder is ours");
        fs::write(home.path().join("models/notes.txt"), "x").expect("the folder is ours");
        let found = levels(home.path());
        let of = |check: &str| found.iter().find(|(c, ..)| c == check).expect("it is checked");
        assert!(of("models").1 == CheckStatus::Fail && of("models").2.contains("in service"), "{found:?}");
        assert!(of("files").1 == CheckStatus::Warn && of("files").2.contains("notes.txt"), "{found:?}");
    }
}
