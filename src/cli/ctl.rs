//! `prescale ctl`: what a console can ask, one request a call, for scripts and chat.
//!
//! It attaches to the running agent as a console does: same socket, same rights, same lines in the journal.

mod args;
mod words;

use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use self::args::{AnswerArgs, CtlCalendarCommand, CtlCommand, CtlRequest};
pub use self::args::{CtlArgs, ModeArg};
use super::{Failure, Global, calendar, print, print_json};
use crate::{
    domain::text::clean_lines,
    link::{
        CalendarEdit, Command, FleetSummary, GroupSummary, ProposalSummary, View,
        socket::{AttachError, CallError, Caller},
    },
};

/// Most characters of a line.
const WIDEST: usize = 1_000;

/// Runs `prescale ctl`.
///
/// # Errors
/// [`Failure`]: the agent cannot be reached, refused what was asked, or did not say what became of it.
pub fn run(global: &Global, options: CtlArgs) -> Result<(), Failure> {
    let home = crate::config::home(&global.location()).map_err(|e| Failure::Usage(e.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Failure::Failed(format!("cannot start the async runtime: {e}")))?;
    runtime.block_on(async {
        let mut caller = Caller::attach(&home, Duration::from_secs(options.timeout)).await?;
        let view = caller.view().await?;
        match options.command {
            CtlCommand::Status { group: None } => {
                show(global, &FleetSummary::of(&view), &words::fleet(&view))
            }
            CtlCommand::Status { group: Some(name) } => group(global, &mut caller, view, &name).await,
            CtlCommand::Proposals => show(global, &ProposalSummary::all(&view), &words::proposals(&view)),
            CtlCommand::Ask(request) => {
                let command = command(request, &view)?;
                ask(global, &mut caller, command).await
            }
        }
    })
}

impl From<AttachError> for Failure {
    fn from(error: AttachError) -> Self {
        Failure::Failed(error.to_string())
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotAsked(_) => Failure::Failed(error.to_string()),
            CallError::Unanswered(_) => Failure::Unknown(error.to_string()),
        }
    }
}

/// Prints what was read: `value` with `--json`, else `text`.
fn show(global: &Global, value: &impl Serialize, text: &str) -> Result<(), Failure> {
    if global.json { print_json(value) } else { print(&(clean_lines(text, WIDEST) + "\n")) }
}

/// Shows one group in full.
async fn group(global: &Global, caller: &mut Caller, view: View, name: &str) -> Result<(), Failure> {
    if !view.groups.iter().any(|row| row.name == name) {
        return Err(Failure::Usage(format!("there is no group {name}; `prescale ctl status` lists them")));
    }
    let has_detail = view.detail.as_ref().is_some_and(|detail| detail.name == name);
    let view = if has_detail { view } else { caller.show(name).await? };
    let summary = GroupSummary::of(&view, name);
    let summary = summary.ok_or_else(|| Failure::Failed(format!("the group {name} is gone")))?;
    show(global, &summary, &words::group(&summary))
}

/// Asks for `command` and prints the answer.
async fn ask(global: &Global, caller: &mut Caller, command: Command) -> Result<(), Failure> {
    let operator = caller.operator();
    match caller.ask(command).await? {
        Ok(done) if global.json => print_json(&json!({ "ok": true, "operator": operator, "message": done })),
        Ok(done) => print(&(clean_lines(&done, WIDEST) + "\n")),
        Err(why) => {
            if global.json {
                print_json(&json!({ "ok": false, "operator": operator, "message": why }))?;
            }
            Err(Failure::Refused(why))
        }
    }
}

