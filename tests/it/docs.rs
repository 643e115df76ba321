//! What the documents say of keys is what the keymap does.

use std::{fs, path::Path};

use prescale::console::input::{
    key::Key,
    keymap::{Binding, Keymap},
};

fn document(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a document of ours")
}

/// Part of a document below a heading, up to the next.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("\n## {heading}\n")).expect("the heading is there");
    rest.split("\n## ").next().unwrap_or(rest)
}

fn keys(binding: &Binding) -> String {
    binding.keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_readme_names_every_action_by_its_first_key_and_no_key_that_does_nothing() {
    let readme = document("README.md");
    let table = section(&readme, "Keys");
    let rows = table.lines().filter(|line| line.starts_with('|'));
    let named: Vec<Key> = rows
        .flat_map(|row| row.split('`').skip(1).step_by(2))
        .map(|name| name.parse().unwrap_or_else(|why| panic!("README, Keys: {why}")))
        .collect();
    let keymap = Keymap::default();
    for binding in &keymap.bindings {
        let first = binding.keys.first().expect("the default keymap binds everything");
        assert!(named.contains(first), "README, Keys: `{first}` ({}) is missing", binding.help);
    }
    for key in named {
        let bound = keymap.bindings.iter().any(|binding| binding.keys.contains(&key));
        assert!(bound, "README, Keys: `{key}` does nothing");
    }
}

#[test]
fn the_console_page_lists_every_action() {
    let row = |b: &Binding| format!("| `{}` | {} | {} |\n", b.action.name(), keys(b), b.help);
    let wanted: String = Keymap::default().bindings.iter().map(row).collect();
    let page = document("docs/console.md");
    let found = section(&page, "Every action");
    assert!(found.contains(&wanted), "docs/console.md, Every action: the rows are\n{wanted}");
    let rows = found.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, Keymap::default().bindings.len(), "rows of actions that there are not");
}
