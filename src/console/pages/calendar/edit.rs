//! An entry being typed: the form, the file it was opened upon, and what to send when it is saved.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use crossterm::event::KeyEvent;
use ratatui::{Frame, layout::Rect};

use super::{EntryCheck, effect, expected, preview};
use crate::{
    calendar::{self, CalendarEntry},
    console::{
        draw::{axis, theme::Theme},
        widgets::{
            form::{Form, FormEvent, FormField},
            outcome::Outcome,
            pane,
        },
    },
    domain::{
        Time,
        event::{Event, EventKind},
        shift,
    },
    link::{CalendarEdit, CalendarView, Command, View},
};

const CHANGED: &str = "The calendar file changed outside. What you typed is kept. Ctrl-R applies it to the new \
                       file; saving before that is refused.";

/// Rows that what is typed means keeps where charts stand below it.
const PREVIEW: u16 = 14;

/// What is left after a key.
pub enum Done {
    /// The form stays open.
    Stay(Box<Outcome>),
    /// The form is over.
    Close,
}

/// The open form of the calendar page.
#[derive(Debug)]
pub struct Editor {
    form: Form,
    check: EntryCheck,
    /// Hash of the file that the form was opened upon.
    base: String,
    /// What is replaced and where; `None` adds.
    target: Option<(usize, CalendarEntry)>,
    /// What was sent and not yet seen in the file.
    sent: Option<CalendarEntry>,
    /// What was said of groups that are not there, when it was to be saved: saving again means it.
    doubt: Vec<String>,
    /// The time on the calendar's clocks, by which `Fri 18:00` is understood.
    clock: NaiveDateTime,
}

impl Editor {
    /// A form that adds an entry which starts on `day`: where that is today, at the next full hour.
    pub fn add(day: NaiveDate, today: NaiveDate, check: EntryCheck, view: &View) -> Self {
        let midnight = day.and_time(NaiveTime::MIN);
        let is_today = day == today || day == clock(view).date();
        let start = if is_today { midnight.max(next_hour(view)) } else { midnight };
        let entry = CalendarEntry {
            kind: EventKind::Sale.name().into(),
            start: start.format("%Y-%m-%d %H:%M").to_string(),
            ..CalendarEntry::default()
        };
        Editor::open("Add an entry", &entry, None, check, view)
    }

    /// A form that replaces `entry` at `index` of the file.
    pub fn replace(index: usize, entry: CalendarEntry, check: EntryCheck, view: &View) -> Self {
        Editor::open("Edit an entry", &entry, Some((index, entry.clone())), check, view)
    }

    fn open(
        title: &str,
        entry: &CalendarEntry,
        target: Option<(usize, CalendarEntry)>,
        check: EntryCheck,
        view: &View,
    ) -> Self {
        let groups = view.groups.iter().map(|group| group.name.clone()).collect();
        let form = Form::new(title, fields(entry, groups, target.is_none()));
        let (base, clock) = (view.calendar.hash.clone(), clock(view));
        let mut editor = Editor { form, check, base, target, sent: None, doubt: Vec::new(), clock };
        editor.judge(view);
        editor
    }

    /// What is typed, without blanks around it, and with moments as the file has them.
    pub fn entry(&self) -> CalendarEntry {
        let get = |name| self.form.value(name).trim().to_owned();
        let start = calendar::spelled_out(&get("start"), self.clock, None);
        let end = calendar::spelled_out(&get("end"), self.clock, calendar::parse_local(&start));
        CalendarEntry {
            name: get("name"),
            kind: get("kind"),
            start,
            end,
            zone: get("zone"),
            repeat: get("repeat"),
            multiplier: get("multiplier"),
            min_instances: get("min_instances"),
            groups: get("groups"),
        }
    }

    /// True while something is typed that is not saved.
    pub fn is_changed(&self) -> bool {
        self.form.is_changed()
    }

    /// Suggests the end of the day that a new entry starts on.
    fn suggest_end(&mut self) {
        let start = calendar::parse_local(&self.entry().start).filter(|_| self.target.is_none());
        if let Some(next) = start.and_then(|start| start.date().succ_opt()) {
            self.form.suggest("end", &format!("{next} 00:00"));
        }
    }

