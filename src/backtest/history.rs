//! A group's stored history as a trace to backtest.

use std::path::Path;

use super::BacktestError;
use crate::{
    cloud::simulator::Trace,
    domain::{Time, metric::Metric, series::Series, shift},
    engine::options::DemandMeasure,
    plan::learn,
    store::Store,
};

/// Demand of a group as it was recorded, and what one of its instances serves.
#[derive(Debug)]
pub struct RecordedHistory {
    /// Demand, load per step.
    pub trace: Trace,
    /// Load per step that one instance serves at 100 %, as learned from all of the history; `None` if that is
    /// not enough.
    pub capacity: Option<f64>,
    /// Instances in service, by the minute, where they were recorded.
    pub in_service: Series,
}

/// Reads the history of `group` from the store at `path`, which a running process may have open.
///
/// # Errors
/// [`BacktestError::Store`], or [`BacktestError::Usage`] when the store has no such group.
pub fn history(path: &Path, group: &str, demand: &DemandMeasure) -> Result<RecordedHistory, BacktestError> {
    let store = Store::read_only(path)?;
    let spans = store.spans()?;
    let of_demand = || spans.iter().filter(|span| span.metric == Metric::Demand);
    let Some(span) = of_demand().filter(|span| span.group == group).max_by_key(|span| span.last) else {
        let mut known: Vec<&str> = of_demand().map(|span| span.group.as_str()).collect();
        known.dedup();
        let known = if known.is_empty() { "none yet".into() } else { known.join(", ") };
        return Err(BacktestError::Usage(format!(
            "no group called `{group}` is in the history; it knows {known}"
        )));
    };
    let until = shift(span.last, span.step);
    let series = store.load(group, Metric::Demand, span.step, span.first, until)?;
    let capacity = match demand {
        DemandMeasure::Cpu => Some(1.0),
        DemandMeasure::Requests | DemandMeasure::Metric(_) => {
            let a_minute = learned(&store, group, demand.metric(), (span.first, until))?;
            a_minute.map(|capacity| capacity * demand.minutes(span.step))
        }
    };
    let in_service = store.load(group, Metric::InService, 60, span.first, until)?;
    Ok(RecordedHistory {
        trace: Trace { series, column: Metric::Demand.name().into() },
        capacity,
        in_service,
    })
}

/// Load per minute that one instance serves at 100 %, in the metric `counted`.
fn learned(
    store: &Store,
    group: &str,
    counted: Metric,
    (from, until): (Time, Time),
) -> Result<Option<f64>, BacktestError> {
    let load = |metric| store.load(group, metric, 60, from, until);
    let (served, cpu) = (load(counted)?, load(Metric::Cpu)?);
    let readings = learn::readings(&served, &cpu, &load(Metric::InService)?);
    Ok(learn::capacity(&readings).map(|learned| learned.capacity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    #[test]
    fn demand_and_capacity_come_from_the_store() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("prescale.db");
        let mut store = Store::open(&path).expect("a new file");
        let demand = Series::from_values(at_epoch(600), 300, [Some(5.0), None, Some(7.0)]);
        // Two instances at half their strength serve 100 a minute: 100 each at 100 %.
        let minutes = |value: f64| Series::from_values(at_epoch(600), 60, (0..15).map(|_| Some(value)));
        let mut append = |metric, series: &Series| store.append("web", metric, series).expect("writable");
        append(Metric::Demand, &demand);
        for (metric, value) in [(Metric::Requests, 100.0), (Metric::Cpu, 50.0), (Metric::InService, 2.0)] {
            append(metric, &minutes(value));
        }
        let known = history(&path, "web", &DemandMeasure::Requests).expect("it is there");
        assert_eq!((known.trace.series, known.capacity), (demand, None), "fifteen minutes are too few");
        let more = Series::from_values(at_epoch(1_500), 60, (0..15).map(|_| Some(100.0)));
        store
            .append("web", Metric::Demand, &Series::from_values(at_epoch(1_500), 300, [Some(1.0); 3]))
            .expect("writable");
        store.append("web", Metric::Requests, &more).expect("writable");
        for (metric, value) in [(Metric::Cpu, 50.0), (Metric::InService, 2.0)] {
            let more = Series::from_values(at_epoch(1_500), 60, (0..15).map(|_| Some(value)));
            store.append("web", metric, &more).expect("writable");
        }
        assert_eq!(history(&path, "web", &DemandMeasure::Requests).expect("there").capacity, Some(500.0));
        assert_eq!(history(&path, "web", &DemandMeasure::Cpu).expect("there").capacity, Some(1.0));
        let unknown = history(&path, "wob", &DemandMeasure::Cpu).expect_err("no such group").to_string();
        assert!(unknown.contains("it knows web"), "{unknown}");
    }
}
