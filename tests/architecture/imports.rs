//! What a file imports, and the paths that it names.

/// What a `use` names: the whole path as it is written, and the name that it has from then on.
pub struct Import {
    pub path: Vec<String>,
    pub name: String,
    pub public: bool,
}

/// The imports of `code`, lists taken apart.
pub fn imports(code: &str) -> Vec<Import> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let line = code[..at].rfind('\n').map_or(0, |end| end + 1);
        let before = code[line..at].trim();
        let public = before == "pub" || (before.starts_with("pub(") && before.ends_with(')'));
        if !before.is_empty() && !public {
            continue;
        }
        let Some(end) = code[at..].find(';') else { continue };
        let tree: String = code[at + 4..at + end].split_whitespace().collect::<Vec<_>>().join(" ");
        let mut paths = Vec::new();
        spread(&tree, "", &mut paths);
        found.extend(paths.into_iter().map(|path| {
            let (path, name) = match path.split_once(" as ") {
                Some((path, name)) => (path.to_owned(), Some(name.to_owned())),
                None => (path, None),
            };
            let path = path.trim_end_matches("::self");
            let path: Vec<String> = path.split("::").map(|part| part.trim().to_owned()).collect();
            let last = path.last().cloned().unwrap_or_default();
            Import { name: name.unwrap_or(last), path, public }
        }));
    }
    found
}

/// Each path of the tree `a::{b, c::{d}}`, after `prefix`.
fn spread(tree: &str, prefix: &str, found: &mut Vec<String>) {
    let (mut depth, mut start) = (0, 0);
    let ends = tree.char_indices().chain([(tree.len(), ',')]);
    for (at, c) in ends {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = tree[start..at].trim();
                start = at + 1;
                match part.split_once('{') {
                    Some((head, rest)) => {
                        let inside = rest.trim_end().trim_end_matches('}');
                        // Only the outermost closing brace belongs to this list.
                        let missing = inside.matches('{').count().saturating_sub(inside.matches('}').count());
                        let inside = format!("{inside}{}", "}".repeat(missing));
                        spread(&inside, &format!("{prefix}{}", head.trim()), found);
                    }
                    None if part.is_empty() => {}
                    None => found.push(format!("{prefix}{part}")),
                }
            }
            _ => {}
        }
    }
}

/// The paths with `::` in `code` that begin with `crate`, `self`, `super` or a name in lower case.
pub fn expressions(code: &str) -> Vec<Vec<String>> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = code.split(|c: char| !is_name(c)).filter(|word| word.contains("::"));
    let paths = words.map(|word| word.split("::").map(str::to_owned).collect::<Vec<_>>());
    paths.filter(|path| path[0].starts_with(|c: char| c.is_lowercase())).collect()
}

#[test]
fn imports_are_taken_apart() {
    let code =
        "use crate::{\n    a::{B, c::{self, D as E}},\n    f,\n};\npub use super::g::H;\nlet because = 1;";
    let found: Vec<_> = imports(code).into_iter().map(|i| (i.path.join("::"), i.name, i.public)).collect();
    let of = |path: &str, name: &str, public| (path.to_owned(), name.to_owned(), public);
    let expected = [
        of("crate::a::B", "B", false),
        of("crate::a::c", "c", false),
        of("crate::a::c::D", "E", false),
        of("crate::f", "f", false),
        of("super::g::H", "H", true),
    ];
    assert_eq!(found, expected);
}
