//! Which versions stay on disk: the newest, and those that served.

use std::{collections::BTreeSet, fs};

use super::{
    ChampionRecord, Registry, RegistryError,
    bundle::{self, BundleError},
    folders, is_version, name_of,
};

/// The versions that served a group, the newest first.
const SERVED: &str = "served.json";
/// How many of them are kept.
const MOST_SERVED: usize = 5;

impl Registry {
    /// Removes the versions of `group` beyond the `newest`, other than those that serve or served; gives their number.
    ///
    /// # Errors
    /// When `champion.json` is damaged (then nobody knows what serves, and nothing goes), or a folder cannot be removed.
    pub fn prune(&self, group: &str, newest: usize) -> Result<usize, RegistryError> {
        let folder = self.folder(group);
        let mut kept: BTreeSet<String> = self.served(group)?.into_iter().collect();
        if let Some(champion) = self.champion(group)? {
            kept.extend(champion.live.into_iter().chain(champion.before));
        }
        let versions = folders(&folder)?.into_iter().filter(|dir| is_version(&name_of(dir)));
        let old = versions.rev().skip(newest).filter(|dir| !kept.contains(&name_of(dir)));
        let mut gone = 0;
        for dir in old {
            fs::remove_dir_all(&dir).map_err(|source| BundleError::Io { path: dir, source })?;
            gone += 1;
        }
        Ok(gone)
    }

    /// Takes down what serves now and what served before it.
    pub(super) fn note_served(&self, group: &str, champion: &ChampionRecord) -> Result<(), RegistryError> {
        let named = || champion.live.iter().chain(&champion.before);
        let mut served: Vec<String> = named().cloned().collect();
        // A damaged list begins anew: it guards old versions only.
        let earlier = self.served(group).unwrap_or_default();
        served.extend(earlier.into_iter().filter(|version| named().all(|other| other != version)));
        served.truncate(MOST_SERVED);
        let path = self.folder(group).join(SERVED);
        let text = serde_json::to_vec(&served)
            .map_err(|e| BundleError::Manifest { path: path.clone(), reason: e.to_string() })?;
        Ok(bundle::write_file(&path, &text)?)
    }

    fn served(&self, group: &str) -> Result<Vec<String>, RegistryError> {
        match bundle::read_json(&self.folder(group).join(SERVED)) {
            Ok(served) => Ok(served),
            Err(BundleError::Missing(_)) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A group of so many versions, a minute apart; their content does not matter to who serves.
    fn group(versions: usize) -> (tempfile::TempDir, Registry, Vec<String>) {
        let home = tempfile::tempdir().expect("a temporary folder");
        let registry = Registry::new(home.path());
        let names: Vec<String> = (0..versions).map(|n| format!("20261123T00{n:02}00Z")).collect();
        for name in &names {
            fs::create_dir_all(home.path().join("web").join(name)).expect("the folder is ours");
        }
        (home, registry, names)
    }

    fn left(registry: &Registry) -> Vec<String> {
        folders(&registry.folder("web")).expect("readable").iter().map(|dir| name_of(dir)).collect()
    }

    #[test]
    fn the_newest_stay_and_those_that_served() {
        let (_home, registry, names) = group(30);
        assert_eq!(registry.prune("nobody", 3).expect("nothing to do"), 0);
        let mut before = None;
        for at in [1, 4, 5, 8, 11, 12, 20] {
            let champion = ChampionRecord { live: Some(names[at].clone()), before: before.clone() };
            registry.set("web", champion).expect("writable");
            before = Some(names[at].clone());
        }
        assert_eq!(registry.prune("web", 3).expect("removable"), 22);
        let kept = [5, 8, 11, 12, 20, 27, 28, 29].map(|at| names[at].clone());
        assert_eq!(left(&registry), kept, "five that served, three that are new");
        assert_eq!(registry.prune("web", 3).expect("nothing to do"), 0);
    }

    #[test]
    fn nothing_goes_where_nobody_knows_what_serves() {
        let (home, registry, names) = group(6);
        fs::write(home.path().join("web/champion.json"), "{").expect("the folder is ours");
        registry.prune("web", 1).expect_err("the pointer is damaged");
        assert_eq!(left(&registry), names);
    }
}
