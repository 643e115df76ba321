//! The outlook as curves: a line and a band beyond the forecast's end.

use crate::{
    domain::{Time, plan::instances_for, series::Series},
    link::{ChartLine, LineRole, OutlookRow},
};

/// What may come beyond the forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct OutlookCurves {
    pub(super) median: ChartLine,
    pub(super) low: Series,
    pub(super) high: Series,
}

impl OutlookCurves {
    /// The instances that the demand of the outlook would need at `target`, where one carries `capacity` at 100 %.
    pub fn needed(rows: &[OutlookRow], after: Time, (capacity, target): (f64, f64)) -> Option<OutlookCurves> {
        let need = |demand| instances_for(demand, capacity, target).map(f64::from);
        let row = |row: &OutlookRow| {
            Some(OutlookRow { p10: need(row.p10)?, p50: need(row.p50)?, p90: need(row.p90)?, ..*row })
        };
        let needed: Vec<OutlookRow> = rows.iter().filter_map(row).collect();
        let mut curves = OutlookCurves::of(&needed, after)?;
        curves.median.label = "would need p10-p90".into();
        Some(curves)
    }

    /// The curves through `rows` from the step on that holds `after`; none where there are fewer than two, which
    /// have no step.
    pub fn of(rows: &[OutlookRow], after: Time) -> Option<OutlookCurves> {
        let begin = rows.partition_point(|row| row.time <= after).saturating_sub(1);
        let [first, second, ..] = &rows[begin..] else { return None };
        let step = (second.time - first.time).num_seconds();
        if step <= 0 {
            return None;
        }
        let curve = |get: fn(&OutlookRow) -> f64| {
            let mut series = Series::new(first.time, step);
            rows[begin..].iter().for_each(|row| {
                series.insert(row.time, get(row));
            });
            series
        };
        let median = ChartLine::of(LineRole::Outlook, "outlook p10-p90", curve(|row| row.p50), None);
        Some(OutlookCurves { median, low: curve(|row| row.p10), high: curve(|row| row.p90) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    #[test]
    fn a_missing_row_is_a_gap_and_one_row_is_no_curve() {
        let row = |at, p50: f64| OutlookRow { time: at_epoch(at), p10: p50 - 1.0, p50, p90: p50 + 1.0 };
        let outlook = OutlookCurves::of(&[row(0, 5.0), row(900, 6.0), row(2_700, 8.0)], at_epoch(0))
            .expect("two rows and more");
        assert_eq!(outlook.median.series.at(at_epoch(1_800)), None);
        assert_eq!(outlook.high.at(at_epoch(2_700)), Some(9.0));
        assert_eq!(OutlookCurves::of(&[row(0, 5.0)], at_epoch(0)), None);
        assert_eq!(OutlookCurves::of(&[row(900, 5.0), row(900, 6.0)], at_epoch(0)), None);
    }

    #[test]
    fn it_begins_with_the_hour_in_which_the_forecast_ends() {
        let rows = [0, 3_600, 7_200, 10_800].map(|at| OutlookRow {
            time: at_epoch(at),
            p10: 1.0,
            p50: 2.0,
            p90: 3.0,
        });
        let start = |after| OutlookCurves::of(&rows, at_epoch(after)).map(|o| o.median.series.start());
        assert_eq!(start(-5), Some(at_epoch(0)));
        assert_eq!(start(4_000), Some(at_epoch(3_600)));
        assert_eq!(start(10_900), None, "one hour is left, which has no step");
    }
}
