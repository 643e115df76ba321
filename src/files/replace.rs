//! Files written whole or not at all: written beside, synced, renamed.

use std::{
    fs::{self, File, Metadata, Permissions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::foreign_owner;

/// Puts a file with `text` at `path`, in place of one that is there, whose permissions and owner it keeps; its group where this
/// user may give that. A symbolic link is followed, not replaced. Its folder is made where there is none.
///
/// # Errors
/// Of the system, and for another user's file where this one may not give files away; what was there is then as it was.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let target = behind_links(path)?;
    put(&target, text, &target)
}

/// [`replace()`] for a file that people edit too: what it held `before` stays as `<name>.bak`.
///
/// # Errors
/// As [`replace()`].
pub fn replace_with_backup(path: &Path, before: &str, text: &str) -> io::Result<()> {
    let target = behind_links(path)?;
    if target.exists() {
        put(&backup_of(&target), before, &target)?;
    }
    put(&target, text, &target)
}

/// Puts a file with `text` at `place`, if nothing is there.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] for what is there, also a link that leads nowhere; else of the system.
pub fn create(place: &Path, text: &str) -> io::Result<()> {
    beside(place, text)?.persist_noclobber(place).map_err(|error| error.error)?;
    sync_folder(place)
}

/// The file itself, behind any symbolic links, whether or not it exists yet.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..40 {
        match fs::read_link(&target) {
            Ok(next) => target = folder_of(&target).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("too many symbolic links; point the link at the file itself"))
}

/// Puts `text` at `place`, with the permissions of `model` if that exists.
fn put(place: &Path, text: &str, model: &Path) -> io::Result<()> {
    let new = beside(place, text)?;
    if let Ok(metadata) = fs::metadata(model) {
        keep_owner(new.as_file(), &metadata)?;
        new.as_file().set_permissions(metadata.permissions())?;
        new.as_file().sync_all()?;
    }
    new.persist(place).map_err(|error| error.error)?;
    sync_folder(place)
}

/// Gives `new` the owner of `model`, and its group where this user may.
fn keep_owner(new: &File, model: &Metadata) -> io::Result<()> {
    let (user, group) = (Some(model.uid()), Some(model.gid()));
    if fchown(new, user, group).is_ok() || fchown(new, user, None).is_ok() {
        return Ok(());
    }
    foreign_owner(model.uid(), new.metadata()?.uid()).map_or(Ok(()), Err)
}

/// A new file with `text` on disk in the folder of `place`, which goes unless it is given its name.
fn beside(place: &Path, text: &str) -> io::Result<NamedTempFile> {
    let folder = folder_of(place);
    fs::create_dir_all(folder)?;
    // Its permissions are cut by the process's umask, as for any new file.
    let mut new = tempfile::Builder::new()
        .prefix(".new-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().sync_all()?;
    Ok(new)
}

/// A rename is on disk once its folder is; where folders cannot be opened, the system sees to it.
fn sync_folder(place: &Path) -> io::Result<()> {
    File::open(folder_of(place)).and_then(|folder| folder.sync_all()).or(Ok(()))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn backup_of(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".bak");
    target.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> String {
        fs::read_to_string(path).expect("it is there")
    }

    #[test]
    fn a_file_is_written_whole_and_one_that_is_there_is_kept_or_replaced_as_told() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = folder.path().join("new/a.toml");
        create(&place, "first").expect("a new folder");
        assert_eq!(create(&place, "second").expect_err("it is there").kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(read(&place), "first");
        std::fs::set_permissions(&place, Permissions::from_mode(0o640)).expect("the folder is ours");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("new/a.toml", &link).expect("the folder is ours");
        replace(&link, "third").expect("told");
        assert_eq!((behind_links(&link).expect("one link"), read(&link)), (place.clone(), "third".into()));
        assert_eq!(std::fs::metadata(&place).expect("it is there").permissions().mode() & 0o777, 0o640);
        // Only root can give a file away; with others it is theirs before and after.
        let given = std::os::unix::fs::chown(&place, Some(1), Some(1)).is_ok();
        replace_with_backup(&place, "third", "fourth").expect("told");
        for kept in [&place, &backup_of(&place)] {
            let metadata = std::fs::metadata(kept).expect("it is there");
            assert!(!given || (metadata.uid(), metadata.gid()) == (1, 1), "{kept:?}");
            assert_eq!(metadata.permissions().mode() & 0o777, 0o640);
        }
        std::fs::remove_file(backup_of(&place)).expect("the folder is ours");
        let left = std::fs::read_dir(folder.path().join("new")).expect("ours").count();
        assert_eq!(left, 1, "no other file is left");
    }
}
