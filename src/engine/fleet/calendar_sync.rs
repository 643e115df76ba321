//! One calendar for all agents of a store: the newer one is uploaded or downloaded once per cycle, in the background.

use futures_util::FutureExt;
use tokio::task::JoinHandle;

use crate::{
    domain::{Seconds, Time, journal::JournalKind},
    engine::Engine,
    shared::{
        SharedError, SharedStore,
        calendar::{self, CalendarSyncStep},
        register::Register,
    },
    store::{StoreError, keys},
};

/// Seconds between two checks.
const EVERY: Seconds = 300;

/// A running check: the text that was here, and the step to take.
type Look = JoinHandle<(String, Result<CalendarSyncStep, SharedError>)>;

/// Sync of the calendar with the shared store.
pub(in crate::engine) struct CalendarSync {
    register: Register,
    looking: Option<Look>,
    looked: Option<Time>,
    /// The problem, as text.
    problem: Option<String>,
}

impl CalendarSync {
    pub(in crate::engine) fn new(store: &SharedStore) -> CalendarSync {
        let register = calendar::register(store);
        CalendarSync { register, looking: None, looked: None, problem: None }
    }

    /// True while the store is being asked in the background.
    pub(in crate::engine) fn is_busy(&self) -> bool {
        self.looking.as_ref().is_some_and(|task| !task.is_finished())
    }
}

impl Engine {
    /// Applies the result of the last check, and starts the next when it is due.
    pub(in crate::engine) fn sync_calendar(&mut self, now: Time) -> Result<(), StoreError> {
        let Some(sync) = &mut self.fleet.calendar else { return Ok(()) };
        match sync.looking.as_mut().map(FutureExt::now_or_never) {
            Some(None) => return Ok(()),
            Some(Some(answer)) => {
                sync.looking = None;
                if let Ok((local, found)) = answer {
                    self.follow_calendar(local, found)?;
                }
            }
            None => {}
        }
        let base = self.store.get(&keys::shared_calendar())?;
        let Some(local) = self.calendar.text() else { return Ok(()) };
        let Some(sync) = &mut self.fleet.calendar else { return Ok(()) };
        if sync.looked.is_none_or(|at| (now - at).num_seconds() >= EVERY) {
            sync.looked = Some(now);
            let register = sync.register.clone();
            sync.looking = Some(tokio::spawn(async move {
                let found = calendar::step(&register, base.as_deref(), &local).await;
                (local, found)
            }));
        }
        Ok(())
    }

    fn follow_calendar(
        &mut self,
        local: String,
        found: Result<CalendarSyncStep, SharedError>,
    ) -> Result<(), StoreError> {
        let problem = match found {
            Ok(CalendarSyncStep::Same) => {
                self.store.set(&keys::shared_calendar(), &local)?;
                None
            }
            Ok(CalendarSyncStep::Raced) => None,
            Ok(CalendarSyncStep::Sent) => {
                self.store.set(&keys::shared_calendar(), &local)?;
                self.note(None, JournalKind::Shared, "the calendar was sent to the shared store".into())?;
                None
            }
            Ok(CalendarSyncStep::Take { text, object }) => match self.calendar.replace(&local, &text) {
                Ok(()) => {
                    self.store.set(&keys::shared_calendar(), &text)?;
                    self.note(
                        None,
                        JournalKind::Shared,
                        format!("calendar loaded from the shared store: {object}"),
                    )?;
                    None
                }
                Err(why) => Some(format!("{object} in the shared store was rejected: {why}")),
            },
            Ok(CalendarSyncStep::Conflict { object }) => Some(format!(
                "calendar.toml and {object} in the shared store have both changed; the local file remains in use \
                 until you make them equal or remove one"
            )),
            Err(error) => Some(error.to_string()),
        };
        let Some(sync) = self.fleet.calendar.as_mut().filter(|sync| sync.problem != problem) else {
            return Ok(());
        };
        sync.problem.clone_from(&problem);
        match problem {
            Some(why) => self.note(None, JournalKind::Shared, why),
            None => Ok(()),
        }
    }

    /// A problem with the shared calendar, for the console.
    pub(in crate::engine) fn calendar_problem(&self) -> Option<String> {
        self.fleet.calendar.as_ref()?.problem.clone()
    }
}
