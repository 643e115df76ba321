//! The help: every key that does something here, from the live keymap.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    pane::{self, lines},
    text::fit,
};
use crate::console::{
    draw::theme::{Role, Theme},
    input::{
        action::Action,
        key::Key,
        keymap::{Binding, Keymap},
    },
};

/// Which keys there are on a page: its own actions, and whether those of a simulation can be used.
#[derive(Debug, Clone, Copy)]
pub struct Help<'a> {
    /// What the page understands beside what every page does.
    pub page: &'a [Action],
    /// True where groups and clock are simulated.
    pub simulated: bool,
}

impl Help<'_> {
    fn shows(&self, binding: &Binding) -> bool {
        binding.action.works(self.page, self.simulated)
    }
}

/// Draws the help over `area`, from line `scroll` on: the page's own keys first, then those of everywhere.
pub fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    keymap: &Keymap,
    page: Help<'_>,
    scroll: usize,
    theme: &Theme,
) {
    let all = text(keymap, page, theme);
    let place = pane::middle(area, 76, all.len() as u16 + 2);
    let inner = pane::over(frame, place, "Keys (Esc closes)", theme);
    let from = scroll.min(all.len().saturating_sub(usize::from(inner.height)));
    lines(frame, inner, all.into_iter().skip(from), theme);
}

/// Lines of the help.
fn text(keymap: &Keymap, page: Help<'_>, theme: &Theme) -> Vec<Line<'static>> {
    let line = |binding: &Binding| {
        let keys = binding.keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ");
        // What has no key is still in the palette.
        let keys = if keys.is_empty() { format!(":{}", binding.action.name()) } else { keys };
        Line::from(vec![
            Span::styled(format!(" {}", fit(&keys, 14)), theme.style(Role::Key)),
            Span::styled(binding.help.to_owned(), theme.style(Role::Text)),
        ])
    };
    let heading = |text: &str| Line::styled(format!(" {text}"), theme.style(Role::Title));
    let own = |b: &&Binding| page.page.contains(&b.action);
    let shown = |b: &&Binding| page.shows(b);
    let mut out = vec![heading("On this page")];
    out.extend(keymap.bindings.iter().filter(own).map(line));
    out.push(heading("Everywhere"));
    out.extend(keymap.bindings.iter().filter(|b| shown(b) && !own(b)).map(line));
    out
}

/// How many lines the help has, so that scrolling stops.
pub fn length(keymap: &Keymap, page: Help<'_>) -> usize {
    keymap.bindings.iter().filter(|b| page.shows(b)).count() + 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::screen;

    #[test]
    fn the_help_shows_what_the_keymap_holds() {
        let (keymap, theme) = (Keymap::default(), Theme::default());
        let page = Help { page: &[Action::Approve, Action::Reject], simulated: true };
        assert_eq!(text(&keymap, page, &theme).len(), length(&keymap, page));
        let shown = screen((80, 24), |frame| draw(frame, frame.area(), &keymap, page, 0, &theme));
        insta::assert_snapshot!("help_80x24", shown);
        let every: Vec<Action> = keymap.bindings.iter().map(|b| b.action).collect();
        for line in text(&keymap, Help { page: &every, simulated: true }, &theme) {
            assert!(line.width() <= 74, "cut on 80 columns: {line}");
        }
        let real = Help { simulated: false, ..page };
        let words = text(&keymap, real, &theme).iter().map(ToString::to_string).collect::<String>();
        assert!(!words.contains("simulat") && length(&keymap, real) + 4 == length(&keymap, page), "{words}");
    }
}
