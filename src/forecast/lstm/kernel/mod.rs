//! The recurrent part of a network, written by hand: LSTM layers and attention, forwards and backwards.
//!
//! burn's own `Lstm` is built from tensors: every gate of every step allocates, and every function of a gate
//! is a call of the C library a number. Here one pass over memory does a step. What makes it fast:
//!
//! - the products are those of [`matrix`](crate::forecast::matrix), whichever side a matrix stands on;
//! - the gate functions are rational approximations on whole vectors ([`cell`]);
//! - memory is taken once and used for every batch ([`layer`], [`shard`]).
//!
//! burn keeps the parameters, the dense head, the loss and the optimiser. What comes out of here enters its
//! graph as a leaf, and the gradient of that leaf comes back in; [`super::recurrent`] is the bridge. Nothing
//! here knows burn, and nothing is unsafe: the vectors are `pulp`'s.
//!
//! A batch is split into shards, one thread each. Their sums are added in order, so results depend on the
//! number of shards and never on the processors; another kind of processor may round differently.

mod attention;
mod cell;
mod layer;
mod shard;
mod weights;

use self::shard::{Keep, Shard};
pub(super) use self::{
    cell::GATES,
    weights::{Grads, KernelWeights, Sizes},
};

/// Windows that go through an inference at once.
const AT_ONCE: usize = 64;

/// Fewest windows of an inference that are worth a thread.
const WORTH_A_THREAD: usize = 8;

/// Runs batches forwards and backwards.
#[derive(Debug)]
pub(super) struct Fused {
    /// Set them before a batch, then [`KernelWeights::transpose`] them.
    pub weights: KernelWeights,
    shards: Vec<Shard>,
    parts: Vec<usize>,
}

impl Fused {
    /// A kernel that splits every batch into `shards` parts.
    pub fn new(sizes: Sizes, shards: usize) -> Fused {
        let weights = KernelWeights::new(sizes);
        let shards = (0..shards.max(1)).map(|_| Shard::new(&weights)).collect();
        Fused { weights, shards, parts: Vec::new() }
    }

    /// From windows, `window × features` numbers each, to `hidden` numbers each. A seed for each shard in
    /// `dropping` drops activations between layers.
    pub fn forward(&mut self, windows: &[&[f32]], dropping: Option<&[u64]>) -> Vec<f32> {
        let hidden = self.weights.sizes.hidden;
        let size = windows.len().div_ceil(self.shards.len()).max(1);
        self.parts = windows.chunks(size).map(<[_]>::len).collect();
        let mut out = vec![0.0; windows.len() * hidden];
        let parts = self.shards.iter_mut().zip(windows.chunks(size).zip(out.chunks_mut(size * hidden)));
        let weights = &self.weights;
        together(parts.enumerate().map(|(index, (shard, (windows, out)))| {
            let keep = Keep::All(dropping.and_then(|seeds| seeds.get(index).copied()));
            move || shard.forward(weights, windows, keep, out)
        }));
        out
    }

    /// From the gradient of what [`Fused::forward`] returned to those of the weights; none before a way
    /// forwards.
    pub fn backward(&mut self, grad: &[f32]) -> Option<&Grads> {
        let size = self.parts.first().copied().unwrap_or(1) * self.weights.sizes.hidden;
        let weights = &self.weights;
        let parts = self.shards.iter_mut().zip(grad.chunks(size));
        together(parts.map(|(shard, grad)| move || shard.backward(weights, grad)));
        let mut all = self.shards[..self.parts.len()].iter_mut().filter_map(Shard::grads);
        let sum = all.next()?;
        all.for_each(|grads| sum.add(grads));
        Some(sum)
    }
}

/// Runs all `jobs` and waits for them: the first on this thread, the others each on one of its own.
fn together<F: FnOnce() + Send>(jobs: impl Iterator<Item = F>) {
    std::thread::scope(|scope| {
        let mut jobs = jobs;
        let first = jobs.next();
        jobs.for_each(|job| {
            scope.spawn(job);
        });
        if let Some(job) = first {
            job();
        }
    });
}

