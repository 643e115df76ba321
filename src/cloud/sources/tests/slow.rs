//! A source of many pages, which answers slowly and answers.

use super::*;
use crate::cloud::NotRead;

/// One source that takes `each` for an answer, and one that answers at once.
fn slow(answers: u32, each: Duration, patience: Patience) -> (Sources, Scripted) {
    let scripted = ["aws eu-west-1 1", "aws us-east-1 2"].map(Scripted::new);
    scripted[0].now_does(Does::Trickles(answers, each));
    let boxed = scripted.iter().map(|source| Box::new(source.clone()) as Box<dyn MetricSource>).collect();
    let sources = Sources::new(Routes::new(["eu", "us"].map(str::to_owned)), boxed);
    let [slow, _] = scripted;
    (sources.with_patience(patience), slow)
}

#[tokio::test]
async fn one_that_keeps_answering_is_read_however_long_the_whole_takes() {
    let milliseconds = Duration::from_millis;
    let patience = Patience { usual: milliseconds(300), longest: Duration::from_secs(20), ..QUICK };
    let (mut sources, scripted) = slow(12, milliseconds(50), patience);
    let begun = Instant::now();
    let groups = sources.groups(at_epoch(0)).await.expect("both answer");
    assert!(begun.elapsed() > patience.usual, "longer than one may be silent");
    assert_eq!(names(&groups), ["eu/api", "eu/web", "us/api", "us/web"]);
    scripted.now_does(Does::Trickles(1, milliseconds(900)));
    sources.groups(at_epoch(60)).await.expect("one answers");
    assert_eq!(troubles(&sources).len(), 1, "a pause that long is silence");
}

#[tokio::test]
async fn one_whose_list_takes_too_long_is_not_taken_for_silent() {
    let patience = Patience { longest: Duration::from_millis(150), ..QUICK };
    let (mut sources, scripted) = slow(100, Duration::from_millis(20), patience);
    for _ in 0..2 {
        let groups = sources.groups(at_epoch(0)).await.expect("one answers");
        assert_eq!(names(&groups), ["us/api", "us/web"]);
        assert!(troubles(&sources)[0].1.starts_with("it answers slowly"), "{:?}", troubles(&sources));
        assert_eq!(sources.members[0].silent.0.wait(patience), patience.usual);
    }
    scripted.now_does(Does::Answers);
    assert_eq!(sources.groups(at_epoch(0)).await.expect("both answer").len(), 4);
}

#[tokio::test]
async fn metrics_for_which_the_time_does_not_suffice_are_read_in_the_next_minutes() {
    const GROUPS: usize = 300;
    let patience =
        Patience { usual: Duration::from_millis(600), longest: Duration::from_millis(150), ..QUICK };
    // Thirty answers for all: three times as long as a minute has.
    let (mut sources, _) = slow(0, Duration::from_millis(15), patience);
    let mut queries: Vec<MetricQuery> =
        (0..2 * GROUPS).map(|i| query(&format!("eu/g{:03}", i / 2))).collect();
    queries.push(query("us/web"));
    let mut read = vec![false; GROUPS];
    let mut minutes = 0;
    while !read.iter().all(|read| *read) {
        minutes += 1;
        assert!(minutes < 40, "{} groups were never read", read.iter().filter(|read| !**read).count());
        sources.groups(at_epoch(60 * minutes)).await.expect("both answer");
        let begun = Instant::now();
        let mut series = Vec::new();
        // The first half alone takes longer than a minute has.
        for half in queries.chunks(GROUPS) {
            series.extend(sources.metrics(at_epoch(60 * minutes), half).await.expect("both answer"));
            let is_last = half.len() < GROUPS;
            let complete = |group: &str| sources.is_complete(group, Metric::Requests);
            assert_eq!(complete("us/web"), is_last, "the time is the other one's");
            for (query, series) in half.iter().zip(&series[series.len() - half.len()..]) {
                assert_eq!(
                    complete(&query.group),
                    series.last_known().is_some(),
                    "what was not asked is not zero"
                );
            }
        }
        assert!(begun.elapsed() < 2 * patience.usual, "the others do not wait for all of it");
        assert!(series[2 * GROUPS].last_known().is_some());
        let mut some = false;
        for (group, read) in read.iter_mut().enumerate() {
            let both: Vec<bool> = (0..2).map(|i| series[2 * group + i].last_known().is_some()).collect();
            assert_eq!(both[0], both[1], "all of a group or none");
            (*read, some) = (*read || both[0], some || !both[0]);
        }
        let kind = sources.readings().into_iter().find_map(|reading| Some(reading.trouble?.not_read));
        assert_eq!(kind, some.then_some(NotRead::SomeMetrics));
    }
    assert!(minutes > 1, "it was not slow");
}

