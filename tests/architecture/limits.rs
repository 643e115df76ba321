//! How long files and functions may be, how wide structs, how often a name may be used again, and where tests stand.

use std::collections::BTreeMap;

use crate::source::{Source, every_file, is_empty, offenders, sources};

/// Every file is shorter.
const FILE_LINES: usize = 350;
/// Every function is shorter, from its first line to its last brace.
const FUNCTION_LINES: usize = 60;
/// Most fields of a struct that does not say why it has more.
const STRUCT_FIELDS: usize = 15;
/// Fewer type names are defined more than once, in percent.
const REPEATED_NAMES: f64 = 4.0;

/// `line` without its indent and the words that may stand before an item's own.
fn item(line: &str) -> &str {
    let mut rest = line.trim_start();
    if let Some(after) = rest.strip_prefix("pub ") {
        rest = after;
    } else if let Some((_, after)) = rest.strip_prefix("pub(").and_then(|inside| inside.split_once(") ")) {
        rest = after;
    }
    for word in ["const ", "async "] {
        rest = rest.strip_prefix(word).filter(|r| r.contains("fn ")).unwrap_or(rest);
    }
    rest
}

/// The name after `word`, if the item begins with it.
fn name_after<'a>(item: &'a str, word: &str) -> Option<&'a str> {
    let rest = item.strip_prefix(word)?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    (end > 0).then(|| &rest[..end])
}

/// Lines from the item at `start` to the brace that closes it; 1 where it ends with its line.
fn length(lines: &[&str], start: usize) -> usize {
    if lines[start].trim_end().ends_with([';', '}']) {
        return 1;
    }
    let indent = lines[start].len() - lines[start].trim_start().len();
    let ends = |line: &&str| {
        let at_indent = line.get(..indent).is_some_and(|before| before.trim().is_empty());
        let rest = line.get(indent..).unwrap_or("");
        at_indent && (rest.starts_with('}') || (rest.starts_with(')') && rest.ends_with(';')))
    };
    lines[start..].iter().position(ends).map_or(1, |last| last + 1)
}

/// The functions of `source`: line, name, length.
fn functions(source: &Source) -> Vec<(usize, String, usize)> {
    let lines: Vec<&str> = source.text.lines().collect();
    let named = lines.iter().enumerate().filter_map(|(at, line)| Some((at, name_after(item(line), "fn ")?)));
    named.map(|(at, name)| (at + 1, name.to_owned(), length(&lines, at))).collect()
}

/// The structs of `source` with more than [`STRUCT_FIELDS`] fields and no reason above them.
fn wide_structs(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.all.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = name_after(item(line), "struct ").filter(|_| line.ends_with('{')) else { continue };
        let inside = &lines[at + 1..at + length(&lines, at)];
        let fields = inside.iter().filter(|l| !l.trim_start().starts_with("//") && is_field(l)).count();
        let above = lines[..at].iter().rev().take_while(|l| l.trim_start().starts_with(['/', '#']));
        let above: Vec<&str> = above.copied().collect();
        let reason = above.iter().any(|l| l.contains("many fields because") || l.contains("// Wide: "));
        if fields > STRUCT_FIELDS && !reason {
            found.push(format!("{}:{}: {name} has {fields} fields", source.path, at + 1));
        }
    }
    found
}

/// True for `name: Type,` with or without `pub`.
fn is_field(line: &str) -> bool {
    let name = item(line).split_once(": ").map_or("", |(name, _)| name);
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// How often each type is defined; types of traits and their implementations do not count.
fn type_names() -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for source in sources() {
        for line in source.text.lines() {
            let words: &[&str] = match line.starts_with(' ') {
                true => &["struct ", "enum ", "trait "],
                false => &["struct ", "enum ", "trait ", "type "],
            };
            if let Some(name) = words.iter().find_map(|word| name_after(item(line), word)) {
                *found.entry(name.to_owned()).or_insert(0) += 1;
            }
        }
    }
    found
}

#[test]
fn files_are_short_and_safe() {
    let long = every_file().into_iter().filter(|s| s.lines >= FILE_LINES);
    is_empty(long.map(|s| format!("{}: {} lines", s.path, s.lines)).collect(), "split these");
    is_empty(offenders(|s| &s.text, &["unsafe "], |_| false), "unsafe code is not for this program");
    is_empty(offenders(|s| &s.text, &["todo!", "unimplemented!", "dbg!("], |_| false), "unfinished");
}

#[test]
fn functions_are_short() {
    let mut long = Vec::new();
    for source in every_file() {
        let found = functions(&source).into_iter().filter(|(.., lines)| *lines >= FUNCTION_LINES);
        long.extend(found.map(|(at, name, lines)| format!("{}:{at}: {name}, {lines} lines", source.path)));
    }
    is_empty(long, "take these apart");
}

#[test]
fn wide_structs_say_why() {
    let wide = every_file().iter().flat_map(wide_structs).collect();
    is_empty(wide, "group the fields, or say above the struct that it has many fields because …");
}

#[test]
fn few_type_names_are_used_again() {
    let names = type_names();
    let repeated: Vec<&String> =
        names.iter().filter(|(_, count)| **count > 1).map(|(name, _)| name).collect();
    let percent = 100.0 * repeated.len() as f64 / names.len() as f64;
    assert!(
        percent < REPEATED_NAMES,
        "{} of {} type names are defined more than once, {percent:.1} %: {repeated:?}",
        repeated.len(),
        names.len()
    );
}

#[test]
fn tests_stand_at_the_bottom_or_in_files_called_tests() {
    let mut wrong = offenders(|s| &s.text, &["#[path"], |_| false);
    for source in sources() {
        if source.path.ends_with("_tests.rs") {
            wrong.push(format!("{}: call it tests.rs, or put it into a folder called tests", source.path));
        }
        let lines: Vec<&str> = source.text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let module = name_after(item(line), "mod ").filter(|_| line.ends_with('{'));
            if module.is_some_and(|name| name.ends_with("_tests")) {
                wrong.push(format!("{}:{}: a module of tests is called tests", source.path, at + 1));
            }
            if module == Some("tests") && at + length(&lines, at) < lines.len() {
                wrong.push(format!("{}:{}: tests are the last of their file", source.path, at + 1));
            }
        }
    }
    is_empty(wrong, "one layout of tests");
}

#[test]
fn items_are_measured() {
    let lines = ["    pub(super) async fn one(", "        &self,", "    ) -> u8 {", "        1", "    }"];
    assert_eq!((name_after(item(lines[0]), "fn "), length(&lines, 0)), (Some("one"), 5));
    assert_eq!((name_after(item("fn two();"), "fn "), length(&["fn two();"], 0)), (Some("two"), 1));
    assert_eq!(name_after(item("pub const THREE: u8 = 3;"), "fn "), None);
    assert!(
        is_field("    pub(crate) four: u8,")
            && !is_field("    /// Five: a comment.")
            && !is_field("    #[serde]")
    );
}