/// From windows to `hidden` numbers each, keeping nothing, in `shards` parts side by side; memory is that of
/// 64 windows a part. The numbers do not depend on the parts.
pub(super) fn infer(weights: &KernelWeights, windows: &[&[f32]], shards: usize) -> Vec<f32> {
    let hidden = weights.sizes.hidden;
    let mut out = vec![0.0; windows.len() * hidden];
    let size = windows.len().div_ceil(shards.max(1)).max(WORTH_A_THREAD);
    together(windows.chunks(size).zip(out.chunks_mut(size * hidden)).map(|(windows, out)| {
        move || {
            let mut shard = Shard::new(weights);
            for (windows, out) in windows.chunks(AT_ONCE).zip(out.chunks_mut(AT_ONCE * hidden)) {
                shard.forward(weights, windows, Keep::Nothing, out);
            }
        }
    }));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes =
        Sizes { window: 6, features: 3, hidden: 20, layers: 3, attention: true, dropout: 0.3 };

    fn wave(count: usize, speed: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * speed).sin() * 0.4).collect()
    }

    /// Weights with `nudge` added to the one at `at` of the top layer's input weights of its cell gate.
    fn set(weights: &mut KernelWeights, at: usize, nudge: f32) {
        let hidden = SIZES.hidden;
        for (layer, gate) in (0..SIZES.layers).flat_map(|layer| (0..GATES).map(move |gate| (layer, gate))) {
            let mut input = wave(SIZES.inputs(layer) * hidden, 0.31 + gate as f32);
            if (layer, gate) == (2, 2) {
                input[at] += nudge;
            }
            let bias = wave(hidden, 0.11);
            weights.set_gate((layer, gate), &input, &wave(hidden * hidden, 0.53), [&bias, &bias]);
        }
        weights.set_score(&wave(hidden, 0.77), 0.1);
        weights.transpose();
    }

    #[test]
    fn gradients_through_dropout_are_the_slopes_of_the_output() {
        let (windows, weighing) = (wave(9 * 18, 0.61), wave(9 * SIZES.hidden, 0.23));
        let windows: Vec<&[f32]> = windows.chunks(18).collect();
        let seeds = [5, 6];
        let mut fused = Fused::new(SIZES, 2);
        for at in [3, 47, 399] {
            let mut value = |nudge: f32| {
                set(&mut fused.weights, at, nudge);
                let out = fused.forward(&windows, Some(&seeds));
                out.iter().zip(&weighing).map(|(a, b)| f64::from(a * b)).sum::<f64>()
            };
            let slope = (value(1e-2) - value(-1e-2)) / 2e-2;
            value(0.0);
            let grads = fused.backward(&weighing).expect("a way forwards was gone");
            let predicted = f64::from(grads.gate(2, 2).0[at]);
            assert!(
                (slope - predicted).abs() < 2e-3 * slope.abs().max(0.1),
                "{predicted}, not {slope}, at {at}"
            );
        }
    }

    #[test]
    fn dropout_keeps_the_mean() {
        let mut fused = Fused::new(SIZES, 1);
        set(&mut fused.weights, 0, 0.0);
        let window = wave(18, 0.61);
        let windows = vec![&window[..]; 2_000];
        let mean = |out: Vec<f32>| out.iter().map(|v| f64::from(*v)).sum::<f64>() / out.len() as f64;
        let (dropped, whole) = (fused.forward(&windows, Some(&[9])), infer(&fused.weights, &windows, 2));
        assert!(dropped[..20] != dropped[20..40], "each example drops its own");
        assert_eq!(whole[..20], whole[20..40]);
        let (dropped, whole) = (mean(dropped), mean(whole));
        assert!((dropped - whole).abs() < 0.1 * whole.abs().max(0.05), "{dropped} against {whole}");
    }

    #[test]
    fn inference_equals_the_forward_pass() {
        let (windows, mut fused) = (wave(70 * 18, 0.61), Fused::new(SIZES, 3));
        set(&mut fused.weights, 0, 0.0);
        let windows: Vec<&[f32]> = windows.chunks(18).collect();
        let (all, kept) = (infer(&fused.weights, &windows, 1), fused.forward(&windows, None));
        let one = infer(&fused.weights, &windows[..1], 1);
        for shards in [2, 3, 70] {
            assert_eq!(infer(&fused.weights, &windows, shards), all, "{shards} parts give the same");
        }
        assert!(all.iter().zip(&kept).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!(one.iter().zip(&kept).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!(fused.forward(&[], None).is_empty());
    }
}
