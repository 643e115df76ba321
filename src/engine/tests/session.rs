//! Promises of the desk: operators are answered while the cloud is silent, and nobody waits for it to leave.

use crate::domain::shift;
use tokio::sync::watch;

use super::{floor::*, *};
use crate::{
    cloud::{CloudError, MetricQuery, MetricSource},
    domain::{group::GroupState, series::Series},
    engine::{clock::Clock, *},
    link::{self, Command, Link},
};

/// A cloud that never answers.
struct HangingSource;

#[async_trait::async_trait]
impl MetricSource for HangingSource {
    async fn groups(&mut self, _now: Time) -> Result<Vec<GroupState>, CloudError> {
        std::future::pending().await
    }

    async fn metrics(&mut self, _now: Time, _queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
        std::future::pending().await
    }

    fn calls(&self) -> u64 {
        7
    }

    fn name(&self) -> String {
        "silent".into()
    }
}

/// An engine that has an open proposal and whose cloud has fallen silent, its desk, and who stands there.
fn silent() -> (Engine, Decision, Session, Link, watch::Sender<bool>) {
    let world = simulator_of(|spec| spec);
    let mut engine = acting(&world, options(Mode::Approve, None), store(), start());
    let open = until_proposed(&mut engine);
    engine.world.source = Box::new(HangingSource);
    let (link, end) = link::pair();
    let (stop, stopped) = watch::channel(false);
    (engine, open, Session::new(end, Clock::Real, stopped), link, stop)
}

/// An observing engine that has not had a minute yet, and its console.
fn watched() -> (Engine, Link, Session, watch::Sender<bool>) {
    let world = simulator_of(|spec| spec);
    let engine = acting(&world, options(Mode::Observe, None), store(), start());
    let (link, end) = link::pair();
    let (stop, stopped) = watch::channel(false);
    (engine, link, Session::new(end, Clock::Real, stopped), stop)
}

#[test]
fn commands_that_need_no_call_are_answered_while_the_cloud_is_silent() {
    let (mut engine, open, mut session, link, stop) = silent();
    let next = shift(engine.now(), 60);
    let approve = link.send("ada", Command::Approve { id: open.id, revision: open.revision });
    let brake = link.send("ada", Command::SetBrake { on: true });
    let reject = Command::Reject { id: open.id, revision: open.revision, reason: "not now".into() };
    let reject = link.send("ada", reject);
    let asked = async {
        let answers = (brake.await.expect("answered"), reject.await.expect("answered"));
        let view = link.view.borrow().clone();
        stop.send(true).expect("the desk listens");
        (answers, view)
    };
    let minute = engine.minute_at(next, Some(&mut session));
    let (steps, ((brake, reject), view)) = block(async { tokio::join!(minute, asked) });
    assert_eq!(brake, Ok("scale-in is frozen for all groups".to_owned()));
    assert!(reject.is_ok_and(|answers| answers.starts_with("rejected")));
    assert!(view.brake && view.proposals.is_empty() && view.source == "silent", "screens see it meanwhile");
    assert!(
        steps.expect("the store is writable").is_empty() && engine.serving.trouble.is_empty(),
        "it only ended"
    );
    assert_eq!((session.waiting.len(), engine.world.source.calls()), (1, 7), "the source is back");
    assert!(matches!(session.waiting[0].command, Command::Approve { .. }));
    drop(approve);
}

#[test]
fn the_loop_ends_without_command_senders() {
    let (mut engine, _, mut session, link, _stop) = silent();
    drop(link);
    let next = shift(engine.now(), 60);
    let steps = block(engine.minute_at(next, Some(&mut session))).expect("the store is writable");
    assert!(steps.is_empty() && session.is_stopping());
}

#[test]
fn a_console_hears_how_far_the_start_is_until_the_first_minute_is_over() {
    let (mut engine, _, mut session, link, stop) = silent();
    let next = shift(engine.now(), 60);
    let looked = async {
        let view = link.view.borrow().clone();
        stop.send(true).expect("the desk listens");
        view
    };
    let (ended, view) = block(async { tokio::join!(engine.minute_at(next, Some(&mut session)), looked) });
    assert!(ended.expect("the store is writable").is_empty());
    let start = view.starting.as_ref().map(|start| (start.done, start.groups, start.what.as_str()));
    assert_eq!((view.serial, start), (0, Some((0, 1, "reading the Auto Scaling groups"))));

    let (mut engine, link, mut session, _stop) = watched();
    let next = shift(engine.now(), 60);
    block(engine.minute_at(next, Some(&mut session))).expect("the store is writable");
    let start = link.view.borrow().starting.as_ref().map(|start| start.what.clone());
    assert!(start.is_some_and(|what| what.starts_with("learning the load of ")), "the last that it heard");
    engine.publish(&mut session).expect("readable");
    block(engine.minute_at(shift(next, 60), Some(&mut session))).expect("the store is writable");
    let view = link.view.borrow().clone();
    assert!(view.serial == 1 && view.starting.is_none() && view.groups.len() == 1, "{}", view.serial);
}
