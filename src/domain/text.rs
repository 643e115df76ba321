//! Text from outside, made harmless before it reaches a screen, a log or a file.

use unicode_width::UnicodeWidthChar;

/// Marks over and under one character that are kept; more of them would reach into the lines above and below.
const MARKS: usize = 4;

/// `text` without control characters (escape sequences lose their escape), without what changes how other characters are
/// shown or takes no room, on one line and at most `most` characters long (the last is then `…`).
pub fn clean(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most * 4));
    let (mut count, mut marks) = (0, 0);
    for c in text.chars().map(|c| if is_break(c) { ' ' } else { c }) {
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        if is_harmful(c) || marks > MARKS {
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

/// `text` as a word of a shell.
pub fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:,@~".contains(c);
    let is_plain = !text.is_empty() && !text.starts_with('~') && text.chars().all(is_plain);
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Each line of `text` as [`clean`] has it, none longer than `most` characters.
pub fn clean_lines(text: &str, most: usize) -> String {
    text.lines().map(|line| clean(line, most)).collect::<Vec<_>>().join("\n")
}

/// The first `most` of `names`, and how many more there are: `web, api and 3 more`.
pub fn few<T: AsRef<str>>(names: &[T], most: usize) -> String {
    let first: Vec<&str> = names.iter().take(most).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(most) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// A JSON document in which the characters that [`clean`] takes away are written as `\u` escapes: the same to who parses
/// it, harmless to a terminal.
pub fn escape_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !(is_harmful(c) || is_break(c)) {
            out.push(c);
        } else {
            out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}

/// Characters that end a line or jump within it.
fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}')
}

/// Control characters, those that change how others are shown (direction, joining, languages), and those that are
/// not seen at all.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_few_names_stand_for_all() {
        assert_eq!(few(&["a", "b", "c"], 3), "a, b, c");
        assert_eq!(few(&["a", "b", "c"], 2), "a, b and 1 more");
        assert_eq!(few(&[] as &[&str], 2), "");
    }

    #[test]
    fn escapes_are_disarmed() {
        assert_eq!(clean("web\u{1b}[31m\u{7}\nred", 80), "web[31m red");
        assert_eq!(clean("a\u{202e}b\u{200b}c", 80), "abc");
        assert_eq!(clean("a\u{2066}b\u{61c}c\u{9b}31m\u{2028}d", 80), "abc31m d");
        assert_eq!(clean("abcdef", 4), "abc…");
        assert_eq!(clean_lines("one\u{1b}[2J\r\ntwo\tthree", 80), "one[2J\ntwo three");
    }

    #[test]
    fn all_scripts_are_kept_and_stacked_marks_are_cut() {
        for whole in ["日本語", "مجموعة", "e\u{301}", "สวัสดี", "한국어", "नमस्ते"]
        {
            assert_eq!(clean(whole, 80), whole);
        }
        let tower = format!("a{}b", "\u{301}".repeat(500));
        assert_eq!(clean(&tower, 80), format!("a{}b", "\u{301}".repeat(MARKS)));
    }

    proptest! {
        #[test]
        fn nothing_dangerous_survives(text in "\\PC*|.*", most in 1usize..50) {
            let out = clean(&text, most);
            prop_assert!(out.chars().count() <= most);
            prop_assert!(!out.chars().any(|c| is_harmful(c) || is_break(c)));
        }

        #[test]
        fn json_says_the_same_and_harms_no_terminal(text in "(\\PC|.|\\u{9b}|\\u{202e}|\\u{e0001})*") {
            let json = escape_json(&serde_json::to_string_pretty(&[&text]).expect("a text"));
            prop_assert_eq!(serde_json::from_str::<[String; 1]>(&json).expect("still JSON"), [text]);
            prop_assert!(!json.chars().any(|c| c != '\n' && (is_harmful(c) || is_break(c))), "{json:?}");
        }
    }
}
