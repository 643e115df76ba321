//! The kinds of models that a group can have.

use serde::{Deserialize, Serialize};

use crate::forecast::{
    lstm::{
        Backend,
        demand::{DemandNet, DemandSpec},
    },
    prior::adapted::{AdaptedPrior, AdaptedSpec},
};

/// A model of one group.
#[derive(Debug)]
pub enum Model {
    /// A network of its own.
    Lstm(Box<DemandNet>),
    /// The prior, adapted to it.
    Prior(AdaptedPrior),
}

/// Everything besides the weights that determines a model's forecasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, try_from = "serde_json::Value")]
pub enum ModelSpec {
    /// Of a network of the group's own.
    Lstm(DemandSpec),
    /// Of an adapted prior.
    Prior(AdaptedSpec),
}

impl TryFrom<serde_json::Value> for ModelSpec {
    type Error = serde_json::Error;

    /// By what only an adapted prior has, so that an error is about the kind at hand.
    fn try_from(written: serde_json::Value) -> Result<ModelSpec, serde_json::Error> {
        match written.get("parent") {
            Some(_) => serde_json::from_value(written).map(ModelSpec::Prior),
            None => serde_json::from_value(written).map(ModelSpec::Lstm),
        }
    }
}

impl Model {
    /// What it is.
    pub fn spec(&self) -> ModelSpec {
        match self {
            Model::Lstm(net) => ModelSpec::Lstm(net.spec().clone()),
            Model::Prior(adapted) => ModelSpec::Prior(adapted.spec().clone()),
        }
    }

    /// Its weights.
    ///
    /// # Errors
    /// burn's words, when it cannot encode them.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, String> {
        match self {
            Model::Lstm(net) => net.to_bytes(),
            Model::Prior(adapted) => Ok(adapted.to_bytes()),
        }
    }

    /// The model of `spec` with the weights in `bytes`.
    ///
    /// # Errors
    /// A sentence about what does not fit.
    pub(super) fn from_bytes(spec: ModelSpec, bytes: Vec<u8>, backend: Backend) -> Result<Model, String> {
        match spec {
            ModelSpec::Lstm(spec) => {
                DemandNet::from_bytes(spec, bytes, backend).map(|net| Model::Lstm(Box::new(net)))
            }
            ModelSpec::Prior(spec) => AdaptedPrior::from_bytes(spec, &bytes).map(Model::Prior),
        }
    }
}

impl ModelSpec {
    /// Says what is wrong with a specification from a file.
    ///
    /// # Errors
    /// A sentence.
    pub fn check(&self) -> Result<(), String> {
        match self {
            ModelSpec::Lstm(spec) => spec.check(),
            ModelSpec::Prior(spec) => spec.check(),
        }
    }

    /// One line for people.
    pub fn describe(&self) -> String {
        match self {
            ModelSpec::Lstm(spec) => spec.describe(),
            ModelSpec::Prior(spec) => spec.describe(),
        }
    }

    /// Name of its file of weights.
    pub(super) fn file(&self) -> &'static str {
        match self {
            ModelSpec::Lstm(_) => "weights.bpk",
            ModelSpec::Prior(_) => "head.f32",
        }
    }
}
