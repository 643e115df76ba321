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
    held_out: Vec<TraceSource>,
}

impl Library {
    /// Reads all loads of `folders`, those of `without` aside; those of `holdout` are left out.
    pub fn read(folders: &[PathBuf], holdout: &[String], without: &[String]) -> Result<Library, Failure> {
        let mut library = Library { loads: Loads::default(), trained_on: Vec::new(), held_out: Vec::new() };
        let mut named: Vec<&String> = holdout.iter().chain(without).collect();
        for folder in folders {
            let mut index = index(&folder.join("index.csv"))?;
            for path in loads(folder)? {
                let name = path.file_stem().map_or(String::new(), |stem| clean(&stem.to_string_lossy(), 200));
                named.retain(|other| **other != name);
                if without.contains(&name) {
                    continue;
                }
                let series = recorded::trace(&path, None)?.series;
                let values = series.iter().map(|(_, value)| value.unwrap_or(f64::NAN)).collect();
                let load = Recorded { name: name.clone(), step: series.step(), values };
                let source = index.remove(&name).unwrap_or_else(|| TraceSource {
                    name: name.clone(),
                    source: "not stated".into(),
                    licence: "not stated".into(),
                });
                let (loads, sources) = match holdout.contains(&name) {
                    true => (&mut library.loads.held_out, &mut library.held_out),
                    false => (&mut library.loads.learned, &mut library.trained_on),
                };
                loads.push(load);
                sources.push(source);
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
            held_out: self.held_out.clone(),
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

/// Where loads are from, by name, where the folder has an index.
fn index(index: &Path) -> Result<BTreeMap<String, TraceSource>, Failure> {
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
    let (name, source, licence) = (column("file")?, column("source")?, column("licence")?);
    let mut found = BTreeMap::new();
    for row in reader.records() {
        let row = row.map_err(|e| wrong(e.to_string()))?;
        let cell = |place: usize| row.get(place).unwrap_or_default();
        let name = clean(cell(name).strip_suffix(".csv").unwrap_or(cell(name)), 200);
        let (source, licence) = (clean(cell(source), 300), clean(cell(licence), 300));
        found.insert(name.clone(), TraceSource { name, source, licence });
    }
    Ok(found)
}
