//! Files that people name and that earlier runs left: read with an end, written whole or not at all, and whose they are.
//!
//! A path may lead to a device that never ends, to a pipe that nobody writes to, or to a file that does not fit into
//! memory. What is read here is a regular file, and has at most so many bytes as its reader can use. The limits stand
//! beside the parsers; `docs/limits.md` lists them.

mod replace;

pub use self::replace::{create, replace, replace_with_backup};

use std::{
    fs::{File, OpenOptions, Permissions},
    io::{self, Read, Take},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use rustix::fs::{Mode, OFlags};
use sha2::{Digest, Sha256};

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

/// [`read_text`] of a file that this user is to replace: it must be theirs, for its owner decides what it says. The superuser
/// may replace any, for its owner can be kept.
///
/// # Errors
/// As [`read_text`], and for a file of another user.
pub fn read_own_text(path: &Path, most: u64) -> io::Result<String> {
    let mut file = open(path, most)?;
    let (owner, own) = (file.get_ref().metadata()?.uid(), own_uid());
    if let Some(refused) = foreign_owner(owner, own).filter(|_| own != ROOT) {
        return Err(refused);
    }
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// SHA-256 of `bytes` in hexadecimal: by it a text is known that has changed, and a file that is damaged.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// By what a file is known that may have changed: when anything of it last did, which file it is, and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStamp {
    changed: (i64, i64),
    inode: u64,
    bytes: u64,
}

impl FileStamp {
    /// That of the file at `path`; `None` where it cannot be looked at.
    pub fn of(path: &Path) -> Option<FileStamp> {
        let found = std::fs::metadata(path).ok()?;
        let changed = (found.ctime(), found.ctime_nsec());
        Some(FileStamp { changed, inode: found.ino(), bytes: found.len() })
    }
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
        return Some(two_users(owner, own));
    }
    (mode & 0o002 != 0).then(|| "every user of this machine may write the file".to_owned())
}

/// Why this user, `own`, does not replace a file of the user `owner`; `None` where it may.
fn foreign_owner(owner: u32, own: u32) -> Option<io::Error> {
    (owner != own).then(|| {
        let fix = "change it by hand, or give it to the user that prescale runs as";
        let why = format!("{}, which does not write over other users' files; {fix}", two_users(owner, own));
        io::Error::new(io::ErrorKind::PermissionDenied, why)
    })
}

fn two_users(owner: u32, own: u32) -> String {
    let name = |user: u32| if user == ROOT { "root".to_owned() } else { format!("user {user}") };
    format!("the file belongs to {}, and prescale runs as {}", name(owner), name(own))
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
    fn only_ones_own_files_and_those_of_root_say_what_is_run() {
        assert_eq!([untrusted_owner(1000, 0o644, 1000), untrusted_owner(0, 0o664, 1000)], [None, None]);
        let why = |owner, mode, own| untrusted_owner(owner, mode, own).expect("it is not trusted");
        assert_eq!(why(1000, 0o600, 0), "the file belongs to user 1000, and prescale runs as root");
        assert_eq!(why(1000, 0o600, 1001), "the file belongs to user 1000, and prescale runs as user 1001");
        assert_eq!(why(1000, 0o646, 1000), "every user of this machine may write the file");
    }

    #[test]
    fn the_hash_is_sha256() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn only_ones_own_file_is_replaced() {
        assert!(foreign_owner(0, 0).is_none() && foreign_owner(1000, 1000).is_none());
        let why = |owner, own| foreign_owner(owner, own).expect("it is somebody else's").to_string();
        let own = "the file belongs to user 1000, and prescale runs as root, which does not write over other users' \
                   files; change it by hand";
        assert!(why(1000, 0).starts_with(own), "{}", why(1000, 0));
        assert!(why(0, 1000).starts_with("the file belongs to root, and prescale runs as user 1000"));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.toml");
        std::fs::write(&path, "x = 1\n").expect("the folder is ours");
        assert_eq!(read_own_text(&path, 6).expect("it is ours"), "x = 1\n");
        // Only root can give a file away.
        if std::os::unix::fs::chown(&path, Some(own_uid() + 1), None).is_ok() {
            assert_eq!(own_uid(), ROOT);
            assert_eq!(read_own_text(&path, 6).expect("its owner can be kept"), "x = 1\n");
        }
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
