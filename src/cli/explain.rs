//! `prescale explain`: one decision of the past, and whether decisions come out the same from their records.

use chrono::DateTime;
use chrono_tz::Tz;
use serde::Serialize;

use super::{Failure, Global, print, print_json};
use crate::{
    calendar::{newest_of_day, parse_local, resolve},
    config::Config,
    domain::{Time, decision::Decision, text::clean},
    plan::replay::{Difference, Replay, replay},
    report::{
        ReportError,
        explain::{DecisionKey, Explanation, find},
        open,
    },
    store::{Store, StoreError},
};

/// Decisions that are read at once.
const PAGE: usize = 500;
/// Differences that are printed of one decision.
const SHOWN: usize = 20;

/// Options of `prescale explain`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A console or an agent may run meanwhile. TIME is 2026-11-27T02:12:00Z, or local: \"2026-11-27 03:12\", or 03:12 for
the newest. With --replay plan and checks are computed again from the record alone; exit code 1 where something
comes out differently.

Examples:
  prescale explain 03:12 --group checkout-web
  prescale explain 57 --markdown > ticket.md
  prescale explain --replay --all")]
pub struct ExplainArgs {
    /// Number of the decision, or the minute in which it was made.
    #[arg(value_name = "ID|TIME", required_unless_present = "all", conflicts_with = "all")]
    decision: Option<String>,
    /// Group of the decision [default for a TIME: the only one; for --all: all]
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Compute plan and checks again from the record, and compare.
    #[arg(long)]
    replay: bool,
    /// Every decision in the history.
    #[arg(long, requires = "replay")]
    all: bool,
    /// Markdown instead of text, for a ticket.
    #[arg(long, conflicts_with = "replay")]
    markdown: bool,
}

/// Runs `prescale explain`.
pub fn run(global: &Global, options: ExplainArgs) -> Result<(), Failure> {
    let config = Config::load(&global.location()).map_err(|e| Failure::Usage(e.to_string()))?;
    let store = open(&config.database()).map_err(failure)?;
    let Some(asked) = &options.decision else { return replay_all(global, &store, options.group.as_deref()) };
    let zone = config.timezone.unwrap_or(Tz::UTC);
    let key = key(&store, asked, zone)?;
    let decision = find(&store, key, options.group.as_deref(), zone).map_err(failure)?;
    if options.replay {
        return replay_one(global, &decision);
    }
    let target = config.group(&decision.group).settings.target;
    let explanation = Explanation::read(&store, decision, target).map_err(|e| failure(e.into()))?;
    match (global.json, options.markdown) {
        (true, _) => print_json(&explanation),
        (_, true) => print(&explanation.markdown(zone)),
        _ => print(&explanation.text(zone)),
    }
}

/// What `asked` names: a number, a moment, a local time, or the newest such time of day.
fn key(store: &Store, asked: &str, zone: Tz) -> Result<DecisionKey, Failure> {
    let asked = asked.trim();
    if let Ok(id) = asked.parse() {
        return Ok(DecisionKey::Id(id));
    }
    let minute = |time: Time| DecisionKey::Minute(crate::domain::floor_to(time, 60));
    if let Ok(moment) = DateTime::parse_from_rfc3339(asked) {
        return Ok(minute(moment.to_utc()));
    }
    if let Some(local) = parse_local(asked) {
        return Ok(minute(resolve(local, zone).0));
    }
    let newest = newest(store).map_err(|e| failure(e.into()))?.ok_or_else(|| failure(ReportError::Empty))?;
    newest_of_day(asked, newest, zone).map(minute).ok_or_else(|| {
        let asked = clean(asked, 60);
        Failure::Usage(format!(
            "`{asked}` names no decision; allowed: its number, 2026-11-27T02:12:00Z, \"2026-11-27 03:12\", 03:12"
        ))
    })
}

/// The end of what the history knows: its newest sample or decision.
fn newest(store: &Store) -> Result<Option<Time>, StoreError> {
    let samples = store.spans()?.into_iter().map(|span| crate::domain::shift(span.last, span.step)).max();
    let decided = store.decisions_beside(i64::MAX, None, 1)?.pop().map(|head| head.at);
    Ok(samples.max(decided))
}

