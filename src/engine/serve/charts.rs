//! The charts of one group, cut to what a console requested.

use std::borrow::Cow;

use crate::{
    domain::{
        Seconds, Time, floor_to,
        forecast::{Forecast, LEVELS, MEDIAN},
        metric::Metric,
        plan::{instances_for, percentile},
        series::Series,
        shift,
        text::clean,
    },
    engine::{
        Engine,
        group::{GroupRuntime, learn::MINUTES_KEPT},
        options::DemandMeasure,
    },
    link::{Chart, ChartKind, ChartLine, ForecastOverlay, Limit, LineRole, Viewport},
    store::PastForecasts,
};

/// Indices of the quantiles that bound the band: 0.10 and 0.95.
pub(super) const EDGES: (usize, usize) = (0, 6);

impl Engine {
    /// The charts of `watched` over `[from, until)`, top to bottom.
    pub(in crate::engine) fn charts(
        &self,
        group: &GroupRuntime,
        from: Time,
        until: Time,
        viewport: &Viewport,
    ) -> Vec<Chart> {
        let ahead = match viewport.overlay {
            ForecastOverlay::Hidden => None,
            ForecastOverlay::Lead => Some(group.lead.0 + group.options.settings.cycle),
            ForecastOverlay::Before(ahead) => Some(ahead),
        };
        let overlay = ahead.and_then(|ahead| {
            let forecasts = self.store.past_forecasts(&group.name, from, self.now.min(until), ahead).ok()?;
            Some(OverlayForecasts { ahead, forecasts })
        });
        let forecast = group.forecast.as_ref().filter(|f| fresh(group, f, self.now));
        let cut = Cut { from, until, now: self.now, points: viewport.points };
        let minutes = self.minutes(group, from);
        let seen = ChartInput { group, minutes, forecast, overlay: overlay.as_ref(), cut };
        vec![seen.demand(), seen.cpu(), seen.network(), seen.requests(), seen.instances()]
    }

    /// The minutes of each metric since `from`; in a large fleet most are on disk.
    fn minutes<'a>(&self, group: &'a GroupRuntime, from: Time) -> Cow<'a, [(Metric, Series)]> {
        let from = from.max(shift(self.now, -60 * MINUTES_KEPT as Seconds));
        let whole = |(metric, series): &(Metric, Series)| {
            let older = self.store.load(&group.name, *metric, 60, from, series.start());
            let mut all = older.unwrap_or_else(|_| Series::new(series.start(), 60));
            for (time, value) in series.iter().filter_map(|(time, value)| Some((time, value?))) {
                all.insert(time, value);
            }
            (*metric, all)
        };
        match group.forecasters.is_spilled() {
            true => group.minutes.iter().map(whole).collect(),
            false => Cow::Borrowed(&group.minutes),
        }
    }
}

/// True while `forecast` is current: it is remade every cycle unless data are missing.
fn fresh(group: &GroupRuntime, forecast: &Forecast, now: Time) -> bool {
    let oldest = group.options.limits.max_data_age.max(2 * group.options.step);
    (now - forecast.origin).num_seconds() <= oldest + group.options.settings.cycle
}

/// Forecasts made this many seconds before their target step.
struct OverlayForecasts {
    ahead: Seconds,
    forecasts: PastForecasts,
}

/// Seconds since the beginning of a minute whose number is shown without its time: metrics come a minute or two late.
const AS_GOOD_AS_NOW: Seconds = 240;

/// The range of the charts and the maximum number of points.
pub(super) struct Cut {
    pub from: Time,
    pub until: Time,
    pub now: Time,
    pub points: usize,
}

impl Cut {
    /// `series` within the range; where it has too many points, the lowest and the highest of each bucket.
    /// A point is never wider than a column (so there are up to twice as many), and buckets are aligned, so that a
    /// drawn bucket does not change while the range moves.
    pub(super) fn of(&self, series: &Series) -> Series {
        let first = shift(self.from, -series.step());
        let many = series.between(first, self.until).len() / self.points.max(1);
        let step = series.step() * many.max(1) as i64;
        series.between(floor_to(first, 2 * step), self.until).extremes_over(step)
    }

    pub(super) fn line(&self, role: LineRole, label: &str, series: &Series) -> ChartLine {
        let newest = series.between(series.start(), self.now.min(self.until)).last_known();
        let old = |time: Time| series.step() > 60 || (self.now - time).num_seconds() > AS_GOOD_AS_NOW;
        let newest_at = newest.map(|(time, _)| time).filter(|time| old(*time));
        ChartLine { newest_at, ..ChartLine::of(role, label, self.of(series), newest.map(|(_, value)| value)) }
    }
}

