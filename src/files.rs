//! Files that people name and that earlier runs left: read with an end, written whole or not at all, and whose they are.
//!
//! A path may lead to a device that never ends, to a pipe that nobody writes to, or to a file that does not fit into
//! memory. What is read here is a regular file, and has at most so many bytes as its reader can use. The limits stand
//! beside the parsers; `docs/limits.md` lists them.

use std::{
    fs::{File, OpenOptions, Permissions},
    io::{self, Read, Take, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::{Mode, OFlags};
use tempfile::NamedTempFile;

/// The superuser.
const ROOT: u32 = 0;

/// Most bytes of a CSV file: years of minutes fit.
pub const MOST_CSV: u64 = 128 << 20;

/// Opens the regular file at `path` for reading; what reads on gets its bytes and no more, also where it grows.
///
/// # Errors
/// Of the system; for what is no regular file; for a file of more than `most` bytes.
pub fn open(path: &Path, most: u64) -> io::Result<Take<File>> {
    // A pipe that nobody writes to would hold the caller until somebody does.
    let without_wait = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(without_wait).open(path)?;
    let found = file.metadata()?;
    if found.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !found.is_file() {
        return Err(io::Error::other("not a regular file; name a file, not a device or a pipe"));
    }
    if found.len() > most {
        return Err(too_large(found.len(), most));
    }
    Ok(file.take(most))
}

/// The bytes of the regular file at `path`.
///
/// # Errors
/// As [`open`].
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path, most)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of the regular file at `path`.
///
/// # Errors
/// As [`open`], and for bytes that are no UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    let mut text = String::new();
    open(path, most)?.read_to_string(&mut text)?;
    Ok(text)
}

/// The file itself, behind any symbolic links, whether or not it exists yet.
///
/// # Errors
/// For links that lead nowhere but to each other.
pub fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..40 {
        match std::fs::read_link(&target) {
            Ok(next) => target = folder_of(&target).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("too many symbolic links; point the link at the file itself"))
}

/// Puts a file with `text` at `place` in one step, in place of one that is there, with the permissions of `model` if that exists.
/// Its folder is made where there is none.
///
/// # Errors
/// Of the system; what was there is then as it was.
pub fn replace(place: &Path, text: &str, model: &Path) -> io::Result<()> {
    let new = beside(place, text)?;
    if let Ok(metadata) = std::fs::metadata(model) {
        new.as_file().set_permissions(metadata.permissions())?;
        new.as_file().sync_all()?;
    }
    new.persist(place).map_err(|error| error.error)?;
    sync_folder(place)
}

/// Puts a file with `text` at `place` in one step, if nothing is there.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] for what is there, also a link that leads nowhere; else of the system.
pub fn create(place: &Path, text: &str) -> io::Result<()> {
    beside(place, text)?.persist_noclobber(place).map_err(|error| error.error)?;
    sync_folder(place)
}

