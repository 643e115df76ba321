//! The settings that can be changed in thought: their words, their steps, and what may be typed.

mod steps;

use crate::{
    calendar::{parse_local, resolve, spelled_out},
    console::draw::axis::{in_zone, length, local, zone},
    domain::{
        Seconds, Time, floor_to,
        plan::percentile,
        shift,
        what_if::{ExtraLoad, Terms, WhatIf},
    },
    link::View,
};

/// A setting, one line of the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Knob {
    /// The quantile, or the objective where the group has one.
    Risk,
    Target,
    Boot,
    Min,
    Max,
    Multiplier,
    Start,
    Length,
}

/// Every setting, in the order of the lines.
pub(super) const KNOBS: [Knob; 8] =
    [Knob::Risk, Knob::Target, Knob::Boot, Knob::Min, Knob::Max, Knob::Multiplier, Knob::Start, Knob::Length];

/// Shares of risk between which it is halved and doubled.
const RISK: (f64, f64) = (0.005, 0.5);
/// The same of an objective.
const ALLOWED: (f64, f64) = (0.000_01, 0.2);
const TARGET: (f64, f64) = (0.1, 1.0);
const BOOTS: &[Seconds] =
    &[0, 15, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1_200, 1_800, 3_600, 7_200];
const MULTIPLIERS: &[f64] = &[0.25, 0.5, 0.75, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 10.0];
const LENGTHS: &[Seconds] = &[900, 1_800, 3_600, 7_200, 10_800, 14_400, 28_800, 43_200, 86_400];
const MOST_BOOT: Seconds = 43_200;
const MOST_LENGTH: Seconds = 31 * 86_400;
/// Seconds of one step of an event's start.
const START_STEP: Seconds = 900;

