//! Which decision is meant: by its number, or by its moment.

use chrono_tz::Tz;

use super::super::{ReportError, stamp};
use crate::{
    domain::{
        Time,
        decision::Decision,
        shift,
        text::{clean, few},
    },
    store::{DecisionHead, Store},
};

/// How a decision is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionKey {
    /// Its id.
    Id(i64),
    /// A moment within the minute in which it was made.
    Minute(Time),
}

/// Decisions that an error names before and after what was asked for.
const NEAR: usize = 2;

/// The decision `key`, of `group` where it is given: the newest of those that were made in the same minute.
///
/// # Errors
/// [`ReportError::NoDecision`] names the ones beside it.
pub fn find(store: &Store, key: DecisionKey, group: Option<&str>, zone: Tz) -> Result<Decision, ReportError> {
    match key {
        DecisionKey::Id(id) => by_id(store, id, group, zone),
        DecisionKey::Minute(moment) => by_minute(store, moment, group, zone),
    }
}

fn by_id(store: &Store, id: i64, group: Option<&str>, zone: Tz) -> Result<Decision, ReportError> {
    let what = match store.decision(id)? {
        Some(decision) if group.is_none_or(|group| group == decision.group) => return Ok(decision),
        Some(decision) => format!("decision {id} is one of the group {}", clean(&decision.group, 255)),
        None => format!("there is no decision {id}"),
    };
    Err(missing(what, &store.decisions_beside(id, group, NEAR)?, zone))
}

fn by_minute(store: &Store, moment: Time, group: Option<&str>, zone: Tz) -> Result<Decision, ReportError> {
    let group = match group {
        Some(group) => group.to_owned(),
        None => only_group(store)?,
    };
    let newest =
        store.decisions_before(&group, (shift(moment, 60), 0), 1)?.into_iter().find(|head| head.at >= moment);
    if let Some(decision) = newest.map(|head| store.decision(head.id)).transpose()?.flatten() {
        return Ok(decision);
    }
    let mut near = store.decisions_before(&group, (moment, 0), NEAR)?;
    near.reverse();
    near.extend(store.decisions_since(&group, (moment, 0), NEAR)?);
    let what = format!("{} has no decision of {}", clean(&group, 255), stamp(moment, zone));
    Err(missing(what, &near, zone))
}

/// The one group of which there are decisions.
fn only_group(store: &Store) -> Result<String, ReportError> {
    let mut groups: Vec<String> = store.spans()?.into_iter().map(|span| span.group).collect();
    groups.dedup();
    match groups.as_slice() {
        [] => Err(ReportError::Empty),
        [one] => Ok(one.clone()),
        many => Err(ReportError::WhichGroup { known: few(many, 9) }),
    }
}

/// The error that says `what`, with the decisions `near`.
fn missing(what: String, near: &[DecisionHead], zone: Tz) -> ReportError {
    let named = |head: &DecisionHead| {
        format!("{} ({}, {}, {})", head.id, clean(&head.group, 255), stamp(head.at, zone), head.stage)
    };
    let near: Vec<String> = near.iter().map(named).collect();
    let near = match near.is_empty() {
        true => "; there are none near it".to_owned(),
        false => format!("; the nearest: {}", near.join("; ")),
    };
    ReportError::NoDecision { what, near }
}
