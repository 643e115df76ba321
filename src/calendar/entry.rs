//! One entry of the calendar as text, the shape that forms, commands and the file share.

use serde::{Deserialize, Serialize};

use super::local;

/// One entry as an operator writes it, every field as text so that a form can hold it while it is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
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

/// The fields of an [`Entry`], which are also the keys of an `[[event]]` table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
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

impl Field {
    /// All fields, in the order of the form and of a new table.
    pub const ALL: [Field; 9] = [
        Field::Name,
        Field::Kind,
        Field::Start,
        Field::End,
        Field::Zone,
        Field::Repeat,
        Field::Multiplier,
        Field::MinInstances,
        Field::Groups,
    ];

    /// The key in `calendar.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Field::Name => "name",
            Field::Kind => "kind",
            Field::Start => "start",
            Field::End => "end",
            Field::Zone => "zone",
            Field::Repeat => "repeat",
            Field::Multiplier => "multiplier",
            Field::MinInstances => "min_instances",
            Field::Groups => "groups",
        }
    }
}

impl Entry {
    /// The text of one field.
    pub fn text(&self, field: Field) -> &str {
        match field {
            Field::Name => &self.name,
            Field::Kind => &self.kind,
            Field::Start => &self.start,
            Field::End => &self.end,
            Field::Zone => &self.zone,
            Field::Repeat => &self.repeat,
            Field::Multiplier => &self.multiplier,
            Field::MinInstances => &self.min_instances,
            Field::Groups => &self.groups,
        }
    }

    /// The text of one field, to be typed into.
    pub fn text_mut(&mut self, field: Field) -> &mut String {
        match field {
            Field::Name => &mut self.name,
            Field::Kind => &mut self.kind,
            Field::Start => &mut self.start,
            Field::End => &mut self.end,
            Field::Zone => &mut self.zone,
            Field::Repeat => &mut self.repeat,
            Field::Multiplier => &mut self.multiplier,
            Field::MinInstances => &mut self.min_instances,
            Field::Groups => &mut self.groups,
        }
    }

    /// The same entry in the spelling that the file gives back: no spaces around, `2026-11-27 00:00` for times,
    /// `2` for `2.0`. What cannot be read stays as it was typed.
    pub fn tidied(&self) -> Entry {
        let mut tidy = Entry::default();
        for field in Field::ALL {
            *tidy.text_mut(field) = tidied(field, self.text(field).trim());
        }
        tidy
    }

    /// The groups named, none of them empty.
    pub fn group_names(&self) -> impl Iterator<Item = &str> {
        self.groups.split(',').map(str::trim).filter(|name| !name.is_empty())
    }
}

fn tidied(field: Field, text: &str) -> String {
    match field {
        Field::Start | Field::End if text.len() > "2026-11-27".len() => {
            local::parse_local(text).map_or(text.to_owned(), local::written)
        }
        Field::Multiplier => text.parse::<f64>().map_or(text.to_owned(), |v| v.to_string()),
        Field::MinInstances => text.parse::<u32>().map_or(text.to_owned(), |v| v.to_string()),
        Field::Groups => {
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
    fn tidying_settles_the_spelling_and_keeps_nonsense() {
        let entry = Entry {
            name: "  Sale ".into(),
            start: "2026-11-27T08:00:00".into(),
            end: "2026-11-28".into(),
            multiplier: "2.50".into(),
            min_instances: "many".into(),
            groups: "a,, b ,".into(),
            ..Entry::default()
        };
        let tidy = entry.tidied();
        assert_eq!((tidy.name.as_str(), tidy.start.as_str()), ("Sale", "2026-11-27 08:00"));
        assert_eq!((tidy.end.as_str(), tidy.multiplier.as_str()), ("2026-11-28", "2.5"));
        assert_eq!((tidy.min_instances.as_str(), tidy.groups.as_str()), ("many", "a, b"));
        assert_eq!(tidy.tidied(), tidy);
    }
}
