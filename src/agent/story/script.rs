//! The scripts of the stories: when what happens, and what is said of it.

use super::Story;
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

/// The name of the check that keeps a group from shrinking during a refresh.
const REFRESH: &str = "no instance refresh";

/// One story. Minutes count from its start.
pub(super) struct Script {
    /// The group that it happens to.
    pub group: &'static str,
    /// Its first minute.
    pub start: Time,
    /// Its length.
    pub minutes: i64,
    /// What happens, and in which minute.
    pub faults: Vec<(i64, Fault)>,
    /// Start and end of a sale that is in the calendar.
    sale: Option<(i64, i64)>,
    beats: Vec<Beat>,
}

/// A caption, and when it is due.
struct Beat {
    cue: Cue,
    what: &'static str,
    why: &'static str,
}

/// When a caption is due.
enum Cue {
    /// In this minute.
    At(i64),
    /// When this is in the journal for the first time, from one minute until before another.
    First(Reaction, i64, i64),
}

/// What prescale may do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reaction {
    /// A scale-out that AWS took.
    Out,
    /// A scale-in that AWS took.
    In,
    /// A check blocked a scale-in because of an instance refresh.
    Held,
    /// AWS could not be read.
    Unread,
    /// AWS can be read again.
    ReadAgain,
}

const fn at(minute: i64, what: &'static str, why: &'static str) -> Beat {
    Beat { cue: Cue::At(minute), what, why }
}

const fn first(reaction: Reaction, (from, until): (i64, i64), what: &'static str, why: &'static str) -> Beat {
    Beat { cue: Cue::First(reaction, from, until), what, why }
}

impl Script {
    /// The script of `story`.
    pub(super) fn of(story: Story) -> Script {
        let start = demo_start();
        let plain =
            |minutes, faults, beats| Script { group: GROUP, start, minutes, faults, sale: None, beats };
        match story {
            Story::Sale => Script { sale: Some((120, 240)), ..plain(330, surges(120, 240), sale()) },
            Story::Outage => {
                // Each lasts five minutes.
                let faults = (60..120).step_by(5).map(|minute| (minute, Fault::Throttling)).collect();
                plain(180, faults, outage())
            }
            Story::Refresh => {
                let mut faults = surges(20, 75);
                faults.push((60, Fault::InstanceRefresh));
                plain(200, faults, refresh())
            }
            Story::Flood => plain(210, surges(60, 120), flood()),
        }
    }

    /// A minute of the story.
    pub(super) fn moment(&self, minute: i64) -> Time {
        shift(self.start, 60 * minute)
    }

