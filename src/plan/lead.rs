//! How long a new instance takes until it serves, measured on the group's own launches.

use crate::domain::{Seconds, group::Activity, group::ActivityStatus};

/// Seconds assumed before the first launch was seen.
pub const UNKNOWN: Seconds = 300;

/// The p90 of launches that ended well, and how many there were.
pub fn measured(activities: &[Activity]) -> (Seconds, usize) {
    let mut took: Vec<Seconds> = activities
        .iter()
        .filter(|a| a.status == ActivityStatus::Successful && a.description.starts_with("Launching"))
        // Starts from a warm pool are faster, and the pool may be empty when it matters.
        .filter(|a| !a.description.contains("warm pool"))
        .filter_map(|a| a.ended.map(|end| (end - a.started).num_seconds()))
        .filter(|s| *s >= 0)
        .collect();
    if took.is_empty() {
        return (UNKNOWN, 0);
    }
    took.sort_unstable();
    let rank = (took.len() * 9).div_ceil(10) - 1;
    (took[rank], took.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    fn activity(status: ActivityStatus, seconds: i64) -> Activity {
        Activity {
            id: "1".into(),
            started: at_epoch(0),
            ended: Some(at_epoch(seconds)),
            status,
            description: "Launching a new EC2 instance: i-1".into(),
            message: None,
        }
    }

    #[test]
    fn p90_of_the_launches_that_ended_well() {
        let mut seen: Vec<_> = (1..=10).map(|i| activity(ActivityStatus::Successful, i * 10)).collect();
        seen.push(activity(ActivityStatus::Failed, 5_000));
        assert_eq!(measured(&seen), (90, 10));
        let warm = "Launching a new EC2 instance from warm pool: i-2";
        seen.extend(
            (0..30).map(|_| Activity { description: warm.into(), ..activity(ActivityStatus::Successful, 1) }),
        );
        assert_eq!(measured(&seen), (90, 10), "a warm start says nothing of a cold one");
        assert_eq!(measured(&[]), (UNKNOWN, 0));
    }
}
