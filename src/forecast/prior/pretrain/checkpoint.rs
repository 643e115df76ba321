//! A training that was put away.

use std::path::Path;

use super::{Loads, PretrainOptions, Training};
use crate::forecast::lstm::bundle::{self, BundleError, sha256};

/// Digits of the checksum that a file begins with.
const DIGITS: usize = 64;

impl Training {
    /// Writes it to a file, in place of what stood there.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn keep(&self, path: &Path) -> Result<(), BundleError> {
        let bytes = postcard::to_stdvec(self)
            .map_err(|e| BundleError::Weights { path: path.to_owned(), reason: e.to_string() })?;
        bundle::write_file(path, &[sha256(&bytes).as_bytes(), &bytes].concat())
    }

    /// The training in a file, if there is one; it must have begun with the same options and loads.
    ///
    /// # Errors
    /// [`BundleError`] for a file that is damaged, or of another training.
    pub fn resume(
        path: &Path,
        options: PretrainOptions,
        loads: &Loads,
    ) -> Result<Option<Training>, BundleError> {
        let bytes = match bundle::read(path, bundle::MOST_WEIGHTS) {
            Err(BundleError::Missing(_)) => return Ok(None),
            read => read?,
        };
        let (said, bytes) = bytes.split_at(DIGITS.min(bytes.len()));
        let read = postcard::from_bytes::<Training>(bytes).ok();
        match read.filter(|_| sha256(bytes).as_bytes() == said) {
            None => Err(BundleError::Checksum(path.to_owned())),
            Some(training) if training.options == options && training.loads == loads.digest() => {
                Ok(Some(training))
            }
            Some(_) => Err(BundleError::Weights {
                path: path.to_owned(),
                reason:
                    "this training was begun with other options or loads; remove the file to begin anew, or \
                         give the same again"
                        .into(),
            }),
        }
    }
}
