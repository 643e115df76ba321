//! The journal: what happened, newest first, and who did it.

use std::cell::Cell;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use super::{form::TextLine, pane, reasons};
use crate::{
    console::{
        keymap::Action,
        page::{Outcome, Page, Target},
        question::Question,
        theme::{Role, Theme},
    },
    link::{Command, JournalEntry, View},
};

/// The journal page: a list with a filter, and the chosen entry in full.
#[derive(Debug, Default)]
pub struct JournalPage {
    /// Row id of the chosen entry; `None` follows the newest.
    chosen: Option<i64>,
    filter: TextLine,
    typing: bool,
    expanded: bool,
    /// Rows that the list had when it was last drawn, by which a page is measured.
    rows: Cell<usize>,
}

impl JournalPage {
    /// The page with nothing filtered, at the newest entry.
    pub fn new() -> Self {
        JournalPage::default()
    }

    /// Entries that every word of the filter is found in.
    fn shown<'v>(&self, view: &'v View) -> Vec<&'v JournalEntry> {
        let words: Vec<String> = self.filter.value().split_whitespace().map(str::to_lowercase).collect();
        let fits = |entry: &&JournalEntry| {
            let group = entry.group.as_deref().unwrap_or("");
            let text = format!("{group} {} {} {}", entry.kind, entry.operator, entry.text).to_lowercase();
            words.iter().all(|word| text.contains(word))
        };
        view.journal.iter().filter(fits).collect()
    }

    /// Position of the chosen entry among `shown`; the newest if it is not there.
    fn position(&self, shown: &[&JournalEntry]) -> usize {
        self.chosen.and_then(|id| shown.iter().position(|entry| entry.id == id)).unwrap_or(0)
    }

    fn move_by(&mut self, by: isize, view: &View) -> Outcome {
        let shown = self.shown(view);
        let to = pane::step(self.position(&shown), by, shown.len());
        self.chosen = if to == 0 { None } else { shown.get(to).map(|entry| entry.id) };
        Outcome::Changed
    }

    /// Moves by `by` lines, counted round.
    fn turn(&mut self, by: isize, view: &View) -> Outcome {
        let shown = self.shown(view);
        let to = (self.position(&shown) as isize + by).rem_euclid(shown.len().max(1) as isize);
        self.chosen = shown.get(to as usize).filter(|_| to > 0).map(|entry| entry.id);
        Outcome::Changed
    }

    fn open_group(&self, view: &View) -> Outcome {
        match self.chosen_group(view) {
            Some(group) => Outcome::Open(Target::Group(group)),
            None => Outcome::Ignored,
        }
    }

    /// Asks before the inverse of what the chosen entry speaks of is proposed.
    fn undo(&self, view: &View) -> Outcome {
        let shown = self.shown(view);
        let Some(entry) = shown.get(self.position(&shown)) else { return Outcome::Ignored };
        match entry.decision.filter(|_| ["approved", "intent", "outcome"].contains(&entry.kind.as_str())) {
            Some(decision) => {
                let consequence = vec![
                    entry.text.clone(),
                    "The inverse is proposed; preflight checks it, and a person must approve it.".into(),
                ];
                let title = format!("Undo decision {decision}?");
                Outcome::Ask(Question::new(title, consequence, Command::Undo { decision }))
            }
            None => Outcome::Say("only what was done can be undone: choose an `outcome`".into()),
        }
    }

    fn back(&mut self) -> Outcome {
        if self.expanded {
            self.expanded = false;
        } else if !self.filter.value().is_empty() {
            self.filter = TextLine::default();
        } else {
            return Outcome::Ignored;
        }
        Outcome::Changed
    }

    fn draw_list(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let shown = self.shown(view);
        let filtered = !self.filter.value().is_empty();
        let title = match filtered {
            true => format!("Journal: {} of {}", shown.len(), view.journal.len()),
            false => format!("Journal: {} entries, newest first", view.journal.len()),
        };
        let mut inner = pane::framed(frame, area, &title, theme);
        if self.typing || filtered {
            let (bar, rest) = pane::above_and_below(inner, inner.height.saturating_sub(1));
            self.draw_filter(frame, bar, theme);
            inner = rest;
        }
        let columns = Columns::of(&shown, usize::from(inner.width));
        let (head, body) = pane::above_and_below(inner, inner.height.saturating_sub(1));
        pane::lines(frame, head, vec![columns.heading(theme)]);
        self.rows.set(usize::from(body.height));
        if shown.is_empty() {
            let text = if filtered { "Nothing fits the filter." } else { "Nothing has happened yet." };
            pane::lines(frame, body, vec![pane::line(text, Role::Muted, theme)]);
            return;
        }
        let chosen = self.position(&shown);
        let zone = pane::zone(&view.zone);
        let rows = pane::window(chosen, shown.len(), usize::from(body.height))
            .map(|i| columns.row(shown[i], zone, i == chosen, theme))
            .collect();
        pane::lines(frame, body, rows);
    }

    fn draw_filter(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let (label, rest) = pane::left_and_right(area, 2);
        pane::lines(frame, label, vec![pane::line("/ ", Role::Key, theme)]);
        let (field, hint) = pane::left_and_right(rest, rest.width.saturating_sub(26).max(10));
        self.filter.draw(frame, field, self.typing, theme);
        let words = if self.typing { "Enter keeps, Esc clears" } else { "Esc clears the filter" };
        pane::lines(frame, hint, vec![pane::line(words, Role::Muted, theme)]);
    }

    fn draw_detail(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let inner = pane::framed(frame, area, "Chosen entry", theme);
        let shown = self.shown(view);
        let Some(entry) = shown.get(self.position(&shown)) else { return };
        let width = usize::from(inner.width);
        let mut rows: Vec<Line<'_>> =
            pane::wrap(&entry.text, width).into_iter().map(|t| pane::line(t, Role::Text, theme)).collect();
        let decision = entry.decision.map_or_else(String::new, |id| format!(", decision {id}"));
        let when = pane::local(entry.at, pane::zone(&view.zone), "%Y-%m-%d %H:%M:%S %:z");
        let group = entry.group.as_deref().unwrap_or("all groups");
        let facts =
            format!("{when}, {group}, {} by {}, entry {}{decision}", entry.kind, entry.operator, entry.id);
        rows.extend(pane::wrap(&facts, width).into_iter().map(|t| pane::line(t, Role::Muted, theme)));
        if self.expanded {
            rows.push(Line::default());
            rows.extend(record(entry, view, theme, width));
        }
        super::lines(frame, inner, &rows, theme);
    }

    /// The entry that the cursor stands on.
    fn current<'v>(&self, view: &'v View) -> Option<&'v JournalEntry> {
        let shown = self.shown(view);
        shown.get(self.position(&shown)).copied()
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
            out.extend(reasons::record(decision, pane::zone(&view.zone), theme, width));
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
        let page = self.rows.get().max(2) as isize - 1;
        match action {
            Action::Up => self.move_by(-1, view),
            Action::Down => self.move_by(1, view),
            Action::PageUp => self.move_by(-page, view),
            Action::PageDown => self.move_by(page, view),
            Action::First => self.move_by(isize::MIN, view),
            Action::Last => self.move_by(isize::MAX, view),
            Action::NextMatch => self.turn(1, view),
            Action::PreviousMatch => self.turn(-1, view),
            Action::Filter => {
                self.typing = true;
                Outcome::Changed
            }
            Action::Open => {
                self.expanded = !self.expanded;
                Outcome::Changed
            }
            Action::Group => self.open_group(view),
            Action::Undo => self.undo(view),
            Action::Back => self.back(),
            _ => Outcome::Ignored,
        }
    }

    fn decision(&self, view: &View) -> Option<i64> {
        self.current(view).filter(|_| self.expanded)?.decision
    }

    fn chosen_group(&self, view: &View) -> Option<String> {
        self.current(view)?.group.clone()
    }

    fn wants_text(&self) -> bool {
        self.typing
    }

    fn key(&mut self, key: KeyEvent, view: &View) -> Outcome {
        match key.code {
            KeyCode::Enter => self.typing = false,
            KeyCode::Esc => {
                self.typing = false;
                self.filter = TextLine::default();
            }
            KeyCode::Up => return self.move_by(-1, view),
            KeyCode::Down => return self.move_by(1, view),
            _ if !self.filter.key(key) => return Outcome::Ignored,
            _ => {}
        }
        Outcome::Changed
    }

    fn paste(&mut self, text: &str, _view: &View) -> Outcome {
        self.filter.paste(text);
        Outcome::Changed
    }

    fn copied(&self, view: &View) -> Option<String> {
        let shown = self.shown(view);
        shown.get(self.position(&shown)).map(|entry| crate::domain::text::clean(&entry.text, 2_000))
    }

    fn actions(&self) -> &'static [Action] {
        &[
            Action::Up,
            Action::Down,
            Action::PageUp,
            Action::PageDown,
            Action::Filter,
            Action::NextMatch,
            Action::PreviousMatch,
            Action::Open,
            Action::Undo,
            Action::Group,
        ]
    }
}

