//! Summary figures of a backtest.

use super::{BacktestOptions, Elasticity, Summary, oracle};
use crate::{cloud::simulator::Tick, domain::Time};

/// The sums of a backtest over the `ticks` that count.
pub(super) fn of(options: &BacktestOptions, ticks: &[Tick], decisions: &[(Time, u32)]) -> Summary {
    let counted: Vec<&Tick> = ticks.iter().filter(|t| t.counted).collect();
    let n = counted.len().max(1) as f64;
    let capacity = |t: &Tick| f64::from(t.size.in_service) * options.capacity;
    let slo = options.settings.target + 1e-9;
    let above = counted.iter().filter(|t| t.load > capacity(t) * slo).count() as f64;
    let load: f64 = counted.iter().map(|t| t.load).sum();
    let lost: f64 = counted.iter().map(|t| (t.load - capacity(t)).max(0.0)).sum();
    let served: f64 = counted.iter().map(|t| capacity(t)).sum();
    let (actions, flips) = changes(decisions);
    let instance_hours = counted.iter().map(|t| f64::from(t.size.billed)).sum::<f64>() / 60.0;
    let needs = oracle::needs(options, ticks);
    Summary {
        policy: options.contender.name().into(),
        risk: options.settings.risk,
        hours: counted.len() as f64 / 60.0,
        under_provisioned_minutes: above,
        above_slo_percent: 100.0 * above / n,
        lost_load_percent: 100.0 * lost / load.max(1e-12),
        instance_hours,
        hours_over_oracle: instance_hours / oracle_hours(options, ticks, &needs).max(1e-12),
        cost: options.price.map(|price| price * instance_hours),
        mean_utilisation: (load - lost) / served.max(1e-12),
        actions,
        flips,
        elasticity: elasticity(ticks, &needs),
    }
}

/// Instance-hours of one who knows the future, over the ticks that count.
fn oracle_hours(options: &BacktestOptions, ticks: &[Tick], needs: &[u32]) -> f64 {
    let wants = oracle::schedule(needs, oracle::boot_ticks(options));
    let counted = wants.iter().zip(ticks).filter(|(_, tick)| tick.counted);
    counted.map(|(want, _)| f64::from(*want)).sum::<f64>() / 60.0
}

fn elasticity(ticks: &[Tick], needs: &[u32]) -> Elasticity {
    let counted = ticks.iter().zip(needs).filter(|(tick, _)| tick.counted);
    Elasticity::of(&counted.map(|(tick, need)| (*need, tick.size.in_service)).collect::<Vec<_>>())
}

/// Number of changes, and of those that turn back.
fn changes(decisions: &[(Time, u32)]) -> (usize, usize) {
    let moves: Vec<bool> =
        decisions.windows(2).filter(|w| w[0].1 != w[1].1).map(|w| w[1].1 > w[0].1).collect();
    (moves.len(), moves.windows(2).filter(|w| w[0] != w[1]).count())
}
