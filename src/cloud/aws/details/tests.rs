//! What is unknown after a failure, for whom, and what is still asked for.

use super::*;

fn lasting(why: &str) -> Miss {
    Miss { why: why.into(), passing: false }
}

fn wanted(names: &[&str]) -> Vec<Wanted> {
    names.iter().map(|n| Wanted { name: (*n).into(), target_groups: vec![] }).collect()
}

#[test]
fn one_group_read_anew_leaves_the_others() {
    let of = |n: i32| {
        ["api", "web"]
            .map(|name| (name.to_owned(), Reading::Known(vec![n])))
            .into_iter()
            .collect::<HashMap<_, _>>()
    };
    let mut known = ByGroup::default();
    assert_eq!(known.of("web").why(), Some(convert::NOT_READ), "never read is not none");
    known.replace(None, Ok(of(1)));
    known.replace(Some("web"), Ok(of(2)));
    assert_eq!((known.of("api"), known.of("web")), (Reading::Known(vec![1]), Reading::Known(vec![2])));
    known.replace(Some("web"), Ok(HashMap::new()));
    assert_eq!(known.of("web"), Reading::default(), "its last policy is gone");
    known.replace(Some("web"), Err("throttled".into()));
    assert_eq!((known.of("web").why(), known.of("api")), (Some("throttled"), Reading::Known(vec![1])));
    known.replace(None, Err("denied".into()));
    assert_eq!((known.of("api").why(), known.of("batch").why()), (Some("denied"), Some("denied")));
}

#[test]
fn what_fails_is_unknown_and_neither_none_nor_as_it_was() {
    let groups = wanted(&["api", "batch", "web"]);
    let mut known = HashMap::from([("web".to_owned(), Reading::Known(7))]);
    let mut misses = Misses::default();
    let mut round = Round::new(&groups, &mut misses);
    let answers = vec![Err(lasting("denied")), Ok(3), Err(lasting("denied"))];
    assert_eq!(round.file(&mut known, &groups, answers), None, "one answered: the call works");
    assert_eq!(known["web"], Reading::unknown("denied"));
    assert_eq!(known["batch"], Reading::Known(3));
    assert_eq!(misses.warnings(3), ["api, web: denied (unknown: no scale-in until it can be read)"]);
    assert_eq!(misses.warnings(2), ["denied (unknown: no scale-in until it can be read)"]);
}

/// The groups that were asked about, and the names of those that are unknown, with what `answer` gives for each.
async fn round(answer: impl Fn(&str) -> Result<u32, Miss>) -> (usize, Vec<String>, Result<(), String>) {
    let names: Vec<String> = (0..20).map(|i| format!("g{i:02}")).collect();
    let groups = wanted(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let (mut known, mut misses) = (HashMap::new(), Misses::default());
    let mut round = Round::new(&groups, &mut misses);
    let calls = round.each(&mut known, &mut None, &groups, |w| std::future::ready(answer(&w.name))).await;
    let next = round.ask(std::future::ready(Ok(()))).await;
    let dark = names.into_iter().filter(|name| known[name].why().is_some()).collect();
    (calls, dark, next)
}

#[tokio::test]
async fn one_bad_group_is_left_in_the_dark_alone_and_a_dead_call_is_not_made_for_all() {
    let one = |bad: &'static str| move |name: &str| if name == bad { Err(lasting("400")) } else { Ok(1) };
    assert_eq!(round(one("g03")).await, (20, vec!["g03".to_owned()], Ok(())));
    let (calls, dark, next) = round(|_| Err(lasting("denied"))).await;
    assert_eq!((calls, dark.len(), next), (8, 20, Ok(())), "other calls are made");
    let (calls, dark, next) = round(|_| Err(Miss { passing: true, ..lasting("throttled") })).await;
    assert_eq!((calls, dark.len(), next), (8, 20, Err("throttled".to_owned())), "nothing more is asked for");
}
