//! The notices: what is unusual at the moment, one line each.

use ratatui::{Frame, layout::Rect, text::Line};

use super::page::Page;
use crate::{
    console::{
        draw::theme::{Role, Theme},
        input::action::Action,
        widgets::{
            outcome::Outcome,
            pane::{self, lines, write},
        },
    },
    link::View,
};

/// The notices page.
#[derive(Debug, Default)]
pub struct NoticesPage;

impl Page for NoticesPage {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let inner = pane::framed(frame, area, &format!("Notices: {}", view.notices.len()), theme);
        if view.notices.is_empty() {
            return write(frame, inner, 0, "No notices.", theme.style(Role::Muted));
        }
        let text = view.notices.iter().map(|n| Line::styled(n.text.clone(), theme.style(Role::Text)));
        lines(frame, inner, text, theme);
    }

    fn act(&mut self, _action: Action, _view: &View) -> Outcome {
        Outcome::Ignored
    }

    fn actions(&self) -> &'static [Action] {
        &[]
    }
}
