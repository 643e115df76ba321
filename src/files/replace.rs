//! Files that people edit too, replaced at once.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

/// Replaces the file at `path`, which holds `before`, by one that holds `text`: written beside, synced, renamed.
///
/// It keeps its permissions, and its version before stays as `<name>.bak`. A symbolic link is followed, not replaced.
///
/// # Errors
/// Of the system; then the file is as it was.
pub fn replace(path: &Path, before: &str, text: &str) -> io::Result<()> {
    let target = target_of(path)?;
    if target.exists() {
        put(&backup_of(&target), before, &target)?;
    }
    put(&target, text, &target)
}

/// The file itself, behind any symbolic links, whether or not it exists yet.
fn target_of(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..40 {
        match fs::read_link(&target) {
            Ok(next) => target = folder_of(&target).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("too many symbolic links; point the link at the file itself"))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn backup_of(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".bak");
    target.with_file_name(name)
}

/// Replaces `place` by `text` in one step, with the permissions of `model` if that exists.
fn put(place: &Path, text: &str, model: &Path) -> io::Result<()> {
    let folder = folder_of(place);
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".prescale-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Cut by the process's umask, as for any new file.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut new = builder.tempfile_in(folder)?;
    new.write_all(text.as_bytes())?;
    if let Ok(metadata) = fs::metadata(model) {
        new.as_file().set_permissions(metadata.permissions())?;
    }
    new.as_file().sync_all()?;
    new.persist(place).map_err(|error| error.error)?;
    // The rename itself is on disk once its folder is; where folders cannot be opened, the system sees to it.
    fs::File::open(folder).and_then(|folder| folder.sync_all()).or(Ok(()))
}
