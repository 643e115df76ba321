//! Who is asked for what, and what becomes of the others while one fails.

mod names;
mod slow;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::*;
use crate::{
    cloud::{Heartbeat, Scaler},
    domain::{
        actuator::{Act, FloorWindow},
        at_epoch, shift,
    },
    plan::fixture::group,
};

/// What a scripted source does when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Answers,
    Throttles,
    Hangs,
    /// Answers one group, or one change, after a pause.
    AnswersAfter(Duration),
    /// Gives its groups, and no metrics.
    HangsOnMetrics,
    /// Answers so many times, a pause after each, before all is there; metrics likewise, once for 20 questions.
    Trickles(u32, Duration),
}

/// A source of two groups whose behaviour can be changed.
#[derive(Clone)]
struct Scripted {
    place: &'static str,
    does: Arc<Mutex<Does>>,
    calls: Arc<AtomicU64>,
    /// What it was asked to change, in its own names.
    changed: Arc<Mutex<Vec<String>>>,
    heartbeat: Heartbeat,
    gives: Arc<Mutex<&'static [&'static str]>>,
}

impl Scripted {
    fn new(place: &'static str) -> Scripted {
        let does = Arc::new(Mutex::new(Does::Answers));
        Scripted {
            place,
            does,
            calls: Arc::default(),
            changed: Arc::default(),
            heartbeat: Heartbeat::default(),
            gives: Arc::new(Mutex::new(&["api", "web"])),
        }
    }

    fn does(&self) -> Does {
        *self.does.lock().expect("no test panics with it")
    }

    async fn trickles(&self, answers: u32, pause: Duration) {
        for _ in 0..answers {
            tokio::time::sleep(pause).await;
            self.heartbeat.beat();
        }
    }

    fn now_does(&self, does: Does) {
        *self.does.lock().expect("no test panics with it") = does;
    }

    fn asked(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    async fn answers(&self) -> Result<(), CloudError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        match self.does() {
            Does::Answers | Does::HangsOnMetrics | Does::Trickles(..) => Ok(()),
            Does::AnswersAfter(pause) => {
                tokio::time::sleep(pause).await;
                Ok(())
            }
            Does::Throttles => Err(CloudError::Retry("Rate exceeded".into())),
            Does::Hangs => std::future::pending().await,
        }
    }
}

#[async_trait]
impl MetricSource for Scripted {
    async fn groups(&mut self, now: Time) -> Result<Vec<GroupState>, CloudError> {
        self.answers().await?;
        if let Does::Trickles(answers, pause) = self.does() {
            self.trickles(answers, pause).await;
        }
        let named = |name: &&str| GroupState { name: (*name).into(), seen_at: now, ..group(2, 2) };
        Ok(self.gives.lock().expect("no test panics with it").iter().map(named).collect())
    }

    async fn metrics(&mut self, _now: Time, queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
        self.answers().await?;
        match self.does() {
            Does::HangsOnMetrics => std::future::pending().await,
            Does::Trickles(_, pause) => self.trickles(queries.len().div_ceil(20) as u32, pause).await,
            _ => {}
        }
        let value = |query: &MetricQuery| {
            let value = if query.group == "web" { 7.0 } else { 3.0 };
            Series::from_values(query.from, query.period, [Some(value)])
        };
        Ok(queries.iter().map(value).collect())
    }

    fn calls(&self) -> u64 {
        self.asked()
    }

    fn warnings(&self) -> Vec<String> {
        vec!["group metrics are off: web".into()]
    }

    fn heartbeat(&self) -> Heartbeat {
        self.heartbeat.clone()
    }

    fn wording(&self) -> CallWording {
        Arc::new(|_, group| vec![format!("SetDesiredCapacity {group}")])
    }

    fn resizing(&self) -> ResizeWording {
        let place = self.place;
        Arc::new(move |group, _| Some(format!("{group} in {place}")))
    }

    fn name(&self) -> String {
        self.place.into()
    }
}

#[async_trait]
impl Scaler for Scripted {
    async fn set_desired(&mut self, _now: Time, group: &str, desired: u32) -> Result<(), CloudError> {
        self.answers().await?;
        self.changed.lock().expect("no test panics with it").push(format!("{group} {desired}"));
        Ok(())
    }

    async fn set_floor(&mut self, _now: Time, _group: &str, _min: u32) -> Result<(), CloudError> {
        self.answers().await
    }

    async fn schedule_floor(&mut self, _: Time, _: &str, _: &FloorWindow) -> Result<(), CloudError> {
        self.answers().await
    }

    async fn unschedule_floor(&mut self, _now: Time, _group: &str) -> Result<(), CloudError> {
        self.answers().await
    }
}

const QUICK: Patience = Patience {
    usual: Duration::from_millis(60),
    silent: Duration::from_millis(10),
    full_look_every: 5,
    longest: Duration::from_millis(100),
};

