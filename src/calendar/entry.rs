//! One entry of the calendar as text, the shape that forms, commands and the file share.

use serde::{Deserialize, Serialize};

use super::local;

/// One entry as an operator writes it, every field as text so that a form can hold it while it is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarEntry {
    /// Name.
    pub name: String,
    /// One of [`crate::domain::event::EventKind`]'s words.
    pub kind: String,
    /// Local start, `2026-11-27 00:00`.
    pub start: String,
    /// Local end, `2026-11-30 00:00`.
    pub end: String,
    /// IANA zone; empty for the calendar's own.
    pub zone: String,
    /// Empty, `daily`, `weekly`, `monthly`, `yearly`, or an RFC 5545 rule (`FREQ=…`).
    pub repeat: String,
    /// Demand against an ordinary day; empty if unknown.
    pub multiplier: String,
    /// Least number of instances; empty if none.
    pub min_instances: String,
    /// Comma-separated names of groups; empty for all.
    pub groups: String,
}

/// The fields of an [`CalendarEntry`], which are also the keys of an `[[event]]` table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryField {
    /// What people call the event.
    Name,
    /// What sort of event it is.
    Kind,
    /// First local moment.
    Start,
    /// First local moment after.
    End,
    /// IANA time zone.
    Zone,
    /// Rule of recurrence.
    Repeat,
    /// Demand against an ordinary day.
    Multiplier,
    /// Least number of instances.
    MinInstances,
    /// Groups it speaks of.
    Groups,
}

impl EntryField {
    /// All fields, in the order of the form and of a new table.
    pub const ALL: [EntryField; 9] = [
        EntryField::Name,
        EntryField::Kind,
        EntryField::Start,
        EntryField::End,
        EntryField::Zone,
        EntryField::Repeat,
        EntryField::Multiplier,
        EntryField::MinInstances,
        EntryField::Groups,
    ];

    /// The key in `calendar.toml`.
    pub fn name(self) -> &'static str {
        match self {
            EntryField::Name => "name",
            EntryField::Kind => "kind",
            EntryField::Start => "start",
            EntryField::End => "end",
            EntryField::Zone => "zone",
            EntryField::Repeat => "repeat",
            EntryField::Multiplier => "multiplier",
            EntryField::MinInstances => "min_instances",
            EntryField::Groups => "groups",
        }
    }
}

impl CalendarEntry {
    /// The text of one field.
    pub fn text(&self, field: EntryField) -> &str {
        match field {
            EntryField::Name => &self.name,
            EntryField::Kind => &self.kind,
            EntryField::Start => &self.start,
            EntryField::End => &self.end,
            EntryField::Zone => &self.zone,
            EntryField::Repeat => &self.repeat,
            EntryField::Multiplier => &self.multiplier,
            EntryField::MinInstances => &self.min_instances,
            EntryField::Groups => &self.groups,
        }
    }

    /// The text of one field, to be typed into.
    pub fn text_mut(&mut self, field: EntryField) -> &mut String {
        match field {
            EntryField::Name => &mut self.name,
            EntryField::Kind => &mut self.kind,
            EntryField::Start => &mut self.start,
            EntryField::End => &mut self.end,
            EntryField::Zone => &mut self.zone,
            EntryField::Repeat => &mut self.repeat,
            EntryField::Multiplier => &mut self.multiplier,
            EntryField::MinInstances => &mut self.min_instances,
            EntryField::Groups => &mut self.groups,
        }
    }

    /// The same entry in the spelling that the file gives back: no spaces around, `2026-11-27 00:00` for times,
    /// `2` for `2.0`. What cannot be read stays as it was typed.
    pub fn tidied(&self) -> CalendarEntry {
        let mut tidy = CalendarEntry::default();
        for field in EntryField::ALL {
            *tidy.text_mut(field) = tidied(field, self.text(field).trim());
        }
        tidy
    }

    /// The groups named, none of them empty.
    pub fn group_names(&self) -> impl Iterator<Item = &str> {
        self.groups.split(',').map(str::trim).filter(|name| !name.is_empty())
    }
}

fn tidied(field: EntryField, text: &str) -> String {
    match field {
        EntryField::Start | EntryField::End if text.len() > "2026-11-27".len() => {
            local::parse_local(text).map_or(text.to_owned(), local::written)
        }
        EntryField::Multiplier => text.parse::<f64>().map_or(text.to_owned(), |v| v.to_string()),
        EntryField::MinInstances => text.parse::<u32>().map_or(text.to_owned(), |v| v.to_string()),
        EntryField::Groups => {
            let names: Vec<_> = text.split(',').map(str::trim).filter(|n| !n.is_empty()).collect();
            names.join(", ")
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tidying_normalises_spelling_and_keeps_garbage() {
        let entry = CalendarEntry {
            name: "  Sale ".into(),
            start: "2026-11-27T08:00:00".into(),
            end: "2026-11-28".into(),
            multiplier: "2.50".into(),
            min_instances: "many".into(),
            groups: "a,, b ,".into(),
            ..CalendarEntry::default()
        };
        let tidy = entry.tidied();
        assert_eq!((tidy.name.as_str(), tidy.start.as_str()), ("Sale", "2026-11-27 08:00"));
        assert_eq!((tidy.end.as_str(), tidy.multiplier.as_str()), ("2026-11-28", "2.5"));
        assert_eq!((tidy.min_instances.as_str(), tidy.groups.as_str()), ("many", "a, b"));
        assert_eq!(tidy.tidied(), tidy);
    }
}