/// What a demand is counted in.
pub(in crate::engine) fn unit(group: &GroupRuntime) -> String {
    let minutes = group.options.step / 60;
    match &group.options.demand {
        DemandMeasure::Requests => format!("requests / {minutes} min"),
        DemandMeasure::Cpu => "busy instances".into(),
        DemandMeasure::Metric(custom) if custom.statistic.adds_up() => {
            format!("{} / {minutes} min", clean(&custom.name, 40))
        }
        DemandMeasure::Metric(custom) => clean(&custom.name, 40),
    }
}

/// One quantile of a forecast as a series.
pub(super) fn quantile(forecast: &Forecast, index: usize) -> Series {
    Series::from_values(forecast.first, forecast.step, forecast.rows.iter().map(|r| Some(r[index])))
}

fn megabytes(series: &Series) -> Series {
    Series::from_values(series.start(), series.step(), series.iter().map(|(_, v)| v.map(|b| b / 1e6)))
}

/// `series` with `change` applied to each known value.
fn map(series: &Series, change: impl Fn(f64) -> Option<f64>) -> Series {
    Series::from_values(series.start(), series.step(), series.iter().map(|(_, v)| v.and_then(&change)))
}

/// Input of the charts of one group.
struct ChartInput<'a> {
    group: &'a GroupRuntime,
    minutes: Cow<'a, [(Metric, Series)]>,
    forecast: Option<&'a Forecast>,
    overlay: Option<&'a OverlayForecasts>,
    cut: Cut,
}

