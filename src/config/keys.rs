//! The file as it is written: every key optional, no key unknown, with the ranges that numbers must keep.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    AgentConfig, Bindings, Cycle, DemandSetting, LogConfig, Notify, PolicySetting, TerminalConfig, Train,
    shared::SharedKeys,
};
use crate::domain::{actuator::Actuator, decision::Mode};

/// `prescale.toml`, as it stands.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ConfigKeys {
    pub timezone: Option<String>,
    pub read_only: bool,
    pub holidays: Vec<String>,
    pub source: SourceKeys,
    pub cycle: Cycle,
    pub defaults: GroupKeys,
    pub group: BTreeMap<String, GroupKeys>,
    pub train: Train,
    pub terminal: TerminalConfig,
    pub keys: Bindings,
    pub agent: AgentConfig,
    pub log: LogConfig,
    pub notify: Notify,
    pub shared: SharedKeys,
}

/// Which world it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SourceKind {
    #[default]
    Simulated,
    Aws,
}

/// `[source]`: the keys of both kinds may stand side by side, so that one word switches.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SourceKeys {
    pub kind: SourceKind,
    pub speed: f64,
    pub seed: u64,
    pub profile: Option<String>,
    pub region: Option<String>,
    pub groups: Vec<String>,
    pub tags: BTreeMap<String, String>,
}

impl Default for SourceKeys {
    fn default() -> Self {
        SourceKeys {
            kind: SourceKind::default(),
            speed: 60.0,
            seed: 1,
            profile: None,
            region: None,
            groups: Vec::new(),
            tags: BTreeMap::new(),
        }
    }
}

/// `[defaults]` and `[group.NAME]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct GroupKeys {
    pub mode: Option<Mode>,
    pub policy: Option<PolicySetting>,
    pub risk: Option<f64>,
    pub target: Option<f64>,
    pub demand: Option<DemandSetting>,
    pub step_minutes: Option<u32>,
    pub capacity: Option<f64>,
    pub lead_seconds: Option<u32>,
    pub actuator: Option<Actuator>,
    pub price: Option<f64>,
    pub shortage_price: Option<f64>,
    pub threshold_up: Option<f64>,
    pub threshold_down: Option<f64>,
    pub reactive_target: Option<f64>,
    pub tracking_target: Option<f64>,
    pub hold_minutes: Option<u32>,
    pub step_out_max: Option<u32>,
    pub step_in_max: Option<u32>,
    pub cooldown_out_seconds: Option<u32>,
    pub cooldown_in_seconds: Option<u32>,
    pub actions_per_hour: Option<u32>,
    pub reversals_per_hour: Option<u32>,
    pub yield_minutes: Option<u32>,
    pub calls_per_minute: Option<u32>,
    pub model_gate: Option<bool>,
    pub incident_brake: Option<bool>,
    pub owner: Option<String>,
    pub proposal_minutes: Option<u32>,
    pub max_data_age_minutes: Option<u32>,
}

/// A key's number that is not where it may be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OutOfRange {
    pub path: Vec<String>,
    pub value: f64,
}

/// What is allowed for each key, in words.
pub(super) fn allowed(key: &str) -> Option<&'static str> {
    Some(match key {
        "timezone" => "an IANA time zone in quotes, for example \"Europe/Berlin\"",
        "holidays" => "a list of countries by their two letters, for example [\"DE\", \"US\"]",
        "kind" => "\"simulated\" or \"aws\"",
        "seed" => "a whole number from 0 up",
        "profile" | "region" | "bucket_region" | "theme" | "owner" => "a text in quotes",
        "read_only" | "mouse" | "listen" => "true or false",
        "ctrl_c" => "\"quit\", \"back\" or \"ignore\"",
        "zone" => "\"fleet\", \"utc\", \"local\" or an IANA name, for example \"Europe/Berlin\"",
        "preset" => "\"default\", \"vim\" or \"plain\"",
        "folder" => "a path in quotes",
        "days" => "a whole number of days from 1 to 365",
        "webhook" => "an http or https address in quotes",
        "url" => "\"s3://bucket/prefix\", \"file:///path\" or a folder in quotes",
        "command" => "a list of texts, the program first, for example [\"/usr/local/bin/tell\", \"--quiet\"]",
        "events" => "a list of \"proposal\", \"acted\", \"blocked\", \"failed\", \"demoted\" and \"brake\"",
        "groups" => "a list of names, for example [\"web\", \"api\"]",
        "tags" => "keys with their values, for example { stage = \"production\" }",
        "mode" => "\"observe\", \"approve\" or \"auto\"",
        "policy" => {
            "\"capacity\", \"threshold\", \"target-tracking\", \"step-scaling\", \"hpa\" or \"aws-predictive\""
        }
        "demand" => {
            "\"requests\", \"cpu\" or { namespace = \"...\", name = \"...\", dimensions = { NAME = \"...\" }, statistic = \"Sum\" }"
        }
        "namespace" | "name" => "a text in quotes, as CloudWatch has it",
        "dimensions" => "a table of texts, for example { Service = \"web\" }",
        "statistic" => "\"Sum\", \"Average\", \"Minimum\", \"Maximum\" or \"SampleCount\"",
        "actuator" => "\"desired\", \"floor\" or \"scheduled\"",
        "price" | "shortage_price" => "a number from 0 to 1000000",
        "daily" | "drift" | "model_gate" | "incident_brake" | "synchronized" => "true or false",
        "calls_per_minute" => "a whole number from 1 to 1000000",
        "backend" => "\"flex\" or \"ndarray\"",
        "color" => "\"auto\", \"true\", \"256\", \"16\" or \"never\"",
        "symbols" => "\"braille\", \"block\" or \"ascii\"",
        "speed" => "a number from 1 to 3600",
        "minutes" | "step_minutes" => "a whole number of minutes from 1 to 60",
        "epochs" => "a whole number from 1 to 1000",
        "hidden" => "a whole number from 4 to 1024",
        "shards" => "a whole number from 1 to 16",
        "risk" => "a number from 0.5 to 0.995",
        "target" | "reactive_target" | "tracking_target" => "a number from 0.1 to 1.0 (0.8 is 80 %)",
        "capacity" => "a number above 0, at most 1e15",
        "lead_seconds" => "a whole number of seconds from 0 to 7200",
        "threshold_up" => "a number of percent from 1 to 100",
        "threshold_down" => "a number of percent from 0 to 99",
        "hold_minutes" | "yield_minutes" => "a whole number of minutes from 0 to 1440",
        "step_out_max" | "step_in_max" => "a whole number of instances from 1 to 10000",
        "cooldown_out_seconds" | "cooldown_in_seconds" => "a whole number of seconds from 0 to 86400",
        "actions_per_hour" | "reversals_per_hour" => "a whole number from 1 to 1000",
        "proposal_minutes" | "max_data_age_minutes" => "a whole number of minutes from 1 to 1440",
        _ => return None,
    })
}

