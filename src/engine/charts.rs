//! The charts of one group, cut to what a screen asked for.

use super::{Engine, options::Demand, watched::Watched};
use crate::{
    domain::{
        Time,
        forecast::{Forecast, MEDIAN},
        metric::Metric,
        plan::instances_for,
        series::Series,
        shift,
        text::clean,
    },
    link::{Chart, ChartKind, Line, LineRole, Viewport},
};

/// Index of the quantiles that edge the band: 0.10 and 0.95.
const EDGES: (usize, usize) = (0, 6);

impl Engine {
    /// The charts of `watched` over `[from, until)`, top to bottom.
    pub(super) fn charts(
        &self,
        watched: &Watched,
        from: Time,
        until: Time,
        viewport: &Viewport,
    ) -> Vec<Chart> {
        let ahead = watched.lead.0 + watched.options.settings.cycle;
        let foretold = self.store.predicted(&watched.name, from, self.now, ahead).ok();
        let cut = Cut { from, until, points: viewport.points };
        vec![
            demand(watched, foretold.as_ref(), &cut),
            cpu(watched, &cut),
            network(watched, &cut),
            requests(watched, &cut),
            instances(watched, foretold.as_ref(), &cut),
        ]
    }
}

/// The range of the charts and how many points are of use.
struct Cut {
    from: Time,
    until: Time,
    points: usize,
}

impl Cut {
    /// `series` within the range, averaged where there are more points than columns.
    fn of(&self, series: &Series) -> Series {
        let part = series.between(shift(self.from, -series.step()), self.until);
        let many = part.len().div_ceil(self.points.max(1)).max(1) as i64;
        part.mean_over(part.step() * many)
    }

    fn line(&self, role: LineRole, label: &str, series: &Series) -> Line {
        Line { role, label: label.into(), series: self.of(series) }
    }

    fn minutes(&self, watched: &Watched, metric: Metric, role: LineRole, label: &str) -> Option<Line> {
        Some(self.line(role, label, watched.minute(metric)?))
    }
}

/// What a demand is counted in.
pub(super) fn unit(watched: &Watched) -> String {
    let minutes = watched.options.step / 60;
    match &watched.options.demand {
        Demand::Requests => format!("requests / {minutes} min"),
        Demand::Cpu => "busy instances".into(),
        Demand::Metric(custom) if custom.statistic.adds_up() => {
            format!("{} / {minutes} min", clean(&custom.name, 40))
        }
        Demand::Metric(custom) => clean(&custom.name, 40),
    }
}

/// One quantile of a forecast as a series.
fn quantile(forecast: &Forecast, index: usize) -> Series {
    Series::from_values(forecast.first, forecast.step, forecast.rows.iter().map(|r| Some(r[index])))
}

/// What was foretold one lead time before, up to now, and what is foretold from now on.
fn joined(foretold: Option<&Series>, forecast: Option<&Forecast>) -> Option<Series> {
    let Some(forecast) = forecast else { return foretold.cloned() };
    let mut all = foretold.filter(|s| s.step() == forecast.step).cloned();
    let line = all.get_or_insert_with(|| Series::new(forecast.first, forecast.step));
    for (time, value) in quantile(forecast, MEDIAN).iter() {
        if let Some(value) = value {
            line.insert(time, value);
        }
    }
    all
}

fn demand(watched: &Watched, foretold: Option<&Series>, cut: &Cut) -> Chart {
    let forecast = watched.forecast.as_ref();
    let predicted = joined(foretold, forecast);
    let lines = predicted.iter().map(|s| cut.line(LineRole::Predicted, "predicted", s));
    let band = forecast.map(|f| (cut.of(&quantile(f, EDGES.0)), cut.of(&quantile(f, EDGES.1))));
    Chart {
        kind: ChartKind::Demand,
        title: "Demand".into(),
        unit: unit(watched),
        lines: lines.chain([cut.line(LineRole::Actual, "actual", &watched.demand)]).collect(),
        band,
        threshold: None,
    }
}

