//! Changes of groups of several sources: each call goes to its own, within a bound of time.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout};

use super::member::{Patience, silence, slow};
use crate::{
    cloud::{CloudError, Scaler},
    domain::{Time, actuator::FloorWindow, source::Routes},
};

/// The scaler of one source.
struct MemberScaler {
    /// What its source is called.
    label: String,
    scaler: Box<dyn Scaler>,
    /// The minute of the newest call, and the time that calls took in it.
    took: (Time, Duration),
    /// Why no further call is made in that minute.
    rests: Option<CloudError>,
}

impl MemberScaler {
    /// Makes `call` in the minute of `now`: not where another was not answered or throttled, nor after the time that all may
    /// take, or the changes of its groups would hold up those of other sources one by one.
    async fn pass<'s>(
        &'s mut self,
        now: Time,
        patience: Patience,
        call: impl FnOnce(&'s mut dyn Scaler) -> BoxFuture<'s, Result<(), CloudError>>,
    ) -> Result<(), CloudError> {
        if self.took.0 != now {
            (self.took, self.rests) = ((now, Duration::ZERO), None);
        }
        if let Some(error) = &self.rests {
            return Err(error.clone());
        }
        let begun = Instant::now();
        let done = timeout(patience.usual, call(self.scaler.as_mut())).await;
        let done = done.unwrap_or_else(|_| Err(silence()));
        self.took.1 += begun.elapsed();
        match done {
            Err(CloudError::Retry(_)) => {
                let label = &self.label;
                self.rests = Some(CloudError::Retry(format!(
                    "not tried: the source {label} did not answer another call of this minute, or throttled it"
                )));
            }
            _ if self.took.1 >= patience.longest => self.rests = Some(slow("changes", patience)),
            _ => {}
        }
        done
    }
}

/// Several scalers as one.
pub struct Scalers {
    routes: Routes,
    patience: Patience,
    members: Vec<MemberScaler>,
}

impl Scalers {
    /// The scalers of the sources that `routes` names, in their order.
    pub fn new(routes: Routes, scalers: Vec<Box<dyn Scaler>>) -> Scalers {
        let member = |(label, scaler): (&str, Box<dyn Scaler>)| MemberScaler {
            label: label.to_owned(),
            scaler,
            took: (Time::MIN_UTC, Duration::ZERO),
            rests: None,
        };
        let members = routes.labels().zip(scalers).map(member).collect();
        Scalers { routes, patience: Patience::default(), members }
    }

    /// The same, which wait otherwise.
    pub fn with_patience(self, patience: Patience) -> Scalers {
        Scalers { patience, ..self }
    }

    /// The scaler of `group`, and the group's name there.
    fn member<'g>(&mut self, group: &'g str) -> Result<(Patience, &mut MemberScaler, &'g str), CloudError> {
        let unknown = || CloudError::Stop(format!("no source of the configuration has the group {group}"));
        let (at, own) = self.routes.of(group).ok_or_else(unknown)?;
        Ok((self.patience, self.members.get_mut(at).ok_or_else(unknown)?, own))
    }
}

#[async_trait]
impl Scaler for Scalers {
    async fn set_desired(&mut self, now: Time, group: &str, desired: u32) -> Result<(), CloudError> {
        let (patience, member, own) = self.member(group)?;
        member.pass(now, patience, |scaler| scaler.set_desired(now, own, desired)).await
    }

    async fn set_floor(&mut self, now: Time, group: &str, min: u32) -> Result<(), CloudError> {
        let (patience, member, own) = self.member(group)?;
        member.pass(now, patience, |scaler| scaler.set_floor(now, own, min)).await
    }

    async fn schedule_floor(
        &mut self,
        now: Time,
        group: &str,
        window: &FloorWindow,
    ) -> Result<(), CloudError> {
        let (patience, member, own) = self.member(group)?;
        member.pass(now, patience, |scaler| scaler.schedule_floor(now, own, window)).await
    }

    async fn unschedule_floor(&mut self, now: Time, group: &str) -> Result<(), CloudError> {
        let (patience, member, own) = self.member(group)?;
        member.pass(now, patience, |scaler| scaler.unschedule_floor(now, own)).await
    }
}
