//! What AWS says in sentences, as values, and acts as the API calls that AWS's own tools would show. No other file reads or
//! writes these texts.

use std::sync::Arc;

use crate::{
    cloud::ResizeWording,
    domain::{
        Time,
        activity::ActivityKind,
        actuator::{Act, SCHEDULE_END, SCHEDULE_SET},
        text::{clean, shell_word},
    },
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

/// Words the command of AWS's command line that changes the bounds of a group, with `options` at its end.
pub(in crate::cloud) fn resizing(options: String) -> ResizeWording {
    Arc::new(move |group, (min, max)| {
        let size = |name: &str, size: Option<u32>| {
            size.map_or(String::new(), |size| format!(" --{name}-size {size}"))
        };
        let (min, max, group) = (size("min", min), size("max", max), shell_word(&clean(group, 255)));
        Some(format!(
            "aws autoscaling update-auto-scaling-group --auto-scaling-group-name {group}{min}{max}{options}"
        ))
    })
}

/// The options that lead AWS's command line to `region`, by the `profile` where one is named; of a `role` it has none, so a
/// comment says it.
pub(in crate::cloud) fn leading_to(
    region: Option<&str>,
    profile: Option<&str>,
    role: Option<&str>,
) -> String {
    let role = role.map_or(String::new(), |role| format!(" # with the role {}", clean(role, 200)));
    let option = |name: &str, value: Option<&str>| {
        value.map_or(String::new(), |value| format!(" --{name} {}", shell_word(&clean(value, 80))))
    };
    option("region", region) + &option("profile", profile) + &role
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
    fn a_command_of_the_shell_leads_to_the_group_and_nowhere_else() {
        let resize = resizing(leading_to(Some("eu-west-1"), Some("ops"), Some("arn:x")));
        assert_eq!(
            resize("web", (Some(3), None)).expect("AWS has one"),
            "aws autoscaling update-auto-scaling-group --auto-scaling-group-name web --min-size 3 --region eu-west-1 \
             --profile ops # with the role arn:x"
        );
        let odd =
            resizing(leading_to(None, None, None))("a; rm -rf 'x", (Some(1), Some(9))).expect("AWS has one");
        assert!(
            odd.ends_with("--auto-scaling-group-name 'a; rm -rf '\\''x' --min-size 1 --max-size 9"),
            "{odd}"
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
