//! Backtests of one of the engine's groups, run for the screen.

use std::ops::ControlFlow;

use super::{BacktestError, BacktestOptions, BacktestReport, Contender, MOST_INSTANCES, oracle, run};
use crate::{
    cloud::simulator::{Interpolation, Trace},
    domain::{metric::Metric, series::Series},
    engine::jobs::backtest::{BacktestInput, BacktestResult, Backtester},
};

/// Most points of a line in a chart.
const POINTS: i64 = 600;

/// Runs backtests with the engine of this program.
#[derive(Debug, Clone, Copy, Default)]
pub struct EngineBacktester;

impl Backtester for EngineBacktester {
    fn contenders(&self) -> Vec<&'static str> {
        Contender::all().map(Contender::name).collect()
    }

    fn walk(
        &self,
        input: &BacktestInput,
        contender: &str,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Option<BacktestResult>, String> {
        let contender = Contender::all()
            .find(|known| known.name() == contender)
            .ok_or_else(|| format!("there is no policy `{contender}`"))?;
        let options = options(input, contender);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| format!("cannot start the async runtime: {error}"))?;
        match runtime.block_on(run(&options, progress)) {
            Ok(report) => Ok(Some(walked(&options, report))),
            Err(BacktestError::Cancelled) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn options(input: &BacktestInput, contender: Contender) -> BacktestOptions {
    BacktestOptions {
        trace: Trace { series: input.demand.clone(), column: Metric::Demand.name().into() },
        events: input.events.clone(),
        zone: input.zone,
        capacity: input.capacity,
        boot: input.lead,
        min: input.bounds.0.min(MOST_INSTANCES),
        max: input.bounds.1.min(MOST_INSTANCES),
        from: input.from,
        contender,
        settings: input.settings.clone(),
        limits: input.limits.clone(),
        recorded: Some(input.in_service.clone()),
        price: input.price,
        seed: 1,
        interpolation: Interpolation::Linear,
        retrain: input.retrain,
        step: None,
    }
}

fn walked(options: &BacktestOptions, report: BacktestReport) -> BacktestResult {
    let needs = oracle::needs(options, &report.ticks);
    let needed = report.ticks.iter().zip(&needs).map(|(tick, need)| tick.counted.then_some(*need));
    let serving = report.ticks.iter().map(|tick| tick.counted.then_some(tick.size.in_service));
    let line = |values: &mut dyn Iterator<Item = Option<u32>>| {
        let start = report.ticks.first().map_or(options.from, |tick| tick.start);
        let minutes = Series::from_values(start, 60, values.map(|value| value.map(f64::from)));
        let many = (minutes.len() as i64 + POINTS - 1) / POINTS;
        minutes.mean_over(60 * many.max(1))
    };
    BacktestResult {
        needed: line(&mut needed.into_iter()),
        in_service: line(&mut serving.into_iter()),
        summary: report.summary,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::at_epoch,
        plan::{Settings, preflight::Limits},
    };

    /// Four days of a daily wave, of which the last is backtested.
    fn input() -> BacktestInput {
        let wave = |i: u32| 300.0 + 200.0 * (std::f64::consts::TAU * f64::from(i % 288) / 288.0).sin();
        let demand = Series::from_values(at_epoch(1_700_006_400), 300, (0..1_152).map(|i| Some(wave(i))));
        let from = demand.time_of(864);
        let in_service = Series::from_values(from, 60, (0..1_440).map(|_| Some(7.0)));
        BacktestInput {
            in_service,
            events: Vec::new(),
            zone: chrono_tz::UTC,
            capacity: 50.0,
            lead: 300,
            bounds: (1, 40),
            settings: Settings::default(),
            limits: Limits::default(),
            price: Some(0.5),
            retrain: false,
            from,
            demand,
        }
    }

    fn walk(input: &BacktestInput, contender: &str) -> Result<Option<BacktestResult>, String> {
        EngineBacktester.walk(input, contender, &mut |_| ControlFlow::Continue(()))
    }

    #[test]
    fn every_contender_runs_and_the_record_is_unchanged() {
        let input = input();
        for contender in EngineBacktester.contenders() {
            let walked = walk(&input, contender).expect("a complete history").expect("not cancelled");
            assert_eq!((walked.summary.policy.as_str(), walked.summary.hours), (contender, 24.0));
            assert_eq!(walked.in_service.start(), input.from);
            assert!(walked.in_service.len() <= POINTS as usize && walked.needed.known().count() > 100);
        }
        let recorded = walk(&input, "recorded").expect("recorded").expect("not cancelled");
        assert_eq!((recorded.summary.instance_hours, recorded.summary.cost), (168.0, Some(84.0)));
        assert!(recorded.summary.under_provisioned_minutes > 0.0, "seven are too few for 500 at 80 %");
    }

    #[test]
    fn a_record_with_gaps_is_refused_and_a_cancelled_backtest_has_no_result() {
        let mut input = input();
        input.in_service = input.in_service.before(input.in_service.time_of(600));
        let error = walk(&input, "recorded").expect_err("most of it is not known");
        assert!(error.contains("only 10.0 of 24.0 hours"), "{error}");
        assert!(walk(&input, "magic").is_err());
        let cancelled = EngineBacktester.walk(&input, "hpa", &mut |_| ControlFlow::Break(()));
        assert_eq!(cancelled.expect("no error"), None);
    }
}
