//! A training that was put away.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Loads, PretrainOptions, Training};
use crate::{
    domain::forecast::LEVELS,
    forecast::{
        lstm::bundle::{self, BundleError, sha256},
        prior::{
            features::{ANCHORS, INPUTS},
            net::Shape,
        },
    },
};

/// Digits of the checksum that a file begins with.
const DIGITS: usize = 64;
/// Lists of the size of the net: the parameters, their means, two moments, the best.
const LISTS: usize = 5;
/// Bytes of a file beside those lists, at the most: options, checksums, means and deviations of the inputs.
const BESIDE: usize = 4_096;

/// What must be the same in the program that goes on with a training.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Writer {
    program: String,
    inputs: usize,
    anchors: usize,
    levels: usize,
}

impl Writer {
    /// This program.
    fn own() -> Writer {
        let program = env!("CARGO_PKG_VERSION").to_owned();
        Writer { program, inputs: INPUTS, anchors: ANCHORS, levels: LEVELS.len() }
    }
}

/// The largest net that may be asked for: a file of any other training is read, and refused by what it says.
const LARGEST: Shape = Shape { hidden: 1_024, blocks: 8 };

/// Most bytes of a training's file.
fn most_bytes(shape: Shape) -> u64 {
    (LISTS * size_of::<f32>() * shape.size() + BESIDE) as u64
}

/// What a file of these bytes keeps, if this program can go on with it.
fn kept(bytes: &[u8]) -> Option<Training> {
    let (writer, rest) = postcard::take_from_bytes::<Writer>(bytes).ok()?;
    let training = (writer == Writer::own()).then(|| postcard::from_bytes::<Training>(rest).ok())??;
    training.fits().then_some(training)
}

impl Training {
    /// Writes it to a file, in place of what stood there.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn keep(&self, path: &Path) -> Result<(), BundleError> {
        let wrong = |reason: String| BundleError::Weights { path: path.to_owned(), reason };
        let bytes = postcard::to_extend(&Writer::own(), vec![b'0'; DIGITS])
            .and_then(|b| postcard::to_extend(self, b));
        let mut bytes = bytes.map_err(|e| wrong(e.to_string()))?;
        let (length, most) = (bytes.len() as u64, most_bytes(self.options.shape));
        if length > most {
            return Err(wrong(format!("{length} bytes to keep, more than the {most} that are read again")));
        }
        let (digits, rest) = bytes.split_at_mut(DIGITS);
        digits.copy_from_slice(sha256(rest).as_bytes());
        bundle::write_file(path, &bytes)
    }

    /// The training in a file, if there is one; it must have begun with the same version, options and loads.
    ///
    /// # Errors
    /// [`BundleError`] for a file that is damaged, or of another training.
    pub fn resume(
        path: &Path,
        options: PretrainOptions,
        loads: &Loads,
    ) -> Result<Option<Training>, BundleError> {
        let wrong = |reason: String| BundleError::Weights { path: path.to_owned(), reason };
        options.shape.check().map_err(wrong)?;
        let bytes = match bundle::read(path, most_bytes(LARGEST)) {
            Err(BundleError::Missing(_)) => return Ok(None),
            read => read?,
        };
        let (said, bytes) = bytes.split_at(DIGITS.min(bytes.len()));
        if sha256(bytes).as_bytes() != said {
            return Err(BundleError::Checksum(path.to_owned()));
        }
        let same = |training: &Training| training.options == options && training.loads == loads.digest();
        kept(bytes).filter(same).map(Some).ok_or_else(|| {
            wrong(
                "this training was begun by another version, or with other options or loads; remove the file to \
                 begin anew, or give the same again"
                    .into(),
            )
        })
    }

    /// True if all lists are as long as its net asks for.
    fn fits(&self) -> bool {
        let best = self.best.iter().map(|(_, _, parameters)| parameters.len());
        self.options.shape.check().is_ok()
            && self.mean.len() == INPUTS
            && self.deviation.len() == INPUTS
            && self.learned.lengths().into_iter().chain(best).all(|n| n == self.options.shape.size())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::{lstm::bundle::MOST_WEIGHTS, prior::pretrain::tests::options};

    fn training(shape: Shape) -> Training {
        let options = PretrainOptions { shape, ..options(20) };
        let mut training = Training::new(options, &Loads::default()).expect("begins");
        training.best = Some((10, 0.5, training.learned.mean.clone()));
        training
    }

    #[test]
    fn a_training_of_any_size_that_is_kept_can_be_gone_on_with() {
        let home = tempfile::tempdir().expect("temporary folder");
        let path = home.path().join("prior.training");
        let length = |shape: Shape| {
            let training = training(shape);
            training.keep(&path).expect("writes");
            let back = Training::resume(&path, training.options, &Loads::default()).expect("reads");
            assert_eq!(back, Some(training));
            std::fs::metadata(&path).expect("was written").len()
        };
        let (small, large) = (Shape { hidden: 3, blocks: 0 }, Shape { hidden: 90, blocks: 3 });
        let grown = length(large) - length(small);
        let expected = most_bytes(large) - most_bytes(small);
        assert!(
            grown.abs_diff(expected) <= 20,
            "{grown} bytes more, not {expected}: the limit grows as the file"
        );
        assert!(LARGEST.check().is_ok() && most_bytes(LARGEST) > MOST_WEIGHTS);
        assert!(2 * (2 * INPUTS + LARGEST.size()) as u64 <= MOST_WEIGHTS, "what comes of it can be read");
        training(large).keep(&path).expect("writes");
        let asked = training(small).options;
        let refused = Training::resume(&path, asked, &Loads::default()).map_err(|e| e.to_string());
        assert!(refused.is_err_and(|why| why.contains("remove the file")), "a smaller net is asked for");
    }

    #[test]
    fn a_training_of_another_program_or_with_a_list_too_short_is_refused() {
        let home = tempfile::tempdir().expect("temporary folder");
        let path = home.path().join("prior.training");
        let good = training(Shape { hidden: 3, blocks: 1 });
        let said = |writer: Writer, training: &Training| {
            let bytes = postcard::to_extend(&writer, vec![]).and_then(|b| postcard::to_extend(training, b));
            let bytes = bytes.expect("fits in memory");
            std::fs::write(&path, [sha256(&bytes).as_bytes(), &bytes].concat()).expect("writes");
            Training::resume(&path, good.options, &Loads::default()).map_err(|e| e.to_string())
        };
        assert_eq!(said(Writer::own(), &good), Ok(Some(good.clone())));
        let refused =
            |read: Result<Option<Training>, String>| read.is_err_and(|e| e.contains("another version"));
        for writer in [
            Writer { program: "0.0.9".into(), ..Writer::own() },
            Writer { inputs: INPUTS + 1, ..Writer::own() },
            Writer { anchors: ANCHORS - 1, ..Writer::own() },
            Writer { levels: 7, ..Writer::own() },
        ] {
            assert!(refused(said(writer, &good)));
        }
        let mut short = good.clone();
        short.learned.parameters.pop();
        assert!(refused(said(Writer::own(), &short)));
        let mut short = good.clone();
        short.deviation.pop();
        assert!(refused(said(Writer::own(), &short)));
        let mut short = good.clone();
        short.best = Some((10, 0.5, vec![]));
        assert!(refused(said(Writer::own(), &short)));
    }
}
