//! The last pass over a frame where only seven-bit characters may be shown.
//!
//! Charts and marks choose their own ASCII forms ([`super::theme::Theme::glyph`]). What is left are texts: reasons with
//! arrows, names from outside, cut lines. Here each is replaced cell by cell, so that nothing else has to know.

use ratatui::buffer::Buffer;

/// Replaces every cell of `frame` that is not ASCII by the nearest character that is. An arrow between blanks takes them
/// too: ` → ` becomes `-->`, which no mark of a chosen line is.
pub fn reduce(frame: &mut Buffer) {
    let width = usize::from(frame.area.width);
    for row in frame.content.chunks_mut(width.max(1)) {
        for middle in 1..row.len().saturating_sub(1) {
            let [before, arrow, after] = [middle - 1, middle, middle + 1].map(|i| row[i].symbol());
            if (before, arrow, after) == (" ", "→", " ") {
                row[middle - 1].set_char('-');
                row[middle].set_char('-');
                row[middle + 1].set_char('>');
            }
        }
    }
    for cell in &mut frame.content {
        if !cell.symbol().is_ascii() {
            cell.set_char(nearest(cell.symbol().chars().next().unwrap_or(' ')));
        }
    }
}

/// One ASCII character that says about the same; `?` where there is none.
fn nearest(c: char) -> char {
    match c {
        '…' | '·' => '.',
        '→' | '▶' | '▸' | '›' | '»' => '>',
        '←' | '◀' | '‹' | '«' => '<',
        '↔' | '–' | '—' | '─' | '−' | '━' | '╍' | '┄' | '┈' | '╌' | '▬' => '-',
        '↑' | '▲' => '^',
        '↓' => 'v',
        '×' | '✗' | '✕' => 'x',
        '÷' => '/',
        '±' => '~',
        '•' | '◆' | '●' | '☑' | '█' => '*',
        '✓' => '+',
        '“' | '”' => '"',
        '‘' | '’' => '\'',
        '│' | '┃' | '▏' => '|',
        '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' => '+',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    #[test]
    fn nothing_else_is_left_and_ascii_stays() {
        let mut frame = Buffer::empty(Rect::new(0, 0, 12, 1));
        frame.set_string(0, 0, "a → b→日é…", ratatui::style::Style::default());
        reduce(&mut frame);
        let text: String = frame.content.iter().map(|cell| cell.symbol()).collect();
        assert_eq!(text, "a-->b>? ?.  ");
    }
}
