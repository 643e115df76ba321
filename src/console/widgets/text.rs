//! Text made to fit: cut, filled or broken to a number of columns, and harmless in any case.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::domain::text::clean;

/// Most characters of one text from outside that a page shows.
const MOST: usize = 4_000;

/// `text` at most `width` columns wide; what was cut ends in `…`.
pub fn cut(text: &str, width: usize) -> String {
    let text = clean(text, MOST);
    if text.width() <= width {
        return text;
    }
    let mut out = text[..head(&text, width.saturating_sub(1))].to_owned();
    if width > 0 {
        out.push('…');
    }
    out
}

/// `text` cut or filled to exactly `width` columns.
pub fn fit(text: &str, width: usize) -> String {
    let cut = cut(text, width);
    let room = width.saturating_sub(cut.width());
    cut + &" ".repeat(room)
}

/// `text` cut in its middle or filled to exactly `width` columns: names of one kind differ at their ends.
pub fn fit_middle(text: &str, width: usize) -> String {
    let text = clean(text, MOST);
    let last = width.saturating_sub(1) / 2;
    if text.width() <= width || last == 0 {
        return fit(&text, width);
    }
    let from = |at: &usize| text[*at..].width() <= last;
    let tail = text.char_indices().map(|(at, _)| at).find(from).map_or("", |at| &text[at..]);
    let head = cut(&text, width - tail.width());
    let filled = head.width() + tail.width();
    head + tail + &" ".repeat(width.saturating_sub(filled))
}

/// `text` cut, or filled from the left, to exactly `width` columns.
pub fn fit_right(text: &str, width: usize) -> String {
    let cut = cut(text, width);
    " ".repeat(width.saturating_sub(cut.width())) + &cut
}

/// `text` on lines of at most `width` columns, broken between words where there are any; nothing has no lines.
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
        let mut rest = word;
        while rest.width() > width {
            // A character wider than the line has to go somewhere.
            let at = head(rest, width).max(rest.chars().next().map_or(0, char::len_utf8));
            lines.push(std::mem::take(&mut line) + &rest[..at]);
            rest = &rest[at..];
        }
        line.push_str(rest);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Bytes of the longest start of `text` that fits `width` columns.
fn head(text: &str, width: usize) -> usize {
    let mut used = 0;
    let fits = |(_, c): &(usize, char)| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    text.char_indices().take_while(fits).last().map_or(0, |(at, c)| at + c.len_utf8())
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
        assert_eq!(fit_middle("checkout-web-blue", 14), "checkou…b-blue");
        assert_eq!((fit_middle("web", 5), fit_middle("日本語日本語", 7)), ("web  ".into(), "日本…語".into()));
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdef", 4), ["abcd", "ef"]);
        assert_eq!(wrap("a bcdefgh", 4), ["a", "bcde", "fgh"]);
        assert_eq!(wrap("日本", 1), ["日", "本"]);
        assert_eq!((wrap("", 7), wrap("x", 0)), (Vec::<String>::new(), Vec::new()));
    }

    proptest! {
        #[test]
        fn text_keeps_to_its_width(text in "\\PC{0,60}", width in 0usize..30) {
            prop_assert!(cut(&text, width).width() <= width);
            prop_assert_eq!(fit(&text, width).width(), width);
            prop_assert_eq!(fit_right(&text, width).width(), width);
            prop_assert_eq!(fit_middle(&text, width).width(), width);
            prop_assert!(wrap(&text, width).iter().all(|line| line.width() <= width.max(2)));
        }
    }
}
