//! The console in lines, for screen readers and pipes: what is new, once, in words; nothing is redrawn or coloured.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, ErrorKind, Write, stdout},
    sync::Arc,
};

use tokio::sync::mpsc;

use super::{
    draw::axis::{self, zone},
    signals::Signal,
    terminal::stop_job,
};
use crate::{
    domain::{Time, text::clean},
    link::{ConnectionState, GroupRow, Link, View},
};

/// Most characters of a line.
const WIDEST: usize = 1_000;

/// What has been said already.
#[derive(Debug, Default)]
pub struct Plain {
    begun: bool,
    brake: bool,
    notices: BTreeSet<String>,
    groups: BTreeMap<String, String>,
    proposals: BTreeSet<(i64, u32)>,
    journal: i64,
    /// The agent does not answer.
    lost: bool,
}

impl Plain {
    /// The lines that `view` adds to what was said before. Times are on the clocks of the fleet's zone.
    pub fn news(&mut self, view: &View) -> Vec<String> {
        if view.serial == 0 {
            return Vec::new();
        }
        let mut said: Vec<String> = Vec::new();
        if !self.begun {
            let read_only = if view.read_only { ", read-only" } else { "" };
            said.push(format!("source {}, {} groups{read_only}", view.source, view.groups.len()));
            // What happened before is in the journal and in reports.
            self.journal = view.journal.first().map_or(0, |entry| entry.id);
        }
        if let (ConnectionState::Lost { why, .. }, false) = (&view.connection, self.lost) {
            said.push(format!("connection to the agent lost: {why}; reconnecting"));
        } else if self.lost && !view.is_lost() {
            said.push("reconnected".into());
        }
        if self.brake != view.brake {
            said.push(format!(
                "brake {}",
                if view.brake { "on: scale-in frozen for all groups" } else { "released" }
            ));
        }
        said.extend(self.notices(view));
        said.extend(view.groups.iter().filter_map(|row| self.group(row)));
        said.extend(self.proposals(view));
        let at = |time: Time| axis::stamp(time, zone(&view.zone), "%Y-%m-%dT%H:%M:%S%:z");
        let now = at(view.now);
        let mut lines: Vec<String> = said.into_iter().map(|text| format!("{now} {text}")).collect();
        for entry in view.journal.iter().rev().filter(|entry| entry.id > self.journal) {
            let group = entry.group.as_deref().unwrap_or("all groups");
            let who = &entry.operator;
            lines.push(format!("{} journal: {group}: {} by {who}: {}", at(entry.at), entry.kind, entry.text));
        }
        self.journal = view.journal.first().map_or(self.journal, |entry| entry.id.max(self.journal));
        (self.begun, self.brake, self.lost) = (true, view.brake, view.is_lost());
        lines.iter().map(|line| clean(line, WIDEST)).collect()
    }

    fn notices(&mut self, view: &View) -> Vec<String> {
        let now: BTreeSet<String> =
            view.notices.iter().map(|n| format!("{}: {}", n.level.name(), n.text)).collect();
        let mut said: Vec<String> = now.difference(&self.notices).cloned().collect();
        said.extend(self.notices.difference(&now).map(|text| format!("resolved: {text}")));
        self.notices = now;
        said
    }

    /// A group's state, if it has changed.
    fn group(&mut self, row: &GroupRow) -> Option<String> {
        let mut state = format!(
            "group {}: mode {}, {} of {} in service (min {}, max {})",
            row.name,
            row.mode.name(),
            row.in_service,
            row.desired,
            row.min,
            row.max
        );
        if row.pending > 0 {
            state += &format!(", {} pending", row.pending);
        }
        for badge in &row.badges {
            state += &format!(", {}: {}", badge.level.name(), badge.text);
        }
        let before = self.groups.insert(row.name.clone(), state.clone());
        (before.as_ref() != Some(&state)).then_some(state)
    }

    fn proposals(&mut self, view: &View) -> Vec<String> {
        let now: BTreeSet<(i64, u32)> = view.proposals.iter().map(|p| (p.id, p.revision)).collect();
        let fresh = view.proposals.iter().filter(|p| !self.proposals.contains(&(p.id, p.revision)));
        let said = fresh.map(|p| {
            let why = p.plan.reasons.first().map_or("", String::as_str);
            format!("proposal {}: {}: {} from {} to {}: {why}", p.id, p.group, p.moves(), p.from, p.to)
        });
        let said = said.collect();
        self.proposals = now;
        said
    }
}

/// Prints what is new until a signal asks for the end, the engine ends, or nobody reads any more.
///
/// # Errors
/// When standard output cannot be written for another reason than that its reader has gone.
pub async fn run(mut link: Link, mut signals: mpsc::Receiver<Signal>) -> io::Result<()> {
    let mut plain = Plain::default();
    loop {
        let view: Arc<View> = Arc::clone(&link.view.borrow_and_update());
        for line in plain.news(&view) {
            match writeln!(stdout().lock(), "{line}") {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
                written => written?,
            }
        }
        tokio::select! {
            biased;
            signal = signals.recv() => match signal {
                Some(Signal::End) | None => return Ok(()),
                Some(Signal::Stop) => stop_job()?,
                Some(Signal::Continue) => {}
            },
            changed = link.view.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        console::tests::fixture::{now, view},
        domain::journal::{JournalEntry, JournalKind},
    };

    fn entry(id: i64, text: &str) -> JournalEntry {
        JournalEntry {
            id,
            at: now(),
            group: Some("shop".into()),
            kind: JournalKind::Outcome,
            operator: "ada@ops1".into(),
            text: text.into(),
            decision: None,
        }
    }

    #[test]
    fn what_is_new_is_said_once() {
        let (mut plain, mut view) = (Plain::default(), view());
        view.journal = vec![entry(7, "long ago")];
        let first = plain.news(&view);
        assert_eq!(first[0], "2026-11-27T14:02:00+01:00 source SIMULATED, 4 groups");
        let said = |lines: &[String], text: &str| lines.iter().any(|l| l.contains(text));
        assert!(said(&first, "warning: feed: metrics are 12 min old"));
        assert!(
            said(&first, "group shop: mode approve, 4 of 4 in service (min 2, max 12), 1 pending"),
            "{first:#?}"
        );
        assert!(said(&first, "proposal 41: shop: desired capacity from 4 to 7"));
        assert!(!said(&first, "long ago"));
        assert_eq!(plain.news(&view), Vec::<String>::new());
        view.journal.insert(0, entry(8, "desired capacity is\u{1b}[2J 7"));
        view.notices.clear();
        view.brake = true;
        let next = plain.news(&view);
        assert!(said(&next, "resolved: warning: feed") && said(&next, "brake on"));
        assert!(said(&next, "journal: shop: outcome by ada@ops1: desired capacity is[2J 7"), "{next:#?}");
        assert_eq!(next.len(), 3);
    }

    #[test]
    fn an_agent_that_is_lost_is_said_once_and_its_return_as_well() {
        let (mut plain, mut view) = (Plain::default(), view());
        plain.news(&view);
        for old in [1, 2] {
            view.connection = ConnectionState::Lost { old: Some(old), why: "it has gone".into() };
            let said = plain.news(&view);
            assert_eq!(said.len(), if old == 1 { 1 } else { 0 }, "{said:?}");
        }
        view.connection = ConnectionState::Attached { pid: 7, operator: "ada@ops".into() };
        assert!(plain.news(&view)[0].ends_with("reconnected"));
    }

    #[test]
    fn nothing_is_said_before_the_engine_speaks() {
        assert!(Plain::default().news(&View::default()).is_empty());
    }
}
