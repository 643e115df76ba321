//! What is thought of, drawn into the charts: instances planned with it and without it, what they carry, and the load of an
//! event.

use super::super::charts::{Cut, quantile};
use crate::{
    domain::{forecast::MEDIAN, series::Series, what_if::WhatIf},
    link::{ChartKind, ChartLine, GroupDetail, Limit, LineRole, WhatIfView},
    plan::what_if::{Present, raised},
};

/// Puts what `view` has into the charts of `detail`.
pub(super) fn charts(
    present: &Present<'_>,
    (what_if, view): (&WhatIf, &WhatIfView),
    cut: &Cut,
    detail: &mut GroupDetail,
) {
    let Some((ahead, terms)) = view.ahead.as_ref().zip(view.terms.as_ref()) else { return };
    let capacity = detail.capacity.as_ref().map_or(0.0, |(capacity, _)| *capacity);
    for chart in &mut detail.charts {
        match chart.kind {
            ChartKind::Instances => {
                chart.lines.retain(|line| !matches!(line.role, LineRole::Needed | LineRole::Desired));
                let planned = |role, label, series: &Series| ChartLine {
                    newest: series.get(0),
                    ..cut.line(role, label, series)
                };
                chart.lines.insert(0, planned(LineRole::Second, "planned now", &ahead.now.planned));
                chart.lines.push(planned(LineRole::Desired, "planned, what if", &ahead.then.planned));
                let limit = |label: &str, value: u32| Limit { label: label.into(), value: f64::from(value) };
                chart.limits = vec![limit("min", terms.then.min), limit("max", terms.then.max)];
            }
            ChartKind::Demand => {
                let each = capacity * terms.then.target;
                let carried = ahead.then.planned.iter().map(|(_, size)| size.map(|size| size * each));
                let carried = Series::from_values(ahead.then.planned.start(), 60, carried);
                let label = format!("what if at {:.0} %", 100.0 * terms.then.target);
                for line in chart.lines.iter_mut().filter(|line| line.role == LineRole::Capacity) {
                    line.series = line.series.before(cut.now);
                }
                chart.lines.insert(0, cut.line(LineRole::Capacity, &label, &carried));
                if let Some(event) = what_if.event {
                    let median = quantile(&raised(present.forecast, event), MEDIAN);
                    chart.lines.push(cut.line(LineRole::Came, "with the event", &median));
                }
            }
            ChartKind::Cpu => {
                chart.limits.iter_mut().for_each(|limit| limit.value = 100.0 * terms.then.target)
            }
            ChartKind::Network | ChartKind::Requests => {}
        }
    }
}
