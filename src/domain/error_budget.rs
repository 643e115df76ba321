//! The error budget of an objective: what 30 days allow, how much of it is spent, and how fast.

use serde::{Deserialize, Serialize};

use super::{objective::Objective, scorecard::Tally};

/// Days of a budget.
pub const DAYS: i64 = 30;
/// Minutes of a budget.
const MINUTES: f64 = 1_440.0 * DAYS as f64;

/// Multiple of the lasting rate at which an hour is worth waking somebody: 2 % of the budget in an hour (B. Beyer et al., "The Site
/// Reliability Workbook", O'Reilly 2018, chapter 5).
const FAST: f64 = 14.4;

/// Where a group's error budget stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ErrorBudget {
    /// What is promised.
    pub objective: Objective,
    /// Quantile of demand that is provisioned for to keep it.
    pub quantile: f64,
    /// What the last 30 days have spent, as a share of what 30 days allow; above 1 the objective is missed.
    pub spent: f64,
    /// Spent in the last hour and the last day, as multiples of what lasts 30 days; absent where no minute was counted.
    pub rates: (Option<f64>, Option<f64>),
    /// Instance-hours of the 30 days, and what simulated target tracking would have paid for.
    pub hours: (f64, f64),
}

impl ErrorBudget {
    /// The budget of `objective` after `month`, the last 30 days, with the newest `hour` and `day`.
    pub fn of(objective: Objective, quantile: f64, month: Tally, hour: Tally, day: Tally) -> ErrorBudget {
        let rate = |tally: Tally| Some(tally.ours.share(objective, tally.minutes)? / objective.allowed());
        ErrorBudget {
            objective,
            quantile,
            spent: month.ours.bad(objective) / (objective.allowed() * MINUTES),
            rates: (rate(hour), rate(day)),
            hours: (month.ours.instance_hours, month.baseline.instance_hours),
        }
    }

    /// Days until the budget is spent if the last day repeats; absent where that is never, or nothing was counted.
    pub fn days_left(&self) -> Option<f64> {
        let day = self.rates.1.filter(|rate| *rate > 0.0)?;
        Some((1.0 - self.spent).max(0.0) * DAYS as f64 / day)
    }

    /// What is spent, how fast, and how long the rest lasts.
    pub fn words(&self) -> String {
        let rate = |rate: Option<f64>| rate.map_or("?".to_owned(), |rate| format!("{rate:.1}×"));
        let left = match self.days_left() {
            _ if self.spent >= 1.0 => "none is left".to_owned(),
            Some(days) if days < DAYS as f64 => format!("lasts {days:.1} days"),
            _ => format!("lasts {DAYS} days"),
        };
        let (hour, day) = self.rates;
        format!("{:.0} % spent, burns {} (1 h) {} (1 day), {left}", 100.0 * self.spent, rate(hour), rate(day))
    }

    /// What a person should know of it, where there is something.
    pub fn trouble(&self) -> Option<String> {
        match self.rates.0 {
            _ if self.spent >= 1.0 => Some(format!("error budget {:.0} % spent", 100.0 * self.spent)),
            Some(rate) if rate >= FAST => Some(format!("burns its error budget {rate:.0}× in an hour")),
            _ => None,
        }
    }

    /// What the objective costs beside target tracking.
    pub fn cost(&self) -> String {
        let (ours, baseline) = self.hours;
        let beside = match 100.0 * (ours / baseline - 1.0) {
            percent if percent.is_finite() => format!(" ({percent:+.0} %)"),
            _ => String::new(),
        };
        format!("{ours:.0} instance-h in {DAYS} days, target tracking {baseline:.0}{beside}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::scorecard::Side;

    fn tally(minutes: f64, above: f64, hours: (f64, f64)) -> Tally {
        let side = |above, instance_hours| Side { above, lost: above / 10.0, instance_hours };
        Tally { minutes, ours: side(above, hours.0), baseline: side(0.0, hours.1) }
    }

    #[test]
    fn a_budget_says_what_is_spent_and_how_long_the_rest_lasts() {
        let objective = Objective::MinutesAbove(0.005);
        let budget = ErrorBudget::of(
            objective,
            0.95,
            tally(43_200.0, 54.0, (900.0, 1_200.0)),
            tally(60.0, 0.0, (1.0, 1.0)),
            tally(1_440.0, 36.0, (30.0, 40.0)),
        );
        assert!((budget.spent - 0.25).abs() < 1e-12, "54 of 216 minutes");
        assert_eq!(budget.rates, (Some(0.0), Some(5.0)));
        assert!(
            budget.days_left().is_some_and(|days| (days - 4.5).abs() < 1e-9),
            "three quarters at 5 times"
        );
        assert_eq!(budget.words(), "25 % spent, burns 0.0× (1 h) 5.0× (1 day), lasts 4.5 days");
        assert_eq!(budget.cost(), "900 instance-h in 30 days, target tracking 1200 (-25 %)");
        assert_eq!(budget.trouble(), None);
        let fast = ErrorBudget { rates: (Some(20.0), None), ..budget };
        assert_eq!(fast.trouble().as_deref(), Some("burns its error budget 20× in an hour"));
    }

    #[test]
    fn load_that_is_lost_has_a_budget_too() {
        let nothing = Tally::default();
        let objective = Objective::LostLoad(0.0001);
        let budget = ErrorBudget::of(objective, 0.95, tally(43_200.0, 86.4, (9.0, 0.0)), nothing, nothing);
        assert!((budget.spent - 2.0).abs() < 1e-9, "8.64 minutes' load of 4.32");
        assert_eq!(budget.words(), "200 % spent, burns ? (1 h) ? (1 day), none is left");
        assert_eq!(budget.trouble().as_deref(), Some("error budget 200 % spent"));
        assert_eq!(budget.cost(), "9 instance-h in 30 days, target tracking 0");
    }
}
