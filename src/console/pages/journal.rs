//! The journal: what happened, newest first, and who did it.

mod columns;
mod entries;

use ratatui::{Frame, layout::Rect, text::Line};

use self::{
    columns::Columns,
    entries::{Item, Kinds},
};
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
            filtered_list::FilteredList,
            list::Scroll,
            outcome::{Moment, Outcome},
            pane,
            question::Question,
            reasons, text,
        },
    },
    domain::{
        Time,
        journal::{JournalEntry, JournalKind},
    },
    link::{Command, View},
};

/// The journal page: a list with a filter, and the chosen entry in full.
#[derive(Debug, Default)]
pub struct JournalPage {
    list: FilteredList<i64>,
    kinds: Kinds,
    expanded: bool,
    /// Lines of the decision in full that are passed over.
    scroll: Scroll,
}

/// Kinds of lines whose decision was, or is to be, carried out.
const UNDOABLE: [JournalKind; 3] = [JournalKind::Approved, JournalKind::Intent, JournalKind::Outcome];

/// What stands in a list that is empty: without any entry, without one of the kind, and where none passes the filter.
const NOTHING: &str = "Nothing has happened yet.";
const NO_KIND: &str = "No entries of this kind.";
const NO_MATCH: &str =
    "No entries match the filter. These are the newest; a group's page looks back at any time.";

impl JournalPage {
    /// The page with nothing filtered, at the newest entry.
    pub fn new() -> Self {
        JournalPage::default()
    }

    /// The lines of the list: what passes the filter is folded, so that the entry of a time is found as itself.
    fn shown<'v>(&self, view: &'v View) -> Vec<Item<'v>> {
        let found = self.list.shown(self.of_kind(view));
        if self.kinds == Kinds::All { entries::folded(&found) } else { found }
    }

    /// The entries of the kind chosen.
    fn of_kind<'v>(&self, view: &'v View) -> impl Iterator<Item = Item<'v>> + use<'v> {
        entries::items(&view.journal, self.kinds, axis::zone(&view.zone))
    }

    /// Why the list is empty.
    fn empty(&self, view: &View) -> &'static str {
        match self.of_kind(view).next() {
            _ if view.journal.is_empty() => NOTHING,
            None => NO_KIND,
            Some(_) => NO_MATCH,
        }
    }

    fn item<'v>(&self, view: &'v View) -> Option<Item<'v>> {
        self.list.current(&self.shown(view))
    }

    /// The entry that the cursor stands on.
    fn current<'v>(&self, view: &'v View) -> Option<&'v JournalEntry> {
        self.item(view).map(|item| item.entry)
    }

    fn expand(&mut self, on: bool) {
        self.expanded = on;
        self.scroll.reset();
    }

    /// To the next line, older or newer, that belongs to another decision.
    fn step_decision(&mut self, older: bool, view: &View) -> Outcome {
        let shown = self.shown(view);
        let (at, now) = (self.list.cursor(&shown), self.current(view).and_then(|entry| entry.decision));
        let other = |item: &&Item<'_>| item.entry.decision.is_some_and(|id| Some(id) != now);
        let found = match older {
            true => shown.iter().skip(at + 1).find(other),
            false => shown.iter().take(at).rev().find(other),
        };
        match found {
            Some(item) => self.list.choose(Some(item.entry.id)),
            None if older => return Outcome::Say("no earlier decision in these lines".into()),
            None => return Outcome::Say("no later decision in these lines".into()),
        }
        self.scroll.reset();
        Outcome::Changed
    }

    /// Opens the chosen entry's group as it was then; what is about all groups opens the one looked at last.
    fn open_group(&self, view: &View) -> Outcome {
        let group = self.current(view).and_then(|entry| Some((entry.group.clone()?, entry.at)));
        group.map_or(Outcome::Ignored, |(group, at)| Outcome::OpenGroup(group, Moment::Marked(at)))
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
        let shown = self.shown(view);
        let filtered = self.list.filter().is_shown() || self.kinds != Kinds::All;
        let count: usize = shown.iter().map(|item| 1 + item.more()).sum();
        let title = match filtered {
            true => format!("Journal: {count} of {}, {}", view.journal.len(), self.kinds.words()),
            false => format!("Journal: {} entries, newest first", view.journal.len()),
        };
        let inner = pane::framed(frame, area, &title, theme);
        let inner = self.list.draw_filter(frame, inner, theme);
        let columns = Columns::of(&shown, usize::from(inner.width));
        let (head, body) = pane::above_and_below(inner, inner.height.saturating_sub(1));
        pane::lines(frame, head, [columns.heading(theme)], theme);
        if shown.is_empty() {
            let rows = text::wrap(self.empty(view), usize::from(body.width));
            return pane::lines(
                frame,
                body,
                rows.into_iter().map(|t| pane::line(t, Role::Muted, theme)),
                theme,
            );
        }
        let rows = self.list.rows(body, &shown).map(|(i, chosen)| columns.row(&shown[i], chosen, theme));
        pane::lines(frame, body, rows, theme);
    }

    fn draw_detail(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let inner = pane::framed(frame, area, "Selected entry", theme);
        let Some(item) = self.item(view) else { return };
        let (entry, zone) = (item.entry, axis::zone(&view.zone));
        let width = usize::from(inner.width);
        let mut rows: Vec<Line<'_>> =
            text::wrap(&entry.text, width).into_iter().map(|t| pane::line(t, Role::Text, theme)).collect();
        let decision = entry.decision.map_or_else(String::new, |id| format!(", decision {id}"));
        let when = item.at("%Y-%m-%d %H:%M:%S %:z");
        let group = entry.group.as_deref().unwrap_or("all groups");
        let facts =
            format!("{when}, {group}, {} by {}, entry {}{decision}", entry.kind, entry.operator, entry.id);
        rows.extend(text::wrap(&facts, width).into_iter().map(|t| pane::line(t, Role::Muted, theme)));
        if item.more() > 0 {
            let since = axis::stamp(item.since, zone, "%a %d %b %H:%M");
            let text = format!("{} more like it since {since} are folded; t shows each", item.more());
            rows.extend(text::wrap(&text, width).into_iter().map(|t| pane::line(t, Role::Info, theme)));
        }
        if self.expanded {
            rows.push(Line::default());
            rows.extend(record(entry, view, theme, width));
        }
        let [from] = self.scroll.first([(rows.len(), inner.height)]);
        pane::lines(frame, inner, rows.into_iter().skip(from), theme);
    }
}

