//! Commands of operators and their answers.

use crate::{
    domain::{Answer, journal::JournalKind},
    engine::{Engine, clock::Clock},
    link::Command,
    store::StoreError,
};

impl Engine {
    /// Executes one command in `operator`'s name. A read-only engine refuses all but those that set what a console
    /// shows.
    ///
    /// # Errors
    /// Only when the store cannot be written; everything else is an answer.
    pub async fn command(
        &mut self,
        operator: &str,
        command: Command,
        clock: &mut Clock,
    ) -> Result<Answer, StoreError> {
        let what = (!matches!(command, Command::Show(_))).then(|| command.what());
        // Other settings for a process that changes nothing are no change.
        let is_reload = matches!(command, Command::Reload);
        let answer = match &what {
            Some(_) if self.read_only && !is_reload => {
                Err("this process is read-only; commands are refused".into())
            }
            _ => self.obey(operator, command, clock).await?,
        };
        match (what, &answer) {
            (Some(what), Ok(outcome)) => tracing::info!("{operator}: {what}: {outcome}"),
            (Some(what), Err(why)) => tracing::warn!("{operator}: {what}: refused: {why}"),
            (None, _) => {}
        }
        self.feed_journal()?;
        Ok(answer)
    }

    async fn obey(
        &mut self,
        operator: &str,
        command: Command,
        clock: &mut Clock,
    ) -> Result<Answer, StoreError> {
        match command {
            Command::Approve { id, revision } => self.approve(operator, id, revision).await,
            Command::Reject { id, revision, reason } => self.reject(operator, id, revision, &reason),
            Command::Snooze { id, revision, minutes } => self.snooze(operator, id, revision, minutes),
            Command::Undo { decision } => self.undo(operator, decision).await,
            Command::SetMode { group, mode } => self.set_mode(operator, &group, mode).await,
            Command::SetBrake { on } => self.set_brake(operator, on),
            Command::SuspendTerminate { groups } => self.suspend_terminate(operator, &groups).await,
            Command::Calendar(edit) => {
                let answer = self.calendar.edit(&edit, self.now);
                self.remember(operator, None, JournalKind::Calendar, answer)
            }
            Command::ExportCalendar { path } => Ok(self.calendar.export(&path, self.now)),
            Command::Train { group } => self.train(operator, &group),
            Command::CancelTraining => Ok(self.trainer.cancel()),
            Command::Promote { group, version } => self.promote(operator, &group, &version),
            Command::RollBack { group } => self.roll_back(operator, &group),
            Command::Backtest { group, contenders, days } => {
                self.backtest(operator, &group, contenders, days)
            }
            Command::CancelBacktest => Ok(self.cancel_backtest()),
            Command::Reload => self.reload(operator).await,
            Command::Adopt { group, what_if, bases } => self.adopt(operator, &group, &what_if, &bases).await,
            Command::Show(viewport) => {
                self.serving.viewport = viewport;
                Ok(Ok(String::new()))
            }
            Command::Clock(command) => Ok(clock.command(command)),
            Command::Inject { group, fault } => {
                let answer = match &self.world.simulator {
                    Some(simulator) => simulator.inject(self.now, &group, fault),
                    None => Err("faults can be injected into the simulation only".into()),
                };
                self.remember(operator, Some(&group), JournalKind::Fault, answer)
            }
        }
    }

    /// Journals an executed command; a refusal is only answered.
    pub(in crate::engine) fn remember(
        &mut self,
        operator: &str,
        group: Option<&str>,
        kind: JournalKind,
        answer: Answer,
    ) -> Result<Answer, StoreError> {
        if let Ok(text) = &answer {
            let entry = self.entry(operator, group, kind, text.clone(), None);
            self.store.note(&entry)?;
        }
        Ok(answer)
    }
}
