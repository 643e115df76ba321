//! `prescale.toml`: what an operator may set, with its defaults, layers and checks.
//!
//! Layers, the later over the earlier: the program's defaults, `[defaults]` of the file, `[group.NAME]` of the
//! file; the command line says which file and which home folder. A key that is not known, or a value that is
//! not allowed, is an error with file, line, column and what is allowed; nothing is guessed or ignored.
//! [`SAMPLE`] is the documentation, the printed template and the fixture of a test in one.
//!
//! Start with [`Config::load`]; the rest of the program asks [`Config::group`] for one group's view.

mod agent;
mod bindings;
mod edit;
mod effective;
mod error;
mod home;
mod keys;
mod layers;
mod locate;
mod location;
mod notify;
mod sections;
mod shared;
mod source;
mod terminal;

pub use agent::AgentConfig;
pub use bindings::Bindings;
pub use edit::{ConfigEdit, InForce};
pub use effective::{Effective, ValueOrigin};
pub use error::{ConfigError, Finding};
pub use home::home;
pub use location::Location;
pub use notify::{Notify, NotifyEvent, Secret, WEBHOOK_VARIABLE};
pub use sections::Cycle;
pub use shared::{SharedConfig, SharedPlace};
pub use source::{Source, SourceAccount};
pub use terminal::{Color, CtrlCSetting, LogConfig, SymbolsSetting, TerminalConfig};

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use self::{keys::ConfigKeys, layers::Groups};
use crate::{
    domain::keep::Keep,
    files,
    forecast::training::TrainingOptions,
    plan::{GroupOptions, Settings},
};
use chrono_tz::Tz;
use opening_hours::localization::Country;

/// Most bytes of the configuration: a section for each of a thousand groups.
pub(crate) const MOST_BYTES: u64 = 1 << 20;

/// Every key with its meaning and default.
pub const SAMPLE: &str = include_str!("prescale.sample.toml");

/// The configuration in force. It has many fields because each is one section or key of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Folder of `calendar.toml`, `models/` and `data/`.
    pub home: PathBuf,
    /// The file it was read from, if there was one.
    pub file: Option<PathBuf>,
    /// Hash of that file's text.
    pub hash: Option<String>,
    /// Zone in which people's days run; the calendar's own, else UTC, when absent.
    pub timezone: Option<Tz>,
    /// Countries whose public holidays the calendar knows by itself.
    pub holidays: Vec<Country>,
    /// Where groups and metrics come from.
    pub source: Source,
    /// The loop.
    pub cycle: Cycle,
    /// Training of the networks.
    pub train: TrainingOptions,
    /// True when this process takes no command and changes nothing outside.
    pub read_only: bool,
    /// The screen.
    pub terminal: TerminalConfig,
    /// Keys of the screen.
    pub bindings: Bindings,
    /// The agent.
    pub agent: AgentConfig,
    /// The log file.
    pub log: LogConfig,
    /// How long what is recorded is kept.
    pub keep: Keep,
    /// Who is told of what, outside the screen.
    pub notify: Notify,
    /// Where several machines keep what they share, if they do.
    pub shared: Option<SharedConfig>,
    /// The groups.
    groups: Groups,
}

impl Config {
    /// The configuration at `location`: the file that it names, else `prescale.toml` in the home folder if there
    /// is one, else the defaults.
    ///
    /// # Errors
    /// [`ConfigError`] when the home folder or the file cannot be used, or the file says what is not allowed.
    pub fn load(location: &Location) -> Result<Config, ConfigError> {
        let home = home(location)?;
        let usual = home.join("prescale.toml");
        let config = match &location.file {
            Some(file) => Config::read(file, &home),
            // Whatever stands there is meant: what is no file is refused, not passed over.
            None if usual.symlink_metadata().is_ok() => Config::read(&usual, &home),
            None => Ok(Config::at(&home)),
        }?;
        let notify = config.notify.clone().with_environment(std::env::var(notify::WEBHOOK_VARIABLE).ok())?;
        Ok(Config { notify, ..config })
    }

