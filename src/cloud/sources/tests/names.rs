//! Groups of two sources under one name, and of one source under two.

use super::*;

/// Two sources that see the same groups, and what each does.
fn twice() -> (Sources, [Scripted; 2]) {
    let twice = [Scripted::new("aws eu-west-1 1"), Scripted::new("aws eu-west-1 1")];
    let boxed = twice.iter().map(|source| Box::new(source.clone()) as Box<dyn MetricSource>).collect();
    (Sources::new(Routes::new(["a", "b"].map(str::to_owned)), boxed).with_patience(QUICK), twice)
}

#[tokio::test]
async fn a_group_that_two_sources_give_is_the_first_ones_also_while_that_is_not_read() {
    let (mut sources, scripted) = twice();
    assert_eq!(names(&sources.groups(at_epoch(0)).await.expect("both answer")), ["a/api", "a/web"]);
    assert_eq!(sources.left_out()["b/web"], "it is the group a/web of another source");
    for does in [Does::Throttles, Does::Hangs, Does::Throttles] {
        scripted[0].now_does(does);
        let groups = sources.groups(at_epoch(60)).await.expect("one answers");
        assert_eq!(names(&groups), Vec::<&str>::new(), "{does:?}: it would be there under two names");
        let why = "it is the group a/web of another source, which was not read";
        assert_eq!(sources.left_out()["b/web"], why);
        let refused = sources.group(at_epoch(60), "b/web").await.expect_err("it is not acted on either");
        assert_eq!(refused, CloudError::Replan(why.into()));
    }
    scripted[0].now_does(Does::Answers);
    assert_eq!(names(&sources.groups(at_epoch(120)).await.expect("both answer")), ["a/api", "a/web"]);
    // One that no longer gives them has lost them.
    *scripted[0].gives.lock().expect("no test panics with it") = &["api"];
    assert_eq!(names(&sources.groups(at_epoch(180)).await.expect("both answer")), ["a/api", "b/web"]);
}

#[test]
fn a_group_is_resized_where_it_is_by_its_own_name() {
    let resized = |sources: &Sources, group| sources.resizing()(group, (Some(3), None));
    let (sources, _) = three();
    assert_eq!(resized(&sources, "us/web").as_deref(), Some("web in aws us-east-1 3"));
    assert_eq!(resized(&sources, "web").as_deref(), Some("web in aws eu-west-1 1"));
    assert_eq!(resized(&twice().0, "web"), None, "it is nobody's");
}

#[tokio::test]
async fn a_group_that_is_left_out_for_its_name_is_named_as_its_sources() {
    let (mut sources, scripted) = three();
    *scripted[0].gives.lock().expect("no test panics with it") = &["eu/web", "web"];
    let groups = sources.groups(at_epoch(0)).await.expect("all answer");
    assert_eq!(names(&groups), ["eu/api", "eu/web", "us/api", "us/web", "web"]);
    let left: Vec<String> = sources.left_out().into_keys().collect();
    assert_eq!(left, ["default: eu/web"], "the other source's eu/web is not the one that is left out");
    assert!(sources.group(at_epoch(0), "eu/web").await.is_ok());
}
