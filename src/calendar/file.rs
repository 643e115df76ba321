//! Reading and writing `calendar.toml` beside people who edit it too.

use std::{io, path::Path};

use super::{CalendarError, Document, parsed::MOST_BYTES};
use crate::files::{self, sha256};

/// Reads the calendar at `path`; a missing file is an empty calendar.
///
/// # Errors
/// [`CalendarError::Read`], or [`CalendarError::Invalid`] where the file is no TOML.
pub fn load(path: &Path) -> Result<Document, CalendarError> {
    Document::parse(&read(path)?, path)
}

/// Writes `document` to `path` and gives the new hash, if the file is still the one whose hash is `base`.
///
/// The file is replaced at once (written beside, synced, renamed), keeps its permissions, and its version before
/// stays as `<name>.bak`. A symbolic link is followed, not replaced.
///
/// # Errors
/// [`CalendarError::Conflict`] where the file has changed since; [`CalendarError::Read`] and
/// [`CalendarError::Write`] where the system says no. In each case the file is as it was.
pub fn save(path: &Path, document: &Document, base: &str) -> Result<String, CalendarError> {
    let before = read(path)?;
    if sha256(before.as_bytes()) != base {
        return Err(CalendarError::Conflict { path: path.to_owned() });
    }
    let text = document.to_text();
    if text.len() as u64 > MOST_BYTES {
        let source =
            io::Error::new(io::ErrorKind::FileTooLarge, "it would be larger than 2 MiB; remove old events");
        return Err(CalendarError::Write { path: path.to_owned(), source });
    }
    files::replace_with_backup(path, &before, &text)
        .map_err(|source| CalendarError::Write { path: path.to_owned(), source })?;
    Ok(sha256(text.as_bytes()))
}

/// The text of the calendar at `path`; a missing file is an empty one.
///
/// # Errors
/// [`CalendarError::Read`] for what cannot be read, is no file, or has more than [`MOST_BYTES`].
pub fn read(path: &Path) -> Result<String, CalendarError> {
    match files::read_text(path, MOST_BYTES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        other => other.map_err(|source| CalendarError::Read { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::calendar::CalendarEntry;

    fn entry(name: &str) -> CalendarEntry {
        let [kind, start, end] = ["launch", "2026-05-01 10:00", "2026-05-01 12:00"].map(str::to_owned);
        CalendarEntry { name: name.into(), kind, start, end, ..CalendarEntry::default() }
    }

    #[test]
    fn a_missing_file_is_an_empty_calendar_that_can_be_saved() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("new/calendar.toml");
        let mut document = load(&path).unwrap();
        assert!(document.entries().is_empty());
        document.add(&entry("First")).unwrap();
        let hash = save(&path, &document, document.hash()).unwrap();
        assert_eq!(load(&path).unwrap().hash(), hash);
        assert_eq!(
            fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "no backup of nothing, no leftovers"
        );
    }

    #[test]
    fn an_edit_on_an_old_version_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("calendar.toml");
        fs::write(&path, "# mine\n").unwrap();
        let mut document = load(&path).unwrap();
        document.add(&entry("Mine")).unwrap();
        fs::write(&path, "# theirs\n").unwrap();
        let refused = save(&path, &document, document.hash());
        assert!(matches!(refused, Err(CalendarError::Conflict { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "# theirs\n");
        assert!(!home.path().join("calendar.toml.bak").exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_permissions_kept_and_the_version_before_stays() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let home = tempfile::tempdir().unwrap();
        let (real, link) = (home.path().join("real.toml"), home.path().join("calendar.toml"));
        fs::write(&real, "# before\n").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real.toml", &link).unwrap();
        let mut document = load(&link).unwrap();
        document.add(&entry("New")).unwrap();
        save(&link, &document, document.hash()).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::read_to_string(&real).unwrap().contains("New"));
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_to_string(home.path().join("real.toml.bak")).unwrap(), "# before\n");
    }
}
