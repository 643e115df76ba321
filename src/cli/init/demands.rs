//! The questions about demand: for all groups at once, or group by group.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, Write},
};

use super::{
    account::FoundGroup,
    demand::{self, Demand},
    prompt::Prompt,
};
use crate::{
    cli::Failure,
    domain::{
        metric::{CustomMetric, Missing},
        text::clean,
    },
    plan::demand::DemandMeasure,
};

/// What was found for a group; CPU where that could not be read, for every group has it.
pub(super) fn found_demand(group: &FoundGroup) -> Demand {
    Demand(if group.requests == Some(true) { DemandMeasure::Requests } else { DemandMeasure::Cpu })
}

/// What demand is counted in: as `given` for all, else as was found.
pub(super) fn as_found(groups: &[&FoundGroup], given: Option<&Demand>) -> BTreeMap<String, Demand> {
    let demand = |group: &&FoundGroup| given.cloned().unwrap_or_else(|| found_demand(group));
    groups.iter().map(|group| (group.name.clone(), demand(group))).collect()
}

/// The groups of which `requests` is known to be so, or not known.
pub(super) fn counting(groups: &[&FoundGroup], requests: Option<bool>) -> BTreeSet<String> {
    groups.iter().filter(|group| group.requests == requests).map(|group| group.name.clone()).collect()
}

/// How demand is answered.
enum DemandAnswer {
    Found,
    Each,
    Metric,
    Same(Demand),
}

pub(super) fn ask_demands<R: BufRead, W: Write>(
    prompt: &mut Prompt<R, W>,
    groups: &[&FoundGroup],
) -> Result<BTreeMap<String, Demand>, Failure> {
    prompt.say(
        "\nDemand: requests of a load balancer; cpu (CPU x instances, where nothing better is counted); sqs:QUEUE\n\
         (messages sent to it); metric (asks for a metric of your own in CloudWatch).",
    )?;
    if let [group] = groups {
        let demand = ask_demand(prompt, &format!("Demand of {}", clean(&group.name, 60)), group)?;
        return Ok(BTreeMap::from([(group.name.clone(), demand)]));
    }
    let answer = prompt.ask(
        "Demand: found (as listed), one of these for all, or each (asks by group)",
        "found",
        |text| {
            Ok(match text {
                "found" => DemandAnswer::Found,
                "each" => DemandAnswer::Each,
                "metric" => DemandAnswer::Metric,
                other => DemandAnswer::Same(other.parse()?),
            })
        },
    )?;
    match answer {
        DemandAnswer::Found => Ok(as_found(groups, None)),
        DemandAnswer::Same(demand) => Ok(as_found(groups, Some(&demand))),
        DemandAnswer::Metric => ask_metric(prompt).map(|demand| as_found(groups, Some(&demand))),
        DemandAnswer::Each => {
            let ask = |group: &&FoundGroup| {
                let demand = ask_demand(prompt, &format!("  {}", clean(&group.name, 60)), group)?;
                Ok((group.name.clone(), demand))
            };
            groups.iter().map(ask).collect()
        }
    }
}

/// The demand of one group.
fn ask_demand<R: BufRead, W: Write>(
    prompt: &mut Prompt<R, W>,
    question: &str,
    group: &FoundGroup,
) -> Result<Demand, Failure> {
    let answer = prompt.ask(question, &found_demand(group).words(), |text| match text {
        "metric" => Ok(None),
        other => other.parse().map(Some),
    })?;
    answer.map_or_else(|| ask_metric(prompt), Ok)
}

/// A metric of the operator's own, part by part.
fn ask_metric<R: BufRead, W: Write>(prompt: &mut Prompt<R, W>) -> Result<Demand, Failure> {
    let word = |text: &str| match text {
        "" => Err("it must not be empty".to_owned()),
        text => Ok(text.to_owned()),
    };
    let namespace = prompt.ask("  Namespace", "", word)?;
    let name = prompt.ask("  Metric name", "", word)?;
    let dimensions = prompt.ask(
        "  Dimensions, all it is published with (NAME=VALUE, commas between)",
        "",
        demand::dimensions,
    )?;
    let statistic = prompt.ask(
        "  Statistic (Sum counts what comes, Average how much there is)",
        "Sum",
        demand::statistic,
    )?;
    let metric = CustomMetric { namespace, name, dimensions, statistic, missing: Missing::Gap };
    Demand::metric(metric).map_err(Failure::Usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Vec<FoundGroup> {
        let group = |(name, requests): (&str, Option<bool>)| FoundGroup {
            name: name.into(),
            size: (4, 2, 12),
            requests,
            policies: String::new(),
        };
        [("api", Some(true)), ("batch-1", Some(false)), ("web", None)].map(group).into()
    }

    #[test]
    fn what_could_not_be_read_is_counted_by_cpu() {
        let found = found();
        let groups: Vec<&FoundGroup> = found.iter().collect();
        let words = |given: Option<Demand>| -> Vec<String> {
            as_found(&groups, given.as_ref()).values().map(Demand::words).collect()
        };
        assert_eq!(words(None), ["requests", "cpu", "cpu"]);
        assert_eq!(words("sqs:jobs".parse().ok()), ["sqs:jobs"; 3]);
    }

    #[test]
    fn demand_is_asked_group_by_group_and_a_metric_part_by_part() {
        let found = found();
        let groups: Vec<&FoundGroup> = found.iter().collect();
        let typed = "each\n\nsqs:jobs\nmetric\nShop\n\nOrders\nService=web\nAverage\n";
        let mut out = Vec::new();
        let mut prompt = Prompt::new(typed.as_bytes(), &mut out);
        let demands = ask_demands(&mut prompt, &groups).expect("answered");
        let words: Vec<String> = demands.values().map(Demand::words).collect();
        assert_eq!(words, ["requests", "sqs:jobs", "Average of Shop Orders [Service=web]"]);
        let said = String::from_utf8(out).expect("text");
        assert!(said.contains("batch-1 [cpu]: ") && said.contains("it must not be empty"), "{said}");
    }
}
