//! What an operator promises the users of a group, in place of a quantile.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// The shares that an objective may allow.
const SHARES: (f64, f64) = (0.000_01, 0.2);

/// The share that may go wrong.
///
/// In the configuration `{ minutes_above = "0.3 %" }` or `{ lost_load = "0.01 %" }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Share of minutes with utilisation above the target, 0.003 for 0.3 %.
    MinutesAbove(#[serde(with = "percent")] f64),
    /// Share of a minute's load that the instances in service cannot carry at 100 %, mean over the minutes.
    LostLoad(#[serde(with = "percent")] f64),
}

impl Objective {
    /// The share that is allowed.
    pub fn allowed(self) -> f64 {
        match self {
            Objective::MinutesAbove(share) | Objective::LostLoad(share) => share,
        }
    }

    /// The same with another share: the nearest that may be allowed and that a document can say.
    pub fn allowing(self, share: f64) -> Objective {
        // As it is written and read again.
        let share = as_written(share.clamp(SHARES.0, SHARES.1)) / 100.0;
        match self {
            Objective::MinutesAbove(_) => Objective::MinutesAbove(share),
            Objective::LostLoad(_) => Objective::LostLoad(share),
        }
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Objective::MinutesAbove(_) => "of minutes above the target",
            Objective::LostLoad(_) => "of load lost",
        };
        write!(out, "{} {what}", in_percent(self.allowed()))
    }
}

/// `0.5%` is a share of minutes above the target, `lost_load=0.01%` one of load.
impl FromStr for Objective {
    type Err = String;

    fn from_str(text: &str) -> Result<Objective, String> {
        match text.split_once('=').map_or(("minutes_above", text), |(key, share)| (key.trim(), share)) {
            ("minutes_above", share) => read(share).map(Objective::MinutesAbove),
            ("lost_load", share) => read(share).map(Objective::LostLoad),
            (other, _) => Err(format!("`{other}` is no objective; allowed: minutes_above, lost_load")),
        }
    }
}

/// A share as a document says it: percent with four decimals, so without the digits that a float adds.
pub fn in_percent(share: f64) -> String {
    format!("{} %", as_written(share))
}

/// The number in [`in_percent`].
fn as_written(share: f64) -> f64 {
    (1e6 * share).round() / 1e4
}

fn read(text: &str) -> Result<f64, String> {
    let number = text.trim().strip_suffix('%').ok_or_else(|| format!("`{text}` has no %"))?.trim();
    let percent: f64 = number.parse().map_err(|_| format!("`{text}` is no number of percent"))?;
    let share = percent / 100.0;
    if (SHARES.0..=SHARES.1).contains(&share) {
        return Ok(share);
    }
    Err(format!("{percent} % is out of range; allowed: {} to {}", in_percent(SHARES.0), in_percent(SHARES.1)))
}

/// A share in a document: a text with its `%`.
mod percent {
    use super::{Deserialize, Deserializer, Error, Serializer, in_percent, read};

    pub fn serialize<S: Serializer>(share: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&in_percent(*share))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        read(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_read_as_people_write_it() {
        let read = |text: &str| toml::from_str::<Objective>(text).map_err(|e| e.message().to_owned());
        assert_eq!(read("minutes_above = \"0.3 %\""), Ok(Objective::MinutesAbove(0.003)));
        assert_eq!(read("minutes_above = \"5%\""), Ok(Objective::MinutesAbove(0.05)));
        assert_eq!(read("lost_load = \"0.01 %\""), Ok(Objective::LostLoad(0.0001)));
        assert_eq!(read("minutes_above = \"0.3\""), Err("`0.3` has no %".into()));
        assert_eq!(read("minutes_above = \"x %\""), Err("`x %` is no number of percent".into()));
        assert_eq!(
            read("minutes_above = \"90 %\""),
            Err("90 % is out of range; allowed: 0.001 % to 20 %".into())
        );
        let two = read("minutes_above = \"1 %\"\nlost_load = \"1 %\"").expect_err("one promise at a time");
        assert!(two.contains("exactly 1"), "{two}");
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        for text in ["0.3 %", "0.07 %", "20 %", "0.001 %"] {
            let objective: Objective = text.parse().expect("in range");
            assert_eq!(objective.to_string(), format!("{text} of minutes above the target"));
            let json = serde_json::to_string(&objective).expect("JSON");
            assert_eq!(json, format!("{{\"minutes_above\":\"{text}\"}}"));
            assert_eq!(serde_json::from_str::<Objective>(&json).ok(), Some(objective));
        }
        assert_eq!("lost_load = 0.01 %".parse(), Ok(Objective::LostLoad(0.0001)));
        assert!("lost = 1 %".parse::<Objective>().is_err_and(|why| why.contains("lost_load")));
    }
}
