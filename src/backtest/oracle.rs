//! One who knows the future: the fewest instance-hours that keep the SLO with the given time from order to service.

use super::{BacktestOptions, BacktestReport, GROUP};
use crate::{
    cloud::simulator::{Simulator, Tick},
    domain::{Time, plan::instances_for, shift},
};

/// Instances that each tick needs: enough for its load at the SLO within the bounds; the least in a gap.
pub fn needs(options: &BacktestOptions, ticks: &[Tick]) -> Vec<u32> {
    let need = |tick: &Tick| {
        instances_for(tick.load, options.capacity, options.settings.target).filter(|_| tick.counted)
    };
    ticks.iter().map(|tick| need(tick).unwrap_or(options.min).clamp(options.min, options.max)).collect()
}

/// Desired capacity at each tick: the most that is needed from now until one ordered now serves. Giving an instance back
/// for less than a boot saves nothing, since the next one is paid for while it boots.
pub fn schedule(needs: &[u32], boot: usize) -> Vec<u32> {
    let most = |tick: usize| needs[tick..needs.len().min(tick + boot + 1)].iter().max().copied();
    (0..needs.len()).map(|tick| most(tick).unwrap_or(0)).collect()
}

/// Whole ticks of a minute that a boot takes.
pub fn boot_ticks(options: &BacktestOptions) -> usize {
    options.boot.max(0).unsigned_abs().div_ceil(60) as usize
}

/// Orders as the oracle does, in the simulated world.
pub(super) fn walk(
    options: &BacktestOptions,
    simulator: &Simulator,
    (from, until): (Time, Time),
) -> BacktestReport {
    let ticks = future(simulator, from, until);
    let wants = schedule(&needs(options, &ticks), boot_ticks(options));
    let mut report = BacktestReport::default();
    for (index, want) in wants.into_iter().enumerate() {
        let now = shift(from, 60 * index as i64);
        match report.decisions.last() {
            None => simulator.with(|world| world.begin_with(GROUP, want)),
            Some((_, before)) if *before == want => continue,
            Some(_) => simulator.with(|world| {
                world.advance(now);
                world.order(GROUP, want);
            }),
        }
        report.decisions.push((now, want));
    }
    report
}

/// The ticks to come, served by a copy of the world; their load is what it will be, whoever decides.
pub(super) fn future(simulator: &Simulator, from: Time, until: Time) -> Vec<Tick> {
    let mut copy = simulator.with(|world| world.clone());
    copy.advance(until);
    copy.ticks(GROUP, from, until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_orders_a_boot_ahead_and_bridges_short_valleys() {
        let needs = [1, 1, 1, 3, 1, 1, 3, 1, 1, 1, 1];
        assert_eq!(schedule(&needs, 2), [1, 3, 3, 3, 3, 3, 3, 1, 1, 1, 1]);
        assert_eq!(schedule(&needs, 0), needs);
    }
}
