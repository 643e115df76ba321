//! Weights from PyTorch: the student project's `.pth` files become presets.
//!
//! Such a file is the state dict of a module with `lstm`, perhaps `attention.attention`, and `fc` or `fc1`
//! and `fc2`. It holds weights alone: sizes follow from the tensors' shapes, the preset from their names, and
//! the scaler has to be fitted again. PyTorch packs an LSTM's gates one below the other, input, forget, cell,
//! output, each `[hidden, inputs]`; burn keeps them apart and transposed.

use std::{collections::BTreeMap, path::PathBuf};

use burn::{
    module::{Module, ModuleMapper, Param},
    tensor::{Tensor, TensorData},
};
use burn_store::pytorch_reader::{DType, PytorchReader};

use super::{
    Backend, bundle,
    features::MinMax,
    net::{Net, NetShape},
    predictor::Predictor,
    preset::Preset,
    table::MetricTable,
    trained::{DataRange, PresetModel},
};
use crate::{domain::text::clean, files};

/// Most numbers in one file; the largest preset has half a million.
const MOST_NUMBERS: usize = 20_000_000;
/// Most members of an ensemble.
const MOST_MEMBERS: usize = 64;

/// A tensor's extents and its numbers, row by row.
struct TorchTensor {
    shape: Vec<usize>,
    numbers: Vec<f32>,
}

type StateDict = BTreeMap<String, TorchTensor>;

/// The preset whose weights are in `files`; several files of `advanced` make an ensemble.
///
/// The scaler is fitted on all rows of `table`, as the student project fits it, so the model counts as having
/// seen all of them.
///
/// # Errors
/// A sentence with the file, what is wrong with it, and what to do.
pub fn import(files: &[PathBuf], table: &MetricTable, backend: Backend) -> Result<PresetModel, String> {
    let mut members = Vec::new();
    let mut presets = Vec::new();
    for file in files.iter().take(MOST_MEMBERS) {
        let name = clean(&file.display().to_string(), 200);
        let fault =
            |reason: String| format!("{name}: {reason}; give a state dict that the student project saved");
        let tensors = read(file).map_err(fault)?;
        let (preset, shape) = recognise(&tensors).map_err(fault)?;
        members.push(network(shape, &tensors, backend).map_err(fault)?);
        presets.push(preset);
    }
    let preset = match presets.as_slice() {
        [] => return Err("no file of weights was given".into()),
        [one] => *one,
        several if several.iter().all(|p| *p == Preset::Advanced) => Preset::Ensemble,
        _ => return Err("an ensemble has members of the preset advanced alone; give one file".into()),
    };
    let scaler = MinMax::fit(preset.features(), table, table.len())
        .ok_or("every row is a gap; give rows with values to fit the scaler on")?;
    let data = DataRange { from: table.start, until: table.time_of(table.len()), step: table.step };
    Ok(PresetModel { preset, data, seed: 0, scaler, members, backend })
}

/// The tensors in the file, by name, without what stands before `lstm.` and the like.
fn read(file: &PathBuf) -> Result<StateDict, String> {
    // It is opened again by its reader, which knows no limit of its own.
    files::open(file, bundle::MOST_WEIGHTS).map_err(|e| e.to_string())?;
    let reader = PytorchReader::new(file).map_err(|e| clean(&e.to_string(), 300))?;
    let first = "lstm.weight_ih_l0";
    let prefix = reader.keys().iter().find_map(|key| key.strip_suffix(first).map(str::to_owned));
    let prefix = prefix.ok_or_else(|| format!("it has no tensor {first}"))?;
    let mut left = MOST_NUMBERS;
    let mut out = StateDict::new();
    for (key, tensor) in reader.into_tensors() {
        let name = clean(&key, 80);
        let key = key.strip_prefix(&prefix).unwrap_or(&key).to_owned();
        if tensor.dtype() != DType::F32 {
            return Err(format!("its tensor {name} is not of 32-bit floats"));
        }
        left = left.checked_sub(tensor.num_elements()).ok_or("it has too many numbers")?;
        let bytes = tensor.read().map_err(|e| clean(&e.to_string(), 300))?;
        let numbers: Vec<f32> = bytes
            .chunks_exact(4)
            .map(|four| f32::from_ne_bytes([four[0], four[1], four[2], four[3]]))
            .collect();
        if numbers.iter().any(|v| !v.is_finite()) {
            return Err(format!("its tensor {name} has values that are not numbers"));
        }
        out.insert(key, TorchTensor { shape: tensor.shape().to_vec(), numbers });
    }
    Ok(out)
}

