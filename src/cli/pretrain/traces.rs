//! Folders of recorded loads.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    cli::{Failure, announced::file, recorded},
    domain::text::clean,
    forecast::{
        lstm::bundle::WeightFile,
        prior::{
            file::{PriorManifest, TraceSource},
            net::Shape,
            pretrain::{Loads, Recorded},
        },
    },
};

/// Files of a folder that are no loads.
const OTHERS: [&str; 2] = ["index.csv", "scenarios.csv"];

/// The loads of some folders, and where they are from.
pub(super) struct Library {
    /// To learn from, and left out.
    pub loads: Loads,
    trained_on: Vec<TraceSource>,
}

impl Library {
    /// Reads all loads of `folders`, those of `without` aside; those of `holdout` are left out.
    pub fn read(folders: &[PathBuf], holdout: &[String], without: &[String]) -> Result<Library, Failure> {
        let mut library = Library { loads: Loads::default(), trained_on: Vec::new() };
        let mut named: Vec<&String> = holdout.iter().chain(without).collect();
        for folder in folders {
            let licences = licences(&folder.join("index.csv"))?;
            for path in loads(folder)? {
                let name = path.file_stem().map_or(String::new(), |stem| clean(&stem.to_string_lossy(), 200));
                named.retain(|other| **other != name);
                if without.contains(&name) {
                    continue;
                }
                let series = recorded::trace(&path, None)?.series;
                let values = series.iter().map(|(_, value)| value.unwrap_or(f64::NAN)).collect();
                let load = Recorded { name: name.clone(), step: series.step(), values };
                if holdout.contains(&name) {
                    library.loads.held_out.push(load);
                } else {
                    library.loads.learned.push(load);
                    let licence = licences.get(&name).cloned().unwrap_or_else(|| "not stated".into());
                    library.trained_on.push(TraceSource { name, licence });
                }
            }
        }
        match named.first() {
            Some(name) => Err(Failure::Usage(format!("no folder of --traces has a load named {name}"))),
            None => Ok(library),
        }
    }

    /// What the manifest says of the training; `file::write` fills in the rest.
    pub fn manifest(&self, seed: u64, steps: usize, loss: Option<f64>) -> PriorManifest {
        PriorManifest {
            form: 0,
            shape: Shape { hidden: 0, blocks: 0 },
            inputs: 0,
            seed,
            steps,
            loss,
            trained_on: self.trained_on.clone(),
            held_out: self.loads.held_out.iter().map(|load| load.name.clone()).collect(),
            weights: WeightFile { file: String::new(), sha256: String::new() },
            program: env!("CARGO_PKG_VERSION").into(),
        }
    }
}

/// The files of a folder that are loads, by name.
fn loads(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let wrong =
        |e: std::io::Error| Failure::Usage(format!("{}: {e}; give a folder of traces", folder.display()));
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        let name = path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
        if name.ends_with(".csv") && !name.ends_with(".events.csv") && !OTHERS.contains(&name.as_str()) {
            found.push(path);
        }
    }
    found.sort();
    match found.is_empty() {
        true => Err(Failure::Usage(format!(
            "{}: no load is in this folder; give one with CSV files",
            folder.display()
        ))),
        false => Ok(found),
    }
}

/// Licences by name of the load, where the folder has an index.
fn licences(index: &Path) -> Result<BTreeMap<String, String>, Failure> {
    if !index.exists() {
        return Ok(BTreeMap::new());
    }
    let bytes = file(index)?;
    let wrong = |problem: String| Failure::Usage(format!("{}: {problem}", index.display()));
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let headers = reader.headers().map_err(|e| wrong(e.to_string()))?.clone();
    let column = |name: &str| {
        let place = headers.iter().position(|header| header == name);
        place.ok_or_else(|| wrong(format!("it has no column {name}; add it, or remove the file")))
    };
    let (name, licence) = (column("file")?, column("licence")?);
    let mut found = BTreeMap::new();
    for row in reader.records() {
        let row = row.map_err(|e| wrong(e.to_string()))?;
        let cell = |place: usize| row.get(place).unwrap_or_default();
        let stem = cell(name).strip_suffix(".csv").unwrap_or(cell(name));
        found.insert(stem.to_owned(), clean(cell(licence), 300));
    }
    Ok(found)
}