    fn judge(&mut self, view: &View) {
        self.clock = clock(view);
        self.suggest_end();
        let problems = (self.check)(&self.entry(), &view.calendar.zone);
        self.form.set_problems(&problems);
    }

    /// Does what `key` asks.
    pub fn key(&mut self, key: KeyEvent, view: &View) -> Done {
        match self.form.key(key) {
            FormEvent::Ignored => Done::Stay(Box::new(Outcome::Ignored)),
            FormEvent::Close => Done::Close,
            FormEvent::Save => self.save(view),
            FormEvent::Rebase => Done::Stay(Box::new(self.rebase(view))),
            FormEvent::Changed => {
                // What was sent is no longer what is typed: a view that brings it must not close the form.
                if self.sent.as_ref().is_some_and(|sent| *sent != self.entry()) {
                    self.sent = None;
                    self.form.set_notice(None);
                }
                self.forget_doubt(view);
                self.judge(view);
                Done::Stay(Box::new(Outcome::Changed))
            }
        }
    }

    /// Puts pasted text into the active field.
    pub fn paste(&mut self, text: &str, view: &View) -> Outcome {
        if self.form.paste(text) == FormEvent::Ignored {
            return Outcome::Ignored;
        }
        self.sent = None;
        self.forget_doubt(view);
        self.judge(view);
        Outcome::Changed
    }

    /// Takes away what was said of groups once others are typed.
    fn forget_doubt(&mut self, view: &View) {
        if !self.doubt.is_empty() && self.doubt != effect::unknown(&self.entry(), view) {
            self.doubt.clear();
            self.form.set_notice(None);
        }
    }

    /// True where a group is not in the fleet and that has not been said yet: now it is.
    fn doubts(&mut self, entry: &CalendarEntry, view: &View) -> bool {
        let unknown = effect::unknown(entry, view);
        if unknown.is_empty() || unknown == self.doubt {
            return false;
        }
        self.form.set_notice(Some(format!("Not saved: {}. Save again if it is meant.", unknown.join("; "))));
        self.doubt = unknown;
        true
    }

    fn save(&mut self, view: &View) -> Done {
        let entry = self.entry();
        let unchanged = self.target.as_ref().is_some_and(|(_, before)| *before == entry);
        if unchanged && self.base == view.calendar.hash {
            return Done::Close;
        }
        if self.doubts(&entry, view) {
            return Done::Stay(Box::new(Outcome::Changed));
        }
        let base = self.base.clone();
        let edit = match &self.target {
            Some((index, _)) => CalendarEdit::Replace { base, index: *index, entry: entry.clone() },
            None => CalendarEdit::Add { base, entry: entry.clone() },
        };
        if self.base == view.calendar.hash {
            self.sent = Some(entry);
            let text =
                "Sent. The form closes once the file is saved; if the edit is refused, your input is kept.";
            self.form.set_notice(Some(text.into()));
        }
        Done::Stay(Box::new(Outcome::Send(Command::Calendar(edit))))
    }

    /// Takes the file as it is now for the base, and looks for the edited entry in it.
    fn rebase(&mut self, view: &View) -> Outcome {
        if self.base == view.calendar.hash {
            return Outcome::Say("the form already uses the current file".into());
        }
        self.base = view.calendar.hash.clone();
        self.sent = None;
        let mut notice = None;
        if let Some((_, before)) = self.target.take() {
            self.target = find(&view.calendar, &before);
            notice = self.target.is_none().then(|| {
                "The entry is no longer in the file: saving adds what you typed as a new one.".to_owned()
            });
        }
        self.form.set_notice(notice);
        self.judge(view);
        Outcome::Changed
    }

    /// Looks at a new view; true if what was sent is in the file, so that the form is over.
    pub fn refresh(&mut self, view: &View) -> bool {
        if self.base != view.calendar.hash {
            if self.sent.take().is_some_and(|sent| self.arrived(&sent, &view.calendar)) {
                return true;
            }
            self.form.set_notice(Some(CHANGED.into()));
        }
        self.judge(view);
        false
    }

