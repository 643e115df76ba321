//! The palette over a page: the typed line, and below it what fits.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    list,
    pane::{self, write},
    text::{fit, fit_right},
};
use crate::console::{
    draw::theme::{Role, Theme},
    input::palette::Palette,
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
    if found.is_empty() {
        write(frame, inner, 1, "No match.", theme.style(Role::Muted));
    }
    let rows = usize::from(inner.height.saturating_sub(1));
    for (y, index) in list::window(palette.chosen(), found.len(), rows).enumerate() {
        let (entry, chosen) = (found[index], index == palette.chosen());
        let style = |role| theme.style(if chosen { Role::Selected } else { role });
        let mark = if chosen { theme.glyph("▶", ">") } else { " " };
        let line = Line::from(vec![
            Span::styled(format!("{mark} {} ", fit(&entry.text, 24)), style(Role::Text)),
            Span::styled(format!("{}  ", fit_right(&entry.key, 9)), style(Role::Key)),
            Span::styled(fit(&entry.help, room.saturating_sub(38)), style(Role::Muted)),
        ]);
        frame.buffer_mut().set_line(inner.x, inner.y + 1 + y as u16, &line, inner.width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::input::{action::Action, keymap::Keymap};
    use crate::console::tests::fixture::screen;

    #[test]
    fn the_palette_lists_what_fits() {
        let mut palette = Palette::new(&Keymap::default(), &[Action::Approve], ["shop"].into_iter());
        palette.paste("pa");
        let shown = screen((80, 24), |frame| draw(frame, frame.area(), &palette, &Theme::default()));
        insta::assert_snapshot!("palette_80x24", shown);
    }
}
