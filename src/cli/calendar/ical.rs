//! `prescale calendar import` and `export`: iCalendar in and out.

use std::{io::Write, path::Path, path::PathBuf};

use serde_json::json;

use super::{CalendarFileArgs, json_text};
use crate::{
    calendar::{self, Calendar, load, save},
    cli::Failure,
    domain::Time,
    files,
};

/// Options of `prescale calendar import`.
#[derive(Debug, clap::Args)]
pub struct ImportOptions {
    #[command(flatten)]
    pub(super) place: CalendarFileArgs,
    /// The iCalendar file (.ics).
    #[arg(value_name = "FILE")]
    input: PathBuf,
    /// Print what would be added without changing anything.
    #[arg(long)]
    dry_run: bool,
}

/// Options of `prescale calendar export`.
#[derive(Debug, clap::Args)]
pub struct ExportOptions {
    #[command(flatten)]
    pub(super) place: CalendarFileArgs,
    /// A new file to write; one that exists is kept [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Adds to the calendar at `path` what the iCalendar file holds and it does not.
pub(super) fn import(path: &Path, options: &ImportOptions, as_json: bool) -> Result<String, Failure> {
    let input = options.input.display();
    let text = files::read_text(&options.input, calendar::MOST_ICAL as u64)
        .map_err(|e| Failure::Failed(format!("{input}: {e}; check the path and its permissions")))?;
    let mut document = load(path)?;
    let read =
        calendar::import(&text, document.zone()).map_err(|why| Failure::Usage(format!("{input}: {why}")))?;
    let added = document.merge(&read.entries)?;
    if added > 0 && !options.dry_run {
        save(path, &document, document.hash())?;
    }
    if as_json {
        return Ok(json_text(&json!({
            "file": path, "added": added, "there_already": read.entries.len() - added,
            "left_out": read.left_out, "dry_run": options.dry_run,
        })));
    }
    let end = if options.dry_run { " (nothing was written)" } else { "" };
    Ok(format!("{}: {}{end}", path.display(), calendar::import_summary(added, &read)))
}

/// The calendar at `path` as an iCalendar file made at `now`; in words where it went into a file.
pub(super) fn export(path: &Path, options: &ExportOptions, now: Time) -> Result<String, Failure> {
    let document = load(path)?;
    let read = Calendar::parse(&document.to_text(), document.path())?;
    let text = calendar::export(&read, now);
    let Some(output) = &options.output else { return Ok(text) };
    let failed = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::Usage(format!("{} exists already; choose another name", output.display()))
        }
        _ => Failure::Failed(format!("{}: {e}; check the path and its permissions", output.display())),
    };
    let mut file = std::fs::File::create_new(output).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    Ok(format!("{} entries written to {}", read.entries.len(), output.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exported_calendar_is_imported_once() {
        let folder = tempfile::tempdir().unwrap();
        let [from, to, ics] = ["a.toml", "b.toml", "a.ics"].map(|name| folder.path().join(name));
        let sale = "[[event]]\nname = 'Sale'\nkind = 'sale'\nstart = '2026-12-01'\nend = '2026-12-02'\n";
        std::fs::write(&from, sale).unwrap();
        let now = "2026-11-25T10:00:00Z".parse().unwrap();
        let place = || CalendarFileArgs { file: None };
        let export_to = |output| export(&from, &ExportOptions { place: place(), output }, now);
        assert!(export_to(None).unwrap().starts_with("BEGIN:VCALENDAR"));
        assert!(export_to(Some(ics.clone())).unwrap().starts_with("1 entries written"));
        assert_eq!(export_to(Some(ics.clone())).unwrap_err().exit_code(), 2);
        let import_with = |dry_run| {
            let options = ImportOptions { place: place(), input: ics.clone(), dry_run };
            import(&to, &options, false).unwrap()
        };
        assert!(import_with(true).ends_with("1 entries added (nothing was written)"));
        assert!(!to.exists());
        assert!(import_with(false).ends_with("1 entries added"));
        assert!(import_with(false).ends_with("0 entries added, 1 were there already"));
        let wrong = ImportOptions { place: place(), input: from.clone(), dry_run: false };
        assert_eq!(import(&to, &wrong, false).unwrap_err().exit_code(), 2);
    }
}
