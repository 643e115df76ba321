//! Two lines for who has never seen the console: what is on the screen, and three keys to try. They go key by key as these are
//! used, or all at once, and do not come back.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::pane::write;
use crate::{
    console::{
        draw::{
            axis::short,
            theme::{Role, Theme},
        },
        input::{
            action::{Action, PageId},
            keymap::Keymap,
        },
        widgets::text::cut,
    },
    link::{ClockView, View},
};

/// Rows that it takes.
pub const ROWS: u16 = 2;

/// What there is to try, each with what it shows.
const HINTS: [(Action, &str); 3] = [
    (Action::Open, "charts and plan"),
    (Action::Page(PageId::PROPOSALS), "answer proposals"),
    (Action::Fault, "break something"),
];

/// What is left to try.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guide {
    used: [bool; HINTS.len()],
}

impl Guide {
    /// Takes note of a key that was used.
    pub fn note(&mut self, action: Action) {
        for (used, (hint, _)) in self.used.iter_mut().zip(HINTS) {
            *used |= action == hint || (hint, action) == (Action::Open, Action::Page(PageId::GROUP));
        }
    }

    /// True when nothing is left to say.
    pub fn is_over(&self, keymap: &Keymap, view: &View) -> bool {
        self.left(keymap, view).next().is_none()
    }

    /// The keys left to try, with what they show: those that have a key, and that the engine does not refuse.
    fn left<'k>(&self, keymap: &'k Keymap, view: &View) -> impl Iterator<Item = (String, &'static str)> + 'k {
        let (used, refused) = (self.used, view.read_only);
        let open = HINTS
            .into_iter()
            .zip(used)
            .filter(move |((action, _), used)| !(*used || refused && *action == Action::Fault));
        open.map(|((action, words), _)| (keymap.key_of(action), words)).filter(|(key, _)| !key.is_empty())
    }

    /// Draws it.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, keymap: &Keymap, view: &View, theme: &Theme) {
        let width = usize::from(area.width);
        let speed = match view.clock {
            ClockView::Simulated { speed, .. } => {
                format!(", {} {} real time", short(speed), theme.glyph("×", "x"))
            }
            ClockView::Real => String::new(),
        };
        let what =
            format!(" A simulated fleet: {} groups, recorded traffic{speed}; no account.", view.groups.len());
        write(frame, area, 0, &cut(&what, width), theme.style(Role::Info));
        let mut spans = vec![Span::styled(" Try ", theme.style(Role::Info))];
        for (key, words) in self.left(keymap, view) {
            spans.push(Span::styled(key, theme.style(Role::Key)));
            spans.push(Span::styled(format!(" {words}  "), theme.style(Role::Text)));
        }
        let back = keymap.key_of(Action::Back);
        if !back.is_empty() {
            spans.push(Span::styled(back, theme.style(Role::Key)));
            spans.push(Span::styled(" hide", theme.style(Role::Muted)));
        }
        frame.buffer_mut().set_line(area.x, area.y + 1, &Line::from(spans), area.width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::view;

    #[test]
    fn it_is_over_when_all_was_tried_that_can_be() {
        let (keymap, view) = (Keymap::default(), view());
        let left = |guide: &Guide, view: &View| guide.left(&keymap, view).count();
        let mut guide = Guide::default();
        assert_eq!((left(&guide, &view), guide.is_over(&keymap, &view)), (3, false));
        guide.note(Action::Down);
        guide.note(Action::Page(PageId::GROUP));
        guide.note(Action::Page(PageId::PROPOSALS));
        assert_eq!(left(&guide, &view), 1);
        let read_only = View { read_only: true, ..view.clone() };
        assert!(guide.is_over(&keymap, &read_only), "faults are refused there");
        guide.note(Action::Fault);
        assert!(guide.is_over(&keymap, &view));
    }
}
