//! Panes: frames with a heading, lines in them, and areas cut in two.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    symbols::border,
    text::{Line, Span},
    widgets::{Block, Clear},
};

use super::text::{cut, fit, wrap};
use crate::console::draw::theme::{Role, Symbols, Theme};

/// Columns of a label.
const LABEL: usize = 10;

/// A line of one style.
pub fn line(text: impl Into<String>, role: Role, theme: &Theme) -> Line<'static> {
    Line::from(Span::styled(text.into(), theme.style(role)))
}

/// A muted label with its value behind it, on as many lines of `width` columns as it takes.
pub fn labelled(label: &str, value: &str, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let place = |(row, value): (usize, String)| {
        let label = fit(if row == 0 { label } else { "" }, LABEL.min(width));
        Line::from(vec![
            Span::styled(label, theme.style(Role::Muted)),
            Span::styled(value, theme.style(Role::Text)),
        ])
    };
    wrap(value, width.saturating_sub(LABEL)).into_iter().enumerate().map(place).collect()
}

/// Draws a frame with `title` and gives the room inside.
pub fn framed(frame: &mut Frame<'_>, area: Rect, title: &str, theme: &Theme) -> Rect {
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
    let title = cut(title, usize::from(area.width.saturating_sub(4)));
    let title = Span::styled(format!(" {title} "), theme.style(Role::Title));
    let block = Block::bordered().border_set(set).border_style(theme.style(Role::Border)).title(title);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

/// The heading of one of several panes: in brackets where the keys go, as the tab of the page is.
pub fn title(text: &str, active: bool) -> String {
    if active { format!("[{text}]") } else { text.to_owned() }
}

/// A frame over what is there already.
pub fn over(frame: &mut Frame<'_>, area: Rect, title: &str, theme: &Theme) -> Rect {
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, theme.style(Role::Text));
    framed(frame, area, title, theme)
}

/// Draws `lines` from the top of `area`, as many as fit; the last row says how many more there are.
pub fn lines<'a>(
    frame: &mut Frame<'_>,
    area: Rect,
    lines: impl IntoIterator<Item = Line<'a>>,
    theme: &Theme,
) {
    let area = area.intersection(frame.area());
    let room = usize::from(area.height);
    let lines: Vec<Line<'a>> = lines.into_iter().collect();
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

/// `area` cut into what is above `height` rows at the bottom, and those rows.
pub fn above_and_below(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    let above = Rect { height: area.height - height, ..area };
    (above, Rect { y: above.bottom(), height, ..area })
}

/// `area` cut into its first `width` columns and the rest.
pub fn left_and_right(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    let right = Rect { x: area.x + width, width: area.width - width, ..area };
    (Rect { width, ..area }, right)
}

/// A place of at most `width` × `height` in the middle of `area`.
pub fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (area.width.min(width), area.height.min(height));
    Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height)
}
