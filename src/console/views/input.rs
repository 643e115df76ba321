//! One line of typed text.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};
use unicode_width::UnicodeWidthChar;

use crate::domain::text::clean;

/// The longest text that may be typed, in characters.
const MOST: usize = 200;

/// What `key` asks of a text field, if anything.
fn request(key: KeyEvent) -> Option<InputRequest> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('a') if control => Some(InputRequest::GoToStart),
        KeyCode::Char('e') if control => Some(InputRequest::GoToEnd),
        KeyCode::Char('u') if control => Some(InputRequest::DeleteLine),
        KeyCode::Char('k') if control => Some(InputRequest::DeleteTillEnd),
        KeyCode::Char('w') if control => Some(InputRequest::DeletePrevWord),
        KeyCode::Char(_) if control || key.modifiers.contains(KeyModifiers::ALT) => None,
        KeyCode::Char(c) => Some(InputRequest::InsertChar(c)),
        KeyCode::Backspace => Some(InputRequest::DeletePrevChar),
        KeyCode::Delete => Some(InputRequest::DeleteNextChar),
        KeyCode::Left => Some(InputRequest::GoToPrevChar),
        KeyCode::Right => Some(InputRequest::GoToNextChar),
        KeyCode::Home => Some(InputRequest::GoToStart),
        KeyCode::End => Some(InputRequest::GoToEnd),
        _ => None,
    }
}

/// Does in `input` what `key` asks; false if it means nothing there.
pub fn key(input: &mut Input, key: KeyEvent) -> bool {
    let Some(request) = request(key) else { return false };
    let full = input.value().chars().count() >= MOST;
    if matches!(request, InputRequest::InsertChar(c) if full || clean(&c.to_string(), 1).is_empty()) {
        return false;
    }
    input.handle(request);
    true
}

/// Types `text` into `input`, cleaned and on one line, as far as there is room.
pub fn paste(input: &mut Input, text: &str) {
    let room = MOST.saturating_sub(input.value().chars().count());
    for c in clean(text, MOST).chars().take(room) {
        input.handle(InputRequest::InsertChar(c));
    }
}

/// The end of the text up to the cursor that fits `width` columns, with a bar at the cursor and what follows.
pub fn shown(input: &Input, width: usize, bar: &str) -> String {
    let before: Vec<char> = input.value().chars().take(input.cursor()).collect();
    let rest: String = input.value().chars().skip(input.cursor()).collect();
    // Room for the bar, and for what may stand behind it when the text is cut.
    let mut used = 1 + usize::from(!rest.is_empty());
    let fits = |c: &&char| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    let count = before.iter().rev().take_while(fits).count();
    let start: String = before[before.len() - count..].iter().collect();
    super::fit(&format!("{start}{bar}{rest}"), width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_edited_and_pasted_clean() {
        let mut input = Input::default();
        "abc".chars().for_each(|c| assert!(key(&mut input, KeyCode::Char(c).into())));
        assert!(key(&mut input, KeyCode::Left.into()));
        assert!(key(&mut input, KeyCode::Backspace.into()));
        paste(&mut input, "x\n\u{1b}[31my");
        assert_eq!(input.value(), "ax [31myc");
        assert!(!key(&mut input, KeyCode::F(3).into()));
        assert_eq!(shown(&input, 6, "|").trim_end(), "31my|c");
        paste(&mut input, &"z".repeat(1_000));
        assert_eq!(input.value().chars().count(), MOST);
    }
}
