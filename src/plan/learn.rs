//! What one instance can serve, learned from what the group has served.

use serde::{Deserialize, Serialize};

use crate::domain::{Time, series::Series};

/// Utilisations (percent) between which CPU says something about capacity: below, overhead drowns the load;
/// above, the instance may be saturated and serve less than was asked.
const TELLING: std::ops::RangeInclusive<f64> = 15.0..=92.0;
/// Fewer readings than this say nothing.
const LEAST: usize = 20;

/// Load per step that one instance serves at 100 %, with its spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// The median reading.
    pub capacity: f64,
    /// Half the distance between the quartiles, as a share of the median.
    pub spread: f64,
    /// Readings used.
    pub readings: usize,
}

/// Learns from series of one step: load per step, CPU in percent, instances in service.
///
/// Each step gives a reading `load / (instances × CPU / 100)`; the median resists the steps in which a launch
/// or an odd batch job spoils the ratio.
pub fn capacity(load: &Series, cpu: &Series, in_service: &Series, from: Time) -> Option<Learned> {
    let mut readings: Vec<f64> = load
        .iter()
        .filter(|(time, _)| *time >= from)
        .filter_map(|(time, load)| {
            let cpu = cpu.at(time).filter(|c| TELLING.contains(c))?;
            let instances = in_service.at(time).filter(|n| *n >= 0.5)?;
            Some(load? / (instances * cpu / 100.0)).filter(|r| r.is_finite() && *r > 0.0)
        })
        .collect();
    if readings.len() < LEAST {
        return None;
    }
    readings.sort_by(f64::total_cmp);
    let at = |share: f64| readings[((readings.len() - 1) as f64 * share) as usize];
    let median = at(0.5);
    Some(Learned {
        capacity: median,
        spread: (at(0.75) - at(0.25)) / (2.0 * median),
        readings: readings.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    #[test]
    fn the_median_resists_odd_steps() {
        let mut load = Series::new(at_epoch(0), 300);
        let (mut cpu, mut n) = (load.clone(), load.clone());
        for i in 0..100 {
            let (instances, used) = (2.0 + f64::from(i % 3), 30.0 + f64::from(i % 40));
            load.push(Some(50.0 * instances * used / 100.0));
            cpu.push(Some(if i % 10 == 0 { 90.0 } else { used }));
            n.push((i % 7 != 0).then_some(instances));
        }
        let learned = capacity(&load, &cpu, &n, at_epoch(0)).expect("readings enough");
        assert!((learned.capacity - 50.0).abs() < 1e-9, "{learned:?}");
        assert!(learned.readings < 100);
    }

    #[test]
    fn idle_or_saturated_instances_are_not_learned_from() {
        let series = |v: f64| Series::from_values(at_epoch(0), 300, (0..100).map(|_| Some(v)));
        assert_eq!(capacity(&series(10.0), &series(3.0), &series(1.0), at_epoch(0)), None);
        assert_eq!(capacity(&series(10.0), &series(100.0), &series(1.0), at_epoch(0)), None);
    }
}
