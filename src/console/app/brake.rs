//! The brake in words: the question before it, and what AWS does all the same.

use crate::{
    console::widgets::question::Question,
    domain::text::{clean, few},
    link::{Command, GroupRow, View},
};

/// Groups that are named before the rest is counted.
const NAMED: usize = 3;

/// The question before the brake: what it holds, what it does not, and the call that would.
pub(super) fn freeze(view: &View) -> Question {
    let mut meaning = vec![
        "prescale will not scale in any group until the brake is released. It goes on scaling out."
            .to_owned(),
    ];
    let others: Vec<&GroupRow> = view.not_held().collect();
    if let Some(first) = others.first() {
        let names: Vec<String> = others.iter().map(|g| clean(&g.name, 40)).collect();
        meaning.push(format!(
            "AWS's own policies and scheduled actions go on and can still shrink {}.",
            few(&names, NAMED)
        ));
        meaning.push(format!("To hold a group against those as well, run: {}", suspend(&first.name)));
    }
    Question::new("Freeze scale-in for all groups?", meaning, Command::SetBrake { on: true })
}

/// The question before the brake is released.
pub(super) fn release() -> Question {
    let meaning = "Groups may scale in again when all preflight checks pass.".to_owned();
    Question::new("Release the brake?", vec![meaning], Command::SetBrake { on: false })
}

/// The command that keeps AWS's own policies and schedules from shrinking a group.
fn suspend(group: &str) -> String {
    format!(
        "aws autoscaling suspend-processes --auto-scaling-group-name {} --scaling-processes Terminate \
         AlarmNotification ScheduledActions",
        clean(group, 80)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::view;

    #[test]
    fn what_the_brake_does_not_hold_is_named_with_the_call_that_would() {
        let asked = freeze(&view()).consequence.join(" ");
        assert!(asked.contains("can still shrink shop."), "{asked}");
        assert!(asked.contains("--auto-scaling-group-name shop --scaling-processes Terminate"), "{asked}");
        let mut calm = view();
        calm.groups.iter_mut().for_each(|g| g.acts_by_itself.clear());
        assert_eq!(freeze(&calm).consequence.len(), 1);
    }
}