/// Which preset the tensors are of, and the network's sizes.
fn recognise(tensors: &StateDict) -> Result<(Preset, NetShape), String> {
    let extent = |name: &str, axis: usize| -> Result<usize, String> {
        let shape = tensors.get(name).map(|t| t.shape.as_slice());
        shape
            .and_then(|s| s.get(axis))
            .copied()
            .ok_or_else(|| format!("its tensor {name} is missing or flat"))
    };
    let attention = tensors.contains_key("attention.attention.weight");
    let deep = tensors.contains_key("fc1.weight");
    let features = extent("lstm.weight_ih_l0", 1)?;
    let (preset, window) = match (features, attention, deep) {
        (4, false, false) => (Preset::Original, 12),
        (4, false, true) => (Preset::Optimized, 24),
        (16, true, true) => (Preset::Advanced, 36),
        _ => {
            let word = |is: bool| if is { "with" } else { "without" };
            return Err(format!(
                "{features} features, {} attention, {} a second dense layer: no preset is like that",
                word(attention),
                word(deep)
            ));
        }
    };
    let shape = NetShape {
        window,
        features,
        context: 0,
        hidden: extent("lstm.weight_hh_l0", 1)?,
        layers: (0..).take_while(|l| tensors.contains_key(&format!("lstm.weight_ih_l{l}"))).count(),
        dense: if deep { vec![extent("fc1.weight", 0)?] } else { vec![] },
        outputs: 1,
        dropout: preset.recipes(0, None).first().map_or(0.0, |recipe| recipe.shape.dropout),
        attention,
        skip: false,
    };
    shape.check()?;
    Ok((preset, shape))
}

/// The network of `shape` with the weights of `tensors`, each of which must fit and be used.
fn network(shape: NetShape, tensors: &StateDict, backend: Backend) -> Result<Predictor, String> {
    let deep = !shape.dense.is_empty();
    let mut fill = Fill { tensors, deep, path: vec![], used: BTreeMap::new(), fault: None };
    let net = Net::new(&shape, 0, &backend.device()).map(&mut fill);
    if let Some(fault) = fill.fault {
        return Err(fault);
    }
    match tensors.keys().find(|name| !fill.used.contains_key(*name)) {
        Some(name) => Err(format!("its tensor {} belongs to no part of the preset", clean(name, 80))),
        None => Ok(Predictor::new(&shape, net, backend)),
    }
}

/// Puts tensors of a state dict in the place of a network's parameters.
struct Fill<'a> {
    tensors: &'a StateDict,
    /// The head has two dense layers.
    deep: bool,
    /// Names of the modules around the present one.
    path: Vec<String>,
    used: BTreeMap<String, ()>,
    /// The first thing that did not fit.
    fault: Option<String>,
}

impl Fill<'_> {
    /// PyTorch's name of the present parameter, and its gate's place where it is one of four.
    fn source(&self) -> Option<(String, Option<usize>)> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["lstms", layer, gate, transform, part] => {
                let gates = ["input_gate", "forget_gate", "cell_gate", "output_gate"];
                let of = if *transform == "input_transform" { "ih" } else { "hh" };
                Some((format!("lstm.{part}_{of}_l{layer}"), Some(gates.iter().position(|g| g == gate)?)))
            }
            ["attention", part] => Some((format!("attention.attention.{part}"), None)),
            ["dense", _, part] if !self.deep => Some((format!("fc.{part}"), None)),
            ["dense", layer, part] => Some((format!("fc{}.{part}", layer.parse::<usize>().ok()? + 1), None)),
            _ => None,
        }
    }

    /// The present parameter's numbers in burn's order, for a parameter of `wanted` extents.
    fn numbers(&mut self, wanted: &[usize]) -> Result<Vec<f32>, String> {
        let (name, gate) =
            self.source().ok_or_else(|| format!("nothing is known of {}", self.path.join(".")))?;
        let values = self.tensors.get(&name).ok_or_else(|| format!("its tensor {name} is missing"))?;
        let parts = if gate.is_some() { 4 } else { 1 };
        // A weight is [inputs, outputs] here and [outputs, inputs] there; a bias has one extent.
        let mut expected: Vec<usize> = wanted.iter().rev().copied().collect();
        expected[0] *= parts;
        let size = wanted.iter().product::<usize>();
        if values.shape != expected || values.numbers.len() != size * parts {
            return Err(format!("its tensor {name} is {:?}, not {expected:?}", values.shape));
        }
        let from = size * gate.unwrap_or(0);
        let part = &values.numbers[from..from + size];
        self.used.insert(name, ());
        Ok(match wanted {
            [inputs, outputs] => (0..size).map(|i| part[(i % outputs) * inputs + i / outputs]).collect(),
            _ => part.to_vec(),
        })
    }
}

