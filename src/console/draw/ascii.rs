//! The last pass over a frame where only seven-bit characters may be shown.
//!
//! Charts and marks choose their own ASCII forms ([`super::theme::Theme::glyph`]). What is left are texts: reasons with
//! arrows, names from outside, cut lines. Here each is replaced cell by cell, so that nothing else has to know.

use ratatui::buffer::{Buffer, Cell};

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
    for row in frame.content.chunks_mut(width.max(1)) {
        (0..row.len()).for_each(|at| dots(row, at));
    }
    for cell in &mut frame.content {
        if !cell.symbol().is_ascii() {
            cell.set_char(nearest(cell.symbol().chars().next().unwrap_or(' ')));
        }
    }
}

/// Makes of an ellipsis between blanks three dots, or two where there is room for no more.
fn dots(row: &mut [Cell], at: usize) {
    let blank = |at: usize| row.get(at).is_none_or(|cell| cell.symbol() == " ");
    if row[at].symbol() != "…" || at == 0 || !blank(at - 1) {
        return;
    }
    let room = row.len() - at;
    let count = (2..=3).rev().find(|count| *count <= room && (1..=*count).all(|n| blank(at + n)));
    row[at..at + count.unwrap_or(0)].iter_mut().for_each(|cell| {
        cell.set_char('.');
    });
}

/// One ASCII character that says about the same; `?` where there is none.
fn nearest(c: char) -> char {
    match c {
        '·' => '.',
        // What was cut: a dot would end a sentence.
        '…' => '~',
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

    fn reduced(text: &str) -> String {
        let mut frame = Buffer::empty(Rect::new(0, 0, 12, 1));
        frame.set_string(0, 0, text, ratatui::style::Style::default());
        reduce(&mut frame);
        frame.content.iter().map(|cell| cell.symbol()).collect()
    }

    #[test]
    fn nothing_else_is_left_and_ascii_stays() {
        assert_eq!(reduced("a → b→日é…"), "a-->b>? ?~  ");
    }

    #[test]
    fn what_is_cut_looks_cut_and_an_ellipsis_by_itself_has_its_dots() {
        assert_eq!(reduced("web-… 0 blo…"), "web-~ 0 blo~");
        assert_eq!(reduced("wait …"), "wait ...    ");
        assert_eq!((reduced("7 …  b"), reduced("7 …   b")), ("7 .. b      ".into(), "7 ... b     ".into()));
        assert_eq!(reduced("1 … 30"), "1 ~ 30      ");
        assert_eq!(reduced("1        … "), "1        ...");
    }
}
