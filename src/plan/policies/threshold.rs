//! The student project's rule: one more above a predicted CPU, one less below another.

use super::{PlanContext, PolicyRule, reactive};
use crate::domain::{forecast::MEDIAN, plan::Plan};

/// What the list of policies says of it.
pub const RULE: PolicyRule =
    PolicyRule { name: "threshold", forecasts: true, hold: |settings| settings.hold, plan };

/// Once a cycle: predicted CPU of the next step above `threshold_up` adds one instance, below
/// `threshold_down` removes one.
fn plan(context: &PlanContext<'_>) -> Option<Plan> {
    let settings = context.settings;
    let (group, desired) = (context.group, context.group.desired);
    let demand = context.forecast?.rows.first()?[MEDIAN];
    let cpu = 100.0 * demand / (f64::from(group.in_service().max(1)) * context.capacity?);
    let want = match () {
        () if !context.cycle_due => desired,
        () if cpu > settings.threshold_up => desired + 1,
        () if cpu < settings.threshold_down => desired.saturating_sub(1),
        () => desired,
    };
    Some(Plan {
        at: context.now,
        policy: settings.policy.name().into(),
        from: desired,
        want,
        unheld: None,
        reasons: vec![format!(
            "CPU is predicted at {cpu:.0} %; above {:.0} % adds one, below {:.0} % removes one",
            settings.threshold_up, settings.threshold_down
        )],
        basis: None,
        reactive: reactive(context),
        inputs: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            at_epoch,
            forecast::{Forecast, LEVELS},
        },
        plan::{
            Policy, Settings,
            fixture::{context, group},
        },
    };

    fn want(demand: f64, cycle_due: bool) -> u32 {
        let forecast = Forecast {
            origin: at_epoch(0),
            step: 300,
            model: "test".into(),
            rows: vec![LEVELS.map(|_| demand)],
            first: at_epoch(0),
        };
        let settings = Settings { policy: Policy::Threshold, ..Settings::default() };
        let group = group(4, 4);
        let context = PlanContext { cycle_due, forecast: Some(&forecast), ..context(&group, &settings) };
        plan(&context).expect("all inputs are there").want
    }

    #[test]
    fn moves_by_one_and_only_once_a_cycle() {
        assert_eq!([want(281.0, true), want(200.0, true), want(139.0, true)], [5, 4, 3]);
        assert_eq!(want(400.0, false), 4);
    }
}
