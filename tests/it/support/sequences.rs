//! What a stream of bytes would make a terminal do.

/// Control sequences (CSI) that `prescale` writes, by their parameters and last character: cursor, colours, clearing, the
/// alternate screen, pastes in brackets, frames shown at once.
fn is_ours(parameters: &str, last: char) -> bool {
    match last {
        'H' | 'm' | 'J' | 'K' | 'X' => parameters.chars().all(|c| c.is_ascii_digit() || c == ';'),
        'h' | 'l' => matches!(parameters, "?25" | "?1049" | "?2004" | "?2026"),
        _ => false,
    }
}

/// Everything in `bytes` that a program of ours has no reason to write to a terminal.
pub fn strange(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut found = Vec::new();
    let mut rest = text.as_ref();
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match (c, control_sequence(after)) {
            ('\u{1b}', Some((parameters, last, left))) if is_ours(parameters, last) => left,
            ('\u{1b}', _) => {
                found.push(format!("ESC {:?}", after.chars().take(20).collect::<String>()));
                after
            }
            _ if c != '\r' && c != '\n' && is_harmful(c) => {
                found.push(format!("{c:?} {:?}", after.chars().take(20).collect::<String>()));
                after
            }
            _ => after,
        };
    }
    found
}

/// Everything in `text` that lines for people or programs never hold.
pub fn strange_in_lines(text: &str) -> Vec<String> {
    strange(text.replace('\u{1b}', "\u{7f}").as_bytes())
}

/// The parameters, the last character and what follows of a control sequence whose escape has been read.
fn control_sequence(after: &str) -> Option<(&str, char, &str)> {
    let body = after.strip_prefix('[')?;
    let end = body.find(|c: char| !(' '..='?').contains(&c))?;
    let last = body[end..].chars().next()?;
    Some((&body[..end], last, &body[end + last.len_utf8()..]))
}

/// Control characters, those that change the direction of others, and those that nobody sees.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}
