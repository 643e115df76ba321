//! The keys of the settings, each with the type of what is kept under it. No other file spells one.
//!
//! The names are on disk and never change. A key whose value only its owner in another room can read takes that type as
//! its parameter.

use std::marker::PhantomData;

use chrono::NaiveDate;

use crate::domain::{
    Time, actuator::HeldFloor, decision::Mode, forecast_score::ForecastScore, scorecard::Score,
    suspension::Suspension,
};

/// Name of a setting whose value is a `T`.
#[derive(Debug)]
pub struct Key<T> {
    name: String,
    value: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    fn new(name: impl Into<String>) -> Self {
        Key { name: name.into(), value: PhantomData }
    }

    /// A key of any name, for files of earlier versions and hostile names.
    #[cfg(test)]
    pub(super) fn named(name: &str) -> Self {
        Key::new(name)
    }

    /// Its name in the store.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// How far `prescale` may go with a group, as an operator chose it.
pub fn mode(group: &str) -> Key<Mode> {
    Key::new(format!("mode:{group}"))
}

/// The MinSize of ours that a group has, and the operator's own that it goes back to.
pub fn floor(group: &str) -> Key<Option<HeldFloor>> {
    Key::new(format!("floor:{group}"))
}

/// The process Terminate of a group, where it was suspended by us.
pub fn suspension(group: &str) -> Key<Option<Suspension>> {
    Key::new(format!("suspension:{group}"))
}

/// Id of a group's snoozed proposal.
pub fn snoozed(group: &str) -> Key<Option<i64>> {
    Key::new(format!("snoozed:{group}"))
}

/// Why a group's model is not to be trusted.
pub fn sick(group: &str) -> Key<Option<String>> {
    Key::new(format!("sick:{group}"))
}

/// Incidents found in a group, `[from, until)` each: models do not learn from them.
pub fn incidents(group: &str) -> Key<Vec<(Time, Time)>> {
    Key::new(format!("incidents:{group}"))
}

/// What a group remembers across a restart; the engine's group knows the type.
pub fn memory<T>(group: &str) -> Key<T> {
    Key::new(format!("memory:{group}"))
}

/// Jumps of the clock and releases of the brake; the engine knows the type.
pub fn anomalies<T>() -> Key<T> {
    Key::new("anomalies")
}

/// How the demand of a group is counted, in words.
pub fn demand(group: &str) -> Key<String> {
    Key::new(format!("demand:{group}"))
}

/// Which parts of a group's history were fetched; the engine's backfill knows the type.
pub fn history<T>(group: &str) -> Key<T> {
    Key::new(format!("history:{group}"))
}

/// How far a group's history and models were sent to the shared store; the engine's history sync knows the type.
pub fn shared<T>(group: &str) -> Key<T> {
    Key::new(format!("shared:{group}"))
}

/// The score of a group on one day (UTC).
pub fn score(group: &str, day: NaiveDate) -> Key<Score> {
    Key::new(format!("{}{day}", scores(group)))
}

/// What the names of a group's [`score`] keys begin with.
pub(super) fn scores(group: &str) -> String {
    format!("{}{group}:", DAILY[0])
}

/// The scores of those forecasts of a group, made on one day (UTC), that are no longer kept.
pub fn forecast_score(group: &str, day: NaiveDate) -> Key<Vec<ForecastScore>> {
    Key::new(format!("{}{day}", forecast_scores(group)))
}

/// What the names of a group's [`forecast_score`] keys begin with.
pub(super) fn forecast_scores(group: &str) -> String {
    format!("{}{group}:", DAILY[1])
}

/// What the names of all keys begin with that end with a day.
pub(super) const DAILY: [&str; 2] = ["ledger:", "accuracy:"];

/// True while scale-in is frozen everywhere.
pub fn brake() -> Key<bool> {
    Key::new("brake")
}

/// The simulation as it stood, as text.
pub fn simulator() -> Key<String> {
    Key::new("simulator")
}

/// The calendar that was last agreed on with the shared store.
pub fn shared_calendar() -> Key<String> {
    Key::new("shared_calendar")
}

/// The operator state that was last agreed on with the shared store; the shared room knows the type.
pub fn shared_operator_state<T>() -> Key<T> {
    Key::new("shared_stance")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_stores_that_exist() {
        assert_eq!(mode("web").name(), "mode:web");
        assert_eq!(floor("web").name(), "floor:web");
        assert_eq!(suspension("web").name(), "suspension:web");
        assert_eq!(snoozed("web").name(), "snoozed:web");
        assert_eq!(sick("web").name(), "sick:web");
        assert_eq!(incidents("web").name(), "incidents:web");
        assert_eq!(memory::<()>("web").name(), "memory:web");
        assert_eq!(anomalies::<()>().name(), "anomalies");
        assert_eq!(demand("web").name(), "demand:web");
        assert_eq!(history::<()>("web").name(), "history:web");
        assert_eq!(shared::<()>("web").name(), "shared:web");
        let day = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a day");
        assert_eq!(score("web", day).name(), "ledger:web:2026-11-23");
        assert_eq!(forecast_score("web", day).name(), "accuracy:web:2026-11-23");
        let fleet =
            [brake().name, simulator().name, shared_calendar().name, shared_operator_state::<()>().name];
        assert_eq!(fleet, ["brake", "simulator", "shared_calendar", "shared_stance"]);
    }
}
