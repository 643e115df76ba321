//! The checklist and its two forms, text and JSON.

use serde::Serialize;

use crate::domain::text::escape_json;

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// Nothing to do.
    Ok,
    /// It works, with less than it could.
    Warn,
    /// It does not work until somebody acts.
    Fail,
}

impl CheckStatus {
    fn word(self) -> &'static str {
        match self {
            CheckStatus::Ok => "ok  ",
            CheckStatus::Warn => "warn",
            CheckStatus::Fail => "fail",
        }
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DoctorCheck {
    /// How it went.
    pub level: CheckStatus,
    /// What was looked at, one or two words.
    pub check: String,
    /// What was seen.
    pub message: String,
    /// What to do about it; nothing where it is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

impl DoctorCheck {
    /// All is well.
    pub fn ok(check: &str, message: impl Into<String>) -> DoctorCheck {
        DoctorCheck { level: CheckStatus::Ok, check: check.into(), message: message.into(), fix: None }
    }

    /// It works, with less than it could.
    pub fn warn(check: &str, message: impl Into<String>, fix: impl Into<String>) -> DoctorCheck {
        DoctorCheck {
            level: CheckStatus::Warn,
            check: check.into(),
            message: message.into(),
            fix: Some(fix.into()),
        }
    }

    /// It does not work.
    pub fn fail(check: &str, message: impl Into<String>, fix: impl Into<String>) -> DoctorCheck {
        DoctorCheck {
            level: CheckStatus::Fail,
            check: check.into(),
            message: message.into(),
            fix: Some(fix.into()),
        }
    }
}

/// All checks, in the order in which they were made.
#[derive(Debug, Default, Serialize)]
pub struct DoctorReport {
    checks: Vec<DoctorCheck>,
}

impl DoctorReport {
    /// Adds a check.
    pub fn push(&mut self, line: DoctorCheck) {
        self.checks.push(line);
    }

    /// Adds the checks of `other`, which are about what is called `label`, if that is anything.
    pub fn take(&mut self, other: DoctorReport, label: &str) {
        let named = |check: DoctorCheck| match label {
            "" => check,
            label => DoctorCheck { message: format!("{label}: {}", check.message), ..check },
        };
        self.checks.extend(other.checks.into_iter().map(named));
    }

    /// The checks so far.
    pub fn lines(&self) -> &[DoctorCheck] {
        &self.checks
    }

    /// Number of checks that failed.
    pub fn failed(&self) -> usize {
        self.checks.iter().filter(|line| line.level == CheckStatus::Fail).count()
    }

    /// For people: a line a check, its fix below it.
    pub fn text(&self) -> String {
        let width = self.checks.iter().map(|l| l.check.chars().count()).max().unwrap_or(0);
        let mut out = String::new();
        for line in &self.checks {
            out.push_str(&format!("{}  {:<width$}  {}\n", line.level.word(), line.check, line.message));
            if let Some(fix) = &line.fix {
                out.push_str(&format!("      {:<width$}  fix: {fix}\n", ""));
            }
        }
        out
    }

    /// For scripts: `{"ok": bool, "checks": [{"level", "check", "message", "fix"?}]}` on one line.
    pub fn json(&self) -> String {
        let checks = serde_json::json!({ "ok": self.failed() == 0, "checks": self.checks });
        escape_json(&format!("{checks}\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> DoctorReport {
        let mut report = DoctorReport::default();
        report.push(DoctorCheck::ok("home", "/tmp/x can be written"));
        report.push(DoctorCheck::fail("credentials", "none", "log in"));
        report
    }

    #[test]
    fn text_lines_up_and_shows_the_fix() {
        assert_eq!(
            report().text(),
            "ok    home         /tmp/x can be written\nfail  credentials  none\n                   fix: log in\n"
        );
    }

    #[test]
    fn json_is_for_scripts() {
        let value: serde_json::Value = serde_json::from_str(&report().json()).expect("it is JSON");
        assert_eq!(value["ok"], false);
        assert_eq!(value["checks"][1]["level"], "fail");
        assert_eq!(value["checks"][1]["fix"], "log in");
        assert!(value["checks"][0].get("fix").is_none());
    }
}
