//! What demand is counted in: a word, or a metric of the operator's own.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::domain::metric::CustomMetric;

/// What demand is counted in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DemandSetting {
    /// Requests per step.
    Requests,
    /// CPU percent × instances in service.
    Cpu,
    /// A metric of the operator's own.
    Metric(CustomMetric),
}

impl Serialize for DemandSetting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            DemandSetting::Requests => serializer.serialize_str("requests"),
            DemandSetting::Cpu => serializer.serialize_str("cpu"),
            DemandSetting::Metric(custom) => custom.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for DemandSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// Reads a word or a table, so that what is wrong inside a table is said of its own key.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = DemandSetting;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("\"requests\", \"cpu\" or a table with namespace and name")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<DemandSetting, E> {
        match word {
            "requests" => Ok(DemandSetting::Requests),
            "cpu" => Ok(DemandSetting::Cpu),
            other => Err(E::unknown_variant(other, &["requests", "cpu"])),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<DemandSetting, A::Error> {
        let custom = CustomMetric::deserialize(MapAccessDeserializer::new(map))?;
        if custom.namespace.trim().is_empty() || custom.name.trim().is_empty() {
            return Err(A::Error::custom("namespace and name must not be empty"));
        }
        Ok(DemandSetting::Metric(custom))
    }
}
