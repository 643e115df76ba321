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
mod demand;
mod effective;
mod error;
mod group;
mod home;
mod keys;
mod locate;
mod notify;
mod shared;
mod terminal;

pub use agent::AgentConfig;
pub use bindings::Bindings;
pub use demand::DemandSetting;
pub use effective::{Effective, ValueOrigin};
pub use error::{ConfigError, Finding};
pub use group::{GroupConfig, PolicySetting};
pub use home::home;
pub use notify::{Notify, NotifyEvent, Secret};
pub use shared::{SharedConfig, SharedPlace};
pub use terminal::{Color, CtrlCSetting, LogConfig, SymbolsSetting, TerminalConfig};

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use chrono_tz::Tz;
use opening_hours::localization::Country;
use serde::{Deserialize, Serialize};

use self::keys::{ConfigKeys, GroupKeys, SourceKeys, SourceKind};
use crate::{
    cli::Global,
    domain::{Seconds, decision::Mode},
};

/// Every key with its meaning and default.
pub const SAMPLE: &str = include_str!("prescale.sample.toml");

/// The configuration in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Folder of `calendar.toml`, `models/` and `data/`.
    pub home: PathBuf,
    /// The file it was read from, if there was one.
    pub file: Option<PathBuf>,
    /// Zone in which people's days run; the calendar's own, else UTC, when absent.
    pub timezone: Option<Tz>,
    /// Countries whose public holidays the calendar knows by itself.
    pub holidays: Vec<Country>,
    /// Where groups and metrics come from.
    pub source: Source,
    /// The loop.
    pub cycle: Cycle,
    /// Training of the networks.
    pub train: Train,
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
    /// Who is told of what, outside the screen.
    pub notify: Notify,
    /// Where several machines keep what they share, if they do.
    pub shared: Option<SharedConfig>,
    keys: ConfigKeys,
}

/// Where groups and metrics come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Source {
    /// The embedded world; touches nothing outside.
    Simulated {
        /// Simulated seconds a second, 1 to 3600.
        speed: f64,
        /// Of everything random.
        seed: u64,
    },
    /// An AWS account.
    Aws {
        /// Profile of `~/.aws/config`; the usual chain when absent.
        profile: Option<String>,
        /// Region; the profile's when absent.
        region: Option<String>,
        /// Groups to watch; all in the region when empty.
        groups: Vec<String>,
        /// Tags that a group must have to be watched.
        tags: BTreeMap<String, String>,
    },
}

/// The loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cycle {
    /// Minutes between two looks at the groups, 1 to 60.
    pub minutes: u32,
}

/// Training of the networks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Train {
    /// Once a day for each group.
    pub daily: bool,
    /// With `daily`: sooner, when a group's load has changed its ways.
    pub drift: bool,
    /// Passes over the data, 1 to 1000.
    pub epochs: usize,
    /// Units of the hidden layer, 4 to 1024.
    pub hidden: usize,
    /// What computes.
    pub backend: BackendSetting,
    /// Threads that share a batch, 1 to 16; the trained network depends on their number.
    pub shards: usize,
}

/// What computes the networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackendSetting {
    /// burn-flex.
    Flex,
    /// burn-ndarray.
    Ndarray,
}

impl Default for Cycle {
    fn default() -> Self {
        Cycle { minutes: 5 }
    }
}

impl Default for Train {
    fn default() -> Self {
        Train { daily: true, drift: true, epochs: 30, hidden: 64, backend: BackendSetting::Flex, shards: 2 }
    }
}

impl Cycle {
    /// Seconds between two looks.
    pub fn seconds(self) -> Seconds {
        Seconds::from(self.minutes) * 60
    }
}

