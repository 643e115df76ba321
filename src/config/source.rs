//! `[source]`, or several `[[source]]`: where groups come from.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, SeqAccess, Visitor, value},
};

use crate::domain::{
    decision::Mode,
    source::{Routes, SEPARATOR, UNNAMED},
};

/// Most characters of a source's name.
const LONGEST: usize = 32;
/// Most sources: each is read at the same time as the others.
const MOST: usize = 50;

/// Where groups and metrics come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// The embedded world; touches nothing outside.
    Simulated {
        /// Simulated seconds a second, 1 to 3600.
        speed: f64,
        /// Of everything random.
        seed: u64,
    },
    /// AWS: one account and region, or several.
    Aws(Vec<SourceAccount>),
}

/// An account of AWS and a region in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SourceAccount {
    /// What it is called, and what the names of its groups begin with.
    pub name: Option<String>,
    /// Profile of `~/.aws/config`; the usual chain when absent.
    pub profile: Option<String>,
    /// Region; the profile's when absent.
    pub region: Option<String>,
    /// Role to assume with the profile's credentials.
    pub role_arn: Option<String>,
    /// What the role's trust policy asks for.
    pub external_id: Option<String>,
    /// Groups to watch; all in the region when empty.
    pub groups: Vec<String>,
    /// Tags that a group must have to be watched.
    pub tags: BTreeMap<String, String>,
    /// Key of the tag that the fleet page lists groups by.
    pub show_tag: Option<String>,
}

/// The kinds, as an error lists them.
pub(super) const KINDS: &str = "\"simulated\" or \"aws\"";
/// What a source may be called.
pub(super) const NAMES: &str = "letters, digits, \"-\", \"_\" and \".\", at most 32 in all";

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
    pub name: Option<String>,
    pub kind: SourceKind,
    pub speed: f64,
    pub seed: u64,
    pub profile: Option<String>,
    pub region: Option<String>,
    pub role_arn: Option<String>,
    pub external_id: Option<String>,
    pub groups: Vec<String>,
    pub tags: BTreeMap<String, String>,
    pub show_tag: Option<String>,
}

impl Default for SourceKeys {
    fn default() -> Self {
        SourceKeys {
            name: None,
            kind: SourceKind::default(),
            speed: 60.0,
            seed: 1,
            profile: None,
            region: None,
            role_arn: None,
            external_id: None,
            groups: Vec::new(),
            tags: BTreeMap::new(),
            show_tag: None,
        }
    }
}

/// One `[source]`, or each `[[source]]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SourceList {
    pub all: Vec<SourceKeys>,
    /// Written as a list.
    is_list: bool,
}

impl Default for SourceList {
    fn default() -> Self {
        SourceList { all: vec![SourceKeys::default()], is_list: false }
    }
}

impl<'de> Deserialize<'de> for SourceList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SourceList, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = SourceList;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a section [source], or several [[source]]")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SourceList, A::Error> {
                let one = SourceKeys::deserialize(value::MapAccessDeserializer::new(map))?;
                Ok(SourceList { all: vec![one], is_list: false })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<SourceList, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = seq.next_element()? {
                    all.push(one);
                }
                match all.len() {
                    1..=MOST => Ok(SourceList { all, is_list: true }),
                    n => Err(de::Error::invalid_length(n, &"from 1 to 50 sources")),
                }
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

impl SourceList {
    /// Where the `key` of the source at `at` stands in the file.
    pub(super) fn path(&self, at: usize, key: &str) -> Vec<String> {
        let place = self.is_list.then(|| (at + 1).to_string());
        ["source".to_owned()].into_iter().chain(place).chain([key.to_owned()]).collect()
    }

    /// The first key that is of the right type and not allowed, with why.
    pub(super) fn problem(&self) -> Option<(Vec<String>, String)> {
        (0..self.all.len()).find_map(|at| {
            let (key, why) = self.problem_of(at)?;
            Some((self.path(at, key), why))
        })
    }

    fn problem_of(&self, at: usize) -> Option<(&'static str, String)> {
        let (source, before) = (&self.all[at], &self.all[..at]);
        if self.all.len() > 1 && source.kind == SourceKind::Simulated {
            return Some(("kind", "the simulated source stands alone; each of several is \"aws\"".into()));
        }
        if let Some(why) = name_problem(source, before) {
            return Some(("name", why));
        }
        if before.iter().any(|other| is_same(source, other)) {
            let why = "profile, region, role, groups and tags are those of a source before it, so that each group would \
                       be there twice";
            return Some(("name", why.into()));
        }
        if source.role_arn.as_deref().is_some_and(|arn| !is_role(arn)) {
            return Some((
                "role_arn",
                "it is not the ARN of a role; allowed: \"arn:aws:iam::ACCOUNT:role/NAME\"".into(),
            ));
        }
        let id = source.external_id.as_deref()?;
        if source.role_arn.is_none() {
            return Some(("external_id", "it requires `role_arn`, the role that asks for it".into()));
        }
        let why = "allowed: 2 to 1224 letters, digits and + = , . @ : / - _";
        (!is_external_id(id)).then(|| ("external_id", why.to_owned()))
    }

