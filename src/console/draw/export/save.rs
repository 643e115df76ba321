//! Pictures on disk.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use ratatui::buffer::Buffer;

/// Most pictures of one name.
const MOST: usize = 1_000;

/// Writes `screen` as `<stem>.svg` and `<stem>.ansi` into `folder`, which is made if need be, and gives the path of the
/// first. Nothing is replaced: a name that is taken gets a number.
///
/// # Errors
/// When the system says no, or every number is taken.
pub fn save(screen: &Buffer, stem: &str, folder: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    for number in 1..=MOST {
        let name = if number == 1 { stem.to_owned() } else { format!("{stem}-{number}") };
        let path = folder.join(format!("{name}.svg"));
        match File::create_new(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(mut file) => {
                file.write_all(super::svg(screen, stem).as_bytes())?;
                fs::write(path.with_extension("ansi"), super::ansi(screen))?;
                return Ok(path);
            }
        }
    }
    Err(io::Error::other(format!("{MOST} files named {stem} already exist; move some away")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    #[test]
    fn a_second_picture_does_not_replace_the_first() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let screen = Buffer::empty(Rect::new(0, 0, 3, 1));
        let folder = home.path().join("pictures");
        let names = [1, 2].map(|_| save(&screen, "fleet", &folder).expect("writable"));
        assert_eq!(names, ["fleet.svg", "fleet-2.svg"].map(|name| folder.join(name)));
        assert!(folder.join("fleet-2.ansi").exists());
        assert!(save(&screen, "no/such/folder", &folder).is_err());
    }
}
