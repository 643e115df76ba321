//! The home folder, and what lies where in it.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use etcetera::BaseStrategy;

use super::{ConfigError, Location};

/// The folder of `prescale.toml`, `calendar.toml`, `models/` and `data/`: `--home`, else the current folder if
/// it has a `prescale.toml` or a `calendar.toml`, else the user's state folder. It is made where it is missing.
///
/// # Errors
/// [`ConfigError::Home`] when the system names no folder; [`ConfigError::Access`] when it cannot be made.
pub fn home(location: &Location) -> Result<PathBuf, ConfigError> {
    let folder = match &location.home {
        Some(folder) => folder.clone(),
        None => {
            let here = env::current_dir().map_err(|e| ConfigError::Home(e.to_string()))?;
            if is_home(&here) { here } else { state_folder()? }
        }
    };
    fs::create_dir_all(&folder)
        .map_err(|e| ConfigError::access(&folder, format!("{e}; choose another folder with --home DIR")))?;
    Ok(folder)
}

/// True for a folder that has one of our files.
fn is_home(folder: &Path) -> bool {
    ["prescale.toml", "calendar.toml"].iter().any(|name| folder.join(name).is_file())
}

fn state_folder() -> Result<PathBuf, ConfigError> {
    let base = etcetera::choose_base_strategy().map_err(|e| ConfigError::Home(e.to_string()))?;
    Ok(base.state_dir().unwrap_or_else(|| base.data_dir()).join("prescale"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(folder: &Path) -> Location {
        Location { home: Some(folder.to_owned()), file: None }
    }

    #[test]
    fn a_named_home_is_made() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let wanted = folder.path().join("a/b");
        assert_eq!(home(&location(&wanted)), Ok(wanted.clone()));
        assert!(wanted.is_dir());
    }

    #[test]
    fn a_home_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("the folder is ours");
        let error = home(&location(&file.join("x"))).expect_err("a file is no folder").to_string();
        assert!(error.contains("file/x") && error.contains("--home"), "{error}");
    }

    #[test]
    fn either_file_makes_a_home() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(!is_home(folder.path()));
        fs::write(folder.path().join("calendar.toml"), "").expect("the folder is ours");
        assert!(is_home(folder.path()));
    }
}
