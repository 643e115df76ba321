//! The learning rate schedule and early stopping.

/// Learning rate and early stopping, both by validation loss.
pub(super) struct Schedule {
    /// The current learning rate.
    pub rate: f64,
    best: f64,
    stale: usize,
    patience: Option<usize>,
    plateau: Option<usize>,
}

impl Schedule {
    /// The schedule of a training that starts with `rate`; `patience` and `plateau` as in [`super::fit::Fit`].
    pub fn new(rate: f64, patience: Option<usize>, plateau: Option<usize>) -> Schedule {
        Schedule { rate, best: f64::INFINITY, stale: 0, patience, plateau }
    }

    /// Takes an epoch's validation loss; true if it is the best so far.
    pub fn improved(&mut self, loss: f64) -> bool {
        if loss < self.best {
            self.best = loss;
            self.stale = 0;
            return true;
        }
        self.stale += 1;
        if self.plateau.is_some_and(|n| n > 0 && self.stale.is_multiple_of(n)) {
            self.rate *= 0.5;
        }
        false
    }

    /// True once training should stop.
    pub fn is_over(&self) -> bool {
        self.patience.is_some_and(|most| self.stale >= most)
    }
}