impl Config {
    /// The configuration that `global` asks for: `--config`, else `prescale.toml` in the home folder if there
    /// is one, else the defaults.
    ///
    /// # Errors
    /// [`ConfigError`] when the home folder or the file cannot be used, or the file says what is not allowed.
    pub fn load(global: &Global) -> Result<Config, ConfigError> {
        let home = home(global)?;
        let usual = home.join("prescale.toml");
        let config = match &global.config {
            Some(file) => Config::read(file, &home),
            None if usual.is_file() => Config::read(&usual, &home),
            None => Ok(Config::at(&home)),
        }?;
        let notify = config.notify.clone().with_environment(std::env::var(notify::WEBHOOK_VARIABLE).ok())?;
        Ok(Config { notify, ..config })
    }

    /// The defaults, with `home` as the home folder.
    pub fn at(home: &Path) -> Config {
        let keys = ConfigKeys::default();
        let source = source(&keys);
        Config {
            home: home.to_owned(),
            file: None,
            timezone: None,
            holidays: Vec::new(),
            source,
            cycle: keys.cycle,
            train: keys.train.clone(),
            read_only: keys.read_only,
            terminal: keys.terminal.clone(),
            bindings: keys.keys.clone(),
            agent: keys.agent,
            log: keys.log.clone(),
            notify: keys.notify.clone(),
            shared: None,
            keys,
        }
    }

    /// The configuration in `file`.
    ///
    /// # Errors
    /// As [`Config::parse`], and [`ConfigError::Access`] when the file cannot be read.
    pub fn read(file: &Path, home: &Path) -> Result<Config, ConfigError> {
        let text = fs::read_to_string(file).map_err(|e| {
            ConfigError::access(file, format!("{e}; write one with `prescale config print-default`"))
        })?;
        Config::parse(&text, file, home)
    }

    /// The configuration that `text` says; `file` is its name in errors.
    ///
    /// # Errors
    /// [`ConfigError::Wrong`] with the first finding.
    pub fn parse(text: &str, file: &Path, home: &Path) -> Result<Config, ConfigError> {
        let keys: ConfigKeys = toml::from_str(text).map_err(|e| syntax(text, file, &e))?;
        let wrong = |path: &[&str], message: String| wrong(text, file, path, message);
        if let Some(found) = keys.out_of_range() {
            let path: Vec<&str> = found.path.iter().map(String::as_str).collect();
            let allowed = path.last().and_then(|key| keys::allowed(key)).unwrap_or_default();
            return Err(wrong(&path, format!("{} is out of range; allowed: {allowed}", found.value)));
        }
        if let Some(problem) = keys.notify.problem() {
            return Err(wrong(&["notify", "webhook"], problem.to_owned()));
        }
        let timezone = match &keys.timezone {
            Some(name) => Some(name.parse::<Tz>().map_err(|_| {
                let allowed = keys::allowed("timezone").unwrap_or_default();
                wrong(&["timezone"], format!("{name:?} is not known; allowed: {allowed}"))
            })?),
            None => None,
        };
        if let Some((name, problem)) = keys.keys.problem() {
            return Err(wrong(&["keys", &name], problem));
        }
        let country = |code: &String| {
            code.parse::<Country>().map_err(|_| {
                let allowed = keys::allowed("holidays").unwrap_or_default();
                wrong(&["holidays"], format!("{code:?} is not known; allowed: {allowed}"))
            })
        };
        let holidays = keys.holidays.iter().map(country).collect::<Result<_, _>>()?;
        let shared = keys.shared.shared(home).map_err(|why| {
            let allowed = keys::allowed("url").unwrap_or_default();
            wrong(&["shared", "url"], format!("{why}; allowed: {allowed}"))
        })?;
        let config = Config {
            file: Some(file.to_owned()),
            timezone,
            holidays,
            source: source(&keys),
            cycle: keys.cycle,
            train: keys.train.clone(),
            read_only: keys.read_only,
            terminal: keys.terminal.clone(),
            bindings: keys.keys.clone(),
            agent: keys.agent,
            log: keys.log.clone(),
            notify: keys.notify.clone(),
            shared,
            keys,
            home: home.to_owned(),
        };
        config.check_thresholds().map_err(|(path, message)| wrong(&path, message))?;
        config.check_prices().map_err(|(path, message)| wrong(&path, message))?;
        Ok(config)
    }

