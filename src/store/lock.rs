//! One writer: a lock on the file beside the database, released by the system when the process ends.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

use super::StoreError;

/// The lock on `<database>.lock`. The file stays on disk and holds the pid of its last owner; the lock itself
/// lives with the open file, so a killed process leaves nothing to clean up.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the database at `path`, without waiting.
    pub(super) fn take(path: &Path) -> Result<Lock, StoreError> {
        let beside = beside(path);
        let denied = |e: std::io::Error| StoreError::access(&beside, &e.to_string());
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&beside)
            .map_err(denied)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::InUse { path: path.to_owned(), pid: owner(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(denied(error)),
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(denied)?;
        Ok(Lock { _file: file })
    }
}

/// The lock file of the database at `path`.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

/// The pid in the lock file, if one can be read.
fn owner(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_holds_it_and_the_next_gets_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("prescale.db");
        let first = Lock::take(&path).expect("nobody has it");
        let refused = Lock::take(&path).expect_err("it is taken").to_string();
        assert!(refused.contains(&format!("another prescale (pid {})", std::process::id())), "{refused}");
        drop(first);
        Lock::take(&path).expect("it was released");
    }

    #[test]
    fn a_lock_file_without_a_pid_still_says_that_another_has_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("prescale.db");
        let _held = Lock::take(&path).expect("nobody has it");
        std::fs::write(beside(&path), "\u{1b}[31mnot a pid").expect("the folder is ours");
        let refused = Lock::take(&path).expect_err("it is taken").to_string();
        assert!(refused.starts_with("another prescale uses"), "{refused}");
    }
}
