//! The student project's architectures and hyper-parameters, as it gives them.

use serde::{Deserialize, Serialize};

use super::{batch::SHARDS, features::FeatureSet, fit::Fit, net::NetShape};

/// A model of the student project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// 12 steps × 4 features, 2 LSTM layers of 50, 20 epochs.
    Original,
    /// 24 steps × 4 features, 3 LSTM layers of 128, dense 128→64→1.
    Optimized,
    /// 36 steps × 16 features, 3 LSTM layers of 128, attention over the steps.
    Advanced,
    /// The mean of five networks like `advanced` with different sizes.
    Ensemble,
}

/// One network to train: a preset has one, the ensemble five.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The network.
    pub shape: NetShape,
    /// How it is trained.
    pub fit: Fit,
}

impl Preset {
    /// The word on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Preset::Original => "original",
            Preset::Optimized => "optimized",
            Preset::Advanced => "advanced",
            Preset::Ensemble => "ensemble",
        }
    }

    /// What it sees of a row.
    pub fn features(self) -> FeatureSet {
        match self {
            Preset::Original | Preset::Optimized => FeatureSet::Basic,
            Preset::Advanced | Preset::Ensemble => FeatureSet::Advanced,
        }
    }

    /// The networks to train; members differ in their seed as well. `epochs` replaces the preset's own number.
    pub fn recipes(self, seed: u64, epochs: Option<usize>) -> Vec<Recipe> {
        let mut recipes = match self {
            Preset::Original => vec![original()],
            Preset::Optimized => vec![deep(24, FeatureSet::Basic, MEMBERS[0])],
            Preset::Advanced => vec![deep(36, FeatureSet::Advanced, MEMBERS[0])],
            Preset::Ensemble => MEMBERS.map(|member| deep(36, FeatureSet::Advanced, member)).to_vec(),
        };
        for (recipe, offset) in recipes.iter_mut().zip(0..) {
            recipe.fit.seed = seed.wrapping_add(offset);
            recipe.fit.epochs = epochs.unwrap_or(recipe.fit.epochs);
        }
        recipes
    }
}

/// The student project's search for better parameters of `advanced`: the first ten of its grid of hidden units,
/// layers, dropout and learning rate, of 30 epochs each. All have the same seed.
pub fn grid(seed: u64, epochs: Option<usize>) -> Vec<Recipe> {
    const TRIALS: usize = 10;
    let mut sizes = Vec::new();
    for hidden in [96, 128, 160] {
        for layers in [2, 3] {
            for dropout in [0.15, 0.2, 0.25] {
                sizes.extend([3e-4, 5e-4, 7e-4].map(|rate| (hidden, layers, dropout, rate, 64)));
            }
        }
    }
    let recipes = sizes.into_iter().take(TRIALS).map(|size| {
        let mut recipe = deep(36, FeatureSet::Advanced, size);
        (recipe.fit.seed, recipe.fit.epochs) = (seed, epochs.unwrap_or(30));
        recipe
    });
    recipes.collect()
}

/// Hidden units, layers, dropout, learning rate and batch of the ensemble's members; the first is also the
/// `optimized` and the `advanced` network's.
const MEMBERS: [(usize, usize, f64, f64, usize); 5] = [
    (128, 3, 0.2, 5e-4, 64),
    (96, 2, 0.3, 1e-3, 32),
    (160, 3, 0.15, 3e-4, 128),
    (128, 4, 0.25, 7e-4, 64),
    (112, 2, 0.2, 4e-4, 96),
];

fn original() -> Recipe {
    let shape = NetShape {
        window: 12,
        features: FeatureSet::Basic.width(),
        context: 0,
        hidden: 50,
        layers: 2,
        dense: vec![],
        outputs: 1,
        dropout: 0.0,
        attention: false,
        skip: false,
    };
    let fit = Fit {
        epochs: 20,
        batch: 32,
        learning_rate: 1e-3,
        clip: None,
        patience: None,
        plateau: None,
        shards: SHARDS,
        seed: 0,
        cancel: None,
    };
    Recipe { shape, fit }
}

fn deep(
    window: usize,
    set: FeatureSet,
    (hidden, layers, dropout, rate, batch): (usize, usize, f64, f64, usize),
) -> Recipe {
    let shape = NetShape {
        window,
        features: set.width(),
        context: 0,
        hidden,
        layers,
        dense: vec![hidden / 2],
        outputs: 1,
        dropout,
        attention: set == FeatureSet::Advanced,
        skip: false,
    };
    let fit = Fit {
        epochs: 50,
        batch,
        learning_rate: rate,
        clip: Some(1.0),
        patience: Some(10),
        plateau: Some(5),
        shards: SHARDS,
        seed: 0,
        cancel: None,
    };
    Recipe { shape, fit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_architectures_are_those_of_the_student_project() {
        let one = |preset: Preset| preset.recipes(0, None).remove(0);
        let (original, optimized, advanced) =
            (one(Preset::Original), one(Preset::Optimized), one(Preset::Advanced));
        let sizes =
            |r: &Recipe| (r.shape.window, r.shape.features, r.shape.layers, r.shape.hidden, r.fit.batch);
        assert_eq!(sizes(&original), (12, 4, 2, 50, 32));
        assert_eq!((original.fit.epochs, original.fit.patience), (20, None));
        assert_eq!(sizes(&optimized), (24, 4, 3, 128, 64));
        assert_eq!(sizes(&advanced), (36, 16, 3, 128, 64));
        assert_eq!((&original.shape.dense, &optimized.shape.dense), (&vec![], &vec![64]));
        assert!(advanced.shape.attention && !optimized.shape.attention);
        let ensemble = Preset::Ensemble.recipes(9, Some(3));
        assert_eq!(ensemble.iter().map(|r| r.shape.hidden).collect::<Vec<_>>(), [128, 96, 160, 128, 112]);
        assert_eq!(ensemble.iter().map(|r| r.fit.seed).collect::<Vec<_>>(), [9, 10, 11, 12, 13]);
        assert!(ensemble.iter().all(|r| r.fit.epochs == 3 && r.shape.check().is_ok()));
    }
    #[test]
    fn the_grid_is_the_student_projects_first_ten() {
        let grid = grid(5, None);
        let recipes: Vec<_> = grid
            .iter()
            .map(|r| (r.shape.hidden, r.shape.layers, r.shape.dropout, r.fit.learning_rate))
            .collect();
        assert_eq!(recipes.len(), 10);
        assert_eq!(
            (recipes[0], recipes[4], recipes[9]),
            ((96, 2, 0.15, 3e-4), (96, 2, 0.2, 5e-4), (96, 3, 0.15, 3e-4))
        );
        assert!(grid.iter().all(|r| r.fit.epochs == 30 && r.fit.seed == 5 && r.shape.attention));
    }
}
