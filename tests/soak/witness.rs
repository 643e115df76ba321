//! A writer to the simulated cloud that sees what no engine may do, and loses answers.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use prescale::{
    cloud::{
        CloudError, Scaler,
        simulator::{SimulatedScaler, Simulator},
    },
    domain::{Time, actuator::FloorWindow, decision::Mode, group::GroupState, process::ScalingProcess},
};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;

/// What was asked of the cloud, and what was wrong with it.
#[derive(Debug, Default)]
pub struct Log {
    pub calls: usize,
    pub lost: usize,
    pub wrong: Vec<String>,
    pub mode: Option<Mode>,
}

/// A writer that looks at the group before each call, and now and then fails before or after it.
pub struct Witness {
    pub inner: SimulatedScaler,
    pub world: Simulator,
    pub log: Arc<Mutex<Log>>,
    pub rng: Pcg64Mcg,
}

impl Witness {
    /// Records the call and every rule that it breaks. `Err` is the answer to the caller; chance decides whether the change was made.
    fn hear(
        &mut self,
        now: Time,
        check: impl FnOnce(&GroupState) -> Vec<String>,
    ) -> Option<(CloudError, bool)> {
        let seen = self.world.with(|world| {
            world.advance(now);
            world.groups()
        });
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.calls += 1;
        if log.mode == Some(Mode::Observe) {
            log.wrong.push(format!("{now}: a call in observe"));
        }
        if let Ok(groups) = seen {
            let found = check(&groups[0]);
            log.wrong.extend(found.into_iter().map(|text| format!("{now}: {text}")));
        }
        let failure = match self.rng.random_range(0..40) {
            0 => CloudError::Retry("the answer was lost".into()),
            1 => CloudError::Replan("ScalingActivityInProgress".into()),
            _ => return None,
        };
        log.lost += 1;
        let done = matches!(failure, CloudError::Retry(_)) && self.rng.random_bool(0.5);
        Some((failure, done))
    }
}

/// What stands against setting `to` on `group`.
fn against(group: &GroupState, to: u32) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut never = |broken: bool, text: &str| {
        if broken {
            wrong.push(format!("{} → {to}: {text}", group.desired));
        }
    };
    let (adds, removes) = (to > group.desired, to < group.desired);
    never(to < group.min || to > group.max, "outside its bounds");
    never(removes && group.pending() > 0, "a scale-in while something launches");
    never(removes && group.leaving() > 0, "a scale-in on another");
    never(group.refresh.known() != Some(&None) && removes, "a scale-in during an instance refresh");
    never(adds && group.is_suspended(&ScalingProcess::Launch), "adding while Launch is suspended");
    never(removes && group.is_suspended(&ScalingProcess::Terminate), "removing while Terminate is suspended");
    never(removes && to < group.protected(), "below what is protected");
    never(removes && !group.impaired_zones().is_empty(), "a scale-in while a zone is impaired");
    wrong
}

#[async_trait]
impl Scaler for Witness {
    async fn set_desired(&mut self, now: Time, group: &str, desired: u32) -> Result<(), CloudError> {
        match self.hear(now, |state| against(state, desired)) {
            Some((failure, false)) => Err(failure),
            Some((failure, true)) => self.inner.set_desired(now, group, desired).await.and(Err(failure)),
            None => self.inner.set_desired(now, group, desired).await,
        }
    }

    async fn set_floor(&mut self, now: Time, group: &str, min: u32) -> Result<(), CloudError> {
        let check = |state: &GroupState| {
            if min > state.max { vec![format!("a floor of {min} above {}", state.max)] } else { vec![] }
        };
        match self.hear(now, check) {
            Some((failure, false)) => Err(failure),
            Some((failure, true)) => self.inner.set_floor(now, group, min).await.and(Err(failure)),
            None => self.inner.set_floor(now, group, min).await,
        }
    }

    async fn schedule_floor(
        &mut self,
        now: Time,
        group: &str,
        window: &FloorWindow,
    ) -> Result<(), CloudError> {
        self.inner.schedule_floor(now, group, window).await
    }

    async fn unschedule_floor(&mut self, now: Time, group: &str) -> Result<(), CloudError> {
        self.inner.unschedule_floor(now, group).await
    }
}

mod tests {
    use prescale::{
        cloud::simulator::{GroupSpec, World as Simulated},
        domain::{fault::Fault, shift},
    };
    use rand::SeedableRng;

    use super::*;
    use crate::{CYCLE, GROUP, HISTORY, chance::spec, start};

    #[test]
    fn violations_are_detected() {
        let mut rng = Pcg64Mcg::seed_from_u64(3);
        let spec =
            GroupSpec { min: 2, max: 12, initial_desired: Some(6), scale_in_protected: 0, ..spec(&mut rng) };
        let mut world = Simulated::new(vec![spec], shift(start(), HISTORY * CYCLE), 3);
        world.advance(shift(start(), HISTORY * CYCLE + 60));
        let look = |world: &Simulated| world.groups().expect("not throttled").remove(0);
        assert_eq!(against(&look(&world), 4), Vec::<String>::new());
        assert_eq!(against(&look(&world), 13).len(), 1, "above its maximum");
        world.set_desired(GROUP, 8).expect("within bounds");
        assert_eq!(against(&look(&world), 4).len(), 1, "while something launches");
        world.inject(GROUP, Fault::SuspendLaunch).expect("known");
        assert_eq!(against(&look(&world), 9).len(), 1, "while Launch is suspended");
    }
}
