//! The scripts of the stories: when what happens, and what is said of it.

use chrono_tz::Tz;

use super::{
    Story,
    beats::{self, Beat, Cue, REFRESH_STARTS, Reaction},
};
use crate::{
    cloud::simulator::demo_start,
    domain::{
        Time,
        caption::Caption,
        event::{Event, EventKind},
        fault::Fault,
        journal::{JournalEntry, JournalKind},
        shift,
        text::clean,
    },
    link::View,
};

/// The group that things happen to.
const GROUP: &str = "web-sessions";

/// Minutes that a surge lasts before it falls.
const SURGE: i64 = 30;

/// The name of the check that keeps a group from shrinking during a refresh.
const REFRESH: &str = "no instance refresh";

/// Faults, each with the minute in which it happens.
type PlannedFaults = Vec<(i64, Fault)>;

/// One story. Minutes count from its start.
pub(super) struct Script {
    /// The group that it happens to.
    pub group: &'static str,
    /// Its first minute.
    pub start: Time,
    /// Its length.
    pub minutes: i64,
    /// What happens, and in which minute.
    pub faults: PlannedFaults,
    /// First minute of what happens, and the first after it.
    happens: (i64, i64),
    /// What happens is a sale that is in the calendar.
    is_announced: bool,
    beats: Vec<Beat>,
}

impl Script {
    /// The script of `story`.
    pub(super) fn of(story: Story) -> Script {
        match story {
            Story::Sale => Script { is_announced: true, ..Script::new((120, 240), 330, surges, beats::sale) },
            Story::Throttling => Script::new((60, 120), 180, throttled, beats::throttling),
            Story::Refresh => {
                let mut script = Script::new((20, 75), 200, surges, beats::refresh);
                script.faults.push((REFRESH_STARTS, Fault::InstanceRefresh));
                script
            }
            Story::Flood => Script::new((60, 120), 210, surges, beats::flood),
        }
    }

    /// A story of so many minutes in which something happens from one minute until another.
    fn new(
        happens: (i64, i64),
        minutes: i64,
        faults: fn((i64, i64)) -> PlannedFaults,
        beats: fn((i64, i64), i64) -> Vec<Beat>,
    ) -> Script {
        Script {
            group: GROUP,
            start: demo_start(),
            minutes,
            faults: faults(happens),
            happens,
            is_announced: false,
            beats: beats(happens, minutes),
        }
    }

    /// A minute of the story.
    pub(super) fn moment(&self, minute: i64) -> Time {
        shift(self.start, 60 * minute)
    }

    /// What the calendar knows.
    pub(super) fn events(&self) -> Vec<Event> {
        let sale = self.is_announced.then(|| Event {
            name: "Flash sale".into(),
            kind: EventKind::Sale,
            label: EventKind::Sale.name().into(),
            start: self.moment(self.happens.0),
            end: self.moment(self.happens.1),
            multiplier: Some(2.0),
            min_instances: None,
            groups: vec![self.group.into()],
        });
        sale.into_iter().collect()
    }

    /// The captions that have become true by the moment of `view`, in the order of time.
    pub(super) fn captions(&self, view: &View) -> Vec<Caption> {
        let mut all: Vec<Caption> = self.beats.iter().filter_map(|beat| self.caption(beat, view)).collect();
        all.sort_by_key(|caption| caption.at);
        all
    }

    fn caption(&self, beat: &Beat, view: &View) -> Option<Caption> {
        let (what, why) = (self.timed(beat.what, view), self.timed(beat.why, view));
        match beat.cue {
            Cue::At(minute) => {
                let at = self.moment(minute);
                (at <= view.now).then_some(Caption { at, what, why })
            }
            Cue::First(reaction, from, until) => {
                let (from, until) = (self.moment(from), self.moment(until));
                let lines = || view.journal.iter().rev().filter(|line| (from..until).contains(&line.at));
                let (line, done) =
                    lines().find_map(|line| Some((line, self.done(reaction, line, lines())?)))?;
                Some(Caption { at: line.at, what: done.0 + &what, why: why + &done.1 })
            }
        }
    }

    /// `text` with the times of what happens, in the zone of `view`.
    fn timed(&self, text: &str, view: &View) -> String {
        let zone: Tz = view.zone.parse().unwrap_or(Tz::UTC);
        let clock = |minute| self.moment(minute).with_timezone(&zone).format("%H:%M").to_string();
        text.replace("{from}", &clock(self.happens.0)).replace("{until}", &clock(self.happens.1))
    }

    /// What `line` says was done, and why, if it is this reaction; `all` has the lines around it.
    fn done<'j>(
        &self,
        reaction: Reaction,
        line: &JournalEntry,
        mut all: impl Iterator<Item = &'j JournalEntry>,
    ) -> Option<(String, String)> {
        let ours = line.group.as_deref() == Some(self.group);
        match reaction {
            Reaction::Out | Reaction::In if ours && line.kind == JournalKind::Intent => {
                let (from, to, why) = change(&line.text)?;
                let is_outcome = |other: &&JournalEntry| {
                    other.kind == JournalKind::Outcome && other.decision == line.decision
                };
                // AWS took it.
                all.find(is_outcome).filter(|outcome| outcome.text.contains("(was "))?;
                let wanted = (reaction == Reaction::Out) == (to > from);
                wanted.then(|| {
                    (format!("{}: {from} → {to}", self.group), format!(" In its words: {}.", clean(why, 160)))
                })
            }
            Reaction::Held if ours && line.kind == JournalKind::Blocked && line.text.contains(REFRESH) => {
                Some((self.group.to_owned(), format!(" In its words: {}.", clean(&line.text, 160))))
            }
            Reaction::Unread if line.kind == JournalKind::Cloud && line.text.contains("failed") => {
                Some(Default::default())
            }
            Reaction::ReadAgain if line.kind == JournalKind::Cloud && line.text.contains("works again") => {
                Some(Default::default())
            }
            _ => None,
        }
    }
}

/// Sizes and reason of an intent: `desired capacity 4 → 7: why`.
fn change(text: &str) -> Option<(u32, u32, &str)> {
    let (before, after) = text.split_once(" → ")?;
    let (to, why) = after.split_once(": ")?;
    Some((before.rsplit(' ').next()?.parse().ok()?, to.parse().ok()?, why))
}

/// Twice the load from one minute until another, with five minutes to rise and five to fall: a surge lasts half an hour, and the next
/// begins before it falls.
fn surges((from, until): (i64, i64)) -> PlannedFaults {
    let regular = (from..until - SURGE).step_by(25);
    regular.chain([until - SURGE]).map(|minute| (minute, Fault::Surge)).collect()
}

/// Every call is throttled from one minute until another: each time it is for five minutes.
fn throttled((from, until): (i64, i64)) -> PlannedFaults {
    (from..until).step_by(5).map(|minute| (minute, Fault::Throttling)).collect()
}