/// A new file with `text` on disk in the folder of `place`, which goes unless it is given its name.
fn beside(place: &Path, text: &str) -> io::Result<NamedTempFile> {
    let folder = folder_of(place);
    std::fs::create_dir_all(folder)?;
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

/// Lets nobody but this user read what the process makes from now on, whatever it was started with.
pub fn keep_private() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Takes the folder at `path`, if it is there and this user's, from everybody else: an earlier version made it for all.
///
/// # Errors
/// Of the system.
pub fn make_private(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() && found.uid() == own_uid() && found.mode() & 0o077 != 0 => {
            std::fs::set_permissions(path, Permissions::from_mode(0o700))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// The user this process runs as.
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Why the file at `path` may not say what this user runs; `None` where it may.
///
/// # Errors
/// Of the system.
pub fn untrusted(path: &Path) -> io::Result<Option<String>> {
    let found = std::fs::metadata(path)?;
    Ok(untrusted_owner(found.uid(), found.mode(), own_uid()))
}

/// The same for a file of the user `owner`: it must be this user's or root's, and nobody else may write it.
fn untrusted_owner(owner: u32, mode: u32, own: u32) -> Option<String> {
    if owner != own && owner != ROOT {
        let as_whom = if own == ROOT { "root".into() } else { format!("user {own}") };
        return Some(format!("the file belongs to user {owner}, and prescale runs as {as_whom}"));
    }
    (mode & 0o002 != 0).then(|| "every user of this machine may write the file".to_owned())
}

fn too_large(bytes: u64, most: u64) -> io::Error {
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        format!("the file has {}; at most {} are read", size(bytes), size(most)),
    )
}

/// Bytes, in the unit that people would use.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{} MiB", bytes.div_ceil(1_048_576)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.toml");
        std::fs::write(&path, "x = 1\n").expect("the folder is ours");
        assert_eq!(read_text(&path, 6).expect("it fits"), "x = 1\n");
        let error = read(&path, 5).expect_err("one byte too many").to_string();
        assert_eq!(error, "the file has 6 bytes; at most 5 bytes are read");
        assert_eq!(read(&folder.path().join("b"), 5).expect_err("absent").kind(), io::ErrorKind::NotFound);
        assert_eq!(read(folder.path(), 5).expect_err("a folder").kind(), io::ErrorKind::IsADirectory);
    }

    #[test]
    fn what_never_ends_and_what_nobody_writes_to_is_refused_at_once() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there");
        assert!(made.success());
        for path in [Path::new("/dev/zero"), pipe.as_path()] {
            let error = read_text(path, 1 << 20).expect_err("no regular file").to_string();
            assert!(error.contains("not a regular file"), "{error}");
        }
    }

    #[test]
    fn a_file_is_written_whole_and_one_that_is_there_is_kept_or_replaced_as_told() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = folder.path().join("new/a.toml");
        create(&place, "first").expect("a new folder");
        assert_eq!(create(&place, "second").expect_err("it is there").kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(read_text(&place, 9).expect("kept"), "first");
        std::fs::set_permissions(&place, Permissions::from_mode(0o640)).expect("the folder is ours");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("new/a.toml", &link).expect("the folder is ours");
        let target = behind_links(&link).expect("one link");
        replace(&target, "third", &target).expect("told");
        assert_eq!((target, read_text(&link, 9).expect("replaced")), (place.clone(), "third".into()));
        assert_eq!(std::fs::metadata(&place).expect("it is there").mode() & 0o777, 0o640);
        let left = std::fs::read_dir(folder.path().join("new")).expect("ours").count();
        assert_eq!(left, 1, "no other file is left");
    }

    #[test]
    fn only_ones_own_files_and_those_of_root_say_what_is_run() {
        assert_eq!([untrusted_owner(1000, 0o644, 1000), untrusted_owner(0, 0o664, 1000)], [None, None]);
        let why = |owner, mode, own| untrusted_owner(owner, mode, own).expect("it is not trusted");
        assert_eq!(why(1000, 0o600, 0), "the file belongs to user 1000, and prescale runs as root");
        assert_eq!(why(1000, 0o600, 1001), "the file belongs to user 1000, and prescale runs as user 1001");
        assert_eq!(why(1000, 0o646, 1000), "every user of this machine may write the file");
    }

    #[test]
    fn a_folder_of_ours_is_taken_from_all_others() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        make_private(&data).expect("nothing to do");
        std::fs::create_dir(&data).expect("the folder is ours");
        std::fs::set_permissions(&data, Permissions::from_mode(0o755)).expect("the folder is ours");
        make_private(&data).expect("the folder is ours");
        assert_eq!(std::fs::metadata(&data).expect("it is there").mode() & 0o777, 0o700);
    }

    #[test]
    fn sizes_read_well() {
        assert_eq!([size(12), size(2_000), size(4 << 20)], ["12 bytes", "2 KiB", "4 MiB"]);
    }
}
