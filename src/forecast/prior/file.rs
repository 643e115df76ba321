//! The prior's folder: `manifest.json` and `prior.f16`, written whole or not at all.

use std::path::Path;

use burn::tensor::f16;
use serde::{Deserialize, Serialize};

use super::{
    features::INPUTS,
    net::{Net, Normal, Shape},
};
use crate::forecast::lstm::bundle::{self, BundleError, MANIFEST, WeightFile, sha256};

/// Name of the file of numbers: means and deviations of the inputs, then all parameters, 16 bits each, little-endian.
const WEIGHTS: &str = "prior.f16";
/// The files of the prior that the program ships with.
const SHIPPED_MANIFEST: &str = include_str!("../../../models/prior/manifest.json");
const SHIPPED_WEIGHTS: &[u8] = include_bytes!("../../../models/prior/prior.f16");
/// The form of these files; another one is refused.
const FORM: u32 = 1;

/// Where a prior is from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriorManifest {
    /// The form of the folder.
    pub form: u32,
    /// Sizes of the net.
    pub shape: Shape,
    /// Numbers that it sees for one step ahead.
    pub inputs: usize,
    /// Seed of every random number.
    pub seed: u64,
    /// Steps of training whose weights these are.
    pub steps: usize,
    /// Loss on the loads that were left out, where there were some.
    pub loss: Option<f64>,
    /// Recorded loads that it was trained on.
    pub trained_on: Vec<TraceSource>,
    /// Recorded loads that chose the step.
    pub held_out: Vec<TraceSource>,
    /// The numbers.
    pub weights: WeightFile,
    /// Version of the program that wrote them.
    pub program: String,
}

/// A recorded load that a prior was trained on, or chosen by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceSource {
    /// Name of its file.
    pub name: String,
    /// Where it is from, as the folder's `index.csv` says.
    pub source: String,
    /// Its licence, likewise.
    pub licence: String,
}

/// Numbers of 16 bits as bytes.
fn encode(net: &Net) -> Vec<u8> {
    let numbers = net.normal.mean.iter().chain(&net.normal.deviation).chain(&net.parameters);
    numbers.flat_map(|x| f16::from_f32(*x).to_le_bytes()).collect()
}

/// The net as its file will give it back.
pub fn rounded(net: &Net) -> Net {
    let round = |numbers: &[f32]| numbers.iter().map(|x| f16::from_f32(*x).to_f32()).collect();
    let Normal { mean, deviation } = &net.normal;
    Net {
        shape: net.shape,
        normal: Normal { mean: round(mean), deviation: round(deviation) },
        parameters: round(&net.parameters),
    }
}

/// Writes a prior into the new folder `dir`; `manifest` describes all but the numbers.
///
/// # Errors
/// [`BundleError`].
pub fn write(dir: &Path, net: &Net, manifest: PriorManifest) -> Result<PriorManifest, BundleError> {
    let bytes = encode(net);
    let weights = WeightFile { file: WEIGHTS.into(), sha256: sha256(&bytes) };
    let manifest = PriorManifest { form: FORM, inputs: INPUTS, shape: net.shape, weights, ..manifest };
    bundle::write(dir, &manifest, &[(WEIGHTS, bytes)])?;
    Ok(manifest)
}

/// Reads the prior in `dir`.
///
/// # Errors
/// [`BundleError`]: a file is missing, damaged, or of another form than this version reads.
pub fn read(dir: &Path) -> Result<(Net, PriorManifest), BundleError> {
    let manifest: PriorManifest = bundle::read_json(&dir.join(MANIFEST))?;
    let bytes = bundle::read_weights(dir, &manifest.weights)?;
    let net = decode(&manifest, &bytes, &dir.join(MANIFEST))?;
    Ok((net, manifest))
}

/// The prior that the program ships with.
///
/// # Errors
/// [`BundleError::Weights`] where the program was built with files that do not fit.
pub fn shipped() -> Result<(Net, PriorManifest), BundleError> {
    let path = Path::new("models/prior").join(MANIFEST);
    let manifest: PriorManifest = serde_json::from_str(SHIPPED_MANIFEST)
        .map_err(|e| BundleError::Manifest { path: path.clone(), reason: e.to_string() })?;
    if sha256(SHIPPED_WEIGHTS) != manifest.weights.sha256 {
        return Err(BundleError::Checksum(path));
    }
    Ok((decode(&manifest, SHIPPED_WEIGHTS, &path)?, manifest))
}