    /// True if `sent` stands where it was to go; the engine may have written its numbers otherwise.
    fn arrived(&self, sent: &CalendarEntry, calendar: &CalendarView) -> bool {
        let there = match &self.target {
            Some((index, _)) => calendar.entries.get(*index),
            None => calendar.entries.last(),
        };
        there.is_some_and(|e| e.name.trim() == sent.name && e.kind == sent.kind && e.start == sent.start)
    }

    /// Draws the form, and beside or below it what is typed means.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let (form, preview) = match (area.width, area.height) {
            (100.., _) => pane::left_and_right(area, area.width / 2),
            (_, height) => pane::above_and_below(area, height.saturating_sub(14).min(9)),
        };
        self.form.draw(frame, form, theme);
        let next = self.next(view);
        let (words, charts) = expected::split(preview, PREVIEW, next.as_ref(), view);
        if words.height >= 4 {
            preview::draw(frame, words, &self.entry(), view, theme);
        }
        if let Some((event, charts)) = next.zip(charts) {
            expected::draw(frame, charts, &event, view, theme);
        }
    }

    /// The next occurrence of what is typed.
    pub fn next(&self, view: &View) -> Option<Event> {
        let next = calendar::next_of(&self.entry(), axis::zone(&view.calendar.zone), view.now, 1).ok()?;
        next.into_iter().next().map(|upcoming| upcoming.event)
    }
}

/// The time on the calendar's clocks.
fn clock(view: &View) -> NaiveDateTime {
    on_clocks(view.now, view)
}

/// The next full hour on the calendar's clocks, which may skip one.
fn next_hour(view: &View) -> NaiveDateTime {
    let later = on_clocks(shift(view.now, 3_600), view);
    later.date().and_time(NaiveTime::from_hms_opt(later.hour(), 0, 0).unwrap_or(NaiveTime::MIN))
}

fn on_clocks(at: Time, view: &View) -> NaiveDateTime {
    let own = &view.calendar.zone;
    axis::in_zone(at, axis::zone(if own.is_empty() { &view.zone } else { own })).naive_local()
}

/// The entry equal to `before`, or the only one of its name.
fn find(calendar: &CalendarView, before: &CalendarEntry) -> Option<(usize, CalendarEntry)> {
    let place = |test: &dyn Fn(&CalendarEntry) -> bool| {
        let mut found = calendar.entries.iter().enumerate().filter(|(_, e)| test(e));
        let first = found.next()?;
        found.next().is_none().then(|| (first.0, first.1.clone()))
    };
    place(&|e| e == before).or_else(|| place(&|e| e.name == before.name))
}

/// The fields; the times of a `new` entry are suggestions.
fn fields(entry: &CalendarEntry, groups: Vec<String>, new: bool) -> Vec<FormField> {
    let kinds = EventKind::ALL.map(EventKind::name);
    let time = |field: FormField| if new { field.suggested() } else { field };
    vec![
        FormField::text("name", "Name", "What people call it", &entry.name),
        FormField::choice("kind", "Kind", "←→ or a letter; effects are learned by kind", &kinds, &entry.kind),
        time(FormField::text(
            "start",
            "Start",
            "2026-11-27 18:00, Fri 18:00, tomorrow 9:00 or 18:00",
            &entry.start,
        )),
        time(FormField::text(
            "end",
            "End",
            "The first minute after it, in the same way; 24:00 ends a day",
            &entry.end,
        )),
        FormField::text(
            "multiplier",
            "Demand ×",
            "2 is twice an ordinary day; empty if unknown",
            &entry.multiplier,
        ),
        FormField::text(
            "min_instances",
            "Min instances",
            "Minimum instances during the event; empty for none",
            &entry.min_instances,
        ),
        FormField::text("groups", "Groups", "Comma-separated names; empty for all groups", &entry.groups)
            .knowing(groups),
        FormField::text("zone", "Zone", "As Europe/Berlin; empty for the calendar's own", &entry.zone),
        FormField::text(
            "repeat",
            "Repeat",
            "Empty, daily, weekly, monthly, yearly, or a rule FREQ=…",
            &entry.repeat,
        ),
    ]
}
