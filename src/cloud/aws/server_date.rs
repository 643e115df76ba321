//! A look at every answer before the SDK reads it: the time that AWS tells (HTTP's `Date`), so that a clock that is off
//! can be said; and whether it is AWS that answers. Where an answer need not hold anything, the SDK would take a
//! proxy's web page for success. And word of each answer for whoever waits for a call of many pages.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_autoscaling::{
    config::{
        ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeDeserializationInterceptorContextRef,
    },
    error::BoxError,
};

use super::error::is_page;
use crate::{
    cloud::Heartbeat,
    domain::{Time, at_epoch},
};

/// The date of the newest answer, kept by whoever holds a copy; and a beat for each answer.
#[derive(Debug, Clone, Default)]
pub(super) struct ServerDate {
    newest: Arc<Mutex<Option<Time>>>,
    heartbeat: Heartbeat,
}

impl ServerDate {
    pub(super) fn beating(heartbeat: Heartbeat) -> ServerDate {
        ServerDate { heartbeat, ..ServerDate::default() }
    }

    pub(super) fn newest(&self) -> Option<Time> {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, text: &str) {
        if let Some(date) = date(text) {
            *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(date);
        }
    }
}

/// HTTP's form of a date (RFC 9110): `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date(text: &str) -> Option<Time> {
    let read = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    Some(at_epoch(read.timestamp()))
}

impl Intercept for ServerDate {
    fn name(&self) -> &'static str {
        "ServerDate"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.heartbeat.beat();
        let answer = context.response();
        if let Some(text) = answer.headers().get("date") {
            self.keep(text);
        }
        match answer.status().is_success() && is_page(answer) {
            true => Err("a web page in place of an answer".into()),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_good_date_is_kept() {
        let dates = ServerDate::default();
        dates.keep("Sun, 06 Nov 1994 08:49:37 GMT");
        dates.keep("yesterday");
        assert_eq!(dates.newest(), Some(at_epoch(784_111_777)));
    }
}
