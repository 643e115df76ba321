//! Backtests in words.

use crate::backtest::Summary;

/// One backtest in one line.
pub(super) fn sentence(s: &Summary) -> String {
    let cost = s.cost.map(|cost| format!(" ({cost:.2})")).unwrap_or_default();
    format!(
        "{}: {:.1} h, above the SLO {:.0} min ({:.2} %), lost load {:.2} %, {:.1} instance-hours{cost}, \
         {:.2} x oracle, {} actions, {} direction changes\n",
        s.policy,
        s.hours,
        s.under_provisioned_minutes,
        s.above_slo_percent,
        s.lost_load_percent,
        s.instance_hours,
        s.hours_over_oracle,
        s.actions,
        s.flips,
    )
}

/// Several side by side; the last five columns are SPEC's elasticity metrics.
pub(super) fn table(summaries: &[Summary]) -> String {
    let head = [
        "above min",
        "above %",
        "lost %",
        "inst-h",
        "x oracle",
        "cost",
        "actions",
        "flips",
        "short %",
        "over %",
        "t short %",
        "t over %",
        "jitter/h",
    ];
    let row = |name: &str, cells: &[String]| {
        let cells: String = cells.iter().map(|cell| format!(" {cell:>9}")).collect();
        format!("{name:<16}{cells}\n")
    };
    let mut text = row("policy", &head.map(str::to_owned));
    for s in summaries {
        let e = s.elasticity;
        let cells = [
            format!("{:.0}", s.under_provisioned_minutes),
            format!("{:.2}", s.above_slo_percent),
            format!("{:.2}", s.lost_load_percent),
            format!("{:.1}", s.instance_hours),
            format!("{:.2}", s.hours_over_oracle),
            s.cost.map_or("-".to_owned(), |cost| format!("{cost:.2}")),
            s.actions.to_string(),
            s.flips.to_string(),
            format!("{:.2}", e.shortage_percent),
            format!("{:.1}", e.surplus_percent),
            format!("{:.2}", e.time_short_percent),
            format!("{:.1}", e.time_over_percent),
            format!("{:.2}", e.jitter_per_hour),
        ];
        text.push_str(&row(&s.policy, &cells));
    }
    text
}
