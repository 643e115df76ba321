//! Keys and places in a TOML text.

use std::ops::Range;

use toml_edit::{Document, Item, TableLike};

/// Line and column (characters), both from 1, of the byte at `offset`.
pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before: String = text.char_indices().take_while(|(i, _)| *i < offset).map(|(_, c)| c).collect();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    (line, column)
}

/// Offset of the key that `path` leads to, or of the deepest part of it that is there.
pub(super) fn offset_of(text: &str, path: &[&str]) -> usize {
    let Ok(document) = Document::parse(text) else { return 0 };
    let mut table: &dyn TableLike = document.as_table();
    let mut found = 0;
    for name in path {
        found = table.key(name).and_then(|k| k.span()).map_or(found, |span| span.start);
        match table.get(name).and_then(Item::as_table_like) {
            Some(inner) => table = inner,
            None => break,
        }
    }
    found
}

/// The dotted key whose name or value covers `offset`.
pub(super) fn key_at(text: &str, offset: usize) -> Option<String> {
    let document = Document::parse(text).ok()?;
    search(document.as_table(), offset)
}

fn search(table: &dyn TableLike, offset: usize) -> Option<String> {
    table.iter().find_map(|(name, item)| {
        let covers = |span: Option<Range<usize>>| span.is_some_and(|s| s.contains(&offset));
        let deeper = item.as_table_like().and_then(|inner| search(inner, offset));
        match deeper {
            Some(rest) => Some(format!("{name}.{rest}")),
            None if covers(table.key(name).and_then(|k| k.span())) || covers(item.span()) => {
                Some(name.into())
            }
            None => None,
        }
    })
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

    proptest! {
        #[test]
        fn no_text_and_no_offset_panics(text in any::<String>(), offset in any::<usize>()) {
            position(&text, offset);
            key_at(&text, offset);
            offset_of(&text, &["a", "b"]);
        }
    }
}