fn routes() -> Routes {
    Routes::new(["", "eu", "us"].map(str::to_owned))
}

/// Three sources as one: one without a name, `eu` and `us`.
fn three() -> (Sources, [Scripted; 3]) {
    let scripted = ["aws eu-west-1 1", "aws eu-west-1 2", "aws us-east-1 3"].map(Scripted::new);
    let boxed = scripted.iter().map(|source| Box::new(source.clone()) as Box<dyn MetricSource>);
    (Sources::new(routes(), boxed.collect()).with_patience(QUICK), scripted)
}

fn names(groups: &[GroupState]) -> Vec<&str> {
    groups.iter().map(|group| group.name.as_str()).collect()
}

fn query(group: &str) -> MetricQuery {
    MetricQuery {
        group: group.into(),
        metric: Metric::Requests,
        from: at_epoch(0),
        until: at_epoch(60),
        period: 60,
    }
}

fn troubles(sources: &Sources) -> Vec<(String, String)> {
    let troubled =
        sources.readings().into_iter().filter_map(|r| Some((r.label, r.trouble?.error.to_string())));
    troubled.collect()
}

#[tokio::test]
async fn groups_and_metrics_are_passed_on_under_their_own_names_and_come_back_under_ours() {
    let (mut sources, _) = three();
    let groups = sources.groups(at_epoch(0)).await.expect("all answer");
    assert_eq!(names(&groups), ["api", "eu/api", "eu/web", "us/api", "us/web", "web"]);
    let queries = ["us/web", "api", "eu/web", "nowhere/web"].map(query);
    let series = sources.metrics(at_epoch(60), &queries).await.expect("all answer");
    let values: Vec<_> = series.iter().map(|series| series.last_known().map(|(_, v)| v)).collect();
    assert_eq!(values, [Some(7.0), Some(3.0), Some(7.0), Some(3.0)], "a slash is allowed in AWS's own names");
    let one = sources.group(at_epoch(60), "us/web").await.expect("it answers").expect("it is there");
    assert_eq!(one.name, "us/web");
    assert!(sources.group(at_epoch(60), "us/none").await.expect("it answers").is_none());
    assert_eq!(sources.wording()(&Act::Desired { to: 3 }, "eu/web"), ["SetDesiredCapacity web"]);
    assert_eq!(sources.warnings()[1], "eu: group metrics are off: web");
}

#[tokio::test]
async fn one_that_fails_costs_the_others_nothing() {
    let (mut sources, scripted) = three();
    scripted[1].now_does(Does::Throttles);
    scripted[2].now_does(Does::Hangs);
    let groups = sources.groups(at_epoch(0)).await.expect("one answers");
    assert_eq!(names(&groups), ["api", "web"]);
    let said = troubles(&sources);
    assert_eq!(said[0], ("eu".into(), "Rate exceeded (retrying next cycle)".into()));
    assert!(said[1].0 == "us" && said[1].1.starts_with("it does not answer in time"), "{said:?}");
    assert!(sources.warnings().iter().all(|warning| warning.starts_with("default: ")), "nothing old is said");
    // Those that were not read are not asked again in this minute, nor before an act.
    let before = scripted.each_ref().map(Scripted::asked);
    let series = sources.metrics(at_epoch(60), &["eu/web", "web"].map(query)).await.expect("one answers");
    assert_eq!(series.iter().map(|s| s.last_known().is_some()).collect::<Vec<_>>(), [false, true]);
    let why = sources.group(at_epoch(60), "eu/web").await.expect_err("it was not read");
    assert_eq!(why.to_string(), said[0].1);
    let after = scripted.each_ref().map(Scripted::asked);
    assert_eq!(after, [before[0] + 1, before[1], before[2]]);
    // Both are read again as soon as they answer.
    scripted.iter().for_each(|source| source.now_does(Does::Answers));
    assert_eq!(sources.groups(at_epoch(120)).await.expect("all answer").len(), 6);
    assert_eq!(troubles(&sources), []);
}

#[tokio::test]
async fn a_silent_source_is_waited_for_less_and_is_given_its_time_now_and_then() {
    let (mut sources, scripted) = three();
    scripted[2].now_does(Does::Hangs);
    let mut waits = Vec::new();
    for minute in 0..7 {
        waits.push(sources.members[2].silent.0.wait(QUICK));
        let begun = Instant::now();
        sources.groups(at_epoch(60 * minute)).await.expect("two answer");
        assert!(begun.elapsed() >= waits[waits.len() - 1], "it is given its time");
    }
    let (usual, short) = (QUICK.usual, QUICK.silent);
    assert_eq!(waits, [usual, short, short, short, short, usual, short]);
}

