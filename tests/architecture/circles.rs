//! Files use each other in one direction.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    imports::{expressions, imports},
    source::{is_empty, sources},
};

/// Modules of the crate by path (`domain/group`), each with its code.
fn modules() -> BTreeMap<Vec<String>, String> {
    let mut found = BTreeMap::new();
    for source in sources().into_iter().filter(|s| !s.code.is_empty() && s.path != "src/main.rs") {
        let inside = source.path.trim_start_matches("src/").trim_end_matches(".rs");
        let mut path: Vec<String> = inside.split('/').map(str::to_owned).collect();
        if path.last().is_some_and(|name| name == "mod" || name == "lib") {
            path.pop();
        }
        found.insert(path, source.code);
    }
    found
}

/// `path`, as `module` writes it, from the root of the crate; `None` where it is another crate's.
fn absolute(module: &[String], path: &[String], all: &BTreeMap<Vec<String>, String>) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some([module, rest].concat()),
        "super" => {
            let up = path.iter().take_while(|part| *part == "super").count();
            let kept = module.len().checked_sub(up)?;
            Some([&module[..kept], &path[up..]].concat())
        }
        _ => {
            let child = [module, path].concat();
            all.contains_key(&child[..module.len() + 1]).then_some(child)
        }
    }
}

/// The file in which `path` is defined: the longest module in it, past what that module only passes on.
fn owner(
    path: &[String],
    all: &BTreeMap<Vec<String>, String>,
    passed_on: &BTreeMap<(Vec<String>, String), Vec<String>>,
) -> Option<Vec<String>> {
    let mut path = path.to_vec();
    for _ in 0..8 {
        let length = (0..=path.len()).rev().find(|length| all.contains_key(&path[..*length]))?;
        let (module, rest) = path.split_at(length);
        let onward = rest.first().and_then(|name| passed_on.get(&(module.to_vec(), name.clone())));
        match onward {
            Some(target) if *target != path[..length + 1] => path = [target.as_slice(), &rest[1..]].concat(),
            _ => return Some(module.to_vec()),
        }
    }
    None
}

/// Which file names which, without parents and children.
fn uses() -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let all = modules();
    let mut passed_on = BTreeMap::new();
    let mut named: BTreeMap<Vec<String>, Vec<Vec<String>>> = BTreeMap::new();
    for (module, code) in &all {
        for import in imports(code) {
            let Some(path) = absolute(module, &import.path, &all) else { continue };
            match import.public {
                true => drop(passed_on.insert((module.clone(), import.name), path)),
                false => named.entry(module.clone()).or_default().push(path),
            }
        }
        let paths = expressions(code).into_iter().filter_map(|path| absolute(module, &path, &all));
        named.entry(module.clone()).or_default().extend(paths);
    }
    let mut found: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    for (module, paths) in named {
        let owners = paths.iter().filter_map(|path| owner(path, &all, &passed_on));
        let others = owners.filter(|other| !other.starts_with(&module) && !module.starts_with(other));
        found.entry(module.clone()).or_default().extend(others);
    }
    found
}

/// Every file that `from` reaches.
fn reached(uses: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>, from: &[String]) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    let mut next = vec![from.to_vec()];
    while let Some(module) = next.pop() {
        let new = uses.get(&module).into_iter().flatten().filter(|other| !found.contains(*other));
        next.extend(new.cloned().collect::<Vec<_>>());
        found.extend(uses.get(&module).into_iter().flatten().cloned());
    }
    found
}

/// Files that use each other in a circle, each circle in the order of its names.
fn circles(uses: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>) -> Vec<Vec<String>> {
    let reach: BTreeMap<_, _> = uses.keys().map(|module| (module, reached(uses, module))).collect();
    let mut found: BTreeSet<Vec<String>> = BTreeSet::new();
    for (module, all) in &reach {
        let back = all.iter().filter(|other| reach.get(other).is_some_and(|r| r.contains(*module)));
        let circle: Vec<String> = back.map(|other| other.join("/")).collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

#[test]
fn files_use_each_other_in_one_direction() {
    let found = circles(&uses()).into_iter().map(|circle| circle.join(" <-> "));
    is_empty(found.collect(), "files in a circle: move what both need to a file of its own");
}

#[test]
fn circles_are_found() {
    let path = |name: &str| vec![name.to_owned()];
    let uses = BTreeMap::from([
        (path("a"), BTreeSet::from([path("b")])),
        (path("b"), BTreeSet::from([path("c")])),
        (path("c"), BTreeSet::from([path("a")])),
        (path("d"), BTreeSet::from([path("a")])),
    ]);
    assert_eq!(circles(&uses), [["a", "b", "c"].map(str::to_owned)]);
}