/// CPU that the median forecast means for the instances desired now.
fn cpu_ahead(watched: &Watched) -> Option<Series> {
    let forecast = watched.forecast.as_ref()?;
    let serving = f64::from(watched.state.as_ref()?.desired.max(1)) * watched.capacity.as_ref()?.0;
    let rows = forecast.rows.iter().map(|r| Some((100.0 * r[MEDIAN] / serving).min(100.0)));
    Some(Series::from_values(forecast.first, forecast.step, rows))
}

fn cpu(watched: &Watched, cut: &Cut) -> Chart {
    let ahead = cpu_ahead(watched);
    let predicted = ahead.iter().map(|s| cut.line(LineRole::Predicted, "predicted", s));
    Chart {
        kind: ChartKind::Cpu,
        title: "CPU".into(),
        unit: "%".into(),
        lines: predicted.chain(cut.minutes(watched, Metric::Cpu, LineRole::Actual, "mean")).collect(),
        band: None,
        threshold: Some(100.0 * watched.options.settings.target),
    }
}

fn megabytes(series: &Series) -> Series {
    Series::from_values(series.start(), series.step(), series.iter().map(|(_, v)| v.map(|b| b / 1e6)))
}

fn network(watched: &Watched, cut: &Cut) -> Chart {
    let line = |metric, role, label: &str| Some(cut.line(role, label, &megabytes(watched.minute(metric)?)));
    let both =
        [line(Metric::NetworkIn, LineRole::Second, "in"), line(Metric::NetworkOut, LineRole::Actual, "out")];
    Chart {
        kind: ChartKind::Network,
        title: "Network".into(),
        unit: "MB/min".into(),
        lines: both.into_iter().flatten().collect(),
        band: None,
        threshold: None,
    }
}

fn requests(watched: &Watched, cut: &Cut) -> Chart {
    Chart {
        kind: ChartKind::Requests,
        title: "Requests".into(),
        unit: "/ min".into(),
        lines: cut.minutes(watched, Metric::Requests, LineRole::Actual, "requests").into_iter().collect(),
        band: None,
        threshold: None,
    }
}

fn instances(watched: &Watched, foretold: Option<&Series>, cut: &Cut) -> Chart {
    let needed = needed(watched, foretold);
    let steps = needed.iter().map(|s| cut.line(LineRole::Needed, "will need", s));
    let desired = desired(watched, cut);
    Chart {
        kind: ChartKind::Instances,
        title: "Instances".into(),
        unit: "instances".into(),
        lines: steps
            .chain(desired)
            .chain(cut.minutes(watched, Metric::InService, LineRole::InService, "in service"))
            .collect(),
        band: None,
        threshold: None,
    }
}

/// Instances that the forecast at the bought quantile asks for; for the past, those that its median did.
fn needed(watched: &Watched, foretold: Option<&Series>) -> Option<Series> {
    let settings = &watched.options.settings;
    let capacity = watched.capacity.as_ref()?.0;
    let forecast = watched.forecast.as_ref()?;
    let mut line = foretold.filter(|s| s.step() == forecast.step).map(|s| {
        let needs = s.iter().map(|(_, v)| instances_for(v?, capacity, settings.target).map(f64::from));
        Series::from_values(s.start(), s.step(), needs.collect::<Vec<_>>())
    });
    let line = line.get_or_insert_with(|| Series::new(forecast.first, forecast.step));
    for index in 0..forecast.rows.len() {
        let need =
            forecast.quantile(index, settings.risk).and_then(|d| instances_for(d, capacity, settings.target));
        if let Some(need) = need {
            line.insert(forecast.target(index), f64::from(need));
        }
    }
    Some(line.clone())
}

/// Desired capacity from now to the end of the range.
fn desired(watched: &Watched, cut: &Cut) -> Option<Line> {
    let state = watched.state.as_ref()?;
    let steps = ((cut.until - state.seen_at).num_minutes().max(1)) as usize;
    let series = Series::from_values(
        crate::domain::floor_to(state.seen_at, 60),
        60,
        std::iter::repeat_n(Some(f64::from(state.desired)), steps),
    );
    Some(cut.line(LineRole::Desired, "desired", &series))
}
