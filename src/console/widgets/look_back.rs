//! Looking back: which moment of the past a page shows, the line for a time, and the line that says which moment it is.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use super::{outcome::Outcome, pane, text_line::TextLine};
use crate::{
    calendar::{newest_of_day, parse_local, resolve},
    console::{
        draw::{
            axis::{length, local, zone},
            theme::{Role, Theme},
        },
        input::action::Action,
    },
    domain::{Time, shift},
    link::{DecisionsBeside, PastMoment, View},
};

/// The moment looked at, and a time that is being typed.
#[derive(Debug, Default)]
pub struct LookBack {
    moment: Option<PastMoment>,
    typed: Option<TextLine>,
}

impl LookBack {
    /// One that looks at what was known at `moment`.
    pub fn at(moment: PastMoment) -> LookBack {
        LookBack { moment: Some(moment), typed: None }
    }

    /// The moment that the engine is asked for.
    pub fn moment(&self) -> Option<PastMoment> {
        self.moment
    }

    /// True while a time is typed.
    pub fn is_typing(&self) -> bool {
        self.typed.is_some()
    }

    /// Steps, first to the newest decision until `from`, or asks for a time; `None` where `action` is none of its own. `beside` is there
    /// once the view has what was asked for.
    pub fn act(&mut self, action: Action, beside: Option<DecisionsBeside>, from: Time) -> Option<Outcome> {
        match action {
            Action::EarlierDecision | Action::LaterDecision => {
                Some(self.step(action == Action::EarlierDecision, beside, from))
            }
            Action::AtTime => {
                self.typed = Some(TextLine::default());
                Some(Outcome::Changed)
            }
            Action::Back | Action::Now if self.moment.is_some() => {
                self.moment = None;
                Some(Outcome::Changed)
            }
            _ => None,
        }
    }

    fn step(&mut self, earlier: bool, beside: Option<DecisionsBeside>, from: Time) -> Outcome {
        let say = |text: &str| Outcome::Say(text.to_owned());
        if self.moment.is_none() {
            if !earlier {
                return say("nothing is looked back at yet: step to the decision before");
            }
            self.moment = Some(PastMoment::NewestUntil(from));
            return Outcome::Changed;
        }
        // One that was not answered yet is waited for.
        let Some(beside) = beside else { return Outcome::Changed };
        match (earlier, beside) {
            (true, (Some(id), _)) | (false, (_, Some(id))) => self.moment = Some(PastMoment::Decision(id)),
            (true, (None, _)) => return say("no earlier decision is kept"),
            (false, (_, None)) => self.moment = None,
        }
        Outcome::Changed
    }

    /// A key while a time is typed.
    pub fn key(&mut self, key: KeyEvent, view: &View) -> Outcome {
        let Some(line) = &mut self.typed else { return Outcome::Ignored };
        match key.code {
            KeyCode::Esc => self.typed = None,
            KeyCode::Enter => match moment(line.value(), view) {
                Some(at) if at > view.now => {
                    let now = local(view.now, zone(&view.zone));
                    return Outcome::Say(format!("that time is still to come; now is {now}"));
                }
                Some(at) => {
                    // A decision of the minute that was typed counts.
                    let end = shift(at, 59).min(view.now);
                    (self.moment, self.typed) = (Some(PastMoment::At(end)), None);
                }
                None => return Outcome::Say("a time is 03:12, or 2026-11-27 03:12".into()),
            },
            _ if line.key(key) => {}
            _ => return Outcome::Ignored,
        }
        Outcome::Changed
    }

    /// Puts pasted text into the line.
    pub fn paste(&mut self, text: &str) -> Outcome {
        self.typed.as_mut().map_or(Outcome::Ignored, |line| {
            line.paste(text);
            Outcome::Changed
        })
    }

    /// Draws the line for a time on the last two rows of `area`.
    pub fn draw_typed(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let Some(line) = &self.typed else { return };
        let (_, rows) = pane::above_and_below(area, 2);
        frame.render_widget(ratatui::widgets::Clear, rows);
        let (above, below) = pane::above_and_below(rows, 1);
        line.draw_labelled(frame, above, "As of: ", true, theme);
        let hint = "03:12 is the newest of that time; or 2026-11-27 03:12   Enter looks back   Esc leaves";
        pane::lines(frame, below, [pane::line(hint, Role::Muted, theme)], theme);
    }
}

/// ` 12 min before`, where a decision of `made` is older than the moment `at` that is shown.
pub fn before(made: Time, at: Time) -> String {
    let age = (at - made).num_seconds();
    if age >= 60 { format!(" {} before", length(age)) } else { String::new() }
}

/// The line that says which moment `name` is shown at: what matters most, and of the rest what `width` columns have room for.
pub fn banner(name: &str, parts: &[String], theme: &Theme, width: usize) -> Line<'static> {
    let mut text = String::new();
    for part in parts {
        if !text.is_empty() && name.width() + 2 + text.width() + part.width() > width {
            break;
        }
        text += part;
    }
    Line::from(vec![
        Span::styled(name.to_owned(), theme.style(Role::Title)),
        Span::styled(format!("  {text}"), theme.style(Role::Warning)),
    ])
}

/// The moment that `text` names: a local time, or the newest such time of day.
fn moment(text: &str, view: &View) -> Option<Time> {
    let (text, zone) = (text.trim(), zone(&view.zone));
    let local = parse_local(text).map(|local| resolve(local, zone).0);
    local.or_else(|| newest_of_day(text, view.now, zone))
}