impl Knob {
    pub(super) fn label(self, now: &Terms) -> &'static str {
        match self {
            Knob::Risk if now.objective.is_some() => "objective",
            Knob::Risk => "risk",
            Knob::Target => "target",
            Knob::Boot => "boot time",
            Knob::Min => "MinSize",
            Knob::Max => "MaxSize",
            Knob::Multiplier => "event",
            Knob::Start => "starts",
            Knob::Length => "lasts",
        }
    }

    /// What may be typed, in a line.
    pub(super) fn hint(self, now: &Terms) -> &'static str {
        match self {
            Knob::Risk if now.objective.is_some() => "percent that the objective allows: 0.3",
            Knob::Risk => "percent of risk: 10",
            Knob::Target => "percent: 80",
            Knob::Boot => "minutes: 5; or seconds: 90 s",
            Knob::Min | Knob::Max => "a number of instances",
            Knob::Multiplier => "times demand: 2.5; 1 for none",
            Knob::Start => "18:00, Fri 18:00, tomorrow 9:00",
            Knob::Length => "minutes: 90; or hours: 4 h",
        }
    }

    /// What is in force, and what is thought of where that is something else.
    pub(super) fn words(
        self,
        what_if: &WhatIf,
        (now, then): (&Terms, &Terms),
        view: &View,
    ) -> (String, Option<String>) {
        let event = what_if.event;
        let of = |terms: &Terms| match (self, terms.objective) {
            (Knob::Risk, Some(objective)) => {
                format!("{} {}", percent(objective.allowed()), percentile(terms.risk))
            }
            (Knob::Risk, None) => format!("{} {}", percent(1.0 - terms.risk), percentile(terms.risk)),
            (Knob::Target, _) => percent(terms.target),
            (Knob::Boot, _) => precise(terms.boot),
            (Knob::Min, _) => terms.min.to_string(),
            (Knob::Max, _) => terms.max.to_string(),
            (Knob::Multiplier | Knob::Start | Knob::Length, _) => String::new(),
        };
        match self {
            Knob::Multiplier => match event {
                Some(event) => (String::new(), Some(format!("× {} demand", event.multiplier))),
                None => ("none".into(), None),
            },
            Knob::Start => (String::new(), event.map(|event| local(event.start, zone(&view.zone)))),
            Knob::Length => (String::new(), event.map(|event| length(event.length))),
            _ => {
                let (is, would) = (of(now), of(then));
                let differs = is != would;
                (is, differs.then_some(would))
            }
        }
    }

    /// The value as it is typed.
    pub(super) fn typed(self, what_if: &WhatIf, now: &Terms, view: &View) -> String {
        let then = now.with(what_if);
        let event = what_if.event.unwrap_or_else(|| usual_event(view.now));
        match (self, then.objective) {
            (Knob::Risk, Some(objective)) => steps::rounded(100.0 * objective.allowed()).to_string(),
            (Knob::Risk, None) => steps::rounded(100.0 * (1.0 - then.risk)).to_string(),
            (Knob::Target, _) => steps::rounded(100.0 * then.target).to_string(),
            (Knob::Boot, _) => format!("{} s", then.boot),
            (Knob::Min, _) => then.min.to_string(),
            (Knob::Max, _) => then.max.to_string(),
            (Knob::Multiplier, _) => event.multiplier.to_string(),
            (Knob::Start, _) => in_zone(event.start, zone(&view.zone)).format("%Y-%m-%d %H:%M").to_string(),
            (Knob::Length, _) => format!("{}", event.length / 60),
        }
    }

    /// `what_if` with the next value of this setting, or the one before.
    pub(super) fn turned(self, what_if: WhatIf, now: &Terms, up: bool, view: &View) -> WhatIf {
        let then = now.with(&what_if);
        match self {
            Knob::Risk => match now.objective.zip(then.objective) {
                Some((own, objective)) => {
                    let written = |share| own.allowing(share).allowed();
                    let share = steps::doubled(own.allowed(), objective.allowed(), (ALLOWED, written), up);
                    WhatIf {
                        objective: differing(own.allowing(share), own.allowing(own.allowed())),
                        ..what_if
                    }
                }
                None => {
                    let share = steps::doubled(1.0 - now.risk, 1.0 - then.risk, (RISK, steps::rounded), up);
                    WhatIf { risk: differing(steps::rounded(1.0 - share), now.risk), ..what_if }
                }
            },
            Knob::Target => {
                let target = steps::next(steps::percents(TARGET), then.target, now.target, up);
                WhatIf { target: differing(target, now.target), ..what_if }
            }
            Knob::Boot => {
                let boot = steps::next(BOOTS, then.boot, now.boot, up);
                WhatIf { boot: differing(boot, now.boot), ..what_if }
            }
            Knob::Min => {
                let min = if up { (then.min + 1).min(then.max) } else { then.min.saturating_sub(1) };
                WhatIf { min: differing(min, now.min), ..what_if }
            }
            Knob::Max => {
                let max =
                    if up { then.max.saturating_add(1) } else { then.max.saturating_sub(1).max(then.min) };
                WhatIf { max: differing(max, now.max), ..what_if }
            }
            Knob::Multiplier | Knob::Start | Knob::Length => {
                // The first step makes the event.
                let usual = usual_event(view.now);
                let event = what_if.event.map_or(Some(usual), |event| self.turned_event(event, up));
                WhatIf { event, ..what_if }
            }
        }
    }

    fn turned_event(self, event: ExtraLoad, up: bool) -> Option<ExtraLoad> {
        match self {
            Knob::Start => {
                let start = shift(event.start, if up { START_STEP } else { -START_STEP });
                Some(ExtraLoad { start, ..event })
            }
            Knob::Length => {
                let length = steps::next(LENGTHS, event.length, event.length, up);
                Some(ExtraLoad { length, ..event })
            }
            _ => {
                let multiplier = steps::next(MULTIPLIERS, event.multiplier, 1.0, up);
                (multiplier != 1.0).then_some(ExtraLoad { multiplier, ..event })
            }
        }
    }

    /// `what_if` with what is typed for this setting.
    ///
    /// # Errors
    /// What may be typed.
    pub(super) fn read(
        self,
        what_if: WhatIf,
        now: &Terms,
        text: &str,
        view: &View,
    ) -> Result<WhatIf, String> {
        let text = text.trim();
        let wrong = || format!("{}: {}", self.label(now), self.hint(now));
        let share = |(low, high): (f64, f64)| {
            let share = steps::number(text.trim_end_matches('%')).ok_or_else(wrong)? / 100.0;
            let range = || format!("{}: {} to {}", self.label(now), percent(low), percent(high));
            (low..=high).contains(&share).then_some(share).ok_or_else(range)
        };
        let then = now.with(&what_if);
        Ok(match self {
            Knob::Risk => match now.objective {
                Some(own) => WhatIf {
                    objective: differing(own.allowing(share(ALLOWED)?), own.allowing(own.allowed())),
                    ..what_if
                },
                None => {
                    let risk = steps::rounded(1.0 - share(RISK)?);
                    WhatIf { risk: differing(risk, now.risk), ..what_if }
                }
            },
            Knob::Target => WhatIf { target: differing(share(TARGET)?, now.target), ..what_if },
            Knob::Boot => {
                let boot = steps::seconds(text, 0..=MOST_BOOT).ok_or_else(wrong)?;
                WhatIf { boot: differing(boot, now.boot), ..what_if }
            }
            Knob::Min => {
                let min: u32 = text.parse().ok().filter(|min| *min <= then.max).ok_or_else(wrong)?;
                WhatIf { min: differing(min, now.min), ..what_if }
            }
            Knob::Max => {
                let max: u32 = text.parse().ok().filter(|max| *max >= then.min).ok_or_else(wrong)?;
                WhatIf { max: differing(max, now.max), ..what_if }
            }
            Knob::Multiplier | Knob::Start | Knob::Length => {
                let event = what_if.event.unwrap_or_else(|| usual_event(view.now));
                WhatIf { event: self.read_event(event, text, view).ok_or_else(wrong)?, ..what_if }
            }
        })
    }

    /// The event with what is typed, or no event; `None` where it cannot be read.
    fn read_event(self, event: ExtraLoad, text: &str, view: &View) -> Option<Option<ExtraLoad>> {
        Some(match self {
            Knob::Start => Some(ExtraLoad { start: moment(text, view)?, ..event }),
            Knob::Length => Some(ExtraLoad { length: steps::seconds(text, 60..=MOST_LENGTH)?, ..event }),
            _ => {
                let times = steps::number(text.trim_start_matches(['×', 'x']))?;
                let multiplier = Some(times).filter(|times| (0.01..=100.0).contains(times))?;
                (multiplier != 1.0).then_some(ExtraLoad { multiplier, ..event })
            }
        })
    }
}

/// A value that is thought of; none where it is the one in force.
fn differing<T: PartialEq>(value: T, now: T) -> Option<T> {
    (value != now).then_some(value)
}

/// The event that the first step makes: twice the demand for an hour, soon.
fn usual_event(now: Time) -> ExtraLoad {
    ExtraLoad { start: shift(floor_to(now, START_STEP), START_STEP), length: 3_600, multiplier: 2.0 }
}

/// The next moment that is typed, on the screen's clocks.
fn moment(text: &str, view: &View) -> Option<Time> {
    let zone = zone(&view.zone);
    let text = spelled_out(text, in_zone(view.now, zone).naive_local(), None);
    Some(resolve(parse_local(&text)?, zone).0)
}

/// A share as percent, without the digits that a float adds.
fn percent(share: f64) -> String {
    format!("{} %", steps::rounded(100.0 * share))
}

/// Seconds as minutes and seconds.
fn precise(seconds: Seconds) -> String {
    match (seconds / 60, seconds % 60) {
        (0, rest) => format!("{rest} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, rest) => format!("{minutes} min {rest} s"),
    }
}