/// The net whose numbers are `bytes`; `path` is named where they do not fit the manifest.
fn decode(manifest: &PriorManifest, bytes: &[u8], path: &Path) -> Result<Net, BundleError> {
    let wrong = |reason: String| BundleError::Weights { path: path.to_owned(), reason };
    if manifest.form != FORM || manifest.inputs != INPUTS {
        return Err(wrong(format!(
            "a prior of form {} with {} inputs; this version reads form {FORM} with {INPUTS}",
            manifest.form, manifest.inputs
        )));
    }
    manifest.shape.check().map_err(wrong)?;
    let wanted = 2 * INPUTS + manifest.shape.size();
    if bytes.len() != 2 * wanted {
        return Err(wrong(format!("{} bytes of numbers, not {}", bytes.len(), 2 * wanted)));
    }
    let numbers: Vec<f32> =
        bytes.chunks_exact(2).map(|two| f16::from_le_bytes([two[0], two[1]]).to_f32()).collect();
    if numbers.iter().any(|x| !x.is_finite()) || numbers[INPUTS..2 * INPUTS].iter().any(|d| *d <= 0.0) {
        return Err(wrong("it has values that are no numbers, or deviations that are not above zero".into()));
    }
    let (mean, rest) = numbers.split_at(INPUTS);
    let (deviation, parameters) = rest.split_at(INPUTS);
    let normal = Normal { mean: mean.to_vec(), deviation: deviation.to_vec() };
    Ok(Net { shape: manifest.shape, normal, parameters: parameters.to_vec() })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::forecast::prior::pretrain::{Loads, Recorded};

    fn net() -> Net {
        let shape = Shape { hidden: 5, blocks: 1 };
        Net {
            shape,
            normal: Normal { mean: vec![0.25; INPUTS], deviation: vec![1.5; INPUTS] },
            parameters: (0..shape.size()).map(|i| (i as f32 * 0.37).sin()).collect(),
        }
    }

    fn source(name: &str) -> TraceSource {
        TraceSource { name: name.into(), source: "a shop".into(), licence: "MIT".into() }
    }

    fn manifest() -> PriorManifest {
        PriorManifest {
            form: 0,
            shape: net().shape,
            inputs: 0,
            seed: 7,
            steps: 20,
            loss: Some(0.5),
            trained_on: vec![source("shop.csv")],
            held_out: vec![source("bank.csv")],
            weights: WeightFile { file: String::new(), sha256: String::new() },
            program: "1".into(),
        }
    }

    #[test]
    fn the_prior_that_ships_is_whole_and_small_and_from_loads_with_a_licence() {
        let (net, manifest) = shipped().expect("fits");
        assert_eq!(net.parameters.len(), manifest.shape.size());
        assert!(SHIPPED_WEIGHTS.len() <= 2 << 20, "{} bytes", SHIPPED_WEIGHTS.len());
        let loads = || manifest.trained_on.iter().chain(&manifest.held_out);
        assert!(loads().count() > 0);
        for TraceSource { name, source, licence } in loads() {
            let free = ["MIT", "Apache-2.0", "BSD", "CC0", "CC-BY-4.0"];
            assert!(free.iter().any(|word| licence.contains(word)), "{name}: {licence}");
            let unfit = ["GPL", "NC", "ND", "research", "from memory", "no licence", "not stated"];
            assert!(!unfit.iter().any(|word| licence.contains(word)), "{name}: {licence}");
            assert!(source.contains('/'), "{name} is from {source}, which names no place");
            let credits = include_str!("../../../data/README.md");
            assert!(credits.contains(name), "{name}: attribution is missing");
        }
    }

    #[test]
    fn no_load_that_the_prior_that_ships_was_chosen_by_has_a_relative_that_it_learned_from() {
        let (_, manifest) = shipped().expect("fits");
        let loads = |sources: &[TraceSource]| {
            let named =
                |source: &TraceSource| Recorded { name: source.name.clone(), step: 60, values: vec![] };
            sources.iter().map(named).collect()
        };
        let loads = Loads { learned: loads(&manifest.trained_on), held_out: loads(&manifest.held_out) };
        assert_eq!(loads.relatives().collect::<Vec<_>>(), []);
    }

    #[test]
    fn what_is_written_is_read_to_the_last_bit() {
        let home = tempfile::tempdir().expect("temporary folder");
        let dir = home.path().join("prior");
        let written = write(&dir, &net(), manifest()).expect("writes");
        let (back, said) = read(&dir).expect("reads");
        assert_eq!((back, said), (rounded(&net()), written));
        assert!(matches!(write(&dir, &net(), manifest()), Err(BundleError::Exists(_))));
    }

    #[test]
    fn damaged_and_foreign_files_are_refused_with_their_path() {
        let home = tempfile::tempdir().expect("temporary folder");
        let dir = home.path().join("prior");
        let good = write(&dir, &net(), manifest()).expect("writes");
        let weights = dir.join(WEIGHTS);
        let whole = fs::read(&weights).expect("reads");
        let mut flipped = whole.clone();
        flipped[100] ^= 4;
        for bytes in [&flipped[..], &whole[..100], b""] {
            fs::write(&weights, bytes).expect("writes");
            assert!(matches!(read(&dir), Err(BundleError::Checksum(_))));
        }
        fs::write(&weights, &whole).expect("writes");
        let with = |change: &dyn Fn(&mut PriorManifest)| {
            let mut manifest = good.clone();
            change(&mut manifest);
            fs::write(dir.join(MANIFEST), serde_json::to_vec(&manifest).expect("JSON")).expect("writes");
            read(&dir).expect_err("does not fit").to_string()
        };
        assert!(with(&|m| m.form = 2).contains("form 2"));
        assert!(with(&|m| m.inputs = 3).contains("3 inputs"));
        assert!(with(&|m| m.shape.hidden = 6).contains("bytes of numbers"));
        assert!(with(&|m| m.shape.hidden = usize::MAX).contains("hidden is"));
        assert!(with(&|m| m.weights.file = "../prior.f16".into()).contains("is a path"));
        assert!(with(&|m| m.weights.file = "none".into()).contains("no such file"));
        let numbers = 2 * INPUTS + net().shape.size();
        fs::write(&weights, vec![0xff; 2 * numbers]).expect("writes");
        let said = with(&|m| m.weights.sha256 = sha256(&vec![0xff; 2 * numbers]));
        assert!(said.contains("manifest.json") && said.contains("no numbers"), "{said}");
    }
}