/// All lines, newest first, with repeated advice folded.
pub(super) fn folded(view: &View) -> Vec<Item<'_>> {
    let all: Vec<Item<'_>> = entries::items(&view.journal, Kinds::All, axis::zone(&view.zone)).collect();
    entries::folded(&all)
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
            Action::AtTime => return Outcome::OpenPast(PageId::FLEET),
            Action::EarlierDecision => return self.step_decision(true, view),
            Action::LaterDecision => return self.step_decision(false, view),
            Action::Kinds => {
                self.kinds = self.kinds.next();
                self.scroll.reset();
            }
            Action::Back if !self.list.filter().is_shown() && self.kinds != Kinds::All => {
                self.kinds = Kinds::All;
            }
            other => {
                if !self.list.step(other, &self.shown(view)) {
                    return self.list.filter_mut().act(other);
                }
                self.scroll.reset();
            }
        }
        Outcome::Changed
    }

    fn decision(&self, view: &View) -> Option<(i64, Time)> {
        let entry = self.current(view).filter(|_| self.expanded)?;
        Some((entry.decision?, entry.at))
    }

    fn chosen_group(&self, view: &View) -> Option<String> {
        self.current(view)?.group.clone()
    }

    fn hands_on_group(&self) -> bool {
        false
    }

    fn filter(&self) -> Option<&Filter> {
        Some(self.list.filter())
    }

    fn filter_mut(&mut self) -> Option<&mut Filter> {
        Some(self.list.filter_mut())
    }

    fn press(&mut self, at: (u16, u16), view: &View) -> Outcome {
        let outcome = self.list.press(at, &self.shown(view));
        if outcome == Outcome::Changed {
            self.scroll.reset();
        }
        outcome
    }

    fn copied(&self, view: &View) -> Option<(&'static str, String)> {
        self.current(view).map(|entry| ("the line", crate::domain::text::clean(&entry.text, 2_000)))
    }

    fn keys(&self, view: &View) -> Vec<Action> {
        let entry = self.current(view);
        let group = entry.is_some_and(|e| e.group.is_some()).then_some(Action::Page(PageId::GROUP));
        let undo = entry.is_some_and(|e| e.decision.is_some() && UNDOABLE.contains(&e.kind));
        let first = [Action::Open].into_iter().chain(group).chain(undo.then_some(Action::Undo));
        first.chain([Action::Kinds, Action::Filter, Action::Copy]).take(5).collect()
    }

    fn word(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Open if self.expanded => Some("less"),
            Action::Open => Some("why"),
            Action::Page(PageId::GROUP) => Some("charts of then"),
            _ => None,
        }
    }

    fn actions(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::Undo,
            Action::Page(PageId::GROUP),
            Action::EarlierDecision,
            Action::LaterDecision,
            Action::AtTime,
            Action::Kinds,
            Action::Copy,
            Action::Filter,
            Action::NextMatch,
            Action::PreviousMatch,
        ]
    }
}

#[cfg(test)]
mod tests;
