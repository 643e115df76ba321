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
