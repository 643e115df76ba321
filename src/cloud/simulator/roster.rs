//! The instances of a group and the scaling activities that speak of them.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{
    TICK,
    chance::{Chance, Stream, activity_id, instance_id},
};
use crate::{
    cloud::aws::prose,
    domain::{
        Time,
        activity::{Activity, ActivityKind, ActivityStatus},
        group::{Instance, Lifecycle},
    },
};

/// Activities that are kept, as DescribeScalingActivities gives them.
const MOST_ACTIVITIES: usize = 50;

/// Seconds in which a terminated instance is still listed.
const LEAVING: i64 = 60;

/// Type of every instance.
const INSTANCE_TYPE: &str = "m6i.large";
/// Zones that instances are spread over.
const ZONES: [&str; 2] = ["us-east-1a", "us-east-1b"];

/// The zone of an instance: by the last digit of its id.
fn zone(id: &str) -> &'static str {
    ZONES[usize::from(id.bytes().last().unwrap_or(0)) % ZONES.len()]
}

/// What faults do to what is seen of the instances.
#[derive(Debug, Clone, Copy, Default)]
pub struct InstanceFaults {
    /// Every instance is protected from scale-in.
    pub all_protected: bool,
    /// Life-cycle hooks hold what comes and goes.
    pub hooks: bool,
    /// Nothing in the first zone is healthy.
    pub zone_impaired: bool,
}

/// Where an instance stands; moments count in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Booting {
        ready: i64,
    },
    Serving,
    Leaving {
        until: i64,
    },
    /// In service, and not yet found healthy by the load balancer.
    Checked {
        until: i64,
    },
}

/// One instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct SimulatedInstance {
    id: String,
    phase: Phase,
    protected: bool,
    /// To be replaced by the instance refresh under way.
    outdated: bool,
    /// The activity that is open for it.
    activity: String,
}

impl SimulatedInstance {
    /// Launched, and not serving yet.
    fn is_coming(&self) -> bool {
        matches!(self.phase, Phase::Booting { .. } | Phase::Checked { .. })
    }
}

/// Instances from the oldest to the newest, and activities from the newest to the oldest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Roster {
    servers: Vec<SimulatedInstance>,
    activities: VecDeque<Activity>,
    launches: u64,
    activity_count: u64,
}

impl Roster {
    /// Instances that serve.
    pub fn serving(&self) -> u32 {
        self.count(|s| s.phase == Phase::Serving)
    }

    /// Instances that boot, or whose first health checks have not ended.
    pub fn booting(&self) -> u32 {
        self.count(|s| s.is_coming())
    }

    /// Instances that await replacement by the refresh; protected ones are left as they are.
    pub fn outdated(&self) -> u32 {
        self.count(|s| !matches!(s.phase, Phase::Leaving { .. }) && s.outdated && !s.protected)
    }

    /// Launches tried so far; names the next one's draws.
    pub fn launches(&self) -> u64 {
        self.launches
    }

    fn count(&self, keep: impl Fn(&SimulatedInstance) -> bool) -> u32 {
        self.servers.iter().filter(|s| keep(s)).count() as u32
    }

    /// `count` instances that have served for long, in place of all there are. `protected` of them are
    /// protected from scale-in.
    pub fn reset(&mut self, now: Time, chance: Chance, count: u32, protected: u32) {
        self.servers.clear();
        self.activities.iter_mut().filter(|a| a.status.is_open()).for_each(|a| {
            a.status = ActivityStatus::Successful;
            a.ended = Some(now);
        });
        for index in 0..count {
            let server = self.new_server(chance, Phase::Serving, index < protected);
            self.servers.push(server);
        }
    }

    /// Lets instances that are due at `tick` serve, `checks` ticks after they are in service, and those that left
    /// disappear, unless they are `held` (launches, terminations).
    pub fn settle(&mut self, tick: i64, now: Time, checks: i64, held: (bool, bool)) {
        let mut ended = Vec::new();
        for server in &mut self.servers {
            if let Phase::Booting { ready } = server.phase
                && ready <= tick
                && !held.0
            {
                server.phase = Phase::Checked { until: tick + checks };
                ended.push(std::mem::take(&mut server.activity));
            }
            if let Phase::Checked { until } = server.phase
                && until <= tick
            {
                server.phase = Phase::Serving;
            }
        }
        self.servers.retain_mut(|server| match server.phase {
            Phase::Leaving { until } if until <= tick && !held.1 => {
                ended.push(std::mem::take(&mut server.activity));
                false
            }
            _ => true,
        });
        ended.iter().for_each(|id| self.close(id, ActivityStatus::Successful, now, None));
    }

