//! Changes of groups of several sources: each call goes to its own, within a bound of time.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::timeout;

use super::member::{Patience, silence};
use crate::{
    cloud::{CloudError, Scaler},
    domain::{Time, actuator::FloorWindow, source::Routes},
};

/// The scaler of one source.
struct MemberScaler {
    scaler: Box<dyn Scaler>,
    /// The minute in which a call was not answered, or was throttled with all its tries.
    rests: Option<Time>,
}

impl MemberScaler {
    /// Leave to make a call in the minute of `now`: not where another was not answered or throttled, or the changes of its
    /// groups would hold up those of other sources one by one.
    fn admit(&self, label: &str, now: Time) -> Result<(), CloudError> {
        match self.rests == Some(now) {
            true => Err(CloudError::Retry(format!(
                "not tried: the source {label} did not answer another call of this minute, or throttled it"
            ))),
            false => Ok(()),
        }
    }

    fn judge<T>(&mut self, now: Time, done: Result<Result<(), CloudError>, T>) -> Result<(), CloudError> {
        let done = done.unwrap_or_else(|_| Err(silence()));
        if matches!(done, Err(CloudError::Retry(_))) {
            self.rests = Some(now);
        }
        done
    }
}

/// Several scalers as one.
pub struct Scalers {
    routes: Routes,
    patience: Duration,
    members: Vec<MemberScaler>,
}

impl Scalers {
    /// The scalers of the sources that `routes` names, in their order.
    pub fn new(routes: Routes, scalers: Vec<Box<dyn Scaler>>) -> Scalers {
        let members = scalers.into_iter().map(|scaler| MemberScaler { scaler, rests: None }).collect();
        Scalers { routes, patience: Patience::default().usual, members }
    }

    /// The same, which wait otherwise.
    pub fn with_patience(self, patience: Patience) -> Scalers {
        Scalers { patience: patience.usual, ..self }
    }

    /// The scaler of `group`, and the group's name there.
    fn admitted<'g>(
        &mut self,
        now: Time,
        group: &'g str,
    ) -> Result<(Duration, &mut MemberScaler, &'g str), CloudError> {
        let unknown = || CloudError::Stop(format!("no source of the configuration has the group {group}"));
        let (at, own) = self.routes.of(group).ok_or_else(unknown)?;
        let member = self.members.get_mut(at).ok_or_else(unknown)?;
        member.admit(self.routes.label_of(group), now)?;
        Ok((self.patience, member, own))
    }
}

#[async_trait]
impl Scaler for Scalers {
    async fn set_desired(&mut self, now: Time, group: &str, desired: u32) -> Result<(), CloudError> {
        let (patience, member, own) = self.admitted(now, group)?;
        let done = timeout(patience, member.scaler.set_desired(now, own, desired)).await;
        member.judge(now, done)
    }

    async fn set_floor(&mut self, now: Time, group: &str, min: u32) -> Result<(), CloudError> {
        let (patience, member, own) = self.admitted(now, group)?;
        let done = timeout(patience, member.scaler.set_floor(now, own, min)).await;
        member.judge(now, done)
    }

    async fn schedule_floor(
        &mut self,
        now: Time,
        group: &str,
        window: &FloorWindow,
    ) -> Result<(), CloudError> {
        let (patience, member, own) = self.admitted(now, group)?;
        let done = timeout(patience, member.scaler.schedule_floor(now, own, window)).await;
        member.judge(now, done)
    }

    async fn unschedule_floor(&mut self, now: Time, group: &str) -> Result<(), CloudError> {
        let (patience, member, own) = self.admitted(now, group)?;
        let done = timeout(patience, member.scaler.unschedule_floor(now, own)).await;
        member.judge(now, done)
    }
}
