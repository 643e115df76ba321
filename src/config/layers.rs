//! One group's settings out of the layers of the file: `[defaults]`, and `[group.NAME]` over it.
//!
//! The owners of the settings are [`GroupOptions`] and the [`Settings`] and [`Limits`] inside it. The layers are laid over
//! each other as they stand in the text, each value with its place, and then read into the owners at once: so an error
//! names the line of the layer that said it.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{
    de::{DeserializeOwned, Error as _, value},
    forward_to_deserialize_any,
};
use toml::{
    Spanned,
    de::{DeTable, DeValue, Deserializer, Error},
};

use crate::{
    domain::cost_and_risk::worthwhile,
    plan::{GroupOptions, Settings, preflight::Limits, setting::SettingRule},
};

/// Keys that set the same thing: only the nearest section that has one of them counts, for all.
const RISKS: [&str; 3] = ["risk", "shortage_price", "objective"];

/// Every key of a group's section.
static KEYS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| [keys::<GroupOptions>(), keys::<Settings>(), keys::<Limits>()].concat());

/// What the keys of a group's section may be.
pub(super) fn rules() -> impl Iterator<Item = &'static SettingRule> {
    GroupOptions::RULES.iter().chain(Settings::RULES).chain(Limits::RULES)
}

/// What is wrong with `key` in a group's section, if it is none.
pub(super) fn unknown(key: &str) -> Option<String> {
    (!KEYS.contains(&key)).then(|| Error::unknown_field(key, &KEYS).message().to_owned())
}

/// What is in force for each group.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Groups {
    /// For a group without a section of its own.
    pub defaults: GroupOptions,
    /// For those that have one.
    pub named: BTreeMap<String, GroupOptions>,
}

impl Groups {
    /// As the file in `text` says, which has sections for `names`; `program` has the program's defaults.
    pub(super) fn read<'n>(
        text: &str,
        names: impl Iterator<Item = &'n String>,
        program: &GroupOptions,
    ) -> Result<Groups, Error> {
        let layers = Layers(DeTable::parse(text)?.into_inner());
        let defaults = layers.resolve(None, program)?;
        let named = names.map(|name| Ok((name.clone(), layers.resolve(Some(name), program)?)));
        Ok(Groups { defaults, named: named.collect::<Result<_, Error>>()? })
    }

    /// What is in force for the group called `name`.
    pub(super) fn get(&self, name: &str) -> &GroupOptions {
        self.named.get(name).unwrap_or(&self.defaults)
    }
}

/// The sections of a file, with the place of each value.
struct Layers<'a>(DeTable<'a>);

impl Layers<'_> {
    /// What is in force with `[defaults]` and, for a group, `[group.NAME]`; `program` has the defaults of the program.
    fn resolve(&self, group: Option<&str>, program: &GroupOptions) -> Result<GroupOptions, Error> {
        let own = group.and_then(|name| table(table(&self.0, "group")?, name));
        let mut merged = table(&self.0, "defaults").cloned().unwrap_or_default();
        if own.is_some_and(|own| RISKS.iter().any(|key| own.contains_key(*key))) {
            RISKS.iter().for_each(|key| drop(merged.remove(*key)));
        }
        merged.extend(own.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
        let mut options: GroupOptions = read(&merged)?;
        (options.settings, options.limits) = (read(&merged)?, read(&merged)?);
        options.settings.cycle = program.settings.cycle;
        if !merged.contains_key("mode") {
            options.mode = program.mode;
        }
        if let Some((hour, minute)) = options.price.zip(options.shortage_price) {
            options.settings.risk = worthwhile(hour, minute);
        }
        Ok(options)
    }
}

fn table<'t, 'a>(table: &'t DeTable<'a>, name: &str) -> Option<&'t DeTable<'a>> {
    table.get(name).and_then(|value| value.get_ref().as_table())
}

/// The keys of `T` among `merged`, as `T`.
fn read<T: DeserializeOwned>(merged: &DeTable<'_>) -> Result<T, Error> {
    let known = keys::<T>();
    let own = merged.iter().filter(|(key, _)| known.contains(&key.get_ref().as_ref()));
    let own: DeTable<'_> =
        own.map(|(key, value): (_, &Spanned<DeValue<'_>>)| (key.clone(), value.clone())).collect();
    T::deserialize(Deserializer::from(Spanned::new(0..0, own)))
}

/// The keys that `T` reads, as its `Deserialize` asks for them.
fn keys<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut found = Keys(&[]);
    // The asking is all that is wanted; there is nothing to read.
    let _ = T::deserialize(&mut found);
    found.0
}

/// Takes down the fields that a struct asks for, and has no value for any.
struct Keys(&'static [&'static str]);

impl<'de> serde::Deserializer<'de> for &mut Keys {
    type Error = value::Error;

    fn deserialize_any<V: serde::de::Visitor<'de>>(self, _: V) -> Result<V::Value, value::Error> {
        Err(value::Error::custom("no struct"))
    }

    fn deserialize_struct<V: serde::de::Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, value::Error> {
        self.0 = fields;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_one_owner_and_one_rule() {
        assert!(KEYS.len() >= 29, "{KEYS:?}");
        for (at, key) in KEYS.iter().enumerate() {
            assert!(!KEYS[..at].contains(key), "{key} has two owners");
            assert_eq!(rules().filter(|r| r.key == *key).count(), usize::from(*key != "policy"), "{key}");
        }
        assert!(rules().all(|rule| KEYS.contains(&rule.key)), "a rule for no key");
    }

    /// `prescale config check --json` shows these, durations in seconds.
    #[test]
    fn the_json_of_a_group_has_every_setting_side_by_side() {
        let json = serde_json::to_value(GroupOptions::default()).expect("plain values");
        let shown = json.as_object().expect("a struct");
        assert_eq!(shown.len(), KEYS.len(), "{json}");
        assert_eq!(
            (&json["hold"], &json["proposal"], &json["yield_for"]),
            (&300.into(), &900.into(), &600.into())
        );
        assert_eq!((&json["policy"], &json["demand"]), (&"capacity".into(), &"requests".into()));
    }
}