    /// Launches one instance at `now` that serves from tick `ready` on.
    pub fn launch(&mut self, now: Time, ready: i64, chance: Chance, protected: bool) {
        let mut server = self.new_server(chance, Phase::Booting { ready }, protected);
        let text = format!("Launching a new EC2 instance: {}", server.id);
        server.activity = self.open(now, ActivityKind::Launch, text, chance);
        self.servers.push(server);
    }

    /// Notes a launch that failed at `now` with AWS's `message`.
    pub fn fail_launch(&mut self, now: Time, message: &str, chance: Chance) {
        self.launches += 1;
        let text = format!("Launching a new EC2 instance.  Status Reason: {message}");
        let id = self.open(now, ActivityKind::Launch, text, chance);
        self.close(&id, ActivityStatus::Failed, now, Some(message));
    }

    /// Notes that nothing could be terminated at `now`, with AWS's `message`.
    pub fn fail_terminate(&mut self, now: Time, message: &str, chance: Chance) {
        let id = self.open(now, ActivityKind::Terminate, "Terminating EC2 instance.".into(), chance);
        self.close(&id, ActivityStatus::Failed, now, Some(message));
    }

    /// Gives up the newest instance that does not serve yet. Returns false when there is none.
    pub fn cancel_newest(&mut self, tick: i64, now: Time, chance: Chance) -> bool {
        let Some(index) = self.servers.iter().rposition(SimulatedInstance::is_coming) else { return false };
        let launch = self.servers[index].activity.clone();
        let message = "The instance was terminated before it was in service.";
        self.close(&launch, ActivityStatus::Cancelled, now, Some(message));
        self.leave(index, tick, now, chance);
        true
    }

    /// Terminates the oldest serving instance that is not protected, of the outdated ones alone if
    /// `outdated`. Returns false when there is none.
    pub fn terminate(&mut self, tick: i64, now: Time, chance: Chance, outdated: bool) -> bool {
        let may =
            |s: &SimulatedInstance| s.phase == Phase::Serving && !s.protected && (s.outdated || !outdated);
        let Some(index) = self.servers.iter().position(may) else { return false };
        self.leave(index, tick, now, chance);
        true
    }

    fn leave(&mut self, index: usize, tick: i64, now: Time, chance: Chance) {
        let text = format!("Terminating EC2 instance: {}", self.servers[index].id);
        let activity = self.open(now, ActivityKind::Terminate, text, chance);
        let server = &mut self.servers[index];
        server.activity = activity;
        server.phase = Phase::Leaving { until: tick + LEAVING / TICK };
    }

    /// Marks all instances as outdated, for a refresh, or none.
    pub fn set_outdated(&mut self, outdated: bool) {
        self.servers.iter_mut().for_each(|s| s.outdated = outdated);
    }

    /// What DescribeAutoScalingGroups lists, as `seen` alters it.
    pub fn instances(&self, seen: InstanceFaults) -> Vec<Instance> {
        let shown = |s: &SimulatedInstance| Instance {
            id: s.id.clone(),
            lifecycle: match s.phase {
                Phase::Booting { .. } if seen.hooks => Lifecycle::PendingWait,
                Phase::Booting { .. } => Lifecycle::Pending,
                Phase::Serving | Phase::Checked { .. } => Lifecycle::InService,
                Phase::Leaving { .. } if seen.hooks => Lifecycle::TerminatingWait,
                Phase::Leaving { .. } => Lifecycle::Terminating,
            },
            healthy: !(seen.zone_impaired && zone(&s.id) == ZONES[0]),
            registering: matches!(s.phase, Phase::Checked { .. }),
            protected: s.protected || seen.all_protected,
            weight: 1,
            zone: zone(&s.id).to_owned(),
            instance_type: Some(INSTANCE_TYPE.to_owned()),
        };
        self.servers.iter().map(shown).collect()
    }