/// What is asked of the agent, for proposals in the revision that `view` shows unless one is given.
fn command(request: CtlRequest, view: &View) -> Result<Command, Failure> {
    let revision = |answer: &AnswerArgs| {
        let open = view.proposals.iter().find(|p| p.id == answer.id).map(|p| p.revision);
        answer.revision.or(open).ok_or_else(|| {
            let id = answer.id;
            Failure::Refused(format!(
                "proposal {id} is not open; `prescale ctl proposals` lists those that are"
            ))
        })
    };
    // Of a calendar that was changed meanwhile, the agent refuses the edit.
    let base = view.calendar.hash.clone();
    Ok(match request {
        CtlRequest::Approve(answer) => Command::Approve { id: answer.id, revision: revision(&answer)? },
        CtlRequest::Reject { answer, reason } => {
            Command::Reject { id: answer.id, revision: revision(&answer)?, reason }
        }
        CtlRequest::Snooze { answer, minutes } => {
            Command::Snooze { id: answer.id, revision: revision(&answer)?, minutes }
        }
        CtlRequest::Undo { decision } => Command::Undo { decision },
        CtlRequest::Mode { group, mode } => Command::SetMode { group, mode: mode.mode() },
        CtlRequest::Brake { state } => Command::SetBrake { on: state.is_on() },
        CtlRequest::Reload => Command::Reload,
        CtlRequest::Train { group } => Command::Train { group },
        CtlRequest::Calendar(CtlCalendarCommand::Add(entry)) => {
            Command::Calendar(CalendarEdit::Add { base, entry: entry.entry()? })
        }
        CtlRequest::Calendar(CtlCalendarCommand::Remove { which }) => {
            let index = calendar::find(&view.calendar.entries, &which)?;
            Command::Calendar(CalendarEdit::Remove { base, index })
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::{
        cli::Cli,
        domain::{
            at_epoch,
            decision::{Decision, Mode, Stage},
            plan::Plan,
            preflight::Preflight,
        },
    };

    fn request(arguments: &[&str]) -> CtlRequest {
        let all = [&["prescale", "ctl"], arguments].concat();
        match Cli::try_parse_from(all).expect("is right").command {
            Some(crate::cli::CliCommand::Ctl(CtlArgs { command: CtlCommand::Ask(request), .. })) => request,
            other => panic!("{other:?}"),
        }
    }

    fn asked(arguments: &[&str], view: &View) -> Result<Command, u8> {
        command(request(arguments), view).map_err(|failure| failure.exit_code())
    }

    #[test]
    fn an_answer_names_the_revision_that_is_open_or_the_one_that_was_seen() {
        let view = View { proposals: vec![decision(7, 3)], ..View::default() };
        assert_eq!(asked(&["approve", "7"], &view), Ok(Command::Approve { id: 7, revision: 3 }));
        let seen = ["approve", "7", "--revision", "2"];
        assert_eq!(asked(&seen, &view), Ok(Command::Approve { id: 7, revision: 2 }));
        assert_eq!(asked(&["approve", "8"], &view), Err(3));
        let reason = "a sale".to_owned();
        assert_eq!(
            asked(&["reject", "7", "--reason", "a sale"], &view),
            Ok(Command::Reject { id: 7, revision: 3, reason })
        );
        assert_eq!(
            asked(&["snooze", "7", "--minutes", "30"], &view),
            Ok(Command::Snooze { id: 7, revision: 3, minutes: 30 })
        );
    }

    #[test]
    fn modes_and_the_brake_are_words_and_edits_name_the_calendar_that_was_seen() {
        let mut view = View::default();
        view.calendar.hash = "seen".into();
        let mode = Command::SetMode { group: "web".into(), mode: Mode::Auto };
        assert_eq!(asked(&["mode", "web", "auto"], &view), Ok(mode));
        assert_eq!(asked(&["brake", "off"], &view), Ok(Command::SetBrake { on: false }));
        let add = [
            "calendar",
            "add",
            "--name",
            "Sale",
            "--kind",
            "sale",
            "--start",
            "2027-03-19",
            "--end",
            "2027-03-22",
        ];
        match asked(&add, &view) {
            Ok(Command::Calendar(CalendarEdit::Add { base, entry })) => {
                assert_eq!((base.as_str(), entry.name.as_str()), ("seen", "Sale"));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(asked(&["calendar", "remove", "Sale"], &view), Err(2));
    }

    fn decision(id: i64, revision: u32) -> Decision {
        let at = at_epoch(0);
        let plan = Plan {
            at,
            policy: "capacity".into(),
            from: 2,
            want: 4,
            unheld: None,
            reasons: Vec::new(),
            basis: None,
            reactive: None,
            inputs: None,
        };
        Decision {
            id,
            revision,
            group: "web".into(),
            at,
            from: 2,
            to: 4,
            stage: Stage::Proposed,
            expires: at,
            mode: Mode::Approve,
            plan,
            preflight: Preflight::default(),
            act: None,
            cost_and_risk: None,
            undoes: None,
            lease: None,
        }
    }
}
