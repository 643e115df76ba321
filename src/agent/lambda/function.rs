//! One invocation: a run of the log, with one minute of the engine in it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{
    error::LambdaError,
    event::{self, Asked},
    past::{self, InLog, Log},
};
use crate::{
    agent::assemble::{Assembled, assemble_as},
    config::Config,
    domain::{Time, text::clean},
    engine::GroupDecision,
    shared::{
        SharedStore,
        run_log::{Beginning, RunLog},
    },
};

/// Entries of the log after which a run leaves a copy of the history: a tick writes two or three, and one more for each act.
const COPY_AFTER: u64 = 45;
/// Longest wait for what is sent to the shared store beside the minute.
const SYNCS: Duration = Duration::from_secs(5);
/// Lines of the journal that an invocation prints.
const LINES: usize = 500;

/// What Lambda gives with an event.
#[derive(Debug)]
pub(super) struct Invocation {
    /// Lambda's id of the request.
    pub id: String,
    /// Name of the function.
    pub function: String,
    /// The machine's time.
    pub now: Time,
    /// When Lambda ends it at the latest.
    pub until: Time,
    /// The event.
    pub event: Value,
}

/// The function: what stays from one invocation to the next.
pub(super) struct Function {
    origin: String,
    home: PathBuf,
    place: Option<Place>,
    warm: Option<Warm>,
}

/// The configuration in force, and the store that it names.
struct Place {
    text: String,
    store: SharedStore,
    log: Log,
}

/// The engine as the last run left it.
struct Warm {
    assembled: Assembled,
    /// The newest minute that was done.
    done: Option<Time>,
    /// The newest line of the journal that was printed.
    printed: i64,
}

impl Function {
    /// A cold function with the configuration called `origin`, which works in `home`.
    pub(super) fn new(origin: String, home: PathBuf) -> Function {
        Function { origin, home, place: None, warm: None }
    }

    /// Does what the event asks for, and gives the answer.
    ///
    /// # Errors
    /// [`LambdaError`]: then the next invocation begins with what is in the shared store; where only the copy of the history
    /// failed, with what is in memory.
    pub(super) async fn invoke(&mut self, invocation: Invocation) -> Result<Value, LambdaError> {
        let asked = event::asked(&invocation.event)?;
        let minute = event::minute(&invocation.event, invocation.now)?;
        let config = self.configured().await?;
        let Some(place) = &self.place else { return Err(LambdaError::new("there is no shared store")) };
        let log = Arc::clone(&place.log);
        let begun = log.lock().await.begin(&invocation.id, invocation.now, invocation.until).await?;
        let before = match begun {
            Beginning::Busy(why) => return Ok(json!({ "skipped": why })),
            Beginning::GoesOn => self.warm.take(),
            // Two engines are not held in memory at once.
            Beginning::Anew => {
                self.warm = None;
                None
            }
        };
        let is_cold = before.is_none();
        let mut warm = match before {
            Some(warm) => warm,
            None => self.restore(config, &invocation.function).await?,
        };
        // A schedule may fire twice, and a command may come within a minute.
        let repeats = warm.done.is_some_and(|done| minute <= done);
        let done = warm.done.map_or(minute, |done| done.max(minute));
        let mut answer = json!({ "minute": done, "cold": is_cold });
        if repeats && asked == Asked::Tick {
            answer["skipped"] = "the minute is done already".into();
        } else {
            // An engine that has done no minute yet knows no group.
            let is_new = warm.assembled.engine.groups().is_empty();
            let minute = (is_new || !repeats).then_some(done);
            work(&mut warm.assembled, minute, asked, &invocation.function, &mut answer).await?;
        }
        let is_copy_due = log.lock().await.since_copy() >= COPY_AFTER || is_cold;
        let copy = is_copy_due.then(|| past::copy(warm.assembled.engine.store(), &self.home)).transpose();
        // A run that cannot leave a copy ends as well, so that what it did is not in doubt; then it says why.
        let (copy, trouble) = copy.map_or_else(|error| (None, Some(error)), |copy| (copy, None));
        log.lock().await.end(done, copy).await?;
        warm.done = Some(done);
        print_journal(&mut warm)?;
        self.warm = Some(warm);
        trouble.map_or(Ok(answer), Err)
    }

    /// The configuration as it is now. Where it has changed, the function is cold.
    async fn configured(&mut self) -> Result<Config, LambdaError> {
        let text = past::config_text(&self.origin).await?;
        let config = past::config(&text, &self.origin, &self.home)?;
        if self.place.as_ref().is_none_or(|place| place.text != text) {
            let store = past::store(&config).await?;
            let log = Arc::new(Mutex::new(RunLog::new(store.clone())));
            (self.place, self.warm) = (Some(Place { text, store, log }), None);
        }
        Ok(config)
    }

    /// The engine as the last run left it, wherever that was.
    async fn restore(&self, config: Config, function: &str) -> Result<Warm, LambdaError> {
        let Some(place) = &self.place else { return Err(LambdaError::new("there is no shared store")) };
        let done = past::restore(&place.log, &place.store, &config).await?;
        let holder = format!("lambda-{}", clean(function, 140));
        let mut assembled = assemble_as(config, false, Some(holder)).await?;
        assembled.engine.sign(&clean(function, 60));
        assembled.engine.write_ahead_to(Box::new(InLog(Arc::clone(&place.log))))?;
        let printed = assembled.engine.store().journal(1, None)?.first().map_or(0, |line| line.id);
        Ok(Warm { assembled, done, printed })
    }
}

/// The minute, where one is due, and what is asked for beside it.
async fn work(
    assembled: &mut Assembled,
    minute: Option<Time>,
    asked: Asked,
    function: &str,
    answer: &mut Value,
) -> Result<(), LambdaError> {
    let Assembled { engine, clock, .. } = assembled;
    if let Some(minute) = minute {
        let decided = engine.minute(minute).await?;
        answer["decided"] = decided.iter().map(said).collect();
    }
    answer["groups"] = engine.groups().len().into();
    match asked {
        Asked::Tick => {}
        Asked::Command(command) => {
            engine.keep_leases().await?;
            let operator = format!("lambda@{}", clean(function, 60));
            answer["answer"] = match engine.command(&operator, *command, clock).await? {
                Ok(said) => json!({ "done": said }),
                Err(why) => json!({ "refused": why }),
            };
            // Other agents are to hear of it.
            engine.keep_leases().await?;
        }
        Asked::Leave => {
            engine.leave().await?;
            answer["answer"] = json!({ "done": "floors are restored and leases released" });
        }
    }
    engine.settle_syncs(SYNCS).await;
    engine.tidy(engine.now())?;
    engine.write_ahead().await?.map_err(LambdaError::new)
}

fn said(decided: &GroupDecision) -> Value {
    let decision = &decided.decision;
    json!({
        "group": decided.group,
        "stage": decision.stage.name(),
        "from": decision.from,
        "to": decision.to,
        "moves": decision.moves(),
        "why": decision.plan.reasons.first(),
    })
}

/// Prints what is new in the journal: standard output is the function's log.
fn print_journal(warm: &mut Warm) -> Result<(), LambdaError> {
    use std::io::Write;
    for line in warm.assembled.engine.store().journal_after(warm.printed, LINES)? {
        warm.printed = line.id;
        let group = line.group.as_deref().unwrap_or("-");
        let at = line.at.format("%Y-%m-%dT%H:%M:%SZ");
        // The journal has the line, whoever reads the log.
        let _ = writeln!(std::io::stdout().lock(), "{at} {group} {} {}", line.kind, clean(&line.text, 600));
    }
    Ok(())
}
