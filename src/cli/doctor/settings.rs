//! Checks of the configuration: that it is valid, and that those it names can be told.

use std::{env, os::unix::fs::PermissionsExt, path::Path};

use super::report::{DoctorCheck, DoctorReport};
use crate::{
    agent::{self, notify},
    cli::Global,
    config::{Config, Notify},
    domain::text::clean,
};

/// Tries the shared store, if the configuration names one.
pub async fn shared(config: &Config, report: &mut DoctorReport) {
    match agent::check_shared(config).await {
        None => {}
        Some(Ok(message)) => report.push(DoctorCheck::ok("shared", message)),
        Some(Err(found)) => report.push(DoctorCheck::fail("shared", found.problem, found.fix)),
    }
}

/// Checks the configuration in force, and gives it where it is valid.
pub fn look(global: &Global, report: &mut DoctorReport) -> Option<Config> {
    match Config::load(&global.location()) {
        Ok(config) => {
            let message = config.file.as_ref().map_or("using defaults".to_owned(), |file| {
                format!("{} is valid", clean(&file.display().to_string(), 120))
            });
            report.push(DoctorCheck::ok("config", message));
            report.push(notify_line(&config.notify));
            Some(config)
        }
        Err(error) => {
            let fix = "fix it; `prescale config print-default` shows what is allowed";
            report.push(DoctorCheck::fail("config", clean(&error.to_string(), 300), fix));
            None
        }
    }
}

/// Whether those that `[notify]` names can be told. Nothing is sent.
fn notify_line(notify: &Notify) -> DoctorCheck {
    let fix = "fix [notify] in the configuration, or PRESCALE_WEBHOOK";
    match notify::check(notify) {
        Err(problem) => DoctorCheck::fail("notify", problem, fix),
        Ok(_) if notify.command.first().is_some_and(|program| !is_program(program)) => {
            let program = clean(notify.command.first().map_or("", String::as_str), 80);
            DoctorCheck::fail("notify", format!("the command {program} is not there, or may not be run"), fix)
        }
        Ok(message) => DoctorCheck::ok("notify", message),
    }
}

/// True for the path of a program, or the name of one on the PATH.
fn is_program(name: &str) -> bool {
    let runs = |path: &Path| {
        path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    if name.contains('/') {
        return runs(Path::new(name));
    }
    env::var_os("PATH").is_some_and(|paths| env::split_paths(&paths).any(|folder| runs(&folder.join(name))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli::doctor::report::CheckStatus, config::Secret};

    fn command(program: &str) -> Notify {
        Notify { command: vec![program.into()], ..Notify::default() }
    }

    #[test]
    fn programs_are_found_by_path_and_by_name() {
        assert_eq!(notify_line(&command("sh")).level, CheckStatus::Ok);
        assert_eq!(notify_line(&command("/bin/sh")).level, CheckStatus::Ok);
        let line = notify_line(&command("/nowhere/at/all"));
        assert!(line.level == CheckStatus::Fail && line.message.contains("/nowhere/at/all"), "{line:?}");
        assert_eq!(notify_line(&command("/etc/passwd")).level, CheckStatus::Fail, "it may not be run");
    }

    #[test]
    fn a_webhook_is_checked_without_being_shown() {
        let to = |url: &str| Notify { webhook: Some(Secret::new(url)), ..Notify::default() };
        let line = notify_line(&to("https://hooks.example.com/services/key"));
        assert!(line.level == CheckStatus::Ok && !line.message.contains("key"), "{line:?}");
        let line = notify_line(&to("https://[1/key"));
        assert!(line.level == CheckStatus::Fail && !line.message.contains("key"), "{line:?}");
        assert_eq!(notify_line(&Notify::default()).message, "notifications are disabled");
    }

    #[test]
    fn a_configuration_that_is_wrong_fails_with_its_place() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("prescale.toml"), "[cycle]\nminutes = 99").expect("it is ours");
        let global = Global { config: None, home: Some(folder.path().to_owned()), json: false };
        let mut report = DoctorReport::default();
        assert!(look(&global, &mut report).is_none());
        assert!(report.failed() == 1 && report.text().contains("prescale.toml:2:1"), "{}", report.text());
    }
}
