//! Keys and places in a TOML text.

use std::ops::Range;

use toml_edit::{Document, Item, Table, TableLike, Value};

/// Line and column (characters), both from 1, of the byte at `offset`.
pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before: String = text.char_indices().take_while(|(i, _)| *i < offset).map(|(_, c)| c).collect();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    (line, column)
}

/// Offset of the key that `path` leads to, or of the deepest part of it that is there. Of a list, `1` is the first entry.
pub(super) fn offset_of(text: &str, path: &[&str]) -> usize {
    let Ok(document) = Document::parse(text) else { return 0 };
    let (mut found, mut place) = (0, TomlPlace::Table(document.as_table()));
    for name in path {
        let Some((span, next)) = place.child(name) else { break };
        (found, place) = (span.map_or(found, |span| span.start), next);
    }
    found
}

/// The value that `path` leads to, as it is written.
pub(super) fn value(text: &str, path: &[&str]) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let root = Some(TomlPlace::Table(document.as_table()));
    let found = path.iter().fold(root, |place, name| place?.child(name).map(|(_, next)| next))?;
    match found {
        TomlPlace::Item(item) => Some(item.as_value()?.to_string().trim().to_owned()),
        TomlPlace::Table(_) | TomlPlace::Entry(_) => None,
    }
}

/// The keys of each entry of the list called `name`; none where it is no list.
pub(super) fn entries(text: &str, name: &str) -> Vec<Vec<String>> {
    let Ok(document) = Document::parse(text) else { return Vec::new() };
    let Some(list) = document.as_table().get(name).filter(|item| !item.is_table_like()) else {
        return Vec::new();
    };
    let keys =
        |(_, _, entry): (_, _, TomlPlace<'_>)| entry.children().into_iter().map(|(key, ..)| key).collect();
    TomlPlace::Item(list).children().into_iter().map(keys).collect()
}

/// The dotted key whose name or value covers `offset`.
pub(super) fn key_at(text: &str, offset: usize) -> Option<String> {
    let document = Document::parse(text).ok()?;
    search(TomlPlace::Table(document.as_table()), offset)
}

fn search(place: TomlPlace<'_>, offset: usize) -> Option<String> {
    place.children().into_iter().find_map(|(name, span, child)| {
        let covers = |span: Option<Range<usize>>| span.is_some_and(|s| s.contains(&offset));
        match search(child, offset) {
            Some(rest) => Some(format!("{name}.{rest}")),
            None if covers(span) || covers(child.span()) => Some(name),
            None => None,
        }
    })
}

/// What a path leads through: values by their name, and sections or tables in a list by their number from 1.
#[derive(Clone, Copy)]
enum TomlPlace<'d> {
    Item(&'d Item),
    /// The whole text, or a section of a list.
    Table(&'d Table),
    /// A table in a list of values.
    Entry(&'d Value),
}

impl<'d> TomlPlace<'d> {
    fn table(self) -> Option<&'d dyn TableLike> {
        match self {
            TomlPlace::Item(item) => item.as_table_like(),
            TomlPlace::Table(table) => Some(table),
            TomlPlace::Entry(value) => value.as_inline_table().map(|table| table as &dyn TableLike),
        }
    }

    fn span(self) -> Option<Range<usize>> {
        match self {
            TomlPlace::Item(item) => item.span(),
            TomlPlace::Table(table) => table.span(),
            TomlPlace::Entry(value) => value.span(),
        }
    }

    /// The one called `name`, and where it is named, or stands.
    fn child(self, name: &str) -> Option<(Option<Range<usize>>, TomlPlace<'d>)> {
        if let Some(table) = self.table() {
            return Some((table.key(name)?.span(), TomlPlace::Item(table.get(name)?)));
        }
        let (_, span, child) = self.children().into_iter().find(|(number, ..)| number == name)?;
        Some((span, child))
    }

    /// Each with its name, and where it is named, or stands.
    fn children(self) -> Vec<(String, Option<Range<usize>>, TomlPlace<'d>)> {
        if let Some(table) = self.table() {
            let named = |(name, item)| {
                (str::to_owned(name), table.key(name).and_then(|k| k.span()), TomlPlace::Item(item))
            };
            return table.iter().map(named).collect();
        }
        let TomlPlace::Item(item) = self else { return Vec::new() };
        let sections = item.as_array_of_tables().into_iter().flatten().map(TomlPlace::Table);
        let values = item.as_array().into_iter().flatten();
        let entries = values.filter(|value| value.is_inline_table()).map(TomlPlace::Entry);
        let numbered = |(at, place): (usize, TomlPlace<'d>)| ((at + 1).to_string(), place.span(), place);
        sections.chain(entries).enumerate().map(numbered).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "zone = \"ü\" \n[group.web]\nrisk = 2\n[a]\nb = { c = 3 }\n";

    #[test]
    fn keys_and_places_are_found() {
        let risk = offset_of(TEXT, &["group", "web", "risk"]);
        assert_eq!(position(TEXT, risk), (3, 1));
        assert_eq!(key_at(TEXT, risk + 7).as_deref(), Some("group.web.risk"));
        let c = offset_of(TEXT, &["a", "b", "c"]);
        assert_eq!((position(TEXT, c), key_at(TEXT, c)), ((5, 7), Some("a.b.c".into())));
        assert_eq!(position(TEXT, offset_of(TEXT, &["group", "web", "absent"])).0, 2);
    }

    #[test]
    fn entries_of_a_list_are_counted() {
        let text = "[[a]]\nx = 1\n[[a]]\nx = 2\ny = 3\n[b]\nc = [{ d = 4 }, { d = 5 }]\ne = [6, 7]\n";
        let place = |path: &[&str]| position(text, offset_of(text, path));
        assert_eq!((place(&["a", "2", "x"]), place(&["a", "2", "absent"])), ((4, 1), (3, 1)));
        assert_eq!((place(&["b", "c", "2", "d"]), place(&["a", "9"]).0), ((7, 19), 1));
        let y = offset_of(text, &["a", "2", "y"]);
        assert_eq!(key_at(text, y + 4).as_deref(), Some("a.2.y"));
        assert_eq!(value(text, &["a", "1", "x"]).as_deref(), Some("1"));
        assert_eq!(entries(text, "a"), [vec!["x"], vec!["x", "y"]]);
        assert_eq!((entries(text, "b").len(), entries(text, "absent").len()), (0, 0));
        let seven = text.find('7').expect("it is there");
        assert_eq!(key_at(text, seven).as_deref(), Some("b.e"), "plain values are not counted");
    }

    proptest! {
        #[test]
        fn no_text_and_no_offset_panics(text in any::<String>(), offset in any::<usize>()) {
            position(&text, offset);
            key_at(&text, offset);
            offset_of(&text, &["a", "b"]);
            value(&text, &["a", "1", "b"]);
            entries(&text, "a");
        }
    }
}
