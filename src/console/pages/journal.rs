//! The journal: what happened, newest first, and who did it.

mod columns;

use ratatui::{Frame, layout::Rect, text::Line};

use self::columns::Columns;
use super::page::Page;
use crate::{
    console::{
        draw::{
            axis,
            theme::{Role, Theme},
        },
        input::action::{Action, PageId},
        widgets::{
            filter::Filter,
            filtered_list::{FilteredList, ListItem},
            list::Scroll,
            outcome::Outcome,
            pane,
            question::Question,
            reasons, text,
        },
    },
    domain::journal::{JournalEntry, JournalKind},
    link::{Command, View},
};

/// The journal page: a list with a filter, and the chosen entry in full.
#[derive(Debug, Default)]
pub struct JournalPage {
    list: FilteredList<i64>,
    expanded: bool,
    /// Lines of the decision in full that are passed over.
    scroll: Scroll,
}

impl ListItem for &JournalEntry {
    type Key = i64;

    const FOLLOWS_FIRST: bool = true;

    fn key(&self) -> i64 {
        self.id
    }

    fn is(&self, key: &i64) -> bool {
        self.id == *key
    }

    fn words(&self) -> String {
        let group = self.group.as_deref().unwrap_or("all groups");
        format!("{group} {} {} {}", self.kind, self.operator, self.text)
    }
}

/// Kinds of lines whose decision was, or is to be, carried out.
const UNDOABLE: [JournalKind; 3] = [JournalKind::Approved, JournalKind::Intent, JournalKind::Outcome];

impl JournalPage {
    /// The page with nothing filtered, at the newest entry.
    pub fn new() -> Self {
        JournalPage::default()
    }

    /// The entry that the cursor stands on.
    fn current<'v>(&self, view: &'v View) -> Option<&'v JournalEntry> {
        self.list.current(&self.list.shown(&view.journal))
    }

    fn expand(&mut self, on: bool) {
        self.expanded = on;
        self.scroll.reset();
    }

    fn open_group(&self, view: &View) -> Outcome {
        match self.chosen_group(view) {
            Some(group) => Outcome::OpenGroup(group),
            None => Outcome::Ignored,
        }
    }

    /// Asks before the inverse of what the chosen entry speaks of is proposed.
    fn undo(&self, view: &View) -> Outcome {
        let Some(entry) = self.current(view) else { return Outcome::Ignored };
        match entry.decision.filter(|_| UNDOABLE.contains(&entry.kind)) {
            Some(decision) => {
                let consequence = vec![
                    entry.text.clone(),
                    "The inverse is proposed; preflight checks it, and a person must approve it.".into(),
                ];
                let title = format!("Undo decision {decision}?");
                Outcome::Ask(Question::new(title, consequence, Command::Undo { decision }))
            }
            None => Outcome::Say("only an applied decision can be undone; select an `outcome` line".into()),
        }
    }

    fn draw_list(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let shown = self.list.shown(&view.journal);
        let filtered = self.list.filter().is_shown();
        let title = match filtered {
            true => format!("Journal: {} of {}", shown.len(), view.journal.len()),
            false => format!("Journal: {} entries, newest first", view.journal.len()),
        };
        let inner = pane::framed(frame, area, &title, theme);
        let inner = self.list.draw_filter(frame, inner, theme);
        let columns = Columns::of(&shown, usize::from(inner.width));
        let (head, body) = pane::above_and_below(inner, inner.height.saturating_sub(1));
        pane::lines(frame, head, [columns.heading(theme)], theme);
        if shown.is_empty() {
            let text = if filtered { "No entries match the filter." } else { "Nothing has happened yet." };
            return pane::lines(frame, body, [pane::line(text, Role::Muted, theme)], theme);
        }
        let zone = axis::zone(&view.zone);
        let rows = self.list.rows(body, &shown).map(|(i, chosen)| columns.row(shown[i], zone, chosen, theme));
        pane::lines(frame, body, rows, theme);
    }

    fn draw_detail(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let inner = pane::framed(frame, area, "Selected entry", theme);
        let Some(entry) = self.current(view) else { return };
        let width = usize::from(inner.width);
        let mut rows: Vec<Line<'_>> =
            text::wrap(&entry.text, width).into_iter().map(|t| pane::line(t, Role::Text, theme)).collect();
        let decision = entry.decision.map_or_else(String::new, |id| format!(", decision {id}"));
        let when = axis::stamp(entry.at, axis::zone(&view.zone), "%Y-%m-%d %H:%M:%S %:z");
        let group = entry.group.as_deref().unwrap_or("all groups");
        let facts =
            format!("{when}, {group}, {} by {}, entry {}{decision}", entry.kind, entry.operator, entry.id);
        rows.extend(text::wrap(&facts, width).into_iter().map(|t| pane::line(t, Role::Muted, theme)));
        if self.expanded {
            rows.push(Line::default());
            rows.extend(record(entry, view, theme, width));
        }
        let [from] = self.scroll.first([(rows.len(), inner.height)]);
        pane::lines(frame, inner, rows.into_iter().skip(from), theme);
    }
}