#[tokio::test]
async fn acts_on_the_groups_of_one_that_is_slow_take_no_longer_than_its_metrics() {
    let patience = Patience { usual: Duration::from_secs(9), longest: Duration::from_millis(100), ..QUICK };
    let (mut sources, scripted) = slow(1, Duration::ZERO, patience);
    sources.groups(at_epoch(0)).await.expect("both answer");
    let mut scalers =
        Scalers::new(Routes::new(["eu".into()]), vec![Box::new(scripted.clone()) as Box<dyn Scaler>])
            .with_patience(patience);
    scripted.now_does(Does::AnswersAfter(Duration::from_millis(60)));
    for (again, group) in [(true, "eu/api"), (true, "eu/web"), (false, "eu/api")] {
        let read = sources.group(at_epoch(0), group).await;
        assert_eq!(read.is_ok(), again, "{read:?}");
        assert_eq!(scalers.admits(at_epoch(0), group).is_ok(), again, "said before an intent is written");
        let changed = scalers.set_desired(at_epoch(0), group, 4).await;
        match again {
            true => assert_eq!(changed, Ok(())),
            false => assert!(
                matches!(&changed, Err(CloudError::NotSent(why)) if why.contains("eu answers slowly, and changes took")),
                "{changed:?}"
            ),
        }
    }
    let second = scalers.set_floor(at_epoch(0), "eu/web", 4).await;
    assert_eq!(second, Ok(()), "no act is cut in two");
    assert_eq!(troubles(&sources), [], "it was read");
    scripted.now_does(Does::Answers);
    sources.groups(at_epoch(60)).await.expect("both answer");
    assert!(sources.group(at_epoch(60), "eu/web").await.is_ok(), "the next minute has its own time");
    assert!(scalers.set_desired(at_epoch(60), "eu/web", 4).await.is_ok());
}

#[tokio::test]
async fn history_for_which_the_time_does_not_suffice_takes_no_turn_from_metrics() {
    const GROUPS: usize = 300;
    let patience =
        Patience { usual: Duration::from_millis(600), longest: Duration::from_millis(150), ..QUICK };
    let (mut sources, scripted) = slow(0, Duration::from_millis(15), patience);
    let queries: Vec<MetricQuery> = (0..GROUPS).map(|i| query(&format!("eu/g{i:03}"))).collect();
    sources.groups(at_epoch(0)).await.expect("both answer");
    let count = |answers: &[Option<Series>]| answers.iter().flatten().count();
    let mut given = 0;
    for _ in 0..3 {
        // Smaller questions, after one for all took too long.
        given = count(&sources.history(at_epoch(60), &queries).await.expect("in part"));
        sources.groups(at_epoch(60)).await.expect("both answer");
    }
    assert!(given > 0 && given < GROUPS, "{given} in time");
    assert_eq!(troubles(&sources), [], "history can wait");
    scripted.now_does(Does::Answers);
    let series = sources.metrics(at_epoch(60), &queries).await.expect("both answer");
    assert!(series.iter().all(|series| series.last_known().is_some()), "all are asked for");
}
