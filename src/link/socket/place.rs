//! Where the socket lies: in the home folder, in a folder that nobody but its owner may enter.

use std::{
    fs::{self, DirBuilder, Permissions},
    io::ErrorKind,
    os::{
        fd::OwnedFd,
        unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use tokio::net::UnixListener;

use crate::files::own_uid;

/// Folder of the socket, in the home folder.
const FOLDER: &str = "run";

/// Why no console can attach.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Something else stands where the socket is to be.
    #[error("{} is {what}; move it away", path.display())]
    InTheWay {
        /// Where.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// systemd listens where no console looks.
    #[error("systemd listens at {}, and consoles look at {}; correct ListenStream in prescale-console.socket", .0.display(), .1.display())]
    Elsewhere(PathBuf, PathBuf),
    /// What systemd listens on was removed.
    #[error("the socket {} is gone, and systemd listens where nobody can connect; run: systemctl restart prescale-console.socket", .0.display())]
    Gone(PathBuf),
    /// The system refuses.
    #[error("{}: {error}; the home folder must be writable, and its path short", path.display())]
    System {
        /// What was to be made.
        path: PathBuf,
        /// What it says.
        error: std::io::Error,
    },
}

/// The socket of the agent whose home folder is `home`.
pub fn socket(home: &Path) -> PathBuf {
    home.join(FOLDER).join("agent.sock")
}

/// Listens at the socket of `home`.
///
/// Only for whoever holds the lock of the home's history: a socket that an earlier agent left is replaced, and nothing but
/// that lock tells that its agent is gone. That nobody answers there tells nothing.
///
/// # Errors
/// [`ListenError`].
pub fn listen(home: &Path) -> Result<UnixListener, ListenError> {
    let (folder, path) = (home.join(FOLDER), socket(home));
    let refused = |path: &Path| {
        let path = path.to_owned();
        move |error| ListenError::System { path, error }
    };
    match DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(refused(&folder)(error)),
        _ => {}
    }
    let found = fs::symlink_metadata(&folder).map_err(refused(&folder))?;
    if !found.is_dir() || found.uid() != own_uid() {
        let what = if found.is_dir() { "another user's folder" } else { "no folder" };
        return Err(ListenError::InTheWay { path: folder, what });
    }
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).map_err(refused(&folder))?;
    match fs::symlink_metadata(&path) {
        Ok(left) if left.file_type().is_socket() => fs::remove_file(&path).map_err(refused(&path))?,
        Ok(_) => return Err(ListenError::InTheWay { path, what: "no socket" }),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(refused(&path)(error)),
    }
    let listener = UnixListener::bind(&path).map_err(refused(&path))?;
    fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(refused(&path))?;
    Ok(listener)
}

/// Listens on `socket`, which somebody else listens on for the agent of `home` as well: it stays where it is, whose agents come and go.
///
/// # Errors
/// [`ListenError`]; where it is not the socket that consoles look for, or is there no more.
pub fn passed(home: &Path, socket: OwnedFd) -> Result<UnixListener, ListenError> {
    let path = self::socket(home);
    let refused = |error| ListenError::System { path: path.clone(), error };
    let listener = std::os::unix::net::UnixListener::from(socket);
    let address = listener.local_addr().map_err(refused)?;
    let Some(there) = address.as_pathname() else {
        return Err(ListenError::Elsewhere("an address without a path".into(), path));
    };
    let real = |path: &Path| fs::canonicalize(path).ok();
    match real(there) {
        None => return Err(ListenError::Gone(there.to_owned())),
        found if found != real(&path) => return Err(ListenError::Elsewhere(there.to_owned(), path)),
        Some(_) => {}
    }
    listener.set_nonblocking(true).map_err(refused)?;
    UnixListener::from_std(listener).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn the_socket_is_private_and_a_stale_one_is_replaced() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = home.path().join(FOLDER);
        fs::create_dir(&folder).expect("the folder is ours");
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("the folder is ours");
        for _ in 0..2 {
            drop(listen(home.path()).expect("the home is ours"));
            assert_eq!((mode(&folder), mode(&socket(home.path()))), (0o700, 0o600));
        }
    }

    #[tokio::test]
    async fn what_is_no_socket_is_left_alone_and_named() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let path = socket(home.path());
        fs::create_dir(home.path().join(FOLDER)).expect("the folder is ours");
        fs::write(&path, "notes").expect("the folder is ours");
        let error = listen(home.path()).expect_err("a file is in the way").to_string();
        assert!(error.contains("agent.sock is no socket; move it away"), "{error}");
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "notes");
        let long = home.path().join("x".repeat(120));
        fs::create_dir(&long).expect("the folder is ours");
        let error = listen(&long).expect_err("sockets have short paths").to_string();
        assert!(error.contains("its path short"), "{error}");
    }

    #[tokio::test]
    async fn what_systemd_listens_on_is_used_where_consoles_look_for_it() {
        let home = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(home.path().join(FOLDER)).expect("the folder is ours");
        let bound = |path: &Path| {
            let listener = std::os::unix::net::UnixListener::bind(path).expect("the folder is ours");
            OwnedFd::from(listener)
        };
        let elsewhere = home.path().join("agent.sock");
        let error = passed(home.path(), bound(&elsewhere)).expect_err("nobody looks there").to_string();
        assert!(error.contains("correct ListenStream"), "{error}");
        let listener = passed(home.path(), bound(&socket(home.path()))).expect("it is the one");
        let (client, _) =
            tokio::join!(tokio::net::UnixStream::connect(socket(home.path())), listener.accept());
        client.expect("somebody listens");
        drop(listener);
        assert!(socket(home.path()).exists(), "it is not ours to remove");
        fs::remove_file(socket(home.path())).expect("the folder is ours");
        let orphan = bound(&socket(home.path()));
        fs::remove_file(socket(home.path())).expect("the folder is ours");
        let error = passed(home.path(), orphan).expect_err("nobody can connect").to_string();
        assert!(error.contains("agent.sock is gone") && error.contains("systemctl restart"), "{error}");
    }

    #[tokio::test]
    async fn a_symbolic_link_for_the_folder_is_not_followed() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let elsewhere = tempfile::tempdir().expect("a temporary folder");
        std::os::unix::fs::symlink(elsewhere.path(), home.path().join(FOLDER)).expect("the folder is ours");
        let error = listen(home.path()).expect_err("a link is no folder").to_string();
        assert!(error.contains("run is no folder"), "{error}");
    }
}