    /// Gives the activities of a snapshot of an earlier version, which have no kind, the kind that they speak of.
    pub fn name_activities(&mut self) {
        for activity in self.activities.iter_mut().filter(|a| a.kind == ActivityKind::Other) {
            activity.kind = prose::activity_kind(&activity.description);
        }
    }

    /// Newest first.
    pub fn activities(&self) -> Vec<Activity> {
        self.activities.iter().cloned().collect()
    }

    fn new_server(&mut self, chance: Chance, phase: Phase, protected: bool) -> SimulatedInstance {
        let id = instance_id(&mut chance.draw(Stream::Launch, self.launches));
        self.launches += 1;
        SimulatedInstance { id, phase, protected, outdated: false, activity: String::new() }
    }

    fn open(&mut self, started: Time, kind: ActivityKind, description: String, chance: Chance) -> String {
        let id = activity_id(&mut chance.draw(Stream::Activity, self.activity_count));
        self.activity_count += 1;
        self.activities.truncate(MOST_ACTIVITIES - 1);
        self.activities.push_front(Activity {
            id: id.clone(),
            started,
            ended: None,
            status: ActivityStatus::InProgress,
            kind,
            description,
            message: None,
        });
        id
    }

    fn close(&mut self, id: &str, status: ActivityStatus, now: Time, message: Option<&str>) {
        if let Some(activity) = self.activities.iter_mut().find(|a| a.id == id) {
            activity.status = status;
            activity.ended = Some(now.max(activity.started));
            activity.message = message.map(str::to_owned);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{at_epoch, shift};

    fn after(now: Time, ticks: i64) -> Time {
        shift(now, ticks * TICK)
    }

    #[test]
    fn a_launch_passes_through_its_states() {
        let (mut roster, chance, now) = (Roster::default(), Chance::new(1, "web"), at_epoch(0));
        roster.launch(now, 3, chance, false);
        assert_eq!((roster.serving(), roster.booting()), (0, 1));
        assert_eq!(roster.activities()[0].status, ActivityStatus::InProgress);
        roster.settle(3, after(now, 3), 0, (false, false));
        assert_eq!((roster.serving(), roster.booting()), (1, 0));
        let activity = &roster.activities()[0];
        assert_eq!((activity.status, activity.ended), (ActivityStatus::Successful, Some(at_epoch(180))));
        let id = &roster.instances(InstanceFaults::default())[0].id;
        assert_eq!(activity.description, format!("Launching a new EC2 instance: {id}"));
        assert!(roster.terminate(4, after(now, 4), chance, false));
        assert_eq!(roster.instances(InstanceFaults::default())[0].lifecycle, Lifecycle::Terminating);
        roster.settle(5, after(now, 5), 0, (false, false));
        assert!(roster.instances(InstanceFaults::default()).is_empty());
        assert!(roster.activities().iter().all(|a| a.status == ActivityStatus::Successful));
    }

    #[test]
    fn the_newest_pending_is_cancelled_and_protection_holds() {
        let (mut roster, chance, now) = (Roster::default(), Chance::new(1, "web"), at_epoch(0));
        roster.reset(now, chance, 2, 2);
        roster.launch(now, 3, chance, false);
        roster.launch(now, 3, chance, false);
        let newest = roster.instances(InstanceFaults::default())[3].id.clone();
        assert!(roster.cancel_newest(1, after(now, 1), chance));
        assert_eq!(roster.instances(InstanceFaults::default())[3].lifecycle, Lifecycle::Terminating);
        assert_eq!(roster.instances(InstanceFaults::default())[3].id, newest);
        assert!(roster.activities().iter().any(|a| a.status == ActivityStatus::Cancelled));
        assert!(!roster.terminate(1, now, chance, false));
        assert_eq!(roster.serving(), 2);
    }

    #[test]
    fn activities_are_bounded() {
        let (mut roster, chance) = (Roster::default(), Chance::new(1, "web"));
        (0..80).for_each(|i| roster.launch(at_epoch(i), 3, chance, false));
        assert_eq!(roster.activities().len(), MOST_ACTIVITIES);
        assert_eq!(roster.activities()[0].started, at_epoch(79));
    }
}
