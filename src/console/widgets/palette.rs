//! The palette over a page: the typed line, and below it what fits.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    pane::{self, write},
    text::{fit, fit_right},
};
use crate::{
    console::{
        draw::theme::{Role, Theme},
        input::palette::Palette,
    },
    domain::listing,
};

/// Most lines listed at once.
const MOST: u16 = 12;

/// Draws the palette at the top of `area`.
pub fn draw(frame: &mut Frame<'_>, area: Rect, palette: &Palette, theme: &Theme) {
    let width = area.width.min(90);
    let height = (MOST + 4).min(area.height);
    let place = Rect { x: area.x + (area.width - width) / 2, width, height, ..area };
    let inner = pane::over(frame, place, "Command (Enter runs, Tab completes, Esc closes)", theme);
    let room = usize::from(inner.width);
    palette.line().draw_labelled(frame, Rect { height: 1, ..inner }, ":", true, theme);
    let found = palette.fitting();
    let guessing = palette.is_guessing();
    if guessing {
        let words = match found.is_empty() {
            true => "No page, action or setting matches. Type a word of it; Esc closes.",
            false => "No page, action or setting matches. The nearest (Enter completes):",
        };
        write(frame, inner, 1, words, theme.style(Role::Warning));
    }
    let first = 1 + u16::from(guessing);
    let rows = usize::from(inner.height.saturating_sub(first));
    let at = palette.chosen();
    for (y, index) in listing::seen(at, found.len(), rows).enumerate() {
        let (entry, chosen) = (found[index], index == at);
        let style = |role| theme.style(if chosen { Role::Selected } else { role });
        let mark = if chosen { theme.glyph("▶", ">") } else { " " };
        let line = Line::from(vec![
            Span::styled(format!("{mark} {} ", fit(&entry.text, 24)), style(Role::Text)),
            Span::styled(format!("{}  ", fit_right(&entry.key, 9)), style(Role::Key)),
            Span::styled(fit(&entry.help, room.saturating_sub(38)), style(Role::Muted)),
        ]);
        frame.buffer_mut().set_line(inner.x, inner.y + first + y as u16, &line, inner.width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::{input::palette::tests::palette, tests::fixture::screen};

    #[test]
    fn the_palette_lists_what_fits_else_the_nearest() {
        for (typed, name) in [("pa", "palette_80x24"), ("freze", "palette_nearest_80x24")] {
            let mut palette = palette();
            palette.paste(typed);
            let shown = screen((80, 24), |frame| draw(frame, frame.area(), &palette, &Theme::default()));
            insta::assert_snapshot!(name, shown);
        }
    }
}