impl ChartInput<'_> {
    fn minute(&self, metric: Metric) -> Option<&Series> {
        self.minutes.iter().find(|(m, _)| *m == metric).map(|(_, series)| series)
    }

    fn minutes(&self, metric: Metric, role: LineRole, label: &str) -> Option<ChartLine> {
        Some(self.cut.line(role, label, self.minute(metric)?))
    }

    /// One quantile: past forecasts up to now, and the current forecast from now on.
    fn joined(&self, index: usize) -> Option<Series> {
        let overlay =
            self.overlay.map(|overlay| overlay.forecasts.quantile(LEVELS[index])).filter(|s| !s.is_empty());
        let Some(forecast) = self.forecast else { return overlay };
        let ahead = quantile(forecast, index);
        let mut all = overlay.filter(|s| s.step() == forecast.step).unwrap_or_else(|| ahead.clone());
        for (time, value) in ahead.iter().filter_map(|(time, value)| Some((time, value?))) {
            all.insert(time, value);
        }
        Some(all)
    }

    fn demand(&self) -> Chart {
        let label =
            self.overlay.map_or("predicted".to_owned(), |p| format!("predicted {} before", ago(p.ahead)));
        let predicted = self.joined(MEDIAN);
        let lines = [
            self.capacity(),
            predicted.map(|s| self.cut.line(LineRole::Predicted, &label, &s)),
            Some(self.cut.line(LineRole::Actual, "actual", &self.group.demand)),
        ];
        let lines = lines.into_iter().flatten().collect();
        let band = self.joined(EDGES.0).zip(self.joined(EDGES.1));
        Chart {
            band: band.map(|(low, high)| (self.cut.of(&low), self.cut.of(&high))),
            band_label: self.band_label(),
            ..Chart::new(ChartKind::Demand, "Demand", unit(self.group), lines)
        }
    }

    /// The quantiles that bound the band, and the recent coverage of the upper one.
    fn band_label(&self) -> String {
        let score = self.group.forecasters.scores().next().map(|(_, score)| score);
        match score.filter(|score| score.rounds() > 10.0) {
            Some(score) => format!("p10-p95; p95 covered {:.1} %", 100.0 * score.coverage()),
            None => "p10-p95".into(),
        }
    }

    /// Demand that the instances in service can serve at the target utilisation; from now on, the desired ones.
    fn capacity(&self) -> Option<ChartLine> {
        let each = self.group.memory.capacity.as_ref()?.0 * self.group.options.settings.target;
        let mut carried = map(self.minute(Metric::InService)?, |n| Some(n * each));
        for (time, desired) in self.desired()?.iter().filter_map(|(time, value)| Some((time, value?))) {
            carried.insert(time, desired * each);
        }
        let label = format!("capacity at {:.0} %", 100.0 * self.group.options.settings.target);
        Some(self.cut.line(LineRole::Capacity, &label, &carried))
    }

    /// CPU that the median forecast means for the instances desired now.
    fn cpu_ahead(&self) -> Option<Series> {
        let serving =
            f64::from(self.group.state.as_ref()?.desired.max(1)) * self.group.memory.capacity.as_ref()?.0;
        Some(map(&quantile(self.forecast?, MEDIAN), |demand| Some((100.0 * demand / serving).min(100.0))))
    }

    fn cpu(&self) -> Chart {
        let predicted = self.cpu_ahead().map(|s| self.cut.line(LineRole::Predicted, "predicted", &s));
        let mean = self.minutes(Metric::Cpu, LineRole::Actual, "mean");
        let target = Limit { label: "target".into(), value: 100.0 * self.group.options.settings.target };
        let lines = predicted.into_iter().chain(mean).collect();
        Chart { limits: vec![target], ..Chart::new(ChartKind::Cpu, "CPU", "%", lines) }
    }

    fn network(&self) -> Chart {
        let line = |metric, role, label| Some(self.cut.line(role, label, &megabytes(self.minute(metric)?)));
        let both = [
            line(Metric::NetworkIn, LineRole::Second, "in"),
            line(Metric::NetworkOut, LineRole::Actual, "out"),
        ];
        Chart::new(ChartKind::Network, "Network", "MB/min", both.into_iter().flatten().collect())
    }

    /// Requests of the minutes that are complete: of the newest, load balancers have published a part, which looks like a fall.
    fn requests(&self) -> Chart {
        let until = shift(self.cut.now, -self.group.complete_after(Metric::Requests));
        let whole = self.minute(Metric::Requests).map(|all| all.before(until));
        let line = whole.map(|series| self.cut.line(LineRole::Actual, "requests", &series));
        Chart::new(ChartKind::Requests, "Requests", "/ min", line.into_iter().collect())
    }

    fn instances(&self) -> Chart {
        let label = format!("will need ({})", percentile(self.group.risk()));
        let needed = self.needed().map(|s| self.cut.line(LineRole::Needed, &label, &s));
        let desired = self.desired().map(|s| self.cut.line(LineRole::Desired, "desired", &s));
        let serving = self.minutes(Metric::InService, LineRole::InService, "in service");
        let limit = |label: &str, value| Limit { label: label.into(), value: f64::from(value) };
        let limits = self.group.state.iter().flat_map(|s| [limit("min", s.min), limit("max", s.max)]);
        let lines = needed.into_iter().chain(desired).chain(serving).collect();
        Chart {
            limits: limits.collect(),
            ..Chart::new(ChartKind::Instances, "Instances", "instances", lines)
        }
    }

    /// Instances required by the forecast at the planning quantile; for the past, by the same quantile of the forecasts of then.
    fn needed(&self) -> Option<Series> {
        let settings = &self.group.options.settings;
        let capacity = self.group.memory.capacity.as_ref()?.0;
        let need = |demand| instances_for(demand, capacity, settings.target).map(f64::from);
        let then = |overlay: &OverlayForecasts| map(&overlay.forecasts.quantile(self.group.risk()), need);
        let overlay = self.overlay.map(then).filter(|s| !s.is_empty());
        let Some(forecast) = self.forecast else { return overlay };
        let mut line = overlay
            .filter(|s| s.step() == forecast.step)
            .unwrap_or_else(|| Series::new(forecast.first, forecast.step));
        for index in 0..forecast.rows.len() {
            if let Some(need) = forecast.quantile(index, self.group.risk()).and_then(need) {
                line.insert(forecast.target(index), need);
            }
        }
        Some(line)
    }

    /// Desired capacity from now to the end of the range.
    fn desired(&self) -> Option<Series> {
        let state = self.group.state.as_ref()?;
        let steps = (self.cut.until - state.seen_at).num_minutes().max(1) as usize;
        let desired = std::iter::repeat_n(Some(f64::from(state.desired)), steps);
        Some(Series::from_values(floor_to(state.seen_at, 60), 60, desired))
    }
}

/// A lead as text.
fn ago(seconds: Seconds) -> String {
    match seconds {
        s if s >= 3_600 && s % 3_600 == 0 => format!("{} h", s / 3_600),
        s => format!("{} min", (s + 30) / 60),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn a_number_that_is_not_as_good_as_now_has_its_time() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("in range");
        let cut = Cut { from: shift(now, -3_600), until: now, now, points: 100 };
        let newest_at = |step: Seconds, age: Seconds| {
            let series = Series::from_values(shift(now, -age - step), step, vec![Some(1.0); 2]);
            cut.line(LineRole::InService, "in service", &series).newest_at
        };
        assert_eq!(newest_at(60, AS_GOOD_AS_NOW), None);
        assert_eq!(newest_at(60, AS_GOOD_AS_NOW + 60), Some(shift(now, -AS_GOOD_AS_NOW - 60)));
        assert_eq!(newest_at(300, 300), Some(shift(now, -300)), "the load of a step is not that of now");
    }
}
