//! What if: settings of the group that are changed in thought (`knob`), and what would come of them (`outcome`).
//!
//! The engine computes, for the viewport says what is thought of; nothing is changed until what is thought of is written down.

mod knob;
mod outcome;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use self::knob::{KNOBS, Knob};
use crate::{
    console::{
        draw::theme::{Role, Theme},
        input::action::Action,
        widgets::{
            outcome::Outcome,
            pane::{self, lines, write},
            question::Question,
            text::fit,
            text_line::TextLine,
        },
    },
    domain::{
        text::clean,
        what_if::{Terms, WhatIf},
    },
    link::{Command, GroupDetail, View, WhatIfView},
};

/// Rows of the panel below charts, with its frame.
pub(super) const ROWS: u16 = 13;
/// Columns of the knobs.
const KNOB_COLUMNS: u16 = 35;
/// From this width on what comes of it stands beside the knobs, below it under them.
const BESIDE: u16 = 70;

/// Longest line of what is asked, in characters: a command for a group with a long name is whole.
const LONGEST: usize = 700;

/// The panel, where it is open.
#[derive(Debug, Default)]
pub(super) struct Thought(Option<Draft>);

/// What is thought of, and where the cursor stands.
#[derive(Debug, Default)]
struct Draft {
    what_if: WhatIf,
    row: usize,
    /// A value that is being typed.
    typed: Option<TextLine>,
}

impl Draft {
    fn knob(&self) -> Knob {
        KNOBS[self.row.min(KNOBS.len() - 1)]
    }
}

impl Thought {
    /// What the engine is asked for.
    pub(super) fn what_if(&self) -> Option<WhatIf> {
        self.0.as_ref().map(|draft| draft.what_if)
    }

    pub(super) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// True while a value is typed.
    pub(super) fn is_typing(&self) -> bool {
        self.0.as_ref().is_some_and(|draft| draft.typed.is_some())
    }

    /// Opens the panel on the settings as they are.
    pub(super) fn open(&mut self) {
        self.0.get_or_insert_default();
    }

    /// Closes it; nothing is left of what was thought of.
    pub(super) fn close(&mut self) {
        self.0 = None;
    }

    /// Does what `action` asks; `None` where it is none of its own.
    pub(super) fn act(
        &mut self,
        action: Action,
        view: &View,
        detail: Option<&GroupDetail>,
    ) -> Option<Outcome> {
        let draft = self.0.as_mut()?;
        match action {
            Action::Up => draft.row = draft.row.saturating_sub(1),
            Action::Down => draft.row = (draft.row + 1).min(KNOBS.len() - 1),
            Action::Left | Action::Right => {
                let Some(terms) = detail.map(|detail| terms(detail, view)) else {
                    return Some(Outcome::Ignored);
                };
                let thought = draft.knob().turned(draft.what_if, &terms, action == Action::Right, view);
                draft.what_if = thought;
            }
            Action::Open => {
                let Some(terms) = detail.map(|detail| terms(detail, view)) else {
                    return Some(Outcome::Ignored);
                };
                let value = draft.knob().typed(&draft.what_if, &terms, view);
                draft.typed = Some(TextLine::new(&value));
            }
            Action::WhatIf => return Some(detail.map_or(Outcome::Ignored, |detail| self.ask(detail))),
            Action::Now => draft.what_if = WhatIf::default(),
            Action::Back => self.0 = None,
            _ => return None,
        }
        Some(Outcome::Changed)
    }

    /// Asks whether what is thought of is to be written down.
    fn ask(&self, detail: &GroupDetail) -> Outcome {
        let Some(draft) = &self.0 else { return Outcome::Ignored };
        let say = |text: &str| Outcome::Say(text.to_owned());
        let answer = detail.what_if.as_deref().filter(|answer| answer.asked.says_the_same(&draft.what_if));
        let Some(answer) = answer else { return say("what is thought of is still being computed") };
        if draft.what_if.is_nothing() {
            return say("nothing is changed in thought: there is nothing to write");
        }
        if answer.files.is_empty() {
            let why = answer.unwritten.first().map_or("no file here says this", String::as_str);
            return Outcome::Say(clean(why, LONGEST));
        }
        let changes = answer
            .files
            .iter()
            .flat_map(|file| std::iter::once(format!("{}:", file.path)).chain(file.lines.iter().cloned()));
        let notes = answer.notes.iter().cloned();
        let notes = notes.chain(answer.unwritten.iter().map(|what| format!("Not in it: {what}")));
        let effect = "It is in force at once.".to_owned();
        let lines = changes.chain(notes).chain([effect]).map(|line| clean(&line, LONGEST)).collect();
        let bases = answer.files.iter().map(|file| (file.path.clone(), file.base.clone())).collect();
        let command = Command::Adopt { group: detail.name.clone(), what_if: draft.what_if, bases };
        Outcome::Ask(Question::new(format!("Write this for {}?", clean(&detail.name, 30)), lines, command))
    }

    /// What is in force by now is no longer only thought of.
    pub(super) fn settle(&mut self, view: &View, detail: Option<&GroupDetail>) {
        let (Some(draft), Some(detail)) = (&mut self.0, detail) else { return };
        let Some(now) = detail.what_if.as_ref().and_then(|answer| Some(answer.terms.as_ref()?.now)) else {
            return;
        };
        let thought = &mut draft.what_if;
        thought.risk = thought.risk.filter(|risk| *risk != now.risk);
        thought.objective = thought.objective.filter(|objective| Some(*objective) != now.objective);
        thought.target = thought.target.filter(|target| *target != now.target);
        thought.boot = thought.boot.filter(|boot| *boot != now.boot);
        thought.min = thought.min.filter(|min| *min != now.min);
        thought.max = thought.max.filter(|max| *max != now.max);
        thought.event = thought.event.filter(|event| {
            !view.calendar.occurrences.iter().any(|known| {
                known.start == event.start
                    && known.multiplier == Some(event.multiplier)
                    && known.concerns(&detail.name)
            })
        });
    }

