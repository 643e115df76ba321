//! Changes of groups of several sources: each call goes to its own, within a bound of time.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout};

use super::member::{Patience, silence};
use crate::{
    cloud::{CloudError, Scaler},
    domain::{Time, actuator::FloorWindow, source::Routes},
};

/// The scaler of one source.
struct MemberScaler {
    /// What its source is called.
    label: String,
    scaler: Box<dyn Scaler>,
    minute: Minute,
}

/// What the calls of a minute came to.
struct Minute {
    at: Time,
    /// Time that they took.
    took: Duration,
    /// Group of the newest one.
    group: String,
    /// One was not answered, or throttled with all its tries.
    is_silent: bool,
}

impl Minute {
    fn of(at: Time) -> Minute {
        Minute { at, took: Duration::ZERO, group: String::new(), is_silent: false }
    }
}

impl MemberScaler {
    /// Leave to make a call for `group` in the minute of `now`: not where another was not answered or throttled, nor after the
    /// time that all may take, or the changes of its groups would hold up those of other sources one by one. The second
    /// call of an act, for the same group, is made however late it is.
    fn admit(&mut self, now: Time, group: &str, patience: Patience) -> Result<(), CloudError> {
        if self.minute.at != now {
            self.minute = Minute::of(now);
        }
        let label = &self.label;
        if self.minute.is_silent {
            return Err(CloudError::NotSent(format!(
                "not tried: the source {label} did not answer another call of this minute, or throttled it"
            )));
        }
        match self.minute.took >= patience.longest && self.minute.group != group {
            true => Err(CloudError::NotSent(format!(
                "not tried: the source {label} answers slowly, and changes took {} s of this minute",
                patience.longest.as_secs()
            ))),
            false => Ok(()),
        }
    }

    /// Makes `call` for `group`, where there is leave to.
    async fn pass<'s>(
        &'s mut self,
        (now, group): (Time, &str),
        patience: Patience,
        call: impl FnOnce(&'s mut dyn Scaler) -> BoxFuture<'s, Result<(), CloudError>>,
    ) -> Result<(), CloudError> {
        self.admit(now, group, patience)?;
        let begun = Instant::now();
        let done = timeout(patience.usual, call(self.scaler.as_mut())).await;
        let done = done.unwrap_or_else(|_| Err(silence()));
        self.minute.took += begun.elapsed();
        self.minute.group = group.to_owned();
        self.minute.is_silent = matches!(done, Err(CloudError::Retry(_)));
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
            minute: Minute::of(Time::MIN_UTC),
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
    fn admits(&mut self, now: Time, group: &str) -> Result<(), CloudError> {
        let (patience, member, own) = self.member(group)?;
        member.admit(now, own, patience)?;
        member.scaler.admits(now, own)
    }

    async fn set_desired(&mut self, now: Time, group: &str, desired: u32) -> Result<(), CloudError> {
        let (patience, member, own) = self.member(group)?;
        member.pass((now, own), patience, |scaler| scaler.set_desired(now, own, desired)).await
    }

    async fn set_floor(&mut self, now: Time, group: &str, min: u32) -> Result<(), CloudError> {
        let (patience, member, own) = self.member(group)?;
        member.pass((now, own), patience, |scaler| scaler.set_floor(now, own, min)).await
    }

    async fn schedule_floor(
        &mut self,
        now: Time,
        group: &str,
        window: &FloorWindow,
    ) -> Result<(), CloudError> {
        let (patience, member, own) = self.member(group)?;
        member.pass((now, own), patience, |scaler| scaler.schedule_floor(now, own, window)).await
    }

    async fn unschedule_floor(&mut self, now: Time, group: &str) -> Result<(), CloudError> {
        let (patience, member, own) = self.member(group)?;
        member.pass((now, own), patience, |scaler| scaler.unschedule_floor(now, own)).await
    }

    async fn suspend_terminate(&mut self, now: Time, group: &str, on: bool) -> Result<(), CloudError> {
        let (patience, member, own) = self.member(group)?;
        member.pass((now, own), patience, |scaler| scaler.suspend_terminate(now, own, on)).await
    }
}