    /// What is in force for the group called `name`.
    pub fn group(&self, name: &str) -> GroupConfig {
        let none = GroupKeys::default();
        let own = self.keys.group.get(name).unwrap_or(&none);
        GroupConfig::resolve(own, &self.keys.defaults, self.usual_mode())
    }

    /// An error at the key that `path` leads to, for what only others can judge.
    pub fn wrong(&self, path: &[&str], message: String) -> ConfigError {
        let file = self.file.clone().unwrap_or_default();
        // A file that has gone meanwhile has no lines; the key is still named.
        let text = fs::read_to_string(&file).unwrap_or_default();
        wrong(&text, &file, path, message)
    }

    /// Groups that have a section of their own.
    pub fn named_groups(&self) -> impl Iterator<Item = &str> {
        self.keys.group.keys().map(String::as_str)
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

    fn usual_mode(&self) -> Mode {
        match self.source {
            Source::Simulated { .. } => Mode::Approve,
            Source::Aws { .. } => Mode::Observe,
        }
    }

    /// `[defaults]` and every `[group.NAME]`: where it stands, its own keys, and what is in force with them.
    fn sections(&self) -> impl Iterator<Item = (Vec<&str>, &GroupKeys, GroupConfig)> {
        let defaults = std::iter::once((vec!["defaults"], &self.keys.defaults));
        let groups = self.keys.group.iter().map(|(name, own)| (vec!["group", name.as_str()], own));
        let resolve = |own| GroupConfig::resolve(own, &self.keys.defaults, self.usual_mode());
        defaults.chain(groups).map(move |(path, own)| (path, own, resolve(own)))
    }

    /// A price of shortage alone says nothing: what counts is how it compares with that of an instance-hour.
    fn check_prices(&self) -> Result<(), (Vec<&str>, String)> {
        let mut lacking =
            self.sections().filter(|(_, own, seen)| own.shortage_price.is_some() && seen.price.is_none());
        lacking.next().map_or(Ok(()), |(mut path, ..)| {
            path.push("shortage_price");
            Err((
                path,
                "it is weighed against `price`, the price of an instance-hour: give that too".to_owned(),
            ))
        })
    }

    /// The two thresholds may come from different sections: what counts is what they are together.
    fn check_thresholds(&self) -> Result<(), (Vec<&str>, String)> {
        for (mut path, own, seen) in self.sections() {
            if seen.threshold_down >= seen.threshold_up {
                path.push(if own.threshold_down.is_some() { "threshold_down" } else { "threshold_up" });
                let message = format!(
                    "threshold_down ({}) is not below threshold_up ({}); between them nothing is changed",
                    seen.threshold_down, seen.threshold_up
                );
                return Err((path, message));
            }
        }
        Ok(())
    }
}

fn source(keys: &ConfigKeys) -> Source {
    let keys = keys.source.clone();
    match keys.kind {
        SourceKind::Simulated => Source::Simulated { speed: keys.speed, seed: keys.seed },
        SourceKind::Aws => {
            let SourceKeys { profile, region, groups, tags, .. } = keys;
            Source::Aws { profile, region, groups, tags }
        }
    }
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
    let last = key.as_ref().and_then(|k| k.rsplit('.').next());
    let mut message = error.message().trim().replace('\n', ", ");
    if let Some(allowed) = last.and_then(keys::allowed).filter(|_| !message.contains("unknown field")) {
        message = format!("{message}; allowed: {allowed}");
    }
    ConfigError::Wrong(Box::new(Finding { file: file.to_owned(), line, column, key, message }))
}

#[cfg(test)]
mod tests;