    /// A key while a value is typed.
    pub(super) fn key(&mut self, key: KeyEvent, view: &View, detail: Option<&GroupDetail>) -> Outcome {
        let Some(draft) = &mut self.0 else { return Outcome::Ignored };
        let (knob, Some(line)) = (draft.knob(), &mut draft.typed) else { return Outcome::Ignored };
        match key.code {
            KeyCode::Esc => draft.typed = None,
            KeyCode::Enter => {
                let Some(terms) = detail.map(|detail| terms(detail, view)) else { return Outcome::Ignored };
                match knob.read(draft.what_if, &terms, line.value(), view) {
                    Ok(thought) => (draft.what_if, draft.typed) = (thought, None),
                    Err(why) => return Outcome::Say(why),
                }
            }
            _ if line.key(key) => {}
            _ => return Outcome::Ignored,
        }
        Outcome::Changed
    }

    /// Puts pasted text into the line.
    pub(super) fn paste(&mut self, text: &str) -> Outcome {
        self.0.as_mut().and_then(|draft| draft.typed.as_mut()).map_or(Outcome::Ignored, |line| {
            line.paste(text);
            Outcome::Changed
        })
    }

    /// Draws the panel.
    pub(super) fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        detail: &GroupDetail,
        look: (&View, &Theme),
    ) {
        let (Some(draft), theme) = (&self.0, look.1) else { return };
        let title = format!("What if: {}", clean(&detail.name, 24));
        let inner = pane::framed(frame, area, &title, theme);
        let answer = detail.what_if.as_deref();
        let (knobs, rest) = if inner.width >= BESIDE {
            pane::left_and_right(inner, KNOB_COLUMNS)
        } else {
            let below = inner.height.saturating_sub(KNOBS.len() as u16 + 1);
            pane::above_and_below(inner, below)
        };
        draft.draw_knobs(frame, knobs, (detail, answer), look);
        let fresh = answer.filter(|answer| answer.asked.says_the_same(&draft.what_if));
        let said = outcome::said((answer, fresh.is_some()), draft.what_if.event.as_ref(), look, rest.width);
        lines(frame, rest, said, theme);
    }
}

impl Draft {
    /// One line a knob: what is in force, and what is thought of in its place.
    fn draw_knobs(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        (detail, answer): (&GroupDetail, Option<&WhatIfView>),
        (view, theme): (&View, &Theme),
    ) {
        const LABEL: usize = 10;
        let now = terms(detail, view);
        // Of an objective that is thought of, the engine says which quantile would keep it.
        let then = answer.filter(|answer| answer.asked.says_the_same(&self.what_if));
        let then = then.and_then(|answer| Some(answer.terms.as_ref()?.then));
        let then = then.unwrap_or_else(|| now.with(&self.what_if));
        for (y, knob) in KNOBS.iter().enumerate() {
            let chosen = y == self.row;
            let mark = if chosen { theme.glyph("▶", ">") } else { " " };
            let label = format!("{mark} {} ", fit(knob.label(&now), LABEL));
            let (is, would) = knob.words(&self.what_if, (&now, &then), view);
            let role = if chosen { Role::Selected } else { Role::Text };
            let arrow = theme.glyph("→", "->");
            let arrow = if is.is_empty() { String::new() } else { format!(" {arrow} ") };
            let would = would.map_or(String::new(), |would| arrow + &would);
            let line = Line::from(vec![
                Span::styled(label, theme.style(role)),
                Span::styled(is, theme.style(Role::Muted)),
                Span::styled(would, theme.style(Role::Info)),
            ]);
            let row = Rect { y: area.y + y as u16, height: 1, ..area }.intersection(area);
            if row.is_empty() {
                return;
            }
            frame.buffer_mut().set_line(row.x, row.y, &line, row.width);
            if let Some(typed) = self.typed.as_ref().filter(|_| chosen) {
                let (label, value) = pane::left_and_right(row, 13);
                write(frame, label, 0, &fit(knob.label(&now), 13), theme.style(Role::Key));
                typed.draw(frame, value, true, theme);
            }
        }
        let hint = Rect { y: area.y + KNOBS.len() as u16, height: 1, ..area }.intersection(area);
        if !hint.is_empty() {
            write(frame, hint, 0, self.knob().hint(&now), theme.style(Role::Muted));
        }
    }
}

/// What the group is planned by: as the engine says, else as far as its detail shows.
fn terms(detail: &GroupDetail, view: &View) -> Terms {
    let basis = detail.plan.as_ref().and_then(|plan| plan.basis.as_ref());
    let row = view.groups.iter().find(|row| row.name == detail.name);
    let said = detail.what_if.as_ref().and_then(|answer| answer.terms.as_ref());
    said.map_or(
        Terms {
            risk: basis.map_or(0.95, |basis| basis.risk),
            objective: row.and_then(|row| row.budget.as_ref()).map(|budget| budget.objective),
            target: basis.map_or(0.8, |basis| basis.target),
            boot: detail.lead.0,
            min: detail.state.min,
            max: detail.state.max,
        },
        |terms| terms.now,
    )
}

#[cfg(test)]
mod tests;
