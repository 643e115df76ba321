//! How demand is named where it is typed: a word of the configuration, a queue, or a metric as a table.

use std::{collections::BTreeMap, str::FromStr, sync::Arc};

use serde::Deserialize;

use crate::{
    domain::metric::{CustomMetric, Missing, Statistic},
    plan::demand::DemandMeasure,
};

/// The namespace of queues in CloudWatch.
const SQS: &str = "AWS/SQS";
/// What may be typed.
pub(super) const ALLOWED: &str = "requests, cpu, sqs:QUEUE, or { namespace = \"Shop\", name = \"Orders\", dimensions = { Service = \"web\" } }";

/// What the demand of a group is counted in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Demand(pub DemandMeasure);

impl Demand {
    /// The messages that are sent to an SQS queue.
    pub(super) fn queue(name: &str) -> Result<Demand, String> {
        let own = name.strip_suffix(".fifo").unwrap_or(name);
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if own.is_empty() || name.len() > 80 || !own.chars().all(is_allowed) {
            return Err(format!("{name:?} is not the name of a queue; give its name, not its URL or ARN"));
        }
        Demand::metric(CustomMetric {
            namespace: SQS.into(),
            name: "NumberOfMessagesSent".into(),
            dimensions: BTreeMap::from([("QueueName".into(), name.into())]),
            statistic: Statistic::Sum,
            missing: Missing::Gap,
        })
    }

    /// A metric in CloudWatch.
    pub(super) fn metric(metric: CustomMetric) -> Result<Demand, String> {
        if metric.namespace.trim().is_empty() || metric.name.trim().is_empty() {
            return Err("namespace and name must not be empty".into());
        }
        Ok(Demand(DemandMeasure::Metric(Arc::new(metric))))
    }

    /// True where the work waits in a queue for some minutes without harm.
    pub(super) fn waits(&self) -> bool {
        matches!(&self.0, DemandMeasure::Metric(metric) if metric.namespace == SQS)
    }

    /// For people, in few words.
    pub(super) fn words(&self) -> String {
        match &self.0 {
            DemandMeasure::Metric(metric) if self.waits() => {
                format!("sqs:{}", metric.dimensions.get("QueueName").map_or("", String::as_str))
            }
            other => other.words(),
        }
    }

    /// As it stands in the configuration.
    pub(super) fn toml(&self) -> toml_edit::Value {
        let DemandMeasure::Metric(metric) = &self.0 else { return self.0.words().into() };
        let CustomMetric { namespace, name, dimensions, statistic, missing } = metric.as_ref();
        let mut table = toml_edit::InlineTable::new();
        table.insert("namespace", namespace.as_str().into());
        table.insert("name", name.as_str().into());
        let dimensions = dimensions.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        table.insert("dimensions", toml_edit::Value::InlineTable(dimensions.collect()));
        table.insert("statistic", statistic.name().into());
        if *missing == Missing::Zero {
            table.insert("missing", "zero".into());
        }
        toml_edit::Value::InlineTable(table)
    }
}

/// `NAME=VALUE`, with commas between several; none in an empty text.
///
/// # Errors
/// Which part is no dimension.
pub(super) fn dimensions(text: &str) -> Result<BTreeMap<String, String>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let read = |part: &str| match part.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err(format!("{part:?} is not NAME=VALUE")),
    };
    parts.map(read).collect()
}

/// The statistic of this name, in any case of letters.
///
/// # Errors
/// Which there are.
pub(super) fn statistic(text: &str) -> Result<Statistic, String> {
    use Statistic::{Average, Maximum, Minimum, SampleCount, Sum};
    let all = [Sum, Average, Minimum, Maximum, SampleCount];
    let found = all.into_iter().find(|one| one.name().eq_ignore_ascii_case(text));
    found.ok_or_else(|| "allowed: Sum, Average, Minimum, Maximum, SampleCount".into())
}

impl FromStr for Demand {
    type Err = String;

    fn from_str(text: &str) -> Result<Demand, String> {
        #[derive(Deserialize)]
        struct Line {
            demand: DemandMeasure,
        }
        match text.trim() {
            "requests" => Ok(Demand(DemandMeasure::Requests)),
            "cpu" => Ok(Demand(DemandMeasure::Cpu)),
            table if table.starts_with('{') => {
                let line = format!("demand = {table}").replace('\n', " ");
                let read: Result<Line, _> = toml::from_str(&line);
                read.map(|line| Demand(line.demand)).map_err(|e| e.message().trim().replace('\n', ", "))
            }
            other => match other.strip_prefix("sqs:") {
                Some(queue) => Demand::queue(queue.trim()),
                None => Err(format!("{other:?} is not known; allowed: {ALLOWED}")),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_and_what_is_wrong_is_said() {
        let read = |text: &str| text.parse::<Demand>().map(|demand| demand.toml().to_string());
        assert_eq!(read(" cpu"), Ok("\"cpu\"".into()));
        let queue = read("sqs:jobs.fifo").expect("a queue");
        assert!(queue.contains("\"AWS/SQS\"") && queue.contains("QueueName = \"jobs.fifo\""), "{queue}");
        let url = read("sqs:https://sqs.eu-west-1.amazonaws.com/1/jobs").expect_err("a URL");
        assert!(url.contains("not its URL"), "{url}");
        let table =
            read("{ namespace = \"Shop\", name = \"Orders\", statistic = \"Average\", missing = \"zero\" }");
        let table = table.expect("a metric");
        assert!(table.contains("statistic = \"Average\"") && table.contains("missing = \"zero\""), "{table}");
        assert!(
            read("{ namespace = \"Shop\" }").expect_err("no name").contains("name"),
            "says what is missing"
        );
        assert!(read("requets").expect_err("a typo").contains("allowed: requests, cpu, sqs:QUEUE"));
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "requests",
            "cpu",
            "sqs:jobs",
            "{ namespace = \"a b\", name = \"n\", dimensions = { \"x y\" = \"1\" } }",
        ] {
            let demand: Demand = text.parse().expect("right");
            let toml = demand.toml().to_string();
            let again = if toml.starts_with('{') { toml } else { toml.trim_matches('"').to_owned() };
            assert_eq!(again.parse::<Demand>(), Ok(demand.clone()), "{again}");
            assert_eq!(demand.waits(), text == "sqs:jobs");
        }
        assert_eq!("sqs:jobs".parse::<Demand>().expect("right").words(), "sqs:jobs");
    }

    #[test]
    fn dimensions_and_statistics_are_checked() {
        assert_eq!(dimensions(" a = 1, b=2 ").map(|found| found.len()), Ok(2));
        assert_eq!(dimensions(""), Ok(BTreeMap::new()));
        assert!(dimensions("a").is_err_and(|why| why.contains("NAME=VALUE")));
        assert_eq!(statistic("average"), Ok(Statistic::Average));
        assert!(statistic("p99").is_err());
    }
}
