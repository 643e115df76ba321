//! The calendar file as its operators wrote it: changed entry by entry, everything else kept.

use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table};

use super::{
    CalendarEntry, CalendarError, Definition, Located,
    fields::zone_of,
    parsed,
    table::{self, EVENTS, TIMEZONE},
};
use crate::files::sha256;

/// A calendar file open for change. Comments, order, spelling and tables that the program does not know stay.
#[derive(Debug, Clone)]
pub struct Document {
    path: PathBuf,
    tree: DocumentMut,
    hash: String,
}

impl Document {
    /// Reads `text`, the content of `path`. Entries may be wrong: they can be read, replaced and removed all the same.
    ///
    /// # Errors
    /// [`CalendarError::Invalid`] where `text` is not TOML, or `event` is no array of tables.
    pub fn parse(text: &str, path: &Path) -> Result<Document, CalendarError> {
        parsed::read_tree(text, path)?;
        let tree = text.parse::<DocumentMut>().map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            CalendarError::Invalid(vec![Located::new(path, text, at, error.message().into(), String::new())])
        })?;
        Ok(Document { path: path.to_owned(), tree, hash: sha256(text.as_bytes()) })
    }

    /// SHA-256, in hexadecimal, of the text that the document was read from: the base of its edits.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The file as it is to be written.
    pub fn to_text(&self) -> String {
        self.tree.to_string()
    }

    /// The calendar's own zone; UTC where the file names none, or none that exists.
    pub fn zone(&self) -> Tz {
        let name = self.tree.get(TIMEZONE).and_then(Item::as_str).unwrap_or("");
        zone_of(name, Tz::UTC).unwrap_or(Tz::UTC)
    }

    /// The entries, in the order of the file.
    pub fn entries(&self) -> Vec<CalendarEntry> {
        self.tables().map_or_else(Vec::new, |tables| tables.iter().map(table::entry_of).collect())
    }

    /// Adds `entry` after the last one and gives its index.
    ///
    /// # Errors
    /// [`CalendarError::Entry`] with every problem; then nothing is changed.
    pub fn add(&mut self, entry: &CalendarEntry) -> Result<usize, CalendarError> {
        let entry = self.checked(entry)?;
        let mut new = Table::new();
        table::bring_to(&mut new, &entry);
        let events = self.tree.entry(EVENTS).or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        let Some(tables) = events.as_array_of_tables_mut() else {
            return Err(CalendarError::NoEntry { index: 0, count: 0 });
        };
        tables.push(new);
        Ok(tables.len() - 1)
    }

    /// Adds those of `entries` that are not there yet, spelling aside; gives how many that were.
    ///
    /// # Errors
    /// As [`Document::add`]; then those before it have been added.
    pub fn merge(&mut self, entries: &[CalendarEntry]) -> Result<usize, CalendarError> {
        let mut there: Vec<Definition> = self.definitions(&self.entries());
        let mut added = 0;
        for entry in entries {
            let new = Definition::from_entry(entry, self.zone()).map_err(CalendarError::Entry)?;
            if there.iter().any(|known| known.says_the_same(&new)) {
                continue;
            }
            self.add(entry)?;
            there.push(new);
            added += 1;
        }
        Ok(added)
    }

    fn definitions(&self, entries: &[CalendarEntry]) -> Vec<Definition> {
        entries.iter().filter_map(|entry| Definition::from_entry(entry, self.zone()).ok()).collect()
    }

    /// Puts `entry` in the place of entry `index`; its comments and unknown keys stay.
    ///
    /// # Errors
    /// [`CalendarError::NoEntry`], or [`CalendarError::Entry`] with every problem; then nothing is changed.
    pub fn replace(&mut self, index: usize, entry: &CalendarEntry) -> Result<(), CalendarError> {
        let entry = self.checked(entry)?;
        let count = self.len();
        let place = self.tables_mut().and_then(|tables| tables.get_mut(index));
        table::bring_to(place.ok_or(CalendarError::NoEntry { index, count })?, &entry);
        Ok(())
    }

    /// Removes entry `index`, with the comment lines directly above it; comments set apart by a blank line stay.
    ///
    /// # Errors
    /// [`CalendarError::NoEntry`].
    pub fn remove(&mut self, index: usize) -> Result<(), CalendarError> {
        let count = self.len();
        let tables = self.tables_mut().filter(|tables| index < tables.len());
        let tables = tables.ok_or(CalendarError::NoEntry { index, count })?;
        let prefix = table::prefix_of(&tables.remove(index));
        let (kept, _) = table::split_prefix(&prefix);
        if !kept.contains('#') {
            return Ok(());
        }
        if let Some(next) = tables.get_mut(index) {
            let joined = kept.to_owned() + table::prefix_of(next).trim_start_matches('\n');
            next.decor_mut().set_prefix(joined);
        } else {
            let joined = kept.to_owned() + self.tree.trailing().as_str().unwrap_or("");
            self.tree.set_trailing(joined);
        }
        Ok(())
    }

    /// The file that the document was read from, as it was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn checked(&self, entry: &CalendarEntry) -> Result<CalendarEntry, CalendarError> {
        Definition::from_entry(entry, self.zone()).map_err(CalendarError::Entry)?;
        Ok(entry.tidied())
    }

    fn len(&self) -> usize {
        self.tables().map_or(0, ArrayOfTables::len)
    }

    fn tables(&self) -> Option<&ArrayOfTables> {
        self.tree.get(EVENTS)?.as_array_of_tables()
    }

    fn tables_mut(&mut self) -> Option<&mut ArrayOfTables> {
        self.tree.get_mut(EVENTS)?.as_array_of_tables_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "# what this is\ntimezone = \"Europe/Berlin\" # ours\n\n# the big one\n[[event]]\nname = 'Sale' # one\n\
        kind = 'sale'\nstart = 2026-11-27 # whole day\nend = 2026-11-28\nmultiplier = 2.0 # from last year\nmystery = 1\n\
        groups = [\n  'web', # the shop\n]\n\n[other] # not ours\nx = 1\n\n# set apart\n\n# directly above\n[[event]]\nname = 'Freeze'\n\
        kind = 'freeze'\nstart = '2026-12-01'\nend = '2026-12-02'\n# last word\n";

    fn document(text: &str) -> Document {
        Document::parse(text, Path::new("calendar.toml")).unwrap()
    }

    fn comments(text: &str) -> Vec<String> {
        let mut found: Vec<_> =
            text.lines().filter_map(|l| l.find('#').map(|at| l[at..].trim().to_owned())).collect();
        found.sort();
        found
    }

    fn entry(name: &str) -> CalendarEntry {
        let [kind, start, end] = ["launch", "2026-05-01 10:00", "2026-05-01 12:00"].map(str::to_owned);
        CalendarEntry { name: name.into(), kind, start, end, ..CalendarEntry::default() }
    }

    #[test]
    fn an_untouched_document_is_byte_for_byte_the_same() {
        let document = document(TEXT);
        assert_eq!(document.to_text(), TEXT);
        assert_eq!(document.zone(), Tz::Europe__Berlin);
        assert_eq!(document.hash(), sha256(TEXT.as_bytes()));
    }

    #[test]
    fn replacing_changes_only_what_differs() {
        let mut doc = document(TEXT);
        let mut changed = doc.entries()[0].clone();
        changed.multiplier = "2.5".into();
        doc.replace(0, &changed).unwrap();
        assert_eq!(doc.to_text(), TEXT.replace("multiplier = 2.0 #", "multiplier = 2.5 #"));
    }

    #[test]
    fn comments_of_values_taken_away_stay() {
        let mut doc = document(TEXT);
        doc.replace(0, &entry("Launch")).unwrap();
        let text = doc.to_text();
        assert_eq!(comments(&text), comments(TEXT));
        assert!(!text.contains("multiplier =") && text.contains("mystery = 1"), "{text}");
        assert_eq!(document(&text).entries()[0], entry("Launch"));
    }

    #[test]
    fn removing_takes_only_the_comment_that_speaks_of_the_entry() {
        let mut doc = document(TEXT);
        doc.remove(1).unwrap();
        let text = doc.to_text();
        assert!(
            text.contains("# set apart")
                && text.contains("# last word")
                && !text.contains("# directly above"),
            "{text}"
        );
        assert!(matches!(doc.remove(1), Err(CalendarError::NoEntry { index: 1, count: 1 })));
        doc.remove(0).unwrap();
        assert!(doc.entries().is_empty() && doc.to_text().contains("[other] # not ours"));
    }

    #[test]
    fn the_essay_above_the_first_entry_survives_its_removal() {
        let mut doc = document("# essay\n\n# a\n[[event]]\nname = 'a'\n\n# b\n[[event]]\nname = 'b'\n");
        doc.remove(0).unwrap();
        assert_eq!(doc.to_text(), "# essay\n\n# b\n[[event]]\nname = 'b'\n");
    }

    #[test]
    fn an_empty_file_takes_an_entry() {
        let mut doc = document("");
        assert_eq!(doc.add(&entry("First")).unwrap(), 0);
        assert_eq!(doc.add(&entry("Second")).unwrap(), 1);
        assert!(doc.to_text().starts_with("[[event]]\nname = \"First\"\n"), "{}", doc.to_text());
        assert!(matches!(doc.add(&CalendarEntry::default()), Err(CalendarError::Entry(_))));
        assert_eq!(doc.entries().len(), 2);
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "\\PC*|(\\[\\[event\\]\\]\n|name = 'x'\n|event|=|\\[|\\]|1|'|\n|#){0,30}") {
            if let Ok(mut doc) = Document::parse(&text, Path::new("c.toml")) {
                let _ = (doc.add(&entry("x")), doc.replace(0, &entry("y")), doc.remove(0));
                doc.to_text();
            }
        }

        #[test]
        fn what_was_added_is_read_back(name in "[^\\pC]{1,40}", kind in 0usize..7, multiplier in prop::option::of(1e-6..1000.0f64),
                                       floor in prop::option::of(0u32..10_000), groups in prop::collection::vec("[a-z\"' #=\\\\-]{1,12}", 0..4)) {
            let mut new = entry(&name);
            new.kind = crate::domain::event::EventKind::ALL[kind].name().into();
            new.multiplier = multiplier.map_or(String::new(), |v| v.to_string());
            new.min_instances = floor.map_or(String::new(), |v| v.to_string());
            new.groups = groups.join(",");
            let mut doc = document(TEXT);
            if doc.add(&new).is_ok() {
                let text = doc.to_text();
                let read = document(&text);
                prop_assert_eq!(&read.entries()[2], &new.tidied());
                prop_assert!(comments(TEXT).iter().all(|comment| text.contains(comment)));
                let mut again = read.clone();
                again.replace(0, &new).unwrap();
                prop_assert_eq!(&document(&again.to_text()).entries()[0], &new.tidied());
                prop_assert!(comments(TEXT).iter().all(|comment| again.to_text().contains(comment)));
                again.remove(2).unwrap();
                again.replace(0, &read.entries()[0]).unwrap();
                prop_assert!(comments(TEXT).iter().all(|comment| again.to_text().contains(comment)));
            }
        }
    }
}
