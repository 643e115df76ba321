//! The brake in words: the question before it, and what AWS does all the same.

use crate::{
    console::widgets::question::Question,
    domain::{
        decision::Mode,
        suspension::CONSEQUENCES,
        text::{clean, few, shell_word},
    },
    link::{Command, GroupRow, View},
};

/// Groups that are named before the rest is counted.
const NAMED: usize = 3;

/// The question before the brake: what it holds, and what it does not.
pub(super) fn freeze(view: &View) -> Question {
    let mut meaning = vec![
        "prescale will not scale in any group until the brake is released. It goes on scaling out."
            .to_owned(),
    ];
    let others: Vec<&GroupRow> = view.not_held().collect();
    if !others.is_empty() {
        meaning.push(format!(
            "AWS's own policies and scheduled actions go on and can still shrink {}.",
            names(&others)
        ));
        meaning.push("Once the brake is on, `:suspend-terminate` offers to hold those as well.".to_owned());
    }
    Question::new("Freeze scale-in for all groups?", meaning, Command::SetBrake { on: true })
}

/// The question before the brake is released.
pub(super) fn release() -> Question {
    let meaning = vec![
        "Groups may scale in again when all preflight checks pass.".to_owned(),
        "Where prescale suspended Terminate, it is resumed within a minute.".to_owned(),
    ];
    Question::new("Release the brake?", meaning, Command::SetBrake { on: false })
}

/// The question before Terminate is suspended: of which groups, and what follows; or why there is nothing to ask. Groups in
/// `observe` are left to the operator, with the command.
///
/// # Errors
/// What stands against it.
pub(super) fn suspend(view: &View) -> Result<Question, String> {
    if !view.brake {
        return Err("the brake is not on; `:brake` puts it on".into());
    }
    let (ours, observed): (Vec<&GroupRow>, Vec<&GroupRow>) =
        view.not_held().partition(|group| group.mode > Mode::Observe);
    let by_hand = observed.first().map(|first| {
        let all = names(&observed);
        format!("{all} in observe, where prescale changes nothing; by hand: {}", command(&first.name))
    });
    if ours.is_empty() {
        return Err(
            by_hand.unwrap_or_else(|| "no policy or scheduled action of AWS can shrink a group".into())
        );
    }
    let mut meaning = vec![format!("Terminate is suspended for {}.", every(&ours))];
    meaning.extend(CONSEQUENCES.map(str::to_owned));
    meaning.extend(by_hand.map(|text| format!("Left as it is: {text}")));
    let groups = ours.iter().map(|group| group.name.clone()).collect();
    Ok(Question::new(
        "Suspend Terminate until the brake is released?",
        meaning,
        Command::SuspendTerminate { groups },
    ))
}

/// A few names, and how many more there are.
fn names(groups: &[&GroupRow]) -> String {
    few(&groups.iter().map(|group| clean(&group.name, 40)).collect::<Vec<_>>(), NAMED)
}

/// Every name: what is confirmed is named whole.
fn every(groups: &[&GroupRow]) -> String {
    groups.iter().map(|group| clean(&group.name, 255)).collect::<Vec<_>>().join(", ")
}

/// The command that keeps AWS's own policies and schedules from shrinking a group.
fn command(group: &str) -> String {
    format!(
        "aws autoscaling suspend-processes --auto-scaling-group-name {} --scaling-processes Terminate",
        shell_word(&clean(group, 255))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::view;

    #[test]
    fn what_the_brake_does_not_hold_is_named_with_the_key_that_does() {
        let asked = freeze(&view()).consequence.join(" ");
        assert!(asked.contains("can still shrink shop."), "{asked}");
        assert!(asked.contains("suspend-terminate"), "{asked}");
        let mut calm = view();
        calm.groups.iter_mut().for_each(|g| g.acts_by_itself.clear());
        assert_eq!(freeze(&calm).consequence.len(), 1);
    }

    #[test]
    fn what_is_suspended_is_named_with_what_follows_and_nothing_in_observe() {
        let mut view = view();
        assert!(suspend(&view).is_err_and(|why| why.contains("brake is not on")));
        view.brake = true;
        view.groups.iter_mut().for_each(|group| group.acts_by_itself = vec!["policy “cpu-60”".into()]);
        let question = suspend(&view).expect("AWS can shrink them");
        let Some(Command::SuspendTerminate { groups }) = &question.command else { panic!("{question:?}") };
        let mode = |name: &String| view.groups.iter().find(|row| row.name == *name).map(|row| row.mode);
        assert!(
            !groups.is_empty() && groups.iter().all(|name| mode(name) > Some(Mode::Observe)),
            "{groups:?}"
        );
        let said = question.consequence.join(" ");
        assert!(groups.iter().all(|name| said.contains(name.as_str())), "{said}");
        for words in
            ["Unhealthy instances are not replaced", "scale-out goes on", "feed", "suspend-processes"]
        {
            assert!(said.contains(words), "{words} in {said}");
        }
        view.groups.iter_mut().for_each(|group| group.acts_by_itself.clear());
        assert!(suspend(&view).is_err_and(|why| why.contains("no policy")));
    }
}
