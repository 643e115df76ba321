//! One file a page, and what the pages share: panels, lists, local words for levels.
//!
//! A page draws a `View` and keeps only its own cursor and forms. Start with [`fleet`], the simplest.

pub mod backtest;
pub mod calendar;
pub mod filter;
#[cfg(test)]
pub(crate) mod fixture;
pub mod fleet;
pub mod form;
pub mod frame;
pub mod group;
pub mod help;
pub mod input;
pub mod journal;
pub mod log;
pub mod models;
pub mod palette;
pub mod pane;
pub mod proposals;
pub mod reasons;
#[cfg(test)]
pub(crate) mod sample;
pub mod settings;

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    symbols::border,
    text::{Line, Span},
    widgets::{Block, Borders},
};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::theme::{Role, Symbols, Theme};
use crate::{domain::text::clean, link::Level};

/// A frame with a heading.
pub fn panel<'a>(title: &str, theme: &Theme) -> Block<'a> {
    const ASCII: border::Set<'static> = border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    };
    let set = if theme.symbols() == Symbols::Ascii { ASCII } else { border::PLAIN };
    Block::new()
        .borders(Borders::ALL)
        .border_set(set)
        .border_style(theme.style(Role::Border))
        .title(Span::styled(format!(" {title} "), theme.style(Role::Title)))
}

/// `text` cut or filled to exactly `width` columns; what is cut ends in `…`.
pub fn fit(text: &str, width: usize) -> String {
    let text = clean(text, width.saturating_mul(2).max(1));
    let full = text.width();
    if full <= width {
        return text + &" ".repeat(width - full);
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let next = c.width().unwrap_or(0);
        if used + next + 1 > width {
            break;
        }
        used += next;
        out.push(c);
    }
    if width > 0 {
        out.push('…');
        used += 1;
    }
    out + &" ".repeat(width.saturating_sub(used))
}

/// `text` filled to `width` columns from the left.
pub fn fit_right(text: &str, width: usize) -> String {
    let cut = fit(text, width);
    let trimmed = cut.trim_end();
    " ".repeat(width - trimmed.width().min(width)) + trimmed
}

/// `text` on lines of at most `width` columns, broken at spaces where there are any.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    for word in clean(text, 4_000).split(' ').filter(|w| !w.is_empty()) {
        let mut rest = word.to_owned();
        loop {
            let line = lines.last_mut().expect("starts with one line and only grows");
            let gap = usize::from(!line.is_empty());
            if line.width() + gap + rest.width() <= width {
                if gap == 1 {
                    line.push(' ');
                }
                line.push_str(&rest);
                break;
            }
            if line.is_empty() {
                let cut = head(&rest, width);
                line.push_str(&rest[..cut]);
                rest.drain(..cut);
                if rest.is_empty() {
                    break;
                }
            }
            lines.push(String::new());
        }
    }
    lines
}

/// Bytes of the longest start of `text` that fits `width` columns; at least one character.
fn head(text: &str, width: usize) -> usize {
    let mut used = 0;
    let fits = |(_, c): &(usize, char)| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    let (at, c) =
        text.char_indices().take_while(fits).last().or(text.char_indices().next()).unwrap_or((0, ' '));
    (at + c.len_utf8()).min(text.len())
}

/// Role and mark of a level: never by colour alone.
pub fn level(level: Level, theme: &Theme) -> (Role, &str) {
    match level {
        Level::Good => (Role::Good, theme.glyph("✓", "+")),
        Level::Info => (Role::Info, theme.glyph("•", "-")),
        Level::Warning => (Role::Warning, "!"),
        Level::Critical => (Role::Critical, theme.glyph("✗", "X")),
    }
}

/// A muted label with its value behind it.
pub fn labelled<'a>(label: &str, value: String, theme: &Theme) -> Line<'a> {
    Line::from(vec![
        Span::styled(fit(label, 10), theme.style(Role::Muted)),
        Span::styled(value, theme.style(Role::Text)),
    ])
}

/// Draws `lines` from the top of `area`, as many as fit; the last row says how many more there are.
pub fn lines(frame: &mut Frame<'_>, area: Rect, lines: &[Line<'_>], theme: &Theme) {
    let area = area.intersection(frame.area());
    let room = usize::from(area.height);
    let over = lines.len() > room;
    let shown = if over { room.saturating_sub(1) } else { lines.len() };
    for (y, line) in lines.iter().take(shown).enumerate() {
        frame.buffer_mut().set_line(area.x, area.y + y as u16, line, area.width);
    }
    if over && room > 0 {
        let text = format!("{} {} more lines", theme.glyph("…", "..."), lines.len() - shown);
        write(frame, area, (room - 1) as u16, &text, theme.style(Role::Muted));
    }
}

/// Writes `text` on row `y` of `area`, cut to its width.
pub fn write(frame: &mut Frame<'_>, area: Rect, y: u16, text: &str, style: Style) {
    let area = area.intersection(frame.area());
    if y < area.height {
        frame.buffer_mut().set_stringn(area.x, area.y + y, text, usize::from(area.width), style);
    }
}

/// First row to show of `count` so that row `chosen` is among the `room` on the screen.
pub fn scroll_to(chosen: usize, count: usize, room: usize) -> usize {
    (chosen + 1).saturating_sub(room).min(count.saturating_sub(room))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wide_characters_count_double() {
        assert_eq!(fit("web", 5), "web  ");
        assert_eq!(fit("frontend", 5), "fron…");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit_right("7", 3), "  7");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdef", 4), ["abcd", "ef"]);
    }

    proptest! {
        #[test]
        fn text_is_as_wide_as_asked(text in "\\PC{0,40}", width in 0usize..30) {
            prop_assert_eq!(fit(&text, width).width(), width);
            prop_assert_eq!(fit_right(&text, width).width(), width);
            prop_assert!(wrap(&text, width.max(2)).iter().all(|l| l.width() <= width.max(2)));
        }
    }
}
