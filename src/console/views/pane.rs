//! What pages share: local time, text cut to a width, scrolling, and frames.

use std::ops::Range;

use chrono::DateTime;
use chrono_tz::Tz;
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Block, Paragraph},
};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::{
    console::theme::{Role, Theme},
    domain::{Time, at_epoch, text::clean},
};

/// Most characters of one text from outside that a page shows.
const MOST: usize = 2_000;

/// The IANA zone called `name`; UTC when there is none of that name.
pub fn zone(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

/// `time` on the clocks of `zone`, kept within the years 1 to 9999.
pub fn in_zone(time: Time, zone: Tz) -> DateTime<Tz> {
    time.clamp(at_epoch(-62_135_337_600), at_epoch(253_402_041_600)).with_timezone(&zone)
}

/// `time` on the clocks of `zone`, by a `strftime` format.
pub fn local(time: Time, zone: Tz, format: &str) -> String {
    in_zone(time, zone).format(format).to_string()
}

/// `text`, harmless and at most `width` columns wide, with `…` where it was cut.
pub fn cut(text: &str, width: usize) -> String {
    let text = clean(text, MOST);
    if text.width() <= width {
        return text;
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > width {
            break;
        }
        used += wide;
        out.push(c);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

/// `text`, harmless, cut and filled with blanks to exactly `width` columns.
pub fn fit(text: &str, width: usize) -> String {
    let mut out = cut(text, width);
    let blanks = width.saturating_sub(out.width());
    out.extend(std::iter::repeat_n(' ', blanks));
    out
}

/// `text`, harmless, in lines of at most `width` columns, broken between words where that is possible.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    if width == 0 {
        return lines;
    }
    for word in clean(text, MOST).split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            if line.width() + c.width().unwrap_or(0) > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The rows of a list of `len` that fit `height`, with `chosen` among them, near the middle where it can be.
pub fn window(chosen: usize, len: usize, height: usize) -> Range<usize> {
    let start = chosen.saturating_sub(height / 2).min(len.saturating_sub(height));
    start..len.min(start + height)
}

/// `index` moved by `by` inside a list of `len`.
pub fn step(index: usize, by: isize, len: usize) -> usize {
    index.saturating_add_signed(by).min(len.saturating_sub(1))
}

/// A line of one style.
pub fn line(text: impl Into<String>, role: Role, theme: &Theme) -> Line<'static> {
    Line::from(Span::styled(text.into(), theme.style(role)))
}

/// A label in muted style with its value behind it, cut to `width` columns.
pub fn labelled(label: &str, value: &str, width: usize, theme: &Theme) -> Line<'static> {
    let label = fit(label, 12.min(width));
    let value = cut(value, width.saturating_sub(12));
    Line::from(vec![
        Span::styled(label, theme.style(Role::Muted)),
        Span::styled(value, theme.style(Role::Text)),
    ])
}

/// Draws a frame with `title` and gives the room inside.
pub fn framed(frame: &mut Frame<'_>, area: Rect, title: &str, theme: &Theme) -> Rect {
    let width = usize::from(area.width.saturating_sub(4));
    let title = Span::styled(format!(" {} ", cut(title, width)), theme.style(Role::Title));
    let block = Block::bordered().border_style(theme.style(Role::Border)).title(title);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

/// Draws `lines` from the top of `area`; what does not fit is left out.
pub fn lines(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'_>>) {
    frame.render_widget(Paragraph::new(lines), area);
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unknown_zones_are_utc_and_far_times_do_not_panic() {
        assert_eq!(local(at_epoch(0), zone("Nowhere/Land"), "%H:%M %:z"), "00:00 +00:00");
        assert_eq!(local(at_epoch(0), zone("Europe/Berlin"), "%H:%M %:z"), "01:00 +01:00");
        assert_eq!(local(Time::MAX_UTC, zone("Asia/Tokyo"), "%Y"), "9999");
        assert_eq!(local(Time::MIN_UTC, zone("America/Lima"), "%Y"), "0001");
    }

    proptest! {
        #[test]
        fn text_keeps_to_its_width(text in "\\PC{0,60}", width in 0usize..30) {
            prop_assert_eq!(fit(&text, width).width(), width);
            for part in wrap(&text, width) {
                prop_assert!(part.width() <= width.max(2));
            }
        }

        #[test]
        fn the_chosen_row_is_in_the_window(chosen in 0usize..99, len in 1usize..99, height in 1usize..30) {
            let chosen = chosen.min(len - 1);
            let seen = window(chosen, len, height);
            prop_assert!(seen.contains(&chosen));
            prop_assert!(seen.len() <= height && seen.end <= len);
        }
    }
}
