//! What AWS says in sentences, as values, and acts as the API calls that AWS's own tools would show. No other file reads or
//! writes these texts.

use crate::domain::{
    Time,
    activity::ActivityKind,
    actuator::{Act, SCHEDULE_END, SCHEDULE_SET},
};

/// What an activity does, by its description: "Launching a new EC2 instance from warm pool: i-…".
pub(in crate::cloud) fn activity_kind(description: &str) -> ActivityKind {
    match description {
        text if text.starts_with("Launching") && pool(text, ["from warm pool", "from the warm pool"]) => {
            ActivityKind::LaunchFromWarmPool
        }
        text if text.starts_with("Launching") && pool(text, ["warm pool", "Warm pool"]) => {
            ActivityKind::LaunchIntoWarmPool
        }
        text if text.starts_with("Launching") => ActivityKind::Launch,
        text if text.starts_with("Terminating") => ActivityKind::Terminate,
        _ => ActivityKind::Other,
    }
}

/// The API calls that carry out `act` on `group`, in their order, as AWS names them.
pub(in crate::cloud) fn calls(act: &Act, group: &str) -> Vec<String> {
    let on = |call: &str, rest: String| format!("{call} AutoScalingGroupName={group} {rest}");
    let scheduled = |name: &str, at: Time, min: u32| {
        let at = at.format("%Y-%m-%dT%H:%M:%SZ");
        on(
            "PutScheduledUpdateGroupAction",
            format!("ScheduledActionName={name} StartTime={at} MinSize={min}"),
        )
    };
    let set_min = |min: &u32| on("UpdateAutoScalingGroup", format!("MinSize={min}"));
    match act {
        Act::Desired { to } => {
            vec![on("SetDesiredCapacity", format!("DesiredCapacity={to} HonorCooldown=false"))]
        }
        Act::Floor { min, unschedule } => {
            let names = if *unschedule { [SCHEDULE_SET, SCHEDULE_END].as_slice() } else { &[] };
            let delete = |name: &&str| on("DeleteScheduledAction", format!("ScheduledActionName={name}"));
            names.iter().map(delete).chain([set_min(min)]).collect()
        }
        Act::Schedule(window) => {
            let end = scheduled(SCHEDULE_END, window.end, window.own);
            let start = window.start.map(|start| scheduled(SCHEDULE_SET, start, window.min));
            std::iter::once(end).chain(start).collect()
        }
    }
}

/// True if one of `words` stands in `text` before what AWS adds of a failure.
fn pool(text: &str, words: [&str; 2]) -> bool {
    let said = text.split("Status Reason").next().unwrap_or(text);
    words.iter().any(|word| said.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{actuator::FloorWindow, at_epoch};

    #[test]
    fn descriptions_say_what_an_activity_does() {
        for (text, kind) in [
            ("Launching a new EC2 instance: i-1", ActivityKind::Launch),
            ("Launching a new EC2 instance.  Status Reason: no capacity", ActivityKind::Launch),
            ("Launching a new EC2 instance from warm pool: i-1", ActivityKind::LaunchFromWarmPool),
            ("Launching a new EC2 instance into warm pool: i-1", ActivityKind::LaunchIntoWarmPool),
            (
                "Launching a new EC2 instance into warm pool.  Status Reason: no capacity",
                ActivityKind::LaunchIntoWarmPool,
            ),
            ("Launching a new EC2 instance.  Status Reason: the warm pool is empty", ActivityKind::Launch),
            ("Terminating EC2 instance: i-1", ActivityKind::Terminate),
            ("Detaching EC2 instance: i-1", ActivityKind::Other),
            ("", ActivityKind::Other),
        ] {
            assert_eq!(activity_kind(text), kind, "{text}");
        }
        assert!(
            ActivityKind::LaunchFromWarmPool.is_launch() && !ActivityKind::LaunchIntoWarmPool.is_launch()
        );
    }

    #[test]
    fn calls_carry_the_names_of_the_api_and_the_end_comes_first() {
        assert_eq!(
            calls(&Act::Desired { to: 6 }, "web"),
            ["SetDesiredCapacity AutoScalingGroupName=web DesiredCapacity=6 HonorCooldown=false"]
        );
        let window = FloorWindow { min: 8, start: Some(at_epoch(120)), end: at_epoch(1_920), own: 2 };
        let made = calls(&Act::Schedule(window), "web");
        assert!(made[0].contains("prescale-floor-end") && made[0].ends_with("MinSize=2"), "{made:?}");
        assert!(made[1].contains("StartTime=1970-01-01T00:02:00Z MinSize=8"), "{made:?}");
        let moved = calls(&Act::Schedule(FloorWindow { start: None, ..window }), "web");
        assert_eq!(moved, made[..1], "only the end moves");
        let back = calls(&Act::Floor { min: 2, unschedule: true }, "web");
        assert_eq!(
            (back.len(), back[2].as_str()),
            (3, "UpdateAutoScalingGroup AutoScalingGroupName=web MinSize=2")
        );
        assert_eq!(calls(&Act::Floor { min: 2, unschedule: false }, "web"), back[2..]);
    }
}
