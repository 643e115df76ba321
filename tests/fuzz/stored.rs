//! What earlier runs left: the history as a file and as records, and models.

use std::fs;

use prescale::{
    domain::{
        at_epoch,
        forecast::{Forecast, LEVELS},
        journal::{JournalEntry, JournalKind},
        keep::Keep,
        metric::Metric,
        series::Series,
        shift,
    },
    forecast::{
        lstm::{Backend, bundle, trained::PresetModel},
        registry::Registry,
    },
    store::{Store, keys},
};

use super::fuzz;

/// A small history, as bytes.
fn history() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("prescale.db");
    {
        let mut store = Store::open(&path).expect("a new file");
        let minutes = Series::from_values(at_epoch(0), 60, (0..200).map(|i| Some(f64::from(i))));
        store.append("web", Metric::Cpu, &minutes).expect("writable");
        let forecast = Forecast {
            origin: at_epoch(600),
            step: 300,
            model: "blend".into(),
            rows: vec![LEVELS; 24],
            first: at_epoch(600),
        };
        store.save_forecast("web", &forecast).expect("writable");
        let line = JournalEntry {
            id: 0,
            at: at_epoch(600),
            group: Some("web".into()),
            kind: JournalKind::Mode,
            operator: "ann".into(),
            text: "observe to auto".into(),
            decision: None,
        };
        store.note(&line).expect("writable");
        store.set(&keys::brake(), &true).expect("writable");
    }
    fs::read(&path).expect("it was written")
}

#[test]
fn histories() {
    let seeds = [history()];
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("prescale.db");
    fuzz("history", 8, &seeds, |bytes| {
        for suffix in ["-wal", "-shm"] {
            // There may be none.
            let _ = fs::remove_file(format!("{}{suffix}", path.display()));
        }
        fs::write(&path, bytes).expect("the folder is ours");
        let Ok(mut store) = Store::open(&path) else { return };
        let end = shift(at_epoch(0), 86_400);
        let _ = store.check();
        let _ = store.spans();
        let _ = store.journal(100, None);
        let _ = store.open_decisions();
        let _ = store.load("web", Metric::Cpu, 60, at_epoch(0), end);
        let _ = store.past_forecasts("web", at_epoch(0), end, 900);
        let _ = store.forecast_scores("web");
        let _ = store.get(&keys::brake());
        let _ = store.prune(&Keep::default(), shift(end, 1_000 * 86_400), 1_000);
    });
}

/// The bytes of the files of a model, of which one is damaged: the checksum is made to fit, so that the decoder sees them.
#[test]
fn models() {
    let made = tempfile::tempdir().expect("a temporary folder");
    let dir = made.path().join("model");
    model(&dir);
    let read = |name: &str| fs::read(dir.join(name)).expect("it was written");
    let (manifest, weights) = (read("manifest.json"), read("weights-0.bpk"));
    let sum = bundle::sha256(&weights);
    let place = tempfile::tempdir().expect("a temporary folder");
    fuzz("model", 8, &[manifest.clone(), weights.clone()], |bytes| {
        let is_manifest = bytes.starts_with(b"{");
        let (manifest, weights) =
            if is_manifest { (bytes.to_vec(), weights.clone()) } else { (manifest.clone(), bytes.to_vec()) };
        let manifest = String::from_utf8_lossy(&manifest).replace(&sum, &bundle::sha256(&weights));
        let dir = place.path().join("model");
        fs::create_dir_all(&dir).expect("the folder is ours");
        fs::write(dir.join("manifest.json"), manifest).expect("the folder is ours");
        fs::write(dir.join("weights-0.bpk"), weights).expect("the folder is ours");
        let _ = PresetModel::load(&dir, Backend::Flex);
        let registry = Registry::new(place.path());
        let _ = registry.list();
        let _ = registry.prune("model", 1);
    });
}

/// Writes a model of the student project's smallest preset.
fn model(dir: &std::path::Path) {
    use prescale::forecast::lstm::{preset::Preset, table::MetricTable, trained::PresetOptions};
    let mut csv = String::from("timestamp,cpu_utilization,network_in,request_count,is_sale_active\n");
    for step in 0..120 {
        let time = shift(at_epoch(1_700_000_000), 300 * step).format("%Y-%m-%dT%H:%M:%SZ");
        csv += &format!("{time},{},1000,{},0\n", 30 + step % 7, 100 + step % 11);
    }
    let table = MetricTable::read("seed", csv.as_bytes()).expect("a table");
    let options =
        PresetOptions { preset: Preset::Original, seed: 1, backend: Backend::Flex, epochs: Some(1) };
    let trained = PresetModel::train(&table, options, &mut |_, _| std::ops::ControlFlow::Continue(()));
    trained.expect("enough rows").save(dir).expect("a new folder");
}
