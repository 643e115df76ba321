//! What earlier runs in the home folder left that the new file does not change.

use super::file::Choices;
use crate::{
    cli::Global,
    config::{self, Config},
    domain::text::clean,
    store::{Store, StoreError, keys},
};

/// Most groups that are named.
const MOST_NAMED: usize = 5;

/// That groups are in another mode than the file says, because an operator chose it in an earlier run: that stays in force. Or why
/// the modes cannot be told.
pub(super) fn modes(global: &Global, choices: &Choices) -> Option<String> {
    let home = config::home(&global.location()).ok()?;
    let database = Config::at(&home).database();
    if !database.exists() {
        return None;
    }
    match others(&database, choices) {
        Ok(names) if names.is_empty() => None,
        Ok(names) => {
            let more = names.len().saturating_sub(MOST_NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let named = names[..names.len().min(MOST_NAMED)].join(", ");
            Some(format!(
                "modes that operators chose in earlier runs stay in force over the file: {named}{more}; change them on the \
                 console (m), or with prescale ctl mode"
            ))
        }
        Err(error) => Some(format!(
            "modes that operators chose in earlier runs stay in force over the file, and cannot be told: {}",
            clean(&error.to_string(), 300)
        )),
    }
}

/// The groups with the mode that is stored, where it is another than the file's.
fn others(database: &std::path::Path, choices: &Choices) -> Result<Vec<String>, StoreError> {
    let store = Store::read_only(database)?;
    let mut found = Vec::new();
    for group in choices.demands.keys() {
        if let Some(mode) = store.get(&keys::mode(group))?.filter(|mode| *mode != choices.mode) {
            found.push(format!("{} in {}", clean(group, 80), mode.name()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::{cli::init::demand::Demand, domain::decision::Mode};

    #[test]
    fn a_mode_of_an_earlier_run_that_differs_is_said() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let global = Global { config: None, home: Some(home.path().to_owned()), json: false };
        let demand = |name: &str| (name.to_owned(), "cpu".parse::<Demand>().expect("right"));
        let choices = Choices {
            profile: None,
            region: "eu-west-1".into(),
            groups: vec![],
            mode: Mode::Observe,
            demands: BTreeMap::from(["api", "web", "jobs"].map(demand)),
            without_requests: BTreeSet::new(),
            unread: BTreeSet::new(),
            risk: None,
            objective: None,
        };
        assert_eq!(modes(&global, &choices), None, "nothing was recorded yet");
        let database = Config::at(home.path()).database();
        let mut store = Store::open(&database).expect("the folder is ours");
        store.set(&keys::mode("web"), &Mode::Auto).expect("writable");
        store.set(&keys::mode("api"), &Mode::Observe).expect("writable");
        store.set(&keys::mode("gone"), &Mode::Auto).expect("writable");
        let said = modes(&global, &choices).expect("it is of an earlier run");
        assert!(said.contains("over the file: web in auto; change"), "{said}");
        drop(store);
        std::fs::write(&database, "no database").expect("the folder is ours");
        assert!(modes(&global, &choices).is_some_and(|said| said.contains("cannot be told")));
    }
}