    /// What the calendar knows.
    pub(super) fn events(&self) -> Vec<Event> {
        let sale = self.sale.map(|(from, until)| Event {
            name: "Flash sale".into(),
            kind: EventKind::Sale,
            label: EventKind::Sale.name().into(),
            start: self.moment(from),
            end: self.moment(until),
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
        match beat.cue {
            Cue::At(minute) => {
                let at = self.moment(minute);
                (at <= view.now).then(|| Caption { at, what: beat.what.into(), why: beat.why.into() })
            }
            Cue::First(reaction, from, until) => {
                let (from, until) = (self.moment(from), self.moment(until));
                let lines = || view.journal.iter().rev().filter(|line| (from..until).contains(&line.at));
                let (line, done) =
                    lines().find_map(|line| Some((line, self.done(reaction, line, lines())?)))?;
                Some(Caption {
                    at: line.at,
                    what: format!("{}{}", done.0, beat.what),
                    why: beat.why.to_owned() + &done.1,
                })
            }
        }
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

/// Twice the load from one minute until another: each surge lasts half an hour and rises in five minutes.
fn surges(from: i64, until: i64) -> Vec<(i64, Fault)> {
    let regular = (from..until - 30).step_by(25);
    regular.chain([until - 30]).map(|minute| (minute, Fault::Surge)).collect()
}

fn sale() -> Vec<Beat> {
    vec![
        at(
            0,
            "An ordinary Monday. The calendar has a flash sale for web-sessions from 15:00 to 17:00, at twice the load.",
            "prescale plans for the moment when an instance launched now is in service, and knows what will be then.",
        ),
        first(
            Reaction::Out,
            (90, 120),
            ", before the sale has begun.",
            "An instance needs minutes to boot: whoever waits for the load is late.",
        ),
        at(
            120,
            "15:00: the sale begins. The load doubles within five minutes.",
            "The instances for it are in service or booting. Look at the chart: capacity rose before demand did.",
        ),
        at(
            240,
            "17:00: the sale is over.",
            "prescale goes down more carefully than up: not below recent needs, nor what a reactive policy would keep.",
        ),
        first(
            Reaction::In,
            (240, 330),
            ", after the sale.",
            "The load has fallen, and stays so in the forecast.",
        ),
        at(
            325,
            "The end of the story.",
            "The journal (6) has each step with its reasons; [ on the group's page looks back.",
        ),
    ]
}

fn outage() -> Vec<Beat> {
    vec![
        at(
            0,
            "An ordinary Monday on four groups. web-sessions is in auto: prescale acts by itself.",
            "In an hour AWS's API will refuse every call.",
        ),
        at(
            60,
            "14:00: AWS's API answers no call: no group and no metric can be read.",
            "What cannot be read is unknown, and never zero.",
        ),
        first(
            Reaction::Unread,
            (60, 120),
            "prescale cannot read AWS, says so, and leaves every group as it is.",
            "On what could not be read nothing acts: no scale-in on doubt. AWS's own policies go on.",
        ),
        first(
            Reaction::ReadAgain,
            (60, 180),
            "AWS answers again.",
            "Each group is read first; the metrics of the hour are read too, and the next plan rests on all of them.",
        ),
        at(
            175,
            "The end of the story.",
            "The journal (6) has when reading failed and when it worked again, and no change between.",
        ),
    ]
}

fn refresh() -> Vec<Beat> {
    vec![
        at(
            0,
            "An ordinary Monday. web-sessions is in auto: prescale acts by itself.",
            "There will be a rush, and in the midst of it somebody rolls out a release by an instance refresh.",
        ),
        at(20, "13:20: a rush. The load doubles.", "prescale scales out as soon as it sees it."),
        at(
            60,
            "14:00: an instance refresh begins: every instance is replaced, one at a time.",
            "A scale-in now would take instances from a group that is being rebuilt.",
        ),
        at(75, "14:15: the rush is over, and the refresh is not.", "Fewer instances would do."),
        first(
            Reaction::Held,
            (75, 200),
            ": a scale-in is wanted, and a check blocks it.",
            "While the refresh runs the group may grow, and does not shrink.",
        ),
        first(
            Reaction::In,
            (61, 200),
            ": the refresh is over, and the group shrinks.",
            "The check passes again.",
        ),
        at(195, "The end of the story.", "The journal (6) has the block with its reason."),
    ]
}

fn flood() -> Vec<Beat> {
    vec![
        at(
            0,
            "An ordinary Monday. Nothing is announced for web-sessions.",
            "In an hour its load will double within five minutes: no forecast can know.",
        ),
        at(
            60,
            "14:00: the load doubles within five minutes, unannounced.",
            "Metrics come minutes late, so it is seen only now.",
        ),
        first(
            Reaction::Out,
            (60, 75),
            ", as soon as the load is seen.",
            "The load of the last minutes stands above the forecast: then what is there counts.",
        ),
        at(
            120,
            "15:00: the flood is over.",
            "Down is harder than up: capacity stays while it may come back.",
        ),
        first(
            Reaction::In,
            (120, 210),
            ", after the flood.",
            "The load has fallen, and stays so in the forecast.",
        ),
        at(
            205,
            "The end of the story.",
            "The journal (6) has each step with its reasons; [ on the group's page looks back.",
        ),
    ]
}