impl ConfigKeys {
    /// The first number that is out of its range, in the order of the sample.
    pub(super) fn out_of_range(&self) -> Option<OutOfRange> {
        let whole = |value: usize| Some(value as f64);
        let fixed = [
            ("source", "speed", Some(self.source.speed), 1.0, 3_600.0),
            ("cycle", "minutes", Some(f64::from(self.cycle.minutes)), 1.0, 60.0),
            ("train", "epochs", whole(self.train.epochs), 1.0, 1_000.0),
            ("train", "hidden", whole(self.train.hidden), 4.0, 1_024.0),
            ("train", "shards", whole(self.train.shards), 1.0, 16.0),
            ("log", "days", whole(self.log.days), 1.0, 365.0),
        ];
        let sections = std::iter::once((vec!["defaults".to_owned()], &self.defaults))
            .chain(self.group.iter().map(|(name, keys)| (vec!["group".to_owned(), name.clone()], keys)));
        fixed
            .into_iter()
            .map(|(section, key, value, low, high)| (vec![section.to_owned()], key, value, low, high))
            .chain(sections.flat_map(|(section, keys)| {
                keys.ranges().map(|(key, value, low, high)| (section.clone(), key, value, low, high))
            }))
            .find_map(|(mut path, key, value, low, high)| {
                let value = value.filter(|v| !(low..=high).contains(v))?;
                path.push(key.to_owned());
                Some(OutOfRange { path, value })
            })
    }
}

impl GroupKeys {
    /// Every number with the least and the most that it may be.
    fn ranges(&self) -> [(&'static str, Option<f64>, f64, f64); 22] {
        let whole = |value: Option<u32>| value.map(f64::from);
        [
            ("risk", self.risk, 0.5, 0.995),
            ("target", self.target, 0.1, 1.0),
            ("step_minutes", whole(self.step_minutes), 1.0, 60.0),
            ("capacity", self.capacity, f64::MIN_POSITIVE, 1e15),
            ("lead_seconds", whole(self.lead_seconds), 0.0, 7_200.0),
            ("price", self.price, 0.0, 1e6),
            ("shortage_price", self.shortage_price, 0.0, 1e6),
            ("threshold_up", self.threshold_up, 1.0, 100.0),
            ("threshold_down", self.threshold_down, 0.0, 99.0),
            ("reactive_target", self.reactive_target, 0.1, 1.0),
            ("tracking_target", self.tracking_target, 0.1, 1.0),
            ("hold_minutes", whole(self.hold_minutes), 0.0, 1_440.0),
            ("step_out_max", whole(self.step_out_max), 1.0, 10_000.0),
            ("step_in_max", whole(self.step_in_max), 1.0, 10_000.0),
            ("cooldown_out_seconds", whole(self.cooldown_out_seconds), 0.0, 86_400.0),
            ("cooldown_in_seconds", whole(self.cooldown_in_seconds), 0.0, 86_400.0),
            ("actions_per_hour", whole(self.actions_per_hour), 1.0, 1_000.0),
            ("reversals_per_hour", whole(self.reversals_per_hour), 1.0, 1_000.0),
            ("yield_minutes", whole(self.yield_minutes), 0.0, 1_440.0),
            ("calls_per_minute", whole(self.calls_per_minute), 1.0, 1e6),
            ("proposal_minutes", whole(self.proposal_minutes), 1.0, 1_440.0),
            ("max_data_age_minutes", whole(self.max_data_age_minutes), 1.0, 1_440.0),
        ]
    }
}