/// What the others can lose in a minute to one that is silent, wherever it falls silent.
#[tokio::test]
async fn a_source_that_falls_silent_costs_the_others_no_more_than_two_waits_a_minute() {
    let patience = Patience { usual: Duration::from_millis(400), silent: Duration::from_millis(20), ..QUICK };
    for does in [Does::Hangs, Does::HangsOnMetrics] {
        let (sources, scripted) = three();
        let mut sources = sources.with_patience(Patience { longest: 2 * patience.usual, ..patience });
        scripted[1].now_does(does);
        let begun = Instant::now();
        sources.groups(at_epoch(0)).await.expect("two answer");
        let asked = ["eu/web", "us/web"].map(query);
        for _ in 0..3 {
            let series = sources.metrics(at_epoch(60), &asked).await.expect("one answers");
            let known: Vec<bool> = series.iter().map(|s| s.last_known().is_some()).collect();
            assert_eq!(known, [false, true], "{does:?}");
        }
        assert_eq!(troubles(&sources).len(), 1, "{does:?}");
        scripted[1].now_does(Does::Hangs);
        for _ in 0..3 {
            sources.group(at_epoch(60), "eu/web").await.expect_err("it does not answer");
        }
        let (took, most) = (begun.elapsed(), patience.usual + patience.silent);
        assert!(took < most + Duration::from_millis(300), "{does:?}: {took:?}");
    }
}

#[tokio::test]
async fn metrics_that_fail_leave_the_groups_known() {
    let (mut sources, scripted) = three();
    sources.groups(at_epoch(0)).await.expect("all answer");
    scripted[1].now_does(Does::Throttles);
    let asked = ["eu/web", "us/web"].map(query);
    let series = sources.metrics(at_epoch(60), &asked).await.expect("one answers");
    assert_eq!(series.iter().map(|s| s.last_known().is_some()).collect::<Vec<_>>(), [false, true]);
    assert_eq!(troubles(&sources).len(), 1);
    scripted[1].now_does(Does::Answers);
    assert!(sources.group(at_epoch(60), "eu/web").await.is_ok(), "a re-read before an act is allowed");
    let count = scripted[1].asked();
    sources.metrics(at_epoch(60), &asked).await.expect("one answers");
    assert_eq!(scripted[1].asked(), count, "its metrics wait for the next minute");
}

#[tokio::test]
async fn one_that_is_throttled_is_asked_once_a_minute_before_acts() {
    let (mut sources, scripted) = three();
    sources.groups(at_epoch(0)).await.expect("all answer");
    scripted[1].now_does(Does::Throttles);
    let before = scripted[1].asked();
    for name in ["eu/web", "eu/api", "eu/web"] {
        let why = sources.group(at_epoch(60), name).await.expect_err("it is throttled");
        assert_eq!(why, CloudError::Retry("Rate exceeded".into()), "{name}");
    }
    assert_eq!(scripted[1].asked(), before + 1, "its tries cost the others seconds");
    assert_eq!(troubles(&sources), [], "its groups were read");
    scripted[1].now_does(Does::Answers);
    let series = sources.metrics(at_epoch(60), &[query("eu/web")]).await.expect("it answers");
    assert!(series[0].last_known().is_some(), "and their metrics are");
    sources.groups(at_epoch(60)).await.expect("all answer");
    assert!(sources.group(at_epoch(60), "eu/web").await.is_ok(), "the next minute is a new one");
}

#[tokio::test]
async fn changes_go_to_their_source_and_silence_is_not_waited_for_twice_a_minute() {
    let scripted = ["a", "b", "c"].map(Scripted::new);
    let boxed = scripted.iter().map(|scaler| Box::new(scaler.clone()) as Box<dyn Scaler>).collect();
    let mut scalers = Scalers::new(routes(), boxed).with_patience(QUICK);
    scalers.set_desired(at_epoch(0), "us/web", 9).await.expect("it answers");
    assert_eq!(*scripted[2].changed.lock().expect("ours"), ["web 9"]);
    scripted[1].now_does(Does::Hangs);
    let silent = scalers.set_desired(at_epoch(0), "eu/web", 4).await.expect_err("it hangs");
    assert!(silent.to_string().starts_with("it does not answer in time"), "{silent}");
    let next = scalers.set_floor(at_epoch(0), "eu/api", 4).await.expect_err("nor the next").to_string();
    assert!(next.starts_with("not tried: the source eu"), "{next}");
    scalers.set_desired(at_epoch(0), "web", 3).await.expect("another source goes on");
    scripted[1].now_does(Does::Answers);
    scalers.set_desired(shift(at_epoch(0), 60), "eu/web", 4).await.expect("a minute later it is tried again");
    scripted[1].now_does(Does::Throttles);
    let before = scripted[1].asked();
    for group in ["eu/web", "eu/api", "eu/web"] {
        scalers.set_desired(at_epoch(120), group, 5).await.expect_err("it is throttled");
    }
    assert_eq!(scripted[1].asked(), before + 1, "one that is throttled is not tried again either");
    assert!(
        Scalers::new(Routes::new(["eu".into()]), Vec::new()).set_floor(at_epoch(0), "web", 1).await.is_err()
    );
}
