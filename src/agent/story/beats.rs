//! What is said in the stories, and when. A caption at a minute of its own speaks of what happens to the group, for that is scripted;
//! what prescale does stands at a line of its journal.

/// The minute in which the instance refresh of its story begins.
pub(super) const REFRESH_STARTS: i64 = 60;

/// A caption, and when it is due. In its words `{from}` and `{until}` are the times of what happens.
pub(super) struct Beat {
    pub cue: Cue,
    pub what: &'static str,
    pub why: &'static str,
}

/// When a caption is due.
pub(super) enum Cue {
    /// In this minute: what it says was not done by prescale.
    At(i64),
    /// When this is in the journal for the first time, from one minute until before another.
    First(Reaction, i64, i64),
}

/// What prescale may do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reaction {
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

/// The last caption.
const fn over(minutes: i64) -> Beat {
    at(
        minutes - 5,
        "The end of the story.",
        "The journal (6) has each step with its reasons; [ on the group's page looks back.",
    )
}

/// Those of a story that happens from one minute until another, and is so many minutes long.
pub(super) fn sale((from, until): (i64, i64), minutes: i64) -> Vec<Beat> {
    vec![
        at(
            0,
            "An ordinary Monday. The calendar has a flash sale for web-sessions from {from} to {until}, at twice the load.",
            "A plan is made for the moment when an instance launched now is in service, and knows what will be then.",
        ),
        first(
            Reaction::Out,
            (from - 30, from),
            ", before the sale has begun.",
            "An instance needs minutes to boot: whoever waits for the load is late.",
        ),
        at(
            from,
            "The sale begins. The load doubles within five minutes.",
            "The chart of the group (2) shows demand, and the capacity that meets it.",
        ),
        at(
            until,
            "The sale is over.",
            "The load falls within five minutes; nobody knows whether it comes back.",
        ),
        first(
            Reaction::In,
            (until, minutes),
            ", after the sale.",
            "Down is harder than up: not below recent needs, nor what a reactive policy would keep.",
        ),
        over(minutes),
    ]
}

/// Those of a story that happens from one minute until another, and is so many minutes long.
pub(super) fn throttling((from, until): (i64, i64), minutes: i64) -> Vec<Beat> {
    vec![
        at(
            0,
            "An ordinary Monday on four groups. web-sessions is in auto: prescale acts by itself.",
            "From {from} to {until} AWS's API will throttle every call.",
        ),
        at(
            from,
            "AWS's API throttles every call: no group and no metric can be read.",
            "What cannot be read is unknown, and never zero.",
        ),
        first(
            Reaction::Unread,
            (from, until),
            "prescale cannot read AWS, and says so.",
            "On what could not be read nothing acts: no scale-in on doubt. AWS's own policies go on.",
        ),
        first(
            Reaction::ReadAgain,
            (from, minutes),
            "AWS answers again.",
            "Each group is read first; the metrics of the hour are read too, and the next plan rests on all of them.",
        ),
        over(minutes),
    ]
}

/// Those of a story that happens from one minute until another, and is so many minutes long.
pub(super) fn refresh((from, until): (i64, i64), minutes: i64) -> Vec<Beat> {
    vec![
        at(
            0,
            "An ordinary Monday. web-sessions is in auto: prescale acts by itself.",
            "There will be a rush, and in the midst of it somebody rolls out a release by an instance refresh.",
        ),
        at(from, "A rush. The load doubles.", "Nothing announced it; metrics come minutes late."),
        first(
            Reaction::Out,
            (from, REFRESH_STARTS),
            ", as the rush is seen.",
            "What is there counts, where it stands above the forecast.",
        ),
        at(
            REFRESH_STARTS,
            "An instance refresh begins: every instance is replaced, one at a time.",
            "A scale-in now would take instances from a group that is being rebuilt.",
        ),
        at(until, "The rush is over.", "The load falls within five minutes: fewer instances would do."),
        first(
            Reaction::Held,
            (until, minutes),
            ": a scale-in is wanted, and a check blocks it.",
            "While the refresh runs the group may grow, and does not shrink.",
        ),
        first(
            Reaction::In,
            (until, minutes),
            ": the group shrinks.",
            "No refresh runs any more: the check passes.",
        ),
        over(minutes),
    ]
}

/// Those of a story that happens from one minute until another, and is so many minutes long.
pub(super) fn flood((from, until): (i64, i64), minutes: i64) -> Vec<Beat> {
    vec![
        at(
            0,
            "An ordinary Monday. Nothing is announced for web-sessions.",
            "At {from} its load will double within five minutes: no forecast can know.",
        ),
        at(
            from,
            "The load begins to double, unannounced.",
            "It takes five minutes, and metrics come minutes late.",
        ),
        first(
            Reaction::Out,
            (from, from + 15),
            ", as soon as the load is seen.",
            "The load of the last minutes stands above the forecast: then what is there counts.",
        ),
        at(
            until,
            "The flood is over: within five minutes the load is as it was.",
            "Down is harder than up: it may come back.",
        ),
        first(
            Reaction::In,
            (until, minutes),
            ", after the flood.",
            "The load has fallen, and stays so in the forecast.",
        ),
        over(minutes),
    ]
}
