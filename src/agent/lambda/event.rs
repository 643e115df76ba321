//! What an invocation asks for.

use serde_json::Value;

use super::error::LambdaError;
use crate::{
    domain::{Seconds, Time, floor_to},
    link::Command,
};

/// Seconds by which an event may be older than the clock and still mean its own minute.
const LATE: Seconds = 90;
/// Seconds by which an event may be ahead of the clock.
const AHEAD: Seconds = 900;

/// What is asked for beside the minute.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Asked {
    /// Nothing: a tick of the schedule.
    Tick,
    /// A command of an operator.
    Command(Box<Command>),
    /// Restore floors and release leases, before the schedule is taken away.
    Leave,
}

/// The minute that `event` means at `now`: that of its `time`, as a schedule gives it. One that comes late, as a retry does,
/// means the present: nothing is decided for a time that is over.
///
/// # Errors
/// Where its time cannot be read, or is too far ahead of the clock.
pub(super) fn minute(event: &Value, now: Time) -> Result<Time, LambdaError> {
    let Some(time) = event.get("time").and_then(Value::as_str) else { return Ok(floor_to(now, 60)) };
    let wrong =
        |e: chrono::ParseError| LambdaError::new(format!("the event's time {time:?} is not one: {e}"));
    let time = chrono::DateTime::parse_from_rfc3339(time).map_err(wrong)?.to_utc();
    match (time - now).num_seconds() {
        ahead if ahead > AHEAD => Err(LambdaError::new(format!(
            "the event's time {time} is {ahead} s ahead of this machine's clock: nothing is done"
        ))),
        ahead if ahead < -LATE => Ok(floor_to(now, 60)),
        _ => Ok(floor_to(time, 60)),
    }
}

/// What `event` asks for: `{"command": …}`, `{"leave": true}`, or a tick.
///
/// # Errors
/// Where a command is none, or not one for a function.
pub(super) fn asked(event: &Value) -> Result<Asked, LambdaError> {
    if event.get("leave").and_then(Value::as_bool) == Some(true) {
        return Ok(Asked::Leave);
    }
    let Some(command) = event.get("command") else { return Ok(Asked::Tick) };
    let command: Command = serde_json::from_value(command.clone())
        .map_err(|e| LambdaError::new(format!("the event's command is not one: {e}")))?;
    match command {
        Command::Approve { .. }
        | Command::Reject { .. }
        | Command::Snooze { .. }
        | Command::Undo { .. }
        | Command::SetMode { .. }
        | Command::SetBrake { .. }
        | Command::SuspendTerminate { .. } => Ok(Asked::Command(Box::new(command))),
        other => Err(LambdaError::new(format!("a function does not do this: {}", other.what()))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::at_epoch;

    #[test]
    fn a_tick_means_its_own_minute_and_a_late_one_the_present() {
        let now = at_epoch(1_796_000_025);
        let minute = |ahead: i64| {
            let time = at_epoch(now.timestamp() + ahead).to_rfc3339();
            minute(&json!({ "time": time }), now).map(|minute| minute.timestamp())
        };
        assert_eq!(minute(0).ok(), Some(1_795_999_980));
        assert_eq!(minute(-60).ok(), Some(1_795_999_920), "the schedule fired a minute ago");
        assert_eq!(minute(-3_600).ok(), Some(1_795_999_980), "a retry of an hour later");
        assert_eq!(minute(600).ok(), Some(1_796_000_580));
        let refused = minute(901).expect_err("too far ahead").to_string();
        assert!(refused.contains("nothing is done"), "{refused}");
        assert!(super::minute(&json!({ "time": "noon" }), now).is_err());
        assert_eq!(super::minute(&json!({}), now).ok(), Some(at_epoch(1_795_999_980)));
    }

    #[test]
    fn commands_are_those_that_a_function_can_do() {
        assert_eq!(asked(&json!({ "time": "x" })).ok(), Some(Asked::Tick));
        assert_eq!(asked(&json!({ "leave": true })).ok(), Some(Asked::Leave));
        let brake = asked(&json!({ "command": { "set_brake": { "on": true } } })).expect("it is one");
        assert_eq!(brake, Asked::Command(Box::new(Command::SetBrake { on: true })));
        for wrong in [json!({ "train": { "group": "web" } }), json!("reload"), json!({ "nothing": 1 })] {
            assert!(asked(&json!({ "command": wrong })).is_err());
        }
    }
}
