//! Checks of this machine: the home folder, the disk under it, and the terminal.

use std::{
    env,
    io::{IsTerminal, Write},
    path::Path,
};

use super::report::{DoctorCheck, DoctorReport};
use crate::{cloud::simulator::demo_fleet, domain::text::clean};

/// Bytes written to see that the disk has room: more than a day of history needs.
const PROBE: usize = 8 << 20;

/// Columns and rows below which pages are cut.
const SMALLEST: (u16, u16) = (80, 24);

/// Checks that `home` can hold history and models. Writes a file there and removes it.
pub fn folder(home: &Path, report: &mut DoctorReport) {
    let shown = clean(&home.display().to_string(), 120);
    let fix = format!("make {shown} writable for this user, or pass --home DIR");
    if let Err(error) = std::fs::create_dir_all(home) {
        return report.push(DoctorCheck::fail("home", format!("{shown} cannot be made: {error}"), fix));
    }
    let mut file = match tempfile::NamedTempFile::new_in(home) {
        Ok(file) => file,
        Err(error) => {
            return report.push(DoctorCheck::fail(
                "home",
                format!("{shown} cannot be written: {error}"),
                fix,
            ));
        }
    };
    report.push(DoctorCheck::ok("home", format!("{shown} can be written")));
    let written = file.write_all(&vec![0x5a; PROBE]).and_then(|()| file.as_file().sync_all());
    report.push(match written {
        Ok(()) => DoctorCheck::ok("disk", format!("8 MiB written to {shown}")),
        Err(error) => DoctorCheck::fail(
            "disk",
            format!("cannot write 8 MiB to {shown}: {error}"),
            "free some space or pass --home DIR",
        ),
    });
}

/// What is known of the terminal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TerminalFacts {
    /// Standard output is one.
    attached: bool,
    /// Columns and rows.
    size: Option<(u16, u16)>,
    /// `TERM`.
    term: String,
    /// `COLORTERM`.
    color_term: String,
    /// `NO_COLOR` is set.
    no_color: bool,
    /// The first of `LC_ALL`, `LC_CTYPE`, `LANG` that says something.
    locale: String,
}

impl TerminalFacts {
    /// This process's terminal.
    pub fn here() -> TerminalFacts {
        let text = |name: &str| env::var(name).map(|v| clean(&v, 60)).unwrap_or_default();
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(text).into_iter().find(|v| !v.is_empty());
        TerminalFacts {
            attached: std::io::stdout().is_terminal(),
            size: crossterm::terminal::size().ok(),
            term: text("TERM"),
            color_term: text("COLORTERM"),
            no_color: !text("NO_COLOR").is_empty(),
            locale: locale.unwrap_or_default(),
        }
    }
}

/// Checks that the console will be readable.
pub fn terminal(terminal: &TerminalFacts, report: &mut DoctorReport) {
    if !terminal.attached {
        let fix = "the console needs a terminal; `prescale agent` runs without one";
        return report.push(DoctorCheck::warn("terminal", "standard output is not a terminal", fix));
    }
    report.push(size(terminal.size));
    report.push(colour(terminal));
    report.push(match is_utf8(&terminal.locale) {
        true => DoctorCheck::ok("text", format!("UTF-8 ({})", terminal.locale)),
        false => DoctorCheck::warn(
            "text",
            format!("the locale `{}` does not say UTF-8; charts may show as noise", terminal.locale),
            "set LANG=C.UTF-8",
        ),
    });
}

fn size(size: Option<(u16, u16)>) -> DoctorCheck {
    let (least_columns, least_rows) = SMALLEST;
    match size {
        None => DoctorCheck::warn("terminal", "its size is unknown", "use a terminal that reports its size"),
        Some((columns, rows)) if columns < least_columns || rows < least_rows => DoctorCheck::warn(
            "terminal",
            format!("{columns}×{rows}: pages will be cut"),
            format!("make it {least_columns}×{least_rows} or larger"),
        ),
        Some((columns, rows)) => DoctorCheck::ok("terminal", format!("{columns}×{rows}")),
    }
}

fn colour(terminal: &TerminalFacts) -> DoctorCheck {
    let fix = "use a terminal with colours, for example TERM=xterm-256color";
    if terminal.no_color {
        DoctorCheck::ok("colour", "none, as NO_COLOR asks")
    } else if terminal.term.is_empty() || terminal.term == "dumb" {
        DoctorCheck::warn("colour", format!("TERM is `{}`: no colours", terminal.term), fix)
    } else if matches!(terminal.color_term.as_str(), "truecolor" | "24bit") {
        DoctorCheck::ok("colour", "true colour")
    } else if terminal.term.contains("256color") {
        DoctorCheck::ok("colour", "256 colours")
    } else {
        DoctorCheck::ok("colour", format!("16 colours ({})", terminal.term))
    }
}

fn is_utf8(locale: &str) -> bool {
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// Whether the embedded fleet can be simulated.
pub fn fleet() -> DoctorCheck {
    match demo_fleet() {
        Ok(fleet) => DoctorCheck::ok("simulation", format!("{} groups on recorded traffic", fleet.len())),
        Err(e) => DoctorCheck::fail("simulation", e.to_string(), "the installation is damaged; reinstall"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::report::CheckStatus;

    fn levels(report: &DoctorReport) -> Vec<(&str, CheckStatus)> {
        report.lines().iter().map(|l| (l.check.as_str(), l.level)).collect()
    }

    #[test]
    fn a_good_folder_is_left_as_it_was() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut report = DoctorReport::default();
        folder(home.path(), &mut report);
        assert_eq!(levels(&report), [("home", CheckStatus::Ok), ("disk", CheckStatus::Ok)]);
        assert_eq!(std::fs::read_dir(home.path()).expect("it exists").count(), 0);
    }

    #[test]
    fn a_file_in_the_way_fails_with_a_fix() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut report = DoctorReport::default();
        folder(&file.path().join("below"), &mut report);
        assert_eq!(levels(&report), [("home", CheckStatus::Fail)]);
        assert!(report.lines()[0].fix.as_deref().is_some_and(|fix| fix.contains("--home")));
    }

    #[test]
    fn a_poor_terminal_is_warned_of() {
        let poor = TerminalFacts {
            attached: true,
            size: Some((79, 24)),
            term: "dumb".into(),
            locale: "C".into(),
            ..TerminalFacts::default()
        };
        let mut report = DoctorReport::default();
        terminal(&poor, &mut report);
        assert_eq!(
            levels(&report),
            [("terminal", CheckStatus::Warn), ("colour", CheckStatus::Warn), ("text", CheckStatus::Warn)]
        );
        let good = TerminalFacts {
            size: Some((80, 24)),
            term: "xterm".into(),
            color_term: "truecolor".into(),
            locale: "de_DE.UTF-8".into(),
            ..poor
        };
        let mut report = DoctorReport::default();
        terminal(&good, &mut report);
        assert!(report.lines().iter().all(|l| l.level == CheckStatus::Ok), "{}", report.text());
    }

    #[test]
    fn a_pipe_is_not_a_terminal() {
        let mut report = DoctorReport::default();
        terminal(&TerminalFacts::default(), &mut report);
        assert_eq!(levels(&report), [("terminal", CheckStatus::Warn)]);
    }
}
