//! A prior that was adapted to one group: its head, beside the trunk of the prior that the program ships with.

use serde::{Deserialize, Serialize};

use super::{Prior, file};

/// What it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaptedSpec {
    /// SHA-256 of the numbers of the prior that it was adapted from.
    pub parent: String,
    /// Steps of training that it has behind it.
    pub steps: usize,
}

impl AdaptedSpec {
    /// That of a head which was adapted from the prior that the program ships with, by so many steps.
    ///
    /// # Errors
    /// A sentence where the program was built with files that do not fit.
    pub fn new(steps: usize) -> Result<AdaptedSpec, String> {
        let (_, manifest) = file::shipped().map_err(|e| e.to_string())?;
        Ok(AdaptedSpec { parent: manifest.weights.sha256, steps })
    }

    /// Says whether it belongs to the prior that the program ships with.
    ///
    /// # Errors
    /// A sentence that names both.
    pub fn check(&self) -> Result<(), String> {
        let shipped = AdaptedSpec::new(0)?.parent;
        if self.parent == shipped {
            return Ok(());
        }
        let short = |sha256: &str| sha256.chars().take(12).collect::<String>();
        Err(format!(
            "it was adapted from the prior {}, this program has {}",
            crate::domain::text::clean(&short(&self.parent), 12),
            short(&shipped)
        ))
    }

    /// One line for people.
    pub fn describe(&self) -> String {
        format!("adapted prior, {} steps", self.steps)
    }
}

/// An adapted prior.
#[derive(Debug, Clone, PartialEq)]
pub struct AdaptedPrior {
    spec: AdaptedSpec,
    head: Vec<f32>,
}

impl AdaptedPrior {
    /// The prior that the program ships with, with another head.
    pub fn new(spec: AdaptedSpec, head: Vec<f32>) -> AdaptedPrior {
        AdaptedPrior { spec, head }
    }

    /// What it belongs to.
    pub fn spec(&self) -> &AdaptedSpec {
        &self.spec
    }

    /// The numbers of its head.
    pub fn head(&self) -> &[f32] {
        &self.head
    }

    /// Its head as bytes: 32 bits a number, little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.head.iter().flat_map(|x| x.to_le_bytes()).collect()
    }

    /// The adapted prior of `spec` whose head is `bytes`.
    ///
    /// # Errors
    /// A sentence about what does not fit.
    pub fn from_bytes(spec: AdaptedSpec, bytes: &[u8]) -> Result<AdaptedPrior, String> {
        spec.check()?;
        let (net, _) = file::shipped().map_err(|e| e.to_string())?;
        let wanted = 4 * net.shape.head_size();
        if bytes.len() != wanted {
            return Err(format!("{} bytes of numbers, not {wanted}", bytes.len()));
        }
        let four = |four: &[u8]| f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
        let head: Vec<f32> = bytes.chunks_exact(4).map(four).collect();
        match head.iter().all(|x| x.is_finite()) {
            true => Ok(AdaptedPrior { spec, head }),
            false => Err("it has values that are no numbers".into()),
        }
    }

    /// What a forecaster hears.
    pub fn prior(&self) -> Prior {
        Prior::shipped().with_head(&self.head).unwrap_or_else(Prior::shipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_does_not_fit_is_refused() {
        let (net, _) = file::shipped().expect("fits");
        let spec = AdaptedSpec::new(40).expect("fits");
        let adapted = AdaptedPrior::new(spec.clone(), net.head().iter().map(|x| x + 0.5).collect());
        let bytes = adapted.to_bytes();
        assert_eq!(AdaptedPrior::from_bytes(spec.clone(), &bytes), Ok(adapted));
        let error = |spec: &AdaptedSpec, bytes: &[u8]| {
            AdaptedPrior::from_bytes(spec.clone(), bytes).expect_err("does not fit")
        };
        assert!(error(&spec, &bytes[4..]).contains("bytes of numbers"));
        assert!(error(&spec, &vec![0xff; bytes.len()]).contains("no numbers"));
        let other = AdaptedSpec { parent: "0".repeat(64), ..spec };
        assert!(error(&other, &bytes).contains("adapted from the prior 000000000000"));
    }
}
