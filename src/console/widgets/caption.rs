//! The caption of a story, on rows of its own between page and footer: what happens, and why.

use ratatui::{Frame, layout::Rect};

use super::{
    pane::write,
    text::{cut, wrap},
};
use crate::{
    console::draw::{
        axis,
        theme::{Role, Theme},
    },
    domain::caption::Caption,
    link::View,
};

/// What makes the captions of a view, in the order of time.
pub type Narrator = fn(&View) -> Vec<Caption>;

/// From this width on a caption needs fewer rows.
const WIDE: u16 = 110;

/// Rows that a caption takes on a screen of `width` columns.
pub fn rows(width: u16) -> u16 {
    if width < WIDE { 5 } else { 3 }
}

/// Draws it; what has no room is cut.
pub fn draw(frame: &mut Frame<'_>, area: Rect, caption: &Caption, view: &View, theme: &Theme) {
    let width = usize::from(area.width).saturating_sub(2);
    let time = axis::clock(caption.at, axis::zone(&view.zone));
    let what = wrap(&format!("{time} {}", caption.what), width);
    let why = wrap(&caption.why, width);
    let all = what.iter().map(|line| (line, Role::Info)).chain(why.iter().map(|line| (line, Role::Text)));
    let all: Vec<(&String, Role)> = all.collect();
    let room = usize::from(area.height);
    let more = theme.glyph("…", "...");
    for (y, (line, role)) in all.iter().take(room).enumerate() {
        let is_cut = y + 1 == room && all.len() > room;
        let text =
            if is_cut { format!("{}{more}", cut(line, width.saturating_sub(3))) } else { (*line).clone() };
        write(frame, area, y as u16, &format!(" {text}"), theme.style(*role));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::{now, screen, view};

    #[test]
    fn it_is_wrapped_and_what_has_no_room_is_cut() {
        let caption = Caption {
            at: now(),
            what: "The sale begins.".into(),
            why: "because of the calendar ".repeat(30),
        };
        let shown = screen((80, rows(80)), |frame| {
            draw(frame, frame.area(), &caption, &view(), &Theme::default());
        });
        let shown = shown.to_string();
        assert!(shown.contains("14:02 The sale begins.") && shown.contains('…'), "{shown}");
        assert_eq!((rows(80), rows(120)), (5, 3));
    }
}
