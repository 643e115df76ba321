//! What the documents point at is there: tests that they name, files and headings that they link to.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crate::source::{every_file, is_empty};

/// Documents whose tables name the test that holds each row.
const WITH_TESTS: [&str; 7] = [
    "SECURITY.md",
    "docs/deployment.md",
    "docs/planning.md",
    "docs/preflight.md",
    "docs/production.md",
    "docs/safety.md",
    "docs/student-project.md",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
}

/// Every document, by its path from the root.
fn documents() -> Vec<String> {
    let mut found: Vec<String> =
        ["README.md", "CONTRIBUTING.md", "SECURITY.md", "data/README.md"].map(Into::into).into();
    for folder in ["docs", "docs/deploy"] {
        let entries = fs::read_dir(root().join(folder)).expect("a folder of ours");
        let names =
            entries.map(|entry| entry.expect("an entry of ours").file_name().into_string().expect("plain"));
        found.extend(names.filter(|name| name.ends_with(".md")).map(|name| format!("{folder}/{name}")));
    }
    assert!(found.len() > 20, "docs/ was not found");
    found
}

/// Tests by name, with the files that have one of that name.
fn tests() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in every_file() {
        let mut marked = false;
        for line in file.text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let after = line.split_once("fn ").map(|(_, rest)| rest);
            match after.and_then(|rest| rest.split(['(', '<']).next()) {
                Some(name) if marked => {
                    found.entry(name.to_owned()).or_default().insert(file.path.clone());
                    marked = false;
                }
                Some(_) => marked = false,
                None => marked = line.starts_with("#[") && (marked || line.contains("test")),
            }
        }
    }
    found
}

/// The cells under the heading `test` of all tables of a document, each with its line.
fn cells(text: &str) -> Vec<(usize, String)> {
    let (mut column, mut found) = (None, Vec::new());
    for (number, line) in text.lines().enumerate() {
        if !line.starts_with('|') {
            column = None;
            continue;
        }
        let row: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        match column {
            None => column = Some(row.iter().position(|cell| *cell == "test" || cell.starts_with("test ("))),
            Some(Some(at)) => found.extend(row.get(at).map(|cell| (number + 1, (*cell).to_owned()))),
            Some(None) => {}
        }
    }
    found
}

/// What stands in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// What stands before ` in `file``, since the file before it.
fn said_of<'a>(part: &'a str, file: &str) -> Option<&'a str> {
    let (before, _) = part.split_once(&format!(" in `{file}`"))?;
    match before.rsplit_once(" in `") {
        Some((_, rest)) => rest.split_once('`').map(|(_, rest)| rest),
        None => Some(before),
    }
}

fn is_name(word: &str) -> bool {
    let plain = word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    plain && word.contains('_')
}

#[test]
fn every_test_that_a_document_names_is_there() {
    let (tests, mut wrong, mut count) = (tests(), Vec::new(), 0);
    for path in WITH_TESTS {
        let text = read(path);
        let cells = cells(&text);
        assert!(!cells.is_empty(), "{path} has no table of tests");
        for (line, part) in
            cells.iter().flat_map(|(line, cell)| cell.split(';').map(move |part| (line, part)))
        {
            let words = quoted(part);
            let names: Vec<&str> = words.iter().copied().filter(|word| is_name(word)).collect();
            let files = words.iter().filter(|word| word.starts_with("src/") || word.starts_with("tests/"));
            count += names.len();
            let unknown = names.iter().filter(|name| !tests.contains_key(**name));
            wrong.extend(unknown.map(|name| format!("{path}:{line}: there is no test {name}")));
            for file in files {
                if !root().join(file).exists() {
                    wrong.push(format!("{path}:{line}: there is no {file}"));
                }
                for name in said_of(part, file).into_iter().flat_map(quoted).filter(|name| is_name(name)) {
                    if tests.get(name).is_some_and(|files| !files.contains(*file)) {
                        wrong.push(format!("{path}:{line}: {name} is not in {file}"));
                    }
                }
            }
        }
    }
    assert!(count > 150, "only {count} names were found");
    is_empty(wrong, "a promise names the test that holds it");
}

/// The anchor that a heading gets on the web: lower case, without marks, with hyphens for spaces.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let mut code = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        code ^= line.trim_start().starts_with("```");
        if !code && line.starts_with('#') {
            found.insert(anchor(line.trim_start_matches('#')));
        }
    }
    found
}

/// Where the links of a document lead, without those to the web.
fn links(text: &str) -> Vec<&str> {
    let rest = text.split("](").skip(1);
    rest.filter_map(|rest| rest.split(')').next()).filter(|link| !link.contains("://")).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for path in documents() {
        let text = read(&path);
        for link in links(&text) {
            count += 1;
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let folder = root().join(&path);
            let folder = folder.parent().expect("a file is in a folder");
            let target: PathBuf = if file.is_empty() { root().join(&path) } else { folder.join(file) };
            if !target.exists() {
                wrong.push(format!("{path}: {link} is not there"));
            } else if !heading.is_empty() {
                let there = fs::read_to_string(&target).is_ok_and(|text| anchors(&text).contains(heading));
                wrong.extend((!there).then(|| format!("{path}: {link}: there is no such heading")));
            }
        }
    }
    assert!(count > 100, "only {count} links were found");
    is_empty(wrong, "a link leads to a file, and to a heading in it");
}

#[test]
fn the_index_lists_every_page() {
    let index = read("docs/README.md");
    let listed: BTreeSet<&str> = links(&index).into_iter().collect();
    let pages = documents().into_iter().filter_map(|path| path.strip_prefix("docs/").map(str::to_owned));
    let missing = pages.filter(|page| page != "README.md" && !listed.contains(page.as_str()));
    is_empty(missing.collect(), "docs/README.md lists each page");
}

#[test]
fn the_workflows_call_what_is_there() {
    let (mut wrong, mut called) = (Vec::new(), BTreeSet::new());
    for name in ["ci.yml", "release.yml"] {
        let text = read(&format!(".github/workflows/{name}"));
        let words = text.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
        let words: Vec<&str> = words.filter(|word| word.starts_with(".ci/")).collect();
        called.extend(words.iter().map(|word| (*word).to_owned()));
        wrong.extend(
            words.iter().filter(|word| !root().join(word).is_file()).map(|word| format!("{name}: {word}")),
        );
    }
    assert_eq!(called, BTreeSet::from([".ci/archive".to_owned(), ".ci/run".to_owned()]));
    is_empty(wrong, "a workflow calls what stands in .ci");
}

#[test]
fn tables_and_headings_are_taken_apart() {
    let text =
        "| promise | test |\n|---|---|\n| a | `b_c` in `src/d.rs` |\n\n| x | y |\n|---|---|\n| `n_o` | z |\n";
    let found: Vec<String> = cells(text).into_iter().map(|(_, cell)| cell).collect();
    assert_eq!(found, ["`b_c` in `src/d.rs`"]);
    assert_eq!(quoted(&found[0]), ["b_c", "src/d.rs"]);
    let two = "`a_b`, `c_d` in `x.rs`, `e_f` in `y.rs`";
    assert_eq!(said_of(two, "x.rs").map(quoted), Some(vec!["a_b", "c_d"]));
    assert_eq!(said_of(two, "y.rs").map(quoted), Some(vec!["e_f"]));
    assert!(is_name("b_c") && !is_name("src/d.rs") && !is_name("plain"));
    assert_eq!(anchor(" It did something odd"), "it-did-something-odd");
    assert_eq!(anchors("# A, b!\n```\n# no heading\n```\n"), BTreeSet::from(["a-b".to_owned()]));
}
