//! What a decision was made of: every number that plan and preflight looked at, as a decision's record keeps it.
//!
//! With it both can be computed again from the record alone. It is kept small: of a group what the checks count, of a
//! forecast the quantiles beside the one that was bought, and of everything only what is not usual. What is usual stands in
//! `Default` of each type and never changes, whatever the defaults of the configuration become: a key that a record lacks
//! means that value.
//!
//! The types mirror `PlanContext` and `PreflightContext` of the room `plan`, which makes them and takes them back.

mod plan;
mod preflight;
mod words;

pub use plan::{DipInputs, ForecastInputs, PlanInputs, SettingsInputs, SizeInputs};
pub use preflight::{
    DATA_FRESH, DataInputs, ForeignInputs, GroupInputs, InstanceInputs, LaunchInputs, LimitsInputs,
    OperatorInputs, PaceInputs, PreflightInputs, ScalingInputs,
};
pub use words::{Fact, facts};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, ser::Error};
use serde_json::{Map, Value};

use super::{Time, at_epoch, event::EventKind};

/// An event of the calendar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventInputs {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: EventKind,
    /// First moment.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub start: Time,
    /// First moment after.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub end: Time,
    /// Demand expected against an ordinary day.
    pub multiplier: Option<f64>,
    /// Least number of instances.
    pub min_instances: Option<u32>,
}

impl Default for EventInputs {
    fn default() -> Self {
        let epoch = at_epoch(0);
        EventInputs {
            name: String::new(),
            kind: EventKind::Sale,
            start: epoch,
            end: epoch,
            multiplier: None,
            min_instances: None,
        }
    }
}

/// Writes only what differs from the default, by its keys.
pub(super) fn unusual<T: Serialize + Default, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    differing(value).map_err(S::Error::custom)?.serialize(serializer)
}

/// The same where there may be none.
pub(super) fn unusual_option<T: Serialize + Default, S: Serializer>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let value = value.as_ref().map(differing).transpose();
    value.map_err(S::Error::custom)?.serialize(serializer)
}

/// The same of each.
fn unusual_each<T: Serialize + Default, S: Serializer>(
    values: &[T],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let each: Result<Vec<_>, _> = values.iter().map(differing).collect();
    each.map_err(S::Error::custom)?.serialize(serializer)
}

/// Reads what may be there; `None` too for what a later version wrote in another form: a decision is read all the same.
pub(super) fn as_far_as_known<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

fn differing<T: Serialize + Default>(value: &T) -> Result<Map<String, Value>, serde_json::Error> {
    let (mine, usual) = (fields(value)?, fields(&T::default())?);
    Ok(mine.into_iter().filter(|(key, value)| usual.get(key) != Some(value)).collect())
}

fn fields<T: Serialize>(value: &T) -> Result<Map<String, Value>, serde_json::Error> {
    serde_json::from_value(serde_json::to_value(value)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_takes_no_room_and_what_is_not_comes_back() {
        let write =
            |inputs: &PreflightInputs| unusual(inputs, serde_json::value::Serializer).expect("plain values");
        assert_eq!(write(&PreflightInputs::default()), serde_json::json!({}));
        let mut inputs =
            PreflightInputs { want: 5, at: at_epoch(1_700_000_000), ..PreflightInputs::default() };
        inputs.group.instances = vec![InstanceInputs { count: 3, weight: 2, ..InstanceInputs::default() }];
        inputs.limits.step_out = Some(2);
        let text = r#"{"at":1700000000,"group":{"instances":[{"count":3,"weight":2}]},"limits":{"step_out":2},"want":5}"#;
        assert_eq!(write(&inputs).to_string(), text);
        assert_eq!(serde_json::from_str::<PreflightInputs>(text).expect("as written"), inputs);
    }

    /// What a key means that a record lacks. It stays what it was when records began, whatever the configuration's defaults become.
    #[test]
    fn what_is_usual_never_changes() {
        let of = |name: &str, value: Result<Value, serde_json::Error>| {
            format!("{name} {}", value.expect("plain values"))
        };
        let usual = [
            of("settings", serde_json::to_value(SettingsInputs::default())),
            of("sizes", serde_json::to_value(SizeInputs::default())),
            of("forecast", serde_json::to_value(ForecastInputs::default())),
            of("event", serde_json::to_value(EventInputs::default())),
            of("group", serde_json::to_value(GroupInputs::default())),
            of("instance", serde_json::to_value(InstanceInputs::default())),
            of("data", serde_json::to_value(DataInputs::default())),
            of("scaling", serde_json::to_value(ScalingInputs::default())),
            of("pace", serde_json::to_value(PaceInputs::default())),
            of("operator", serde_json::to_value(OperatorInputs::default())),
            of("limits", serde_json::to_value(LimitsInputs::default())),
        ];
        insta::assert_snapshot!(usual.join("\n"));
    }

    #[test]
    fn a_key_that_a_record_lacks_means_what_was_usual_when_records_began() {
        let read = |text| serde_json::from_str::<PlanInputs>(text).expect("a record of any version");
        assert_eq!(read("{}").settings.hold, 300);
        assert_eq!(read(r#"{"of a later version":1,"settings":{"risk":0.9}}"#).settings.risk, 0.9);
    }
}
