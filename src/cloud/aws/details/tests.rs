//! Which failures are passed over, and what is shown meanwhile.

use super::*;

fn missed(error: CloudError, lasting: bool) -> Miss {
    Miss { error, lasting }
}

#[test]
fn one_group_read_anew_leaves_the_others() {
    let of = |n: i32| HashMap::from([("api".to_owned(), vec![n]), ("web".to_owned(), vec![n])]);
    let (mut known, mut all_known) = (of(1), false);
    replace(&mut known, of(2), Some("web"), &mut all_known);
    assert_eq!((known["api"][0], known["web"][0], all_known), (1, 2, false));
    replace(&mut known, HashMap::new(), Some("web"), &mut all_known);
    assert!(known["web"].is_empty(), "its last policy is gone");
    replace(&mut known, of(3), None, &mut all_known);
    assert_eq!((known["api"][0], all_known), (3, true));
}

#[test]
fn a_transient_failure_without_known_details_fails_the_read() {
    let mut warnings = Vec::new();
    let throttled = || missed(CloudError::Retry("throttled".into()), false);
    assert!(pass_over(throttled(), false, &mut warnings).is_err());
    assert_eq!(pass_over(throttled(), true, &mut warnings), Ok(CallFollowUp::End));
    assert_eq!(warnings, ["throttled (showing the last known value)"]);
}

#[test]
fn a_group_about_to_be_changed_is_not_taken_as_it_was() {
    let mut known = HashMap::from([("web".to_owned(), 7)]);
    let group = [Wanted { name: "web".into(), target_groups: vec![] }];
    let throttled = || vec![Err(missed(CloudError::Retry("throttled".into()), false))];
    assert_eq!(keep(&mut known, &group, throttled(), false, &mut Vec::new()), Ok(CallFollowUp::End));
    assert!(keep(&mut known, &group, throttled(), true, &mut Vec::new()).is_err());
}

#[test]
fn a_lasting_failure_is_warned_of_once_and_keeps_what_was_known() {
    let mut known = HashMap::from([("web".to_owned(), 7)]);
    let mut warnings = Vec::new();
    let denied = || Err(missed(CloudError::Stop("denied".into()), true));
    let groups = ["api", "batch", "web"].map(|n| Wanted { name: n.into(), target_groups: vec![] });
    let next = keep(&mut known, &groups, vec![denied(), Ok(3), denied()], false, &mut warnings);
    assert_eq!(next, Ok(CallFollowUp::Skip));
    assert_eq!(known, HashMap::from([("batch".to_owned(), 3), ("web".to_owned(), 7)]));
    assert_eq!(warnings, ["denied (left empty)"]);
}
