//! The project's files, and what their text names.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// One source file.
pub struct Source {
    /// From the project's root, with `/`.
    pub path: String,
    /// Everything, comments blanked.
    pub text: String,
    /// Without tests.
    pub code: String,
    /// With comments.
    pub all: String,
    pub lines: usize,
}

impl Source {
    pub fn room(&self) -> &str {
        let inside = self.path.trim_start_matches("src/");
        inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
    }
}

/// The files of `src/`.
pub fn sources() -> Vec<Source> {
    files_of(&["src"])
}

/// The files of `src/`, `tests/` and `benches/`.
pub fn every_file() -> Vec<Source> {
    files_of(&["src", "tests", "benches"])
}

fn files_of(folders: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in folders {
        walk(&root.join(folder), &mut paths);
    }
    paths.sort();
    assert!(paths.len() > 50, "src/ was not found");
    paths.iter().map(|path| read(root, path)).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of ours") {
        let path = entry.expect("an entry of ours").path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn read(root: &Path, path: &Path) -> Source {
    let all = fs::read_to_string(path).expect("a file of ours");
    let path = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
    let text = without_comments(&all);
    let name = path.rsplit('/').next().unwrap_or(&path);
    let is_test = path.contains("/tests/") || name == "tests.rs";
    let code = if is_test { String::new() } else { without_tests(&text) };
    Source { path, text, code, lines: all.lines().count(), all }
}

fn without_comments(text: &str) -> String {
    let kept = text.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
    kept.collect::<Vec<_>>().join("\n")
}

/// The rooms that `text` names: `crate::room`, or each of `crate::{room, …}`.
pub fn named(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, mark) in text.match_indices("crate::") {
        let rest = &text[at + mark.len()..];
        match rest.strip_prefix('{') {
            Some(inside) => rooms.extend(first_names(inside)),
            None => rooms.extend(word(rest)),
        }
    }
    rooms
}

/// First name of each part of a brace list, up to the brace that closes it.
fn first_names(list: &str) -> Vec<String> {
    let (mut depth, mut names, mut fresh) = (0, Vec::new(), true);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && depth == 0 && !c.is_whitespace() => {
                names.extend(word(&list[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// Every path of ours in which `code` contains one of `words`, unless `allowed` says so.
pub fn offenders(
    part: impl Fn(&Source) -> &str,
    words: &[&str],
    allowed: impl Fn(&Source) -> bool,
) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources().iter().filter(|s| !allowed(s)) {
        for (number, line) in part(source).lines().enumerate() {
            if words.iter().any(|w| line.contains(w)) {
                found.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    found
}

pub fn is_empty(found: Vec<String>, rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

/// `text` up to its tests, without single items that are for tests alone.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept.extend([line, "\n"]);
        } else if lines.next().is_some_and(|item| item.contains("mod ") && item.ends_with('{')) {
            break;
        }
    }
    kept
}

#[test]
fn names_are_read_from_lists_and_paths() {
    let text = "use crate::{\n    domain::{Time, shift},\n    plan,\n};\nlet x = crate::store::open();";
    let names: Vec<String> = named(text).into_iter().collect();
    assert_eq!(names, ["domain", "plan", "store"]);
}
