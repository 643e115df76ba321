//! Content lines of RFC 5545: folding, parameters, quoting, and which lines make up an event.
//!
//! Ours, because it is a page of code: the crates that do it bring identifiers and random numbers along, and with
//! them other features for half of what is built.

/// Longest line, in bytes, before it is folded.
const FOLD: usize = 75;

/// One property: `NAME;PARAMETER=value:value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// In capitals.
    pub name: String,
    /// Names in capitals, values without their quotes.
    pub parameters: Vec<(String, String)>,
    /// As it stands, still quoted.
    pub value: String,
}

impl Property {
    /// The parameter called `name`.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value as text, without its quoting.
    pub fn text(&self) -> String {
        let (mut out, mut chars) = (String::new(), self.value.chars());
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some('n' | 'N') => out.push(' '),
                    Some(c) => out.push(c),
                    None => {}
                },
                c => out.push(c),
            }
        }
        out
    }
}

/// The properties of each event of `text`, those of alarms and other parts within left out.
///
/// # Errors
/// In words, where it is no iCalendar file.
pub fn events(text: &str) -> Result<Vec<Vec<Property>>, String> {
    let (mut open, mut events): (Vec<String>, Vec<Vec<Property>>) = (Vec::new(), Vec::new());
    let mut is_calendar = false;
    for line in unfolded(text) {
        let Some(property) = property(&line) else { continue };
        match property.name.as_str() {
            "BEGIN" => {
                let part = property.value.trim().to_ascii_uppercase();
                is_calendar |= part == "VCALENDAR";
                if part == "VEVENT" {
                    events.push(Vec::new());
                }
                open.push(part);
            }
            "END" => {
                open.pop();
            }
            _ if open.last().is_some_and(|part| part == "VEVENT") => {
                if let Some(event) = events.last_mut() {
                    event.push(property);
                }
            }
            _ => {}
        }
    }
    match is_calendar {
        true => Ok(events),
        false => Err("this is not an iCalendar file: BEGIN:VCALENDAR is missing; export it as .ics".into()),
    }
}

/// Lines with their continuations, which begin with a blank, joined to them.
fn unfolded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.trim_start_matches('\u{feff}').split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some(before)) => before.push_str(rest),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn property(line: &str) -> Option<Property> {
    // A colon or semicolon within quotes belongs to a parameter's value.
    let (mut parts, mut start, mut quoted) = (Vec::new(), 0, false);
    let mut value = None;
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ';' if !quoted => {
                parts.push(&line[start..at]);
                start = at + 1;
            }
            ':' if !quoted => {
                parts.push(&line[start..at]);
                value = Some(&line[at + 1..]);
                break;
            }
            _ => {}
        }
    }
    let (name, parameters) = parts.split_first()?;
    let parameter = |part: &&str| {
        let (name, value) = part.split_once('=')?;
        Some((name.trim().to_ascii_uppercase(), value.trim_matches('"').to_owned()))
    };
    Some(Property {
        name: name.trim().to_ascii_uppercase(),
        parameters: parameters.iter().filter_map(parameter).collect(),
        value: value?.to_owned(),
    })
}

/// `text` quoted as the value of a property.
pub fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace(',', "\\,").replace(';', "\\;").replace('\n', "\\n")
}

/// Appends one line to `out`, folded between characters where it is long.
pub fn put(out: &mut String, line: &str) {
    let mut used = 0;
    for c in line.chars() {
        if used + c.len_utf8() > FOLD {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(c);
        used += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parameters_quotes_and_nested_parts_are_told_apart() {
        let text = "BEGIN:VCALENDAR\nX:1\nBEGIN:VEVENT\nDTSTART;X=\"a;b:c\";tzid=Europe/Berlin:2026\nSUM\n MARY:one\\, \n\ttwo\\nthree\n\
            BEGIN:VALARM\nSUMMARY:alarm\nEND:VALARM\nUID:7\nEND:VEVENT\nEND:VCALENDAR\n";
        let events = events(text).unwrap();
        let names: Vec<&str> = events[0].iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["DTSTART", "SUMMARY", "UID"]);
        assert_eq!(events[0][0].parameter("X"), Some("a;b:c"));
        assert_eq!(
            (events[0][0].parameter("TZID"), events[0][0].value.as_str()),
            (Some("Europe/Berlin"), "2026")
        );
        assert_eq!(events[0][1].text(), "one, two three");
        assert!(super::events("hello").unwrap_err().contains("not an iCalendar file"));
    }

    proptest! {
        #[test]
        fn what_is_put_is_read_back(text in "[^\\pC]{0,200}") {
            let mut out = String::from("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n");
            put(&mut out, &format!("SUMMARY:{}", quoted(&text)));
            prop_assert!(out.split("\r\n").all(|line| line.len() <= FOLD));
            out.push_str("END:VEVENT\r\nEND:VCALENDAR\r\n");
            let events = events(&out).unwrap();
            prop_assert_eq!(events[0][0].text(), text);
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,80}|(BEGIN:VEVENT|[;:=\"\\\\ \r\n]|A){0,40}") {
            let _ = events(&text);
        }
    }
}
