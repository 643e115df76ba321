//! What the configuration may say of a setting. The owner of a setting (a struct with serde) lists one [`SettingRule`] for
//! each of its keys beside their defaults; `config` reads them for its checks and its messages.

use serde::{Deserialize, Deserializer};

use crate::domain::Seconds;

/// What a key may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SettingRule {
    /// The key in `prescale.toml`.
    pub key: &'static str,
    /// What is allowed, in words.
    pub allowed: &'static str,
    /// The least and the most of a number.
    pub range: Option<(f64, f64)>,
}

impl SettingRule {
    /// A number from `least` to `most`, in the unit of the file.
    pub const fn number(key: &'static str, (least, most): (f64, f64), allowed: &'static str) -> SettingRule {
        SettingRule { key, allowed, range: Some((least, most)) }
    }

    /// Anything else, whose type says what is right.
    pub const fn word(key: &'static str, allowed: &'static str) -> SettingRule {
        SettingRule { key, allowed, range: None }
    }

    /// The number that is typed as `text`, within the bounds that the configuration has.
    ///
    /// # Errors
    /// What is allowed.
    pub fn typed(&self, text: &str) -> Result<f64, String> {
        let allowed = format!("allowed: {}", self.allowed);
        let number: f64 = text.trim().parse().map_err(|_| format!("{text:?} is no number; {allowed}"))?;
        match self.range {
            Some((least, most)) if !(least..=most).contains(&number) => {
                Err(format!("{number} is out of range; {allowed}"))
            }
            _ => Ok(number),
        }
    }
}

/// Reads minutes of the file as [`Seconds`].
pub(super) fn minutes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Seconds, D::Error> {
    u32::deserialize(deserializer).map(|minutes| Seconds::from(minutes) * 60)
}
