//! The log: what the program did and what troubled it, for the log page and, if the configuration says so, for files.
//!
//! The rooms speak with `tracing`'s macros; here it is decided who hears them. Of what others write (the AWS SDK, the
//! HTTP stack) only warnings and errors are kept. Nothing is ever written to the terminal, which belongs to the console.

use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    filter::filter_fn,
    layer::{Context, SubscriberExt},
    registry::Registry,
};

use crate::{
    config,
    domain::{Time, text::clean},
    engine::clock::Clock,
    link::{Level, LogBuffer},
};

/// Most characters of a line in a file.
const WIDEST: usize = 4_000;

/// Begins to log: into memory, and into the folder that `config` names, relative to `home`. Gives the newest lines.
///
/// A process has one log. A second call gives one that hears nothing.
///
/// # Errors
/// In words, when the folder cannot be written.
pub fn start(config: &config::LogConfig, home: &Path) -> Result<LogBuffer, String> {
    let log = LogBuffer::default();
    let files =
        config.folder.as_ref().map(|folder| Files::open(&home.join(folder), config.days)).transpose()?;
    let layer = Heard { log: log.clone(), files: files.map(Mutex::new) };
    let subscriber = Registry::default().with(layer.with_filter(filter_fn(is_kept)));
    // Only the first of a process is heard; the others are those of tests.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(log)
}

/// Our own lines from `info` up, warnings and errors of everybody.
fn is_kept(metadata: &Metadata<'_>) -> bool {
    let ours = metadata.target().starts_with("prescale");
    *metadata.level() <= if ours { tracing::Level::INFO } else { tracing::Level::WARN }
}

/// Hears events and keeps them.
struct Heard {
    log: LogBuffer,
    files: Option<Mutex<Files>>,
}

impl<S: Subscriber> Layer<S> for Heard {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let (level, word) = match *event.metadata().level() {
            tracing::Level::ERROR => (Level::Critical, "error"),
            tracing::Level::WARN => (Level::Warning, "warning"),
            _ => (Level::Info, "info"),
        };
        let mut text = Text::default();
        event.record(&mut text);
        let now = Clock::Real.now();
        self.log.push(now, level, &text.0);
        if let Some(files) = &self.files {
            let mut files = files.lock().unwrap_or_else(PoisonError::into_inner);
            let line = format!("{} {word} {}\n", now.format("%Y-%m-%dT%H:%M:%SZ"), clean(&text.0, WIDEST));
            // A full disk must not stop the loop; the line is on the log page.
            let _ = files.write(now, &line);
        }
    }
}

/// An event's message, then its fields.
#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing into a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}

/// One file a day in a folder: `prescale-2026-11-27.log`, by UTC.
struct Files {
    folder: PathBuf,
    days: usize,
    open: Option<(String, File)>,
}

impl Files {
    fn open(folder: &Path, days: usize) -> Result<Files, String> {
        let mut files = Files { folder: folder.to_owned(), days, open: None };
        let opened = fs::create_dir_all(folder).and_then(|()| files.write(Clock::Real.now(), ""));
        opened.map_err(|e| format!("{}: {e}; name another folder in [log], or none", folder.display()))?;
        Ok(files)
    }

    /// Appends to the file of the day; with a new day comes a new file, and the oldest goes.
    fn write(&mut self, now: Time, line: &str) -> io::Result<()> {
        let name = format!("prescale-{}.log", now.format("%Y-%m-%d"));
        if self.open.as_ref().is_none_or(|(open, _)| *open != name) {
            let file = OpenOptions::new().create(true).append(true).open(self.folder.join(&name))?;
            self.open = Some((name, file));
            self.drop_old()?;
        }
        self.open.iter_mut().try_for_each(|(_, file)| file.write_all(line.as_bytes()))
    }

    /// Removes all but the newest files of ours.
    fn drop_old(&self) -> io::Result<()> {
        let ours = |name: &String| name.starts_with("prescale-") && name.ends_with(".log");
        let names = fs::read_dir(&self.folder)?.filter_map(|e| e.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(ours).collect();
        names.sort();
        let extra = names.len().saturating_sub(self.days);
        names[..extra].iter().try_for_each(|name| fs::remove_file(self.folder.join(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{at_epoch, shift};

    #[test]
    fn our_lines_and_the_warnings_of_others_are_kept() {
        let log = LogBuffer::default();
        let layer = Heard { log: log.clone(), files: None };
        let layer = Registry::default().with(layer.with_filter(filter_fn(is_kept)));
        tracing::subscriber::with_default(layer, || {
            tracing::info!(group = "shop", "acted\u{1b}[2J");
            tracing::debug!("too much");
            tracing::info!(target: "hyper", "connected");
            tracing::warn!(target: "aws_smithy", "slow");
        });
        let lines = log.newest(9);
        let words: Vec<(Level, &str)> = lines.iter().map(|l| (l.level, l.text.as_str())).collect();
        assert_eq!(words, [(Level::Warning, "slow"), (Level::Info, "acted[2J group=\"shop\"")]);
    }

    #[test]
    fn there_is_a_file_a_day_and_the_oldest_goes() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut files = Files { folder: home.path().to_owned(), days: 2, open: None };
        for day in 0..4 {
            let now = shift(at_epoch(0), day * 86_400);
            files.write(now, "one\n").and_then(|()| files.write(now, "two\n")).expect("the folder is ours");
        }
        let mut names: Vec<_> =
            fs::read_dir(home.path()).expect("it is there").flatten().map(|e| e.file_name()).collect();
        names.sort();
        assert_eq!(names, ["prescale-1970-01-03.log", "prescale-1970-01-04.log"]);
        let text = fs::read_to_string(home.path().join(&names[1])).expect("it was written");
        assert_eq!(text, "one\ntwo\n");
    }

    #[test]
    fn an_impossible_folder_is_an_error() {
        let home = tempfile::tempdir().expect("a temporary folder");
        fs::write(home.path().join("file"), "").expect("the folder is ours");
        let error = Files::open(&home.path().join("file/log"), 7).err().expect("a file is no folder");
        assert!(error.contains("name another folder in [log]"), "{error}");
        assert!(Files::open(&home.path().join("log"), 7).is_ok());
    }
}