/// What became of computing decisions again.
#[derive(Debug, Default, Serialize)]
struct Tally {
    /// Came out the same.
    same: usize,
    /// Came out differently.
    different: Vec<Different>,
    /// Have no inputs in their record: an older version wrote them.
    without_inputs: usize,
    /// Floors extended or put back: they follow from no plan.
    without_plan: usize,
    /// Records that cannot be read.
    damaged: Vec<String>,
}

/// A decision that did not come out the same.
#[derive(Debug, Serialize)]
struct Different {
    id: i64,
    group: String,
    at: Time,
    /// Version of the program that ran its checks.
    by: String,
    fields: Vec<Difference>,
}

impl Tally {
    fn add(&mut self, decision: &Decision) {
        match replay(decision) {
            Replay::Same => self.same += 1,
            Replay::NoInputs => self.without_inputs += 1,
            Replay::NoPlan => self.without_plan += 1,
            Replay::Differs(fields) => {
                let inputs = decision.preflight.inputs.as_ref();
                let by = inputs.map_or("an older version".into(), |inputs| clean(&inputs.by, 40));
                let (id, at) = (decision.id, decision.at);
                self.different.push(Different { id, group: clean(&decision.group, 255), at, by, fields });
            }
        }
    }

    /// Prints it, and says whether all came out the same.
    fn tell(&self, global: &Global) -> Result<(), Failure> {
        if global.json {
            print_json(self)?;
        } else {
            print(&self.words())?;
        }
        match (self.different.len(), self.damaged.len()) {
            (0, 0) => Ok(()),
            (0, damaged) => Err(Failure::Failed(format!("{damaged} records cannot be read"))),
            (1, _) => Err(Failure::Failed("one decision does not come out as recorded".into())),
            (different, _) => {
                Err(Failure::Failed(format!("{different} decisions do not come out as recorded")))
            }
        }
    }

    fn words(&self) -> String {
        let mut text = String::new();
        for one in &self.different {
            let at = one.at.format("%Y-%m-%d %H:%M UTC");
            text += &format!(
                "decision {} of {} ({at}, by {}) comes out differently:\n",
                one.id, one.group, one.by
            );
            let hidden = one.fields.len().saturating_sub(SHOWN);
            for field in one.fields.iter().take(SHOWN) {
                let [name, recorded, again] =
                    [&field.field, &field.recorded, &field.recomputed].map(|text| clean(text, 300));
                text += &format!(
                    "  {name}: recorded {recorded}; recomputed by {} {again}\n",
                    env!("CARGO_PKG_VERSION")
                );
            }
            if hidden > 0 {
                text += &format!("  and {hidden} more fields\n");
            }
        }
        self.damaged.iter().for_each(|why| text += &format!("{}\n", clean(why, 600)));
        text += &format!("{} come out the same, {} do not", self.same, self.different.len());
        if self.without_plan > 0 {
            text += &format!("; {} follow from no plan (a floor extended or put back)", self.without_plan);
        }
        if self.without_inputs > 0 {
            text += &format!(
                "; {} cannot be replayed: their records have no inputs that this version reads",
                self.without_inputs
            );
        }
        text + "\n"
    }
}

fn replay_one(global: &Global, decision: &Decision) -> Result<(), Failure> {
    let mut tally = Tally::default();
    tally.add(decision);
    tally.tell(global)
}

fn replay_all(global: &Global, store: &Store, group: Option<&str>) -> Result<(), Failure> {
    let (mut tally, mut after) = (Tally::default(), 0);
    loop {
        let page = store.decisions_after(after, group, PAGE).map_err(|e| failure(e.into()))?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        for (_, decision) in page {
            match decision {
                Ok(decision) => tally.add(&decision),
                Err(error) => tally.damaged.push(error.to_string()),
            }
        }
    }
    tally.tell(global)
}

fn failure(error: ReportError) -> Failure {
    match error {
        ReportError::Store(_) => Failure::Failed(error.to_string()),
        _ => Failure::Usage(error.to_string()),
    }
}
