//! The file as it is written: every key optional, no key unknown, with the ranges that numbers must keep.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    AgentConfig, Bindings, Cycle, LogConfig, Notify, TerminalConfig, layers,
    shared::SharedKeys,
    source::{self, SourceList},
};
use crate::{domain::keep::Keep, forecast::training::TrainingOptions, plan::Policy};

/// `prescale.toml`, as it stands.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ConfigKeys {
    pub timezone: Option<String>,
    pub read_only: bool,
    pub holidays: Vec<String>,
    pub source: SourceList,
    pub cycle: Cycle,
    pub defaults: toml::Table,
    pub group: BTreeMap<String, toml::Table>,
    pub train: TrainingOptions,
    pub terminal: TerminalConfig,
    pub keys: Bindings,
    pub agent: AgentConfig,
    pub log: LogConfig,
    pub keep: Keep,
    pub notify: Notify,
    pub shared: SharedKeys,
}

/// What is allowed for each key, in words.
pub(super) fn allowed(key: &str) -> Option<String> {
    let rule = layers::rules().find(|rule| rule.key == key).map(|rule| rule.allowed.to_owned());
    rule.or_else(|| (key == "policy").then(policies)).or_else(|| elsewhere(key).map(str::to_owned))
}

/// The names of the policies: `"capacity", "threshold" or "hpa"`.
fn policies() -> String {
    let names: Vec<String> = Policy::ALL.iter().map(|policy| format!("\"{}\"", policy.name())).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// What is allowed for keys outside of the groups' sections, and inside the table of a metric.
fn elsewhere(key: &str) -> Option<&'static str> {
    Some(match key {
        "timezone" => "an IANA time zone in quotes, for example \"Europe/Berlin\"",
        "holidays" => "a list of countries by their two letters, for example [\"DE\", \"US\"]",
        "kind" => source::KINDS,
        "train.kind" => "\"prior\" or \"lstm\"",
        "seed" => "a whole number from 0 up",
        "role_arn" => "\"arn:aws:iam::ACCOUNT:role/NAME\"",
        "external_id" => "2 to 1224 letters, digits and + = , . @ : / - _",
        "show_tag" => "the key of a tag in quotes, for example \"team\"",
        "profile" | "region" | "bucket_region" | "theme" | "preset" => "a text in quotes",
        "read_only" | "mouse" | "listen" | "http_remote" => "true or false",
        "ctrl_c" => "\"quit\", \"back\" or \"ignore\"",
        "zone" => "\"fleet\", \"utc\", \"local\" or an IANA name, for example \"Europe/Berlin\"",
        "folder" => "a path in quotes",
        "days" => "a whole number of days from 1 to 365",
        "webhook" => "an http or https address in quotes",
        "http" => "an address with a port in quotes, for example \"127.0.0.1:9188\"",
        "http_hosts" => "a list of host names, for example [\"ops1.example.com\"]",
        "http_token" => "a text in quotes of at least 16 characters",
        "url" => "\"s3://bucket/prefix\", \"file:///path\" or a folder in quotes",
        "command" => {
            "a list of texts, the program first, for example [\"/usr/local/bin/notify\", \"--quiet\"]"
        }
        "events" => "a list of \"proposal\", \"acted\", \"blocked\", \"failed\", \"demoted\" and \"brake\"",
        "groups" => "a list of names, for example [\"web\", \"api\"]",
        "tags" => "keys with their values, for example { stage = \"production\" }",
        "namespace" | "name" => "a text in quotes, as CloudWatch has it",
        "dimensions" => "a table of texts, for example { Service = \"web\" }",
        "statistic" => "\"Sum\", \"Average\", \"Minimum\", \"Maximum\" or \"SampleCount\"",
        "daily" | "drift" | "synchronized" => "true or false",
        "backend" => "\"flex\" or \"ndarray\"",
        "color" => "\"auto\", \"true\", \"256\", \"16\" or \"never\"",
        "symbols" => "\"braille\", \"octant\", \"block\" or \"ascii\"",
        "speed" => "a number from 1 to 3600",
        "minutes" => "a whole number of minutes from 1 to 60",
        "epochs" => "a whole number from 1 to 1000",
        "hidden" => "a whole number from 4 to 1024",
        "minute_days" | "step_days" => "a whole number of days from 4 to 3650",
        "demand_days" => "a whole number of days from 63 to 3650",
        "forecast_days" => "a whole number of days from 2 to 3650",
        "journal_days" => "a whole number of days from 30 to 3650",
        "models" => "a whole number from 1 to 100",
        "shards" => "a whole number from 1 to 16",
        _ => return None,
    })
}

impl ConfigKeys {
    /// The sections of groups, each with its path.
    pub(super) fn sections(&self) -> impl Iterator<Item = (Vec<&str>, &toml::Table)> {
        let groups = self.group.iter().map(|(name, keys)| (vec!["group", name.as_str()], keys));
        std::iter::once((vec!["defaults"], &self.defaults)).chain(groups)
    }

    /// The first key of a group's section that is not known, and what is wrong with it.
    pub(super) fn unknown(&self) -> Option<(Vec<&str>, String)> {
        self.sections().find_map(|(mut path, keys)| {
            let (key, problem) = keys.keys().find_map(|key| Some((key, layers::unknown(key)?)))?;
            path.push(key);
            Some((path, problem))
        })
    }

    /// The first key of `[source]`, `[notify]` and `[agent]` whose value is of the right type and not allowed, or section of
    /// a group that cannot be there, and why.
    pub(super) fn refused(&self) -> Option<(Vec<String>, String)> {
        let path = |section: &str, key: &str| vec![section.to_owned(), key.to_owned()];
        let webhook = || self.notify.problem().map(|why| (path("notify", "webhook"), why.to_owned()));
        let agent = || self.agent.problem().map(|(key, why)| (path("agent", key), why));
        let stray = || self.source.stray(self.group.keys()).map(|(name, why)| (path("group", name), why));
        self.source.problem().or_else(webhook).or_else(agent).or_else(stray)
    }

    /// The first number that is out of its range, in the order of the sample.
    pub(super) fn out_of_range(&self) -> Option<(Vec<&str>, f64)> {
        let fixed = [
            ("source", "speed", self.source.all.first().map_or(1.0, |one| one.speed), 1.0, 3_600.0),
            ("cycle", "minutes", f64::from(self.cycle.minutes), 1.0, 60.0),
            ("train", "epochs", self.train.epochs as f64, 1.0, 1_000.0),
            ("train", "hidden", self.train.hidden as f64, 4.0, 1_024.0),
            ("train", "shards", self.train.shards as f64, 1.0, 16.0),
            ("log", "days", self.log.days as f64, 1.0, 365.0),
        ];
        let kept = self.keep.ranges().map(|(key, value, low, high)| ("keep", key, value, low, high));
        let fixed =
            fixed.into_iter().chain(kept).find(|(.., value, low, high)| !(low..=high).contains(&value));
        fixed.map(|(section, key, value, ..)| (vec![section, key], value)).or_else(|| {
            self.sections().find_map(|(mut path, keys)| {
                let (key, value) = layers::rules().find_map(|rule| {
                    let (low, high) = rule.range?;
                    let value = number(keys.get(rule.key)?)?;
                    (!(low..=high).contains(&value)).then_some((rule.key, value))
                })?;
                path.push(key);
                Some((path, value))
            })
        })
    }
}

fn number(value: &toml::Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
}