/// Widths of the columns, from what is in them.
struct Columns {
    date: &'static str,
    time: usize,
    group: usize,
    kind: usize,
    operator: usize,
    text: usize,
}

impl Columns {
    fn of(shown: &[&JournalEntry], width: usize) -> Self {
        let widest = |most: usize, get: fn(&JournalEntry) -> &str| {
            shown.iter().map(|e| get(e).width()).max().unwrap_or(0).clamp(5, most)
        };
        let wide = width >= 110;
        let (date, time) = if wide { ("%Y-%m-%d %H:%M:%S", 19) } else { ("%m-%d %H:%M", 11) };
        let group = widest(if wide { 28 } else { 14 }, |e| e.group.as_deref().unwrap_or("all"));
        let kind = widest(if wide { 14 } else { 9 }, |e| &e.kind);
        let operator = widest(if wide { 24 } else { 10 }, |e| &e.operator);
        let text = width.saturating_sub(2 + time + group + kind + operator + 4);
        Columns { date, time, group, kind, operator, text }
    }

    fn heading(&self, theme: &Theme) -> Line<'static> {
        let text = format!(
            "  {} {} {} {} {}",
            pane::fit("local time", self.time),
            pane::fit("group", self.group),
            pane::fit("kind", self.kind),
            pane::fit("operator", self.operator),
            pane::cut("what happened", self.text)
        );
        pane::line(text, Role::Muted, theme)
    }

    fn row(&self, entry: &JournalEntry, zone: chrono_tz::Tz, chosen: bool, theme: &Theme) -> Line<'static> {
        let plain = if chosen { Role::Selected } else { Role::Text };
        let kind = if chosen { Role::Selected } else { role(&entry.kind) };
        let before = format!(
            "{} {} {} ",
            if chosen { '>' } else { ' ' },
            pane::fit(&pane::local(entry.at, zone, self.date), self.time),
            pane::fit(entry.group.as_deref().unwrap_or("all"), self.group),
        );
        let after =
            format!(" {} {}", pane::fit(&entry.operator, self.operator), pane::fit(&entry.text, self.text));
        Line::from(vec![
            Span::styled(before, theme.style(plain)),
            Span::styled(pane::fit(&entry.kind, self.kind), theme.style(kind)),
            Span::styled(after, theme.style(plain)),
        ])
    }
}