    /// The defaults, with `home` as the home folder.
    pub fn at(home: &Path) -> Config {
        let keys = ConfigKeys::default();
        let source = Source::from(keys.source);
        Config {
            home: home.to_owned(),
            file: None,
            hash: None,
            timezone: None,
            holidays: Vec::new(),
            groups: Groups { defaults: program(&source, keys.cycle), named: BTreeMap::new() },
            source,
            cycle: keys.cycle,
            train: keys.train,
            read_only: keys.read_only,
            terminal: keys.terminal,
            bindings: keys.keys,
            agent: keys.agent,
            log: keys.log,
            keep: keys.keep,
            notify: keys.notify,
            shared: None,
        }
    }

    /// The configuration in `file`.
    ///
    /// # Errors
    /// As [`Config::parse`], and [`ConfigError::Access`] when the file cannot be read.
    pub fn read(file: &Path, home: &Path) -> Result<Config, ConfigError> {
        let text = files::read_text(file, MOST_BYTES).map_err(|e| {
            ConfigError::access(file, format!("{e}; write one with `prescale config print-default`"))
        })?;
        Config::parse(&text, file, home)
    }

    /// The configuration that `text` says; `file` is its name in errors.
    ///
    /// # Errors
    /// [`ConfigError::Wrong`] with the first finding.
    pub fn parse(text: &str, file: &Path, home: &Path) -> Result<Config, ConfigError> {
        let unreadable = |e: toml::de::Error| syntax(text, file, &e);
        let keys: ConfigKeys = toml::from_str(text).map_err(unreadable)?;
        let wrong = |path: &[&str], message: String| wrong(text, file, path, message);
        let allowed = |key: &str| keys::allowed(key).unwrap_or_default();
        if let Some((path, problem)) = keys.unknown() {
            return Err(wrong(&path, problem));
        }
        let source = Source::from(keys.source.clone());
        let groups = Groups::read(text, keys.group.keys(), &program(&source, keys.cycle));
        let groups = groups.map_err(unreadable)?;
        if let Some((path, value)) = keys.out_of_range() {
            let allowed = path.last().map(|key| allowed(key)).unwrap_or_default();
            return Err(wrong(&path, format!("{value} is out of range; allowed: {allowed}")));
        }
        if let Some((path, problem)) = keys.refused() {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            return Err(wrong(&path, problem));
        }
        let unknown = |key: &str, value: &str| {
            wrong(&[key], format!("{value:?} is not known; allowed: {}", allowed(key)))
        };
        let zone = |name: &String| name.parse::<Tz>().map_err(|_| unknown("timezone", name));
        let timezone = keys.timezone.as_ref().map(zone).transpose()?;
        if let Some((name, problem)) = keys.keys.problem() {
            return Err(wrong(&["keys", &name], problem));
        }
        let country = |code: &String| code.parse::<Country>().map_err(|_| unknown("holidays", code));
        let holidays = keys.holidays.iter().map(country).collect::<Result<_, _>>()?;
        let shared = keys
            .shared
            .shared(home)
            .map_err(|why| wrong(&["shared", "url"], format!("{why}; allowed: {}", allowed("url"))))?;
        for (path, own) in keys.sections() {
            let seen = path.get(1).map_or(&groups.defaults, |name| groups.get(name));
            if let Some((key, message)) = contradiction(own, seen) {
                return Err(wrong(&[path.as_slice(), &[key]].concat(), message));
            }
        }
        Ok(Config {
            home: home.to_owned(),
            file: Some(file.to_owned()),
            hash: Some(files::sha256(text.as_bytes())),
            timezone,
            holidays,
            groups,
            source,
            cycle: keys.cycle,
            train: keys.train,
            read_only: keys.read_only,
            terminal: keys.terminal,
            bindings: keys.keys,
            agent: keys.agent,
            log: keys.log,
            keep: keys.keep,
            notify: keys.notify,
            shared,
        })
    }

    /// What is in force for the group called `name`.
    pub fn group(&self, name: &str) -> &GroupOptions {
        self.groups.get(name)
    }

