//! An entry and its `[[event]]` table: text out of TOML values, TOML values out of text.

use toml_edit::{Array, Item, Table, Value};

use super::{CalendarEntry, EntryField};

/// The key of the tables of entries.
pub(super) const EVENTS: &str = "event";
/// The key of the calendar's own zone.
pub(super) const TIMEZONE: &str = "timezone";

/// The entry that `table` holds. What is no text is written as text, so that the check can speak of it.
pub(super) fn entry_of(table: &Table) -> CalendarEntry {
    let mut entry = CalendarEntry::default();
    for field in EntryField::ALL {
        if let Some(item) = table.get(field.name()) {
            *entry.text_mut(field) = text_of(item);
        }
    }
    entry
}

fn text_of(item: &Item) -> String {
    match item {
        Item::Value(value) => text_of_value(value),
        Item::None => String::new(),
        _ => "(a table)".into(),
    }
}

fn text_of_value(value: &Value) -> String {
    match value {
        Value::String(text) => text.value().clone(),
        Value::Integer(number) => number.value().to_string(),
        Value::Float(number) => number.value().to_string(),
        Value::Boolean(truth) => truth.value().to_string(),
        Value::Datetime(time) => time.value().to_string(),
        Value::Array(items) => items.iter().map(text_of_value).collect::<Vec<_>>().join(", "),
        Value::InlineTable(_) => "(a table)".into(),
    }
}

/// The TOML value of one field of a tidied entry that has passed the check; `None` leaves the key out.
pub(super) fn value_of(entry: &CalendarEntry, field: EntryField) -> Option<Value> {
    let text = entry.text(field);
    if text.is_empty() {
        return None;
    }
    Some(match field {
        EntryField::Multiplier => text.parse::<f64>().map_or_else(|_| text.into(), Value::from),
        EntryField::MinInstances => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        EntryField::Groups => Value::Array(entry.group_names().collect::<Array>()),
        _ => text.into(),
    })
}

/// Brings `table` to `entry` and touches only what differs; comments of values taken away move above the table.
pub(super) fn bring_to(table: &mut Table, entry: &CalendarEntry) {
    let before = entry_of(table).tidied();
    let mut orphans = String::new();
    for field in EntryField::ALL.into_iter().filter(|field| before.text(*field) != entry.text(*field)) {
        match (value_of(entry, field), table.get_mut(field.name()).and_then(Item::as_value_mut)) {
            (Some(mut value), Some(present)) => {
                orphans += &comments_within(present);
                *value.decor_mut() = present.decor().clone();
                *present = value;
            }
            (Some(value), None) => {
                table.insert(field.name(), Item::Value(value));
            }
            (None, _) => orphans += &take_out(table, field.name()),
        }
    }
    if !orphans.is_empty() {
        let prefix = prefix_of(table) + &orphans;
        table.decor_mut().set_prefix(prefix);
    }
}

/// Takes `key` out of `table` and gives the comments that stood around and in its value.
fn take_out(table: &mut Table, key: &str) -> String {
    let Some((key, item)) = table.remove_entry(key) else { return String::new() };
    let above = key.leaf_decor().prefix().and_then(|raw| raw.as_str()).unwrap_or("");
    let mut comments = comment_lines(above);
    if let Some(value) = item.as_value() {
        comments += &comments_within(value);
        comments += &comment_lines(value.decor().suffix().and_then(|raw| raw.as_str()).unwrap_or(""));
    }
    comments
}

/// The comments between the items of an array.
fn comments_within(value: &Value) -> String {
    let Some(array) = value.as_array() else { return String::new() };
    let mut text = String::new();
    for item in array.iter() {
        for raw in [item.decor().prefix(), item.decor().suffix()].into_iter().flatten() {
            text += &comment_lines(raw.as_str().unwrap_or(""));
        }
    }
    text + &comment_lines(array.trailing().as_str().unwrap_or(""))
}

fn comment_lines(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect()
}

/// What stands between the header of `table` and whatever comes before it.
pub(super) fn prefix_of(table: &Table) -> String {
    table.decor().prefix().and_then(|raw| raw.as_str()).unwrap_or("\n").to_owned()
}

/// Splits what stands before a table into what belongs to the file and what speaks of the table: the comment lines
/// directly above it.
pub(super) fn split_prefix(prefix: &str) -> (&str, &str) {
    let mut at = prefix.len();
    for line in prefix.split_inclusive('\n').rev() {
        if !line.trim_start().starts_with('#') {
            break;
        }
        at -= line.len();
    }
    prefix.split_at(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sort_of_value_becomes_text() {
        let document: toml_edit::DocumentMut =
            "name = 5\nkind = true\nstart = 2026-11-27T08:00:00\nend = 2026-11-28\n\
             multiplier = 2\nmin_instances = '3'\ngroups = ['a', \"b\"]\nzone = {}\n"
                .parse()
                .unwrap();
        let entry = entry_of(document.as_table());
        assert_eq!(
            (entry.name.as_str(), entry.kind.as_str(), entry.zone.as_str()),
            ("5", "true", "(a table)")
        );
        assert_eq!((entry.start.as_str(), entry.end.as_str()), ("2026-11-27T08:00:00", "2026-11-28"));
        assert_eq!((entry.multiplier.as_str(), entry.min_instances.as_str()), ("2", "3"));
        assert_eq!(entry.groups, "a, b");
    }

    #[test]
    fn only_the_comment_directly_above_belongs_to_a_table() {
        assert_eq!(split_prefix("\n# file\n\n# event\n# more\n"), ("\n# file\n\n", "# event\n# more\n"));
        assert_eq!(split_prefix("# all\n"), ("", "# all\n"));
        assert_eq!(split_prefix("# file\n\n"), ("# file\n\n", ""));
    }
}