/// How a kind of entry is coloured; its word stands beside it in any case.
fn role(kind: &str) -> Role {
    match kind {
        "approved" | "outcome" => Role::Good,
        "rejected" | "blocked" | "expired" | "unconfirmed" => Role::Warning,
        "failed" => Role::Critical,
        _ => Role::Info,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::console::views::{
        fixture::proposal,
        sample::{any_step, any_view, live, snapshots, view},
    };

    fn type_filter(page: &mut JournalPage, view: &View, text: &str) {
        page.act(Action::Filter, view);
        text.chars().for_each(|c| {
            page.key(KeyCode::Char(c).into(), view);
        });
    }

    #[test]
    fn screens() {
        let view = view();
        let mut page = JournalPage::new();
        snapshots!("journal", &page, &view);
        page.act(Action::Down, &view);
        page.act(Action::Down, &view);
        page.act(Action::Open, &view);
        assert_eq!(page.decision(&view), Some(21));
        let view = View { decision: Some(proposal(21, "shop-web", 6, 9)), ..view };
        snapshots!("journal_expanded", &page, &view);
        page.act(Action::Back, &view);
        type_filter(&mut page, &view, "WEB p");
        snapshots!("journal_filter", &page, &view);
    }

    #[test]
    fn the_filter_looks_at_every_column_and_escape_clears_it() {
        let view = view();
        let mut page = JournalPage::new();
        type_filter(&mut page, &view, "ada shop revision");
        let ids: Vec<i64> = page.shown(&view).iter().map(|e| e.id).collect();
        assert_eq!(ids, [43]);
        page.key(KeyCode::Esc.into(), &view);
        assert_eq!(page.shown(&view).len(), 5);
        assert!(!page.wants_text());
    }

    #[test]
    fn the_choice_stays_with_its_entry_and_the_newest_follows() {
        let mut view = view();
        let mut page = JournalPage::new();
        let mut newer = view.journal[0].clone();
        newer.id = 45;
        page.act(Action::Down, &view);
        let chosen = |page: &JournalPage, view: &View| {
            let shown = page.shown(view);
            shown[page.position(&shown)].id
        };
        view.journal.insert(0, newer);
        assert_eq!(chosen(&page, &view), 43);
        page.act(Action::First, &view);
        assert_eq!(chosen(&page, &view), 45);
    }

    #[test]
    fn what_was_done_can_be_undone_and_the_rest_says_why_not() {
        let mut view = view();
        let mut page = JournalPage::new();
        (view.journal[0].kind, view.journal[0].decision) = ("outcome".into(), Some(12));
        let Outcome::Ask(question) = page.act(Action::Undo, &view) else { panic!("asks first") };
        assert_eq!(question.command, Some(Command::Undo { decision: 12 }));
        view.journal[0].kind = "expired".into();
        assert!(matches!(page.act(Action::Undo, &view), Outcome::Say(why) if why.contains("outcome")));
        assert_eq!(page.act(Action::Undo, &View::default()), Outcome::Ignored);
    }

    #[test]
    fn typed_text_outlives_a_refresh() {
        let mut page = JournalPage::new();
        type_filter(&mut page, &view(), "web");
        page.refresh(&View::default());
        assert_eq!(page.filter.value(), "web");
    }

    proptest! {
        #[test]
        fn nothing_panics(views in prop::collection::vec(any_view(), 1..3),
                          steps in prop::collection::vec(any_step(), 0..40)) {
            live(&mut JournalPage::new(), &views, &steps);
        }
    }
}