    /// An error at the key that `path` leads to, for what only others can judge.
    pub fn wrong(&self, path: &[&str], message: String) -> ConfigError {
        let file = self.file.clone().unwrap_or_default();
        // A file that has gone meanwhile has no lines; the key is still named.
        let text = files::read_text(&file, MOST_BYTES).unwrap_or_default();
        wrong(&text, &file, path, message)
    }

    /// Makes sure that the program which the file names is named by this user or by root: whoever starts prescale in a
    /// folder of somebody else's must not run what stands there.
    ///
    /// # Errors
    /// [`ConfigError`] at the key.
    pub fn check_command(&self) -> Result<(), ConfigError> {
        let Some(file) = self.file.as_ref().filter(|_| !self.notify.command.is_empty()) else {
            return Ok(());
        };
        let why = files::untrusted(file).unwrap_or_else(|e| Some(e.to_string()));
        why.map_or(Ok(()), |why| {
            let fix = "start it as that user, remove the key, or give the file to the user that runs it";
            Err(self.wrong(&["notify", "command"], format!("{why}; its command is not run: {fix}")))
        })
    }

    /// Groups that have a section of their own.
    pub fn named_groups(&self) -> impl Iterator<Item = &str> {
        self.groups.named.keys().map(String::as_str)
    }

    /// The calendar.
    pub fn calendar(&self) -> PathBuf {
        self.home.join("calendar.toml")
    }

    /// Folder of the models.
    pub fn models(&self) -> PathBuf {
        self.home.join("models")
    }

    /// The history.
    pub fn database(&self) -> PathBuf {
        self.home.join("data/prescale.db")
    }
}

/// The program's defaults for a group.
fn program(source: &Source, cycle: Cycle) -> GroupOptions {
    let settings = Settings { cycle: cycle.seconds(), ..Settings::default() };
    GroupOptions { mode: source.usual_mode(), settings, ..GroupOptions::default() }
}

/// The key of the section `own` that contradicts another, in what is in force with it, and how.
fn contradiction(own: &toml::Table, seen: &GroupOptions) -> Option<(&'static str, String)> {
    // The two thresholds may come from different sections: what counts is what they are together.
    let (up, down) = (seen.settings.threshold_up, seen.settings.threshold_down);
    if down >= up {
        let key = if own.contains_key("threshold_down") { "threshold_down" } else { "threshold_up" };
        let message = format!(
            "threshold_down ({down}) is not below threshold_up ({up}); between them nothing is changed"
        );
        return Some((key, message));
    }
    // A price of shortage alone says nothing: what counts is how it compares with that of an instance-hour.
    (own.contains_key("shortage_price") && seen.price.is_none()).then(|| {
        let message = "it requires `price`, the price of an instance-hour";
        ("shortage_price", message.to_owned())
    })
}

/// A finding at the key that `path` leads to.
fn wrong(text: &str, file: &Path, path: &[&str], message: String) -> ConfigError {
    let (line, column) = locate::position(text, locate::offset_of(text, path));
    ConfigError::Wrong(Box::new(Finding {
        file: file.to_owned(),
        line,
        column,
        key: Some(path.join(".")),
        message,
    }))
}

/// A finding from what the parser said, with what is allowed for the key it stumbled over.
fn syntax(text: &str, file: &Path, error: &toml::de::Error) -> ConfigError {
    let offset = error.span().map_or(0, |span| span.start);
    let (line, column) = locate::position(text, offset);
    let key = locate::key_at(text, offset);
    // A source has a kind too.
    let last =
        key.as_ref().and_then(|k| if k == "train.kind" { Some(k.as_str()) } else { k.rsplit('.').next() });
    let mut message = error.message().trim().replace('\n', ", ");
    if let Some(allowed) = last.and_then(keys::allowed).filter(|_| !message.contains("unknown field")) {
        message = format!("{message}; allowed: {allowed}");
    }
    ConfigError::Wrong(Box::new(Finding { file: file.to_owned(), line, column, key, message }))
}

#[cfg(test)]
mod tests;