/// The decision that an entry belongs to, in full, from its record alone.
fn record(entry: &JournalEntry, view: &View, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    match (entry.decision, &view.decision) {
        (None, _) => vec![pane::line("No decision belongs to this entry.", Role::Muted, theme)],
        (Some(id), Some(decision)) if decision.id == id => {
            let text = format!(
                "Decision {id}, {}, mode {}: {} {} to {}",
                decision.stage.name(),
                decision.mode.name(),
                decision.moves(),
                decision.from,
                decision.to
            );
            let mut out = vec![pane::line(text, Role::Title, theme)];
            out.extend(reasons::record(decision, view, theme, width));
            out
        }
        (Some(id), _) => vec![pane::line(format!("Reading decision {id} …"), Role::Muted, theme)],
    }
}

impl Page for JournalPage {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let detail = if self.expanded { area.height.saturating_sub(8).max(area.height / 2) } else { 6 };
        let room = if area.height < 14 && !self.expanded { 0 } else { detail.min(area.height) };
        let (list, detail) = pane::above_and_below(area, room);
        self.draw_list(frame, list, view, theme);
        self.draw_detail(frame, detail, view, theme);
    }

    fn act(&mut self, action: Action, view: &View) -> Outcome {
        if self.expanded && self.scroll.act(action) {
            return Outcome::Changed;
        }
        match action {
            Action::Open => self.expand(!self.expanded),
            Action::Back if self.expanded => self.expand(false),
            Action::Page(PageId::GROUP) => return self.open_group(view),
            Action::Undo => return self.undo(view),
            other => {
                if !self.list.step(other, &self.list.shown(&view.journal)) {
                    return self.list.filter_mut().act(other);
                }
                self.scroll.reset();
            }
        }
        Outcome::Changed
    }

    fn decision(&self, view: &View) -> Option<i64> {
        self.current(view).filter(|_| self.expanded)?.decision
    }

    fn chosen_group(&self, view: &View) -> Option<String> {
        self.current(view)?.group.clone()
    }

    fn filter(&self) -> Option<&Filter> {
        Some(self.list.filter())
    }

    fn filter_mut(&mut self) -> Option<&mut Filter> {
        Some(self.list.filter_mut())
    }

    fn press(&mut self, at: (u16, u16), view: &View) -> Outcome {
        let outcome = self.list.press(at, &self.list.shown(&view.journal));
        if outcome == Outcome::Changed {
            self.scroll.reset();
        }
        outcome
    }

    fn copied(&self, view: &View) -> Option<String> {
        self.current(view).map(|entry| crate::domain::text::clean(&entry.text, 2_000))
    }

    fn actions(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::Undo,
            Action::Page(PageId::GROUP),
            Action::Filter,
            Action::NextMatch,
            Action::PreviousMatch,
        ]
    }
}

#[cfg(test)]
mod tests;
