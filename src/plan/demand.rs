//! What a group's demand is counted in: a word, or a metric of the operator's own.

use std::{fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::domain::{
    Seconds,
    metric::{CustomMetric, Metric, Missing},
};

/// What the demand of a step is, of the minutes within it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepLoad {
    /// The load of its busiest minute: what must be served without a queue.
    #[default]
    Peak,
    /// The mean of its minutes: what must be served where work can wait some minutes.
    Mean,
}

/// How demand is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DemandMeasure {
    /// Requests a step.
    Requests,
    /// CPU × instances in service: how many instances' worth of work there is.
    Cpu,
    /// A metric of the operator's own.
    Metric(Arc<CustomMetric>),
}

impl DemandMeasure {
    /// The metric that tells whether there is news.
    pub fn metric(&self) -> Metric {
        match self {
            DemandMeasure::Requests => Metric::Requests,
            DemandMeasure::Cpu => Metric::Cpu,
            DemandMeasure::Metric(_) => Metric::Custom,
        }
    }

    /// What a period is for which no point of `metric` was published. Load balancers publish none where nothing happened.
    pub fn missing(&self, metric: Metric) -> Missing {
        match (metric, self) {
            (Metric::Requests | Metric::Errors, _) => Missing::Zero,
            (Metric::Custom, DemandMeasure::Metric(custom)) => custom.missing,
            _ => Missing::Gap,
        }
    }

    /// Whether a longer period has more of it.
    pub fn adds_up(&self) -> bool {
        match self {
            DemandMeasure::Requests => true,
            DemandMeasure::Metric(custom) => custom.statistic.adds_up(),
            DemandMeasure::Cpu => false,
        }
    }

    /// The name of the metric in CloudWatch.
    pub fn name(&self) -> &str {
        match self {
            DemandMeasure::Requests => "RequestCount",
            DemandMeasure::Cpu => "CPUUtilization",
            DemandMeasure::Metric(custom) => &custom.name,
        }
    }

    /// By what it is counted, in words that tell one way from another.
    pub fn words(&self) -> String {
        match self {
            DemandMeasure::Requests => "requests".into(),
            DemandMeasure::Cpu => "cpu".into(),
            DemandMeasure::Metric(custom) => {
                let CustomMetric { namespace, name, dimensions, statistic, missing: _ } = custom.as_ref();
                let dimensions: Vec<String> = dimensions.iter().map(|(k, v)| format!("{k}={v}")).collect();
                format!("{} of {namespace} {name} [{}]", statistic.name(), dimensions.join(", "))
            }
        }
    }

    /// What a minute's value is multiplied by to be load per step: how many minutes a step has where the metric adds up.
    pub fn minutes(&self, step: Seconds) -> f64 {
        if self.adds_up() { step as f64 / 60.0 } else { 1.0 }
    }
}

impl Serialize for DemandMeasure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            DemandMeasure::Requests => serializer.serialize_str("requests"),
            DemandMeasure::Cpu => serializer.serialize_str("cpu"),
            DemandMeasure::Metric(custom) => custom.as_ref().serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for DemandMeasure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// Reads a word or a table, so that an error inside a table names its own key.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = DemandMeasure;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("\"requests\", \"cpu\" or a table with namespace and name")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<DemandMeasure, E> {
        match word {
            "requests" => Ok(DemandMeasure::Requests),
            "cpu" => Ok(DemandMeasure::Cpu),
            other => Err(E::unknown_variant(other, &["requests", "cpu"])),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<DemandMeasure, A::Error> {
        let custom = CustomMetric::deserialize(MapAccessDeserializer::new(map))?;
        if custom.namespace.trim().is_empty() || custom.name.trim().is_empty() {
            return Err(A::Error::custom("namespace and name must not be empty"));
        }
        Ok(DemandMeasure::Metric(Arc::new(custom)))
    }
}