    /// The first of the `groups` with a section of their own that can be of no source, with why.
    pub(super) fn stray<'g>(&self, groups: impl Iterator<Item = &'g String>) -> Option<(&'g str, String)> {
        let routes = Source::from(self.clone()).routes();
        groups.into_iter().find_map(|group| Some((group.as_str(), misplaced(&routes, group)?)))
    }
}

/// Why `group` can be of none of the sources of `routes`. One that stands alone without a name has groups of any name.
fn misplaced(routes: &Routes, group: &str) -> Option<String> {
    let labels: Vec<&str> = routes.labels().collect();
    let example = labels.first()?;
    let prefix = group.split_once(SEPARATOR);
    if let Some((UNNAMED, own)) = prefix.filter(|_| labels.contains(&UNNAMED)) {
        return Some(format!(
            "the groups of the source without a name have no name before theirs; write [group.\"{own}\"]"
        ));
    }
    let own = group.rsplit(SEPARATOR).next().unwrap_or(group);
    let known = labels.join(", ");
    routes.of(group).is_none().then(|| {
        format!(
            "it is in no source; write the source first, for example [group.\"{example}/{own}\"]; sources: {known}"
        )
    })
}

/// What is wrong with the name of `source`, which stands after those `before`.
fn name_problem(source: &SourceKeys, before: &[SourceKeys]) -> Option<String> {
    let Some(name) = &source.name else {
        let other = before.iter().any(|other| other.name.is_none());
        return other.then(|| "a source before it has no name either; only one may have none".to_owned());
    };
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.chars().count() > LONGEST || !name.chars().all(is_allowed) {
        return Some(format!("it cannot be a name; allowed: {NAMES}"));
    }
    if name == UNNAMED {
        return Some(format!("{UNNAMED:?} is what the source without a name is called"));
    }
    let twice = before.iter().any(|other| other.name.as_ref() == Some(name));
    twice.then(|| format!("{name:?} is the name of a source before it"))
}

/// True for two sources that see the same groups.
fn is_same(one: &SourceKeys, other: &SourceKeys) -> bool {
    let place = |s: &SourceKeys| (s.profile.clone(), s.region.clone(), s.role_arn.clone());
    place(one) == place(other) && one.groups == other.groups && one.tags == other.tags
}

fn is_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = parts.as_slice() else { return false };
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let start = *arn == "arn" && partition.starts_with("aws") && *service == "iam" && region.is_empty();
    start && is_account && resource.strip_prefix("role/").is_some_and(|name| !name.is_empty())
}

fn is_external_id(id: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "+=,.@:/-_".contains(c);
    (2..=1_224).contains(&id.len()) && id.chars().all(is_allowed)
}

impl Source {
    /// The mode of groups that say none. Anything real is watched before anything is proposed.
    pub(super) fn usual_mode(&self) -> Mode {
        if matches!(self, Source::Simulated { .. }) { Mode::Approve } else { Mode::Observe }
    }

    /// The accounts; none in the simulation.
    pub fn accounts(&self) -> &[SourceAccount] {
        match self {
            Source::Simulated { .. } => &[],
            Source::Aws(accounts) => accounts,
        }
    }

    /// Which group is of which account; none where one stands alone without a name.
    pub fn routes(&self) -> Routes {
        match self.accounts() {
            [] | [SourceAccount { name: None, .. }] => Routes::default(),
            several => Routes::new(several.iter().map(|one| one.name.clone().unwrap_or_default())),
        }
    }
}

impl From<SourceList> for Source {
    fn from(list: SourceList) -> Source {
        let account = |keys: &SourceKeys| SourceAccount {
            name: keys.name.clone(),
            profile: keys.profile.clone(),
            region: keys.region.clone(),
            role_arn: keys.role_arn.clone(),
            external_id: keys.external_id.clone(),
            groups: keys.groups.clone(),
            tags: keys.tags.clone(),
            show_tag: keys.show_tag.clone(),
        };
        match list.all.as_slice() {
            [SourceKeys { kind: SourceKind::Simulated, speed, seed, .. }] => {
                Source::Simulated { speed: *speed, seed: *seed }
            }
            several => Source::Aws(several.iter().map(account).collect()),
        }
    }
}

/// One source as an object with its `kind`, several as a list of them.
impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(tag = "kind", rename_all = "lowercase")]
        enum Shown<'a> {
            Simulated { speed: f64, seed: u64 },
            Aws(&'a SourceAccount),
        }
        match self {
            Source::Simulated { speed, seed } => {
                Shown::Simulated { speed: *speed, seed: *seed }.serialize(serializer)
            }
            Source::Aws(accounts) => match accounts.as_slice() {
                [one] => Shown::Aws(one).serialize(serializer),
                several => serializer.collect_seq(several.iter().map(Shown::Aws)),
            },
        }
    }
}

#[cfg(test)]
mod tests;
