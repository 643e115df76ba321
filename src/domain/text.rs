//! Text from outside, made harmless before it reaches a screen, a log or a file.

/// `text` without control characters (escape sequences lose their escape), bidirectional overrides and
/// zero-width characters, on one line and at most `most` characters long (the last is then `…`).
pub fn clean(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most * 4));
    let mut count = 0;
    for c in text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }) {
        if c.is_control() || is_invisible(c) {
            continue;
        }
        if count == most {
            out.pop();
            out.push('…');
            return out;
        }
        out.push(c);
        count += 1;
    }
    out
}

/// Characters that change how others are shown, or take no room themselves.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_disarmed() {
        assert_eq!(clean("web\u{1b}[31m\u{7}\nred", 80), "web[31m red");
        assert_eq!(clean("a\u{202e}b\u{200b}c", 80), "abc");
        assert_eq!(clean("abcdef", 4), "abc…");
    }

    proptest! {
        #[test]
        fn nothing_dangerous_survives(text in "\\PC*|.*", most in 1usize..50) {
            let out = clean(&text, most);
            prop_assert!(out.chars().count() <= most);
            prop_assert!(!out.chars().any(|c| c.is_control() || is_invisible(c)));
        }
    }
}
