//! The columns of the journal's list.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::entries::Item;
use crate::{
    console::{
        draw::theme::{Role, Theme},
        widgets::{pane, text},
    },
    domain::journal::{JournalEntry, JournalKind},
};

/// Widths of the columns, from what is in them.
pub(super) struct Columns {
    date: &'static str,
    time: usize,
    group: usize,
    kind: usize,
    who: fn(&JournalEntry) -> &str,
    operator: usize,
    text: usize,
}

impl Columns {
    pub(super) fn of(shown: &[Item<'_>], width: usize) -> Self {
        let widest = |most: usize, get: fn(&JournalEntry) -> &str| {
            shown.iter().map(|item| get(item.entry).width()).max().unwrap_or(0).clamp(5, most)
        };
        let wide = width >= 110;
        let (date, time) = if wide { ("%Y-%m-%d %H:%M:%S", 19) } else { ("%m-%d %H:%M", 11) };
        let group = widest(if wide { 28 } else { 17 }, |e| e.group.as_deref().unwrap_or("all"));
        let kind = widest(if wide { 14 } else { 9 }, |e| e.kind.name());
        // Where it is narrow the host stands with the chosen entry alone.
        let who: fn(&JournalEntry) -> &str = if wide { |e| &e.operator } else { |e| name(&e.operator) };
        let operator = widest(if wide { 24 } else { 10 }, who);
        let text = width.saturating_sub(2 + time + group + kind + operator + 4);
        Columns { date, time, group, kind, who, operator, text }
    }

    pub(super) fn heading(&self, theme: &Theme) -> Line<'static> {
        let text = format!(
            "  {} {} {} {} {}",
            text::fit("local time", self.time),
            text::fit("group", self.group),
            text::fit("kind", self.kind),
            text::fit("operator", self.operator),
            text::cut("what happened", self.text)
        );
        pane::line(text, Role::Muted, theme)
    }

    pub(super) fn row(&self, item: &Item<'_>, chosen: bool, theme: &Theme) -> Line<'static> {
        let entry = item.entry;
        let text = format!("{}{}", item.times(), entry.text);
        let plain = if chosen { Role::Selected } else { Role::Text };
        let kind = if chosen { Role::Selected } else { role(&entry.kind) };
        let before = format!(
            "{} {} {} ",
            if chosen { theme.glyph("▶", ">") } else { " " },
            text::fit(&item.at(self.date), self.time),
            text::fit_middle(entry.group.as_deref().unwrap_or("all"), self.group),
        );
        let after =
            format!(" {} {}", text::fit((self.who)(entry), self.operator), text::fit(&text, self.text));
        Line::from(vec![
            Span::styled(before, theme.style(plain)),
            Span::styled(text::fit(entry.kind.name(), self.kind), theme.style(kind)),
            Span::styled(after, theme.style(plain)),
        ])
    }
}

/// An operator without the host.
fn name(operator: &str) -> &str {
    operator.split('@').next().unwrap_or(operator)
}

/// How a kind of entry is coloured; its word stands beside it in any case.
fn role(kind: &JournalKind) -> Role {
    match kind {
        JournalKind::Approved | JournalKind::Outcome => Role::Good,
        JournalKind::Rejected | JournalKind::Blocked | JournalKind::Expired | JournalKind::Unconfirmed => {
            Role::Warning
        }
        JournalKind::Failed => Role::Critical,
        _ => Role::Info,
    }
}
