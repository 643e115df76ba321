//! What can be wrong with a calendar, always with the place and the fix.

use std::path::{Path, PathBuf};

use super::Problem;

/// Something wrong at a place in the calendar file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The file.
    pub path: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Which entry, in words; empty for the file as a whole.
    pub entry: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: String,
}

impl Located {
    /// Places `message` at byte `offset` of `text`.
    pub(super) fn new(path: &Path, text: &str, offset: usize, message: String, fix: String) -> Located {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Located {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            entry: String::new(),
            message,
            fix,
        }
    }
}

impl std::fmt::Display for Located {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}: ", self.path.display(), self.line, self.column)?;
        if !self.entry.is_empty() {
            write!(f, "{}: ", self.entry)?;
        }
        write!(f, "{}", self.message)?;
        if !self.fix.is_empty() {
            write!(f, "; {}", self.fix)?;
        }
        Ok(())
    }
}

/// Why a calendar could not be read, changed or written.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    /// The file could not be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file could not be written; what stood in it still does.
    #[error("cannot write {path}: {source}; the file is as it was")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file's content is wrong in these places, in the order of the file.
    #[error("{}", lines(.0))]
    Invalid(Vec<Located>),
    /// The entry to be written is wrong in these fields.
    #[error("{}", lines(.0))]
    Entry(Vec<Problem>),
    /// Somebody changed the file since it was read; nothing was written.
    #[error(
        "{path} was changed by another program since it was read; nothing was written. Reload and repeat the edit"
    )]
    Conflict {
        /// The file.
        path: PathBuf,
    },
    /// There is no such entry.
    #[error("there is no entry {index}: the calendar has {count}, counted from 0")]
    NoEntry {
        /// The index asked for, from zero.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// A rule yields more occurrences than anybody can mean.
    #[error(
        "\"{name}\" happens more than {most} times in the time asked for; make its repeat rule rarer or end it with UNTIL or COUNT"
    )]
    TooMany {
        /// Name of the event.
        name: String,
        /// The limit.
        most: usize,
    },
}

fn lines<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_lines_and_characters() {
        let at = |offset| {
            let located =
                Located::new(Path::new("c.toml"), "ab\nöö = 1\n", offset, "bad".into(), "mend it".into());
            located.to_string()
        };
        assert_eq!(at(0), "c.toml:1:1: bad; mend it");
        assert_eq!(at(8), "c.toml:2:4: bad; mend it");
        assert_eq!(at(999), "c.toml:3:1: bad; mend it");
    }
}