impl ModuleMapper for Fill<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let shape = param.lazy_shape();
        match self.numbers(&shape.to_vec()) {
            Ok(numbers) => {
                let tensor = Tensor::from_data(TensorData::new(numbers, shape), &param.lazy_device());
                Param::initialized(param.id, tensor)
            }
            Err(reason) => {
                self.fault.get_or_insert(reason);
                param
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::forecast::lstm::{batch::Examples, features::tests::wave, loss::LossFunction};

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pth").join(name)
    }

    /// Output of the network for a window of sines, as in `tests/pth/make.py`.
    fn output(file: &str, backend: Backend) -> f32 {
        let tensors = read(&fixture(file)).expect("reads");
        let (_, shape) = recognise(&tensors).expect("is a preset");
        let inputs = (0..shape.window * shape.features).map(|i| (0.1 * i as f32).sin()).collect();
        let examples = Examples { count: 1, inputs, context: vec![], targets: vec![0.0], weights: vec![1.0] };
        network(shape, &tensors, backend).expect("fits").predict(LossFunction::Squared, &examples)[0]
    }

    #[test]
    fn networks_say_what_pytorchs_definition_says() {
        for backend in [Backend::Flex, Backend::Ndarray] {
            for (file, expected) in [
                ("original.pth", -1.053_016_2),
                ("optimized.pth", 0.233_397_8),
                ("advanced.pth", 0.315_522_93),
            ] {
                let predicted = output(file, backend);
                assert!((predicted - expected).abs() < 2e-6, "{file}: {predicted}, not {expected}");
            }
        }
    }

    #[test]
    fn an_imported_model_is_saved_and_predicts() {
        let table = wave(400);
        let load = |files: &[&str]| {
            let files: Vec<PathBuf> = files.iter().map(|f| fixture(f)).collect();
            import(&files, &table, Backend::Flex)
        };
        let model = load(&["advanced.pth", "advanced.pth"]).expect("imports");
        assert_eq!((model.preset, model.data.until), (Preset::Ensemble, table.time_of(400)));
        let alone = load(&["advanced.pth"]).expect("imports");
        assert_eq!(model.predict(&table, 390..401), alone.predict(&table, 390..401), "two equal members");
        let home = tempfile::tempdir().expect("temporary folder");
        let dir = home.path().join("m");
        alone.save(&dir).expect("saves");
        let back = PresetModel::load(&dir, Backend::Flex).expect("loads");
        assert_eq!(back.predict(&table, 390..401), alone.predict(&table, 390..401));
        assert!(load(&["advanced.pth", "original.pth"]).expect_err("no ensemble").contains("advanced alone"));
    }

    #[test]
    fn damage_is_an_error_that_names_the_file() {
        let home = tempfile::tempdir().expect("temporary folder");
        let path = home.path().join("w.pth");
        let whole = fs::read(fixture("original.pth")).expect("reads");
        let place = whole.windows(2).position(|w| w == b"PK").expect("a zip") + 1_400;
        let flipped: Vec<u8> =
            whole.iter().enumerate().map(|(i, b)| if i == place { b ^ 64 } else { *b }).collect();
        let cuts = [0, 10, whole.len() / 2, whole.len() - 100].map(|n| whole[..n].to_vec());
        for bytes in cuts.into_iter().chain([flipped, b"not a model".to_vec()]) {
            fs::write(&path, &bytes).expect("writes");
            let error = import(std::slice::from_ref(&path), &wave(100), Backend::Flex).expect_err("damaged");
            assert!(error.contains("w.pth: ") && error.ends_with("student project saved"), "{error}");
        }
        assert!(import(&[home.path().join("none.pth")], &wave(100), Backend::Flex).is_err());
    }

    #[test]
    fn tensors_that_do_not_fit_are_named() {
        let mut tensors = read(&fixture("optimized.pth")).expect("reads");
        let (_, shape) = recognise(&tensors).expect("is a preset");
        let network = |tensors: &StateDict| network(shape.clone(), tensors, Backend::Flex).map(|_| ());
        let kept = tensors.remove("lstm.bias_hh_l1").expect("is there");
        assert_eq!(network(&tensors), Err("its tensor lstm.bias_hh_l1 is missing".into()));
        tensors.insert("lstm.bias_hh_l1".into(), TorchTensor { shape: vec![3], numbers: vec![0.0; 3] });
        assert_eq!(network(&tensors), Err("its tensor lstm.bias_hh_l1 is [3], not [16]".into()));
        tensors.insert("lstm.bias_hh_l1".into(), kept);
        tensors.insert("extra".into(), TorchTensor { shape: vec![1], numbers: vec![0.0] });
        assert!(network(&tensors).expect_err("too many").contains("extra belongs to no part"));
        tensors.remove("fc1.weight");
        assert!(recognise(&tensors).is_ok(), "looks like `original`");
        tensors.remove("lstm.weight_hh_l0");
        assert!(recognise(&tensors).expect_err("no sizes").contains("lstm.weight_hh_l0 is missing"));
    }
}
